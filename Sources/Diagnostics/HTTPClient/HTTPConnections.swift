import PacketEngine
import SwiftNetTLS

/// The connections of a run, and their requests to the port.
final class HTTPConnections {
    /// Requests to the port, in order.
    var requests: [StreamRequest] = []
    /// Receives the bodies of the fetches that have a delivery.
    var bodySink: (any HTTPBodySink)?
    private var table: [UInt64: HTTPConnection] = [:]
    private var resolving: [String: [HTTPConnection]] = [:]
    /// The clients that wait for HTTPS records, by the queried name.
    private var querying: [String: [HTTPClient]] = [:]
    private var count: UInt64 = 0
    /// The HTTP/2 connections that requests share, and those that may become one.
    private var shared: [HTTPOrigin: HTTPConnection] = [:]
    /// The origins whose servers chose HTTP/1.
    private var http1Origins: Set<HTTPOrigin> = []
    /// Connections with output of an HTTP/2 session.
    private var unflushed: [HTTPConnection] = []
    private let configuration: TLSConfiguration
    private var context: TLSContext?
    /// The state of sessions that offer other application protocols, by these.
    private var otherContexts: [[String]: TLSContext] = [:]
    /// The state that the TLS sessions of proxies share.
    private var proxyContext: TLSContext?

    init(_ configuration: TLSConfiguration) { self.configuration = configuration }

    /// Creates the state that TLS sessions share, unless it exists.
    @discardableResult
    func makeContext() throws(TLSFailure) -> TLSContext {
        if let context { return context }
        let made = try TLSContext(configuration)
        context = made
        return made
    }

    /// Returns a shared connection for a request, or begins a connection.
    /// - Parameters:
    ///   - authentication: the credentials of its proxy, if it has one.
    ///   - lookups: the addresses of names that are known.
    func connection(
        for fetch: HTTPFetch, _ authentication: ProxyAuthentication?,
        _ lookups: [String: [ResolvedAddress]], at now: Instant
    ) -> HTTPConnection {
        let isShared = fetch.sharesConnection && fetch.mayReuse
        if isShared, let connection = shared[fetch.origin], connection.isJoinable { return connection }
        let opened = open(fetch, authentication, lookups, at: now)
        let mayBeHTTP2 = fetch.http2 == .assumed || fetch.origin.secureName != nil && offersHTTP2
        if isShared, mayBeHTTP2, !http1Origins.contains(fetch.origin) { shared[fetch.origin] = opened }
        return opened
    }

    private var offersHTTP2: Bool { configuration.applicationProtocols.contains("h2") }

    /// Records that the server of a connection that might be shared chose HTTP/1.
    func speaksHTTP1(_ connection: HTTPConnection) {
        guard shared[connection.origin] === connection else { return }
        http1Origins.insert(connection.origin)
        shared[connection.origin] = nil
    }

    /// Sends the output of a connection's HTTP/2 session with the next requests to the port.
    func flushLater(_ connection: HTTPConnection) { unflushed.append(connection) }

    /// Returns and removes the requests to the port.
    func takeRequests() -> [StreamRequest] {
        for connection in unflushed { connection.flush() }
        unflushed.removeAll(keepingCapacity: true)
        defer { requests.removeAll(keepingCapacity: true) }
        return requests
    }

    private func open(
        _ fetch: HTTPFetch, _ authentication: ProxyAuthentication?,
        _ lookups: [String: [ResolvedAddress]], at now: Instant
    ) -> HTTPConnection {
        count += 1
        let connection = HTTPConnection(fetch, authentication, number: count, of: self, at: now)
        connection.lookups = lookups
        table[count] = connection
        connection.begin(at: now)
        return connection
    }

    /// Creates the TLS session of an origin, as a layer of a connection.
    /// - Parameter protocols: the application protocols to offer; nil for those of the run.
    func makeSession(of origin: HTTPOrigin, offering protocols: [String]?) throws(TLSFailure) -> TLSLayer {
        let context = if let protocols { try makeContext(offering: protocols) } else { try makeContext() }
        return TLSLayer(try TLSSession(context, host: origin.secureName ?? "", isAddress: origin.isAddress))
    }

    private func makeContext(offering protocols: [String]) throws(TLSFailure) -> TLSContext {
        if let known = otherContexts[protocols] { return known }
        var offer = configuration
        offer.applicationProtocols = protocols
        let made = try TLSContext(offer)
        otherContexts[protocols] = made
        return made
    }

    /// Creates the TLS session of an https proxy, as a layer of a connection.
    func makeSession(of proxy: HTTPProxy) throws(TLSFailure) -> TLSLayer {
        TLSLayer(try TLSSession(try makeProxyContext(), host: proxy.secureName ?? "", isAddress: proxy.isAddress))
    }

    private func makeProxyContext() throws(TLSFailure) -> TLSContext {
        if let proxyContext { return proxyContext }
        var offer = configuration
        // Requests to a proxy are those of HTTP/1.
        offer.applicationProtocols = ["http/1.1"]
        // That certificates of servers are not verified does not concern those of proxies.
        offer.verifiesCertificates = true
        let made = try TLSContext(offer)
        proxyContext = made
        return made
    }

    /// Requests the addresses of a name for a connection.
    func resolve(_ name: String, for connection: HTTPConnection) {
        resolving[name, default: []].append(connection)
        requests.append(.resolve(name))
    }

    func resolved(_ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at now: Instant) {
        for connection in resolving.removeValue(forKey: name) ?? [] {
            connection.resolved(answer, asked: asked, at: now)
        }
    }

    /// Queries the HTTPS records of a name for a client.
    func query(_ name: String, for client: HTTPClient) {
        if querying[name] == nil { requests.append(.queryServices(name)) }
        querying[name, default: []].append(client)
    }

    func queried(_ name: String, _ answer: Result<ServiceRecords, NameFailure>) {
        for client in querying.removeValue(forKey: name) ?? [] { client.queried(name, answer) }
    }

    /// Returns the connection that a stream belongs to.
    func connection(of stream: StreamIdentifier) -> HTTPConnection? { table[stream.number >> 32] }

    func forget(_ number: UInt64) {
        guard let connection = table.removeValue(forKey: number) else { return }
        if shared[connection.origin] === connection { shared[connection.origin] = nil }
    }
}
