import PacketEngine
import WireFormat

/// The user's overrides of the endpoints that URLs resolve to.
public struct EndpointOverrides: Sendable {
    /// Other endpoints for a host and port, tried like the addresses of a name; `*` matches every host without its own.
    public var others: [(host: String, port: UInt16, endpoints: [StreamEndpoint])] = []
    /// Other hosts and ports to connect to for a host and port, before `others` apply; nil matches, or keeps, any.
    public var redirections: [Redirection] = []
    /// A Unix socket that replaces every host.
    public var localSocket: String?
    /// Interface indexes by zone name.
    public var zones: [String: UInt32] = [:]

    /// Another host and port to connect to.
    public struct Redirection: Sendable {
        public var host: String?
        public var port: UInt16?
        public var newHost: HTTPURL.Host?
        public var newPort: UInt16?

        public init(host: String?, port: UInt16?, newHost: HTTPURL.Host?, newPort: UInt16?) {
            self.host = host
            self.port = port
            self.newHost = newHost
            self.newPort = newPort
        }
    }

    /// The proxies of URLs.
    public var proxies = ProxyRules()

    public init() {}

    /// Sets the endpoints for a host and port instead of those before; none to remove those.
    public mutating func set(_ endpoints: [StreamEndpoint], host: String, port: UInt16) {
        others.removeAll { $0.host == host && $0.port == port }
        if !endpoints.isEmpty { others.append((host, port, endpoints)) }
    }

    /// Removes the endpoints that are not of this family.
    /// - Returns: the address of an entry of which none is left.
    package mutating func restrict(to family: IPAddress.Family) -> IPAddress? {
        for index in others.indices {
            let endpoints = others[index].endpoints
            others[index].endpoints.removeAll {
                if case .tcp(let address, _, _) = $0 { address.family != family } else { false }
            }
            if others[index].endpoints.isEmpty, case .tcp(let address, _, _)? = endpoints.first { return address }
        }
        return nil
    }

    /// Returns the endpoint of a URL, and the proxy before it.
    func origin(of url: HTTPURL) -> HTTPOrigin {
        let secureName: String? =
            switch (url.scheme, url.host) {
            case (.http, _): nil
            case (.https, .name(let name)): name
            case (.https, .address(let address, _)): "\(address)"
            case (.https, .local): "localhost"
            }
        var isAddress = false
        if case .address = url.host { isAddress = true }
        return routed(HTTPOrigin(endpoint: endpoint(of: url), secureName: secureName, isAddress: isAddress), of: url)
    }

    /// Whether a URL has a name, a Unix socket, or an address of this family as its endpoint.
    /// - Parameter family: the address family; nil for both.
    package func allows(_ url: HTTPURL, _ family: IPAddress.Family?) -> Bool {
        // The endpoints of an override were checked before.
        guard let family, case .endpoint(.tcp(let address, _, _)) = endpoint(of: url) else { return true }
        return address.family == family
    }

    private func endpoint(of url: HTTPURL) -> HTTPOrigin.Endpoint {
        if let localSocket { return .endpoint(.local(localSocket)) }
        let url = redirected(url)
        if !others.isEmpty, let found = override(of: url) {
            return found.count == 1 ? .endpoint(found[0]) : .endpoints(found)
        }
        return switch url.host {
        case .name(let name): .name(name, port: url.port)
        case .local(let path): .endpoint(.local(path))
        case .address(let address, let zone):
            .endpoint(.tcp(address, zone: index(ofZone: zone), port: url.port))
        }
    }

    /// Returns the endpoints of the entry for a URL: as in curl that of its host, then that of all hosts.
    private func override(of url: HTTPURL) -> [StreamEndpoint]? {
        let host = url.hostText
        let entries = others.filter { $0.port == url.port && !$0.endpoints.isEmpty }
        return (entries.last { $0.host == host } ?? entries.last { $0.host == "*" })?.endpoints
    }

    /// Returns a URL with the host and the port to connect to instead of its own.
    func redirected(_ url: HTTPURL) -> HTTPURL {
        var redirected = url
        if let found = redirections.first(where: {
            ($0.host == nil || $0.host == url.hostText) && ($0.port == nil || $0.port == url.port)
        }) {
            redirected.explicitPort = found.newPort ?? url.port
            if let host = found.newHost { redirected.host = host }
        }
        return redirected
    }

    /// Returns the interface index of a zone; 0 if it is unknown or there is none.
    func index(ofZone zone: String?) -> UInt32 { zone.flatMap { zones[$0] ?? UInt32($0) } ?? 0 }
}
