import PacketEngine
import WireFormat

/// The user's overrides of the endpoints that URLs resolve to.
public struct EndpointOverrides: Sendable {
    /// Other endpoints for a host and port; `*` matches every host.
    public var others: [(host: String, port: UInt16, endpoint: StreamEndpoint)] = []
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
        guard let family, case .endpoint(.tcp(let address, _, _)) = endpoint(of: url) else { return true }
        return address.family == family
    }

    private func endpoint(of url: HTTPURL) -> HTTPOrigin.Endpoint {
        if let localSocket { return .endpoint(.local(localSocket)) }
        let url = redirected(url)
        if let other = others.first(where: { $0.port == url.port && ($0.host == url.hostText || $0.host == "*") }) {
            return .endpoint(other.endpoint)
        }
        return switch url.host {
        case .name(let name): .name(name, port: url.port)
        case .local(let path): .endpoint(.local(path))
        case .address(let address, let zone):
            .endpoint(.tcp(address, zone: index(ofZone: zone), port: url.port))
        }
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
