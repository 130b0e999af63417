import PacketEngine
import WireFormat

/// A proxy between a client and an origin.
public struct ProxyRoute: Hashable, Sendable {
    /// The destination of a tunnel.
    public struct Tunnel: Hashable, Sendable {
        /// The name or the address of the origin.
        public var address: SOCKSAddress
        /// The port of the origin.
        public var port: UInt16
        /// Host and port of the origin, as in the target of CONNECT.
        public var target: String
    }

    /// The proxy.
    public var proxy: HTTPProxy
    /// The endpoint of the proxy.
    public var endpoint: HTTPOrigin.Endpoint
    /// The destination to which the proxy connects; nil if requests to the proxy name their URL (RFC 9112, section
    /// 3.2.2).
    public var tunnel: Tunnel?
}

/// A message to a proxy, or of a proxy, that is not part of the exchange with the origin.
public struct ProxyMessage: Hashable, Sendable {
    /// Whether the client sent it.
    public var isSent: Bool
    /// The message, up to `limit` bytes.
    public var bytes: [UInt8]

    /// The maximum number of bytes to keep of the messages of a connection.
    static let limit = 16 << 10
}

extension [ProxyMessage] {
    /// Adds a message, up to the limit of a connection. Pieces of one message are joined.
    mutating func add(_ message: ProxyMessage) {
        let room = ProxyMessage.limit - reduce(0) { $0 + $1.bytes.count }
        guard room > 0 else { return }
        let bytes = [UInt8](message.bytes.prefix(room))
        if let last = indices.last, self[last].isSent == message.isSent {
            self[last].bytes += bytes
        } else {
            append(ProxyMessage(isSent: message.isSent, bytes: bytes))
        }
    }
}

extension EndpointOverrides {
    /// Returns the same origin by the proxy for its URL; unchanged if it has none.
    func routed(_ origin: HTTPOrigin, of url: HTTPURL) -> HTTPOrigin {
        guard localSocket == nil, let proxy = proxies.proxy(for: url) else { return origin }
        var routed = origin
        let endpoint: HTTPOrigin.Endpoint =
            switch proxy.host {
            case .name(let name): .name(name, port: proxy.port)
            case .local(let path): .endpoint(.local(path))
            case .address(let address, let zone):
                .endpoint(.tcp(address, zone: index(ofZone: zone), port: proxy.port))
            }
        routed.proxy = ProxyRoute(proxy: proxy, endpoint: endpoint)
        if proxy.kind.isHTTP, url.scheme == .http, !proxies.alwaysTunnels {
            // All such requests can share a connection.
            (routed.endpoint, routed.isAddress) = (endpoint, false)
        } else {
            let url = redirected(url)
            let address: SOCKSAddress =
                switch url.host {
                case .name(let name): .name(Array(name.utf8))
                case .address(let address, _): SOCKSAddress(address)
                case .local(let path): .name(Array(path.utf8))
                }
            routed.proxy?.tunnel = ProxyRoute.Tunnel(address: address, port: url.port, target: url.hostAndPort)
        }
        return routed
    }
}

extension HTTPFetch {
    /// Creates a fetch of a URL: over its own connection, through a tunnel, or with the absolute URL in the request line.
    init(_ url: HTTPURL, _ overrides: EndpointOverrides, method: HTTPMethod, bytes: [UInt8]) {
        self.init(origin: overrides.origin(of: url), method: method, bytes: bytes)
        guard let route = origin.proxy else { return }
        if route.tunnel == nil {
            absolutePrefix = "http://\(url.authority)"
        } else {
            userAgent = HTTPHead(bytes.rawBytes)["User-Agent"]
        }
    }

    /// Returns the fetch as it is sent to an HTTP proxy that forwards it: with the absolute URL and the credentials.
    func forwarded(_ authentication: ProxyAuthentication) -> HTTPFetch {
        guard let absolutePrefix else { return self }
        var head = HTTPHead(bytes.rawBytes)
        let body = bytes.dropFirst(head.byteCount)
        var line = head.startLine.bytes
        var target = ""
        if let space = line.firstIndex(of: 0x20), line[space...].dropFirst().first == UInt8(ascii: "/") {
            line.insert(contentsOf: absolutePrefix.utf8, at: space + 1)
            target = String(decoding: line[(space + 1)...].prefix { $0 != 0x20 }, as: UTF8.self)
            head.startLine.bytes = line
        } else if let space = line.firstIndex(of: 0x20), line[space...].dropFirst().first == UInt8(ascii: "*") {
            // The asterisk form becomes a URL without a path (RFC 9112, section 3.2.4).
            line.replaceSubrange(space + 1...space + 1, with: absolutePrefix.utf8)
            target = absolutePrefix
            head.startLine.bytes = line
        }
        if head.end != nil, head["Proxy-Authorization"] == nil,
            let field = authentication.field(method: method, target: target)
        {
            head.fields.append(field)
        }
        var forwarded = self
        forwarded.bytes = head.encoded() + body
        // The proxy may challenge the request, which is then repeated.
        if authentication.proxy.digestNonce != nil { forwarded.keepsConnection = true }
        return forwarded
    }
}

extension HTTPOutcome {
    /// Returns the outcome of a request that repeats one without credentials, whose times it includes.
    func continuing(_ challenged: HTTPOutcome) -> HTTPOutcome {
        var whole = self
        whole.proxyMessages =
            challenged.proxyMessages + [
                ProxyMessage(isSent: true, bytes: Array(challenged.fetch.bytes.prefix(ProxyMessage.limit))),
                ProxyMessage(isSent: false, bytes: Array(challenged.received.prefix(ProxyMessage.limit))),
            ] + (isReused ? [] : proxyMessages)
        let earlier = timings.start - challenged.timings.start
        if isReused {
            whole.isReused = challenged.isReused
            whole.attempts = challenged.attempts
            whole.timings = challenged.timings
        }
        whole.timings.start = challenged.timings.start
        whole.timings.firstByte = timings.firstByte.map { $0 + earlier }
        whole.timings.total = timings.total + earlier
        return whole
    }
}
