import PacketEngine
import SwiftNetHTTP2
import SwiftNetTLS
import WireFormat

/// A connection to an origin: the lookup of its name, the race of its addresses, its TLS session, and the bytes of the
/// exchange that uses it. A proxy before the origin adds a TLS session of its own and a handshake.
final class HTTPConnection {
    enum State {
        /// The lookup of the origin for a proxy that needs its address.
        case resolvingOrigin
        case resolving
        case connecting
        case securing(Stage)
        case tunneling
        case open
        case closed
    }

    /// A step between the connection of the stream and the request.
    enum Stage {
        case secureProxy
        case tunnel
        case secure
    }

    let origin: HTTPOrigin
    let http2Use: HTTP2Use
    let reportsFrames: Bool
    /// The application protocols to offer; nil for those of the run.
    let applicationProtocols: [String]?
    let number: UInt64
    unowned let connections: HTTPConnections
    var handshake: ProxyHandshake?
    var streamCount: UInt64 = 0
    var state = State.resolving
    var stages: ArraySlice<Stage> = []
    var race = ConnectionRace([])
    var stream: StreamIdentifier?
    /// The TLS sessions, that of the proxy first.
    var layers: [TLSLayer] = []
    var phaseStart: Instant
    /// The end of the connection to the proxy.
    var proxyStart: Instant?

    /// The times of the name lookup, the connection, the handshake with the proxy and the TLS handshake.
    var timings: HTTPTimings
    /// The endpoint of the connection, or of the last attempt.
    var endpoint: StreamEndpoint?
    var localPort: UInt16?
    var localAddress: IPAddress?
    var tls: TLSFacts?
    /// The messages of the handshake with the proxy, up to `ProxyMessage.limit` bytes.
    var proxyMessages: [ProxyMessage] = []
    /// Whether the peer has closed its sending direction.
    var hasEnded = false
    /// The time at which the peer closed or reset it.
    var lost: Instant?
    /// The exchange that uses it; nil between exchanges.
    weak var exchange: HTTPExchange?
    /// The exchanges that wait for the protocol of a connection that another one opens.
    var joining: [HTTPExchange] = []
    /// The HTTP/2 session; nil for HTTP/1.
    var http2: HTTP2Multiplexer?
    /// The addresses of the names that were looked up.
    var lookups: [String: [ResolvedAddress]] = [:]
    /// The number of clients that use or keep it.
    var userCount = 0
    /// Whether received data is ignored while no exchange uses it; other idle connections are then unusable.
    var isWatched = false

    init(
        _ fetch: HTTPFetch, _ authentication: ProxyAuthentication?, number: UInt64, of connections: HTTPConnections,
        at now: Instant
    ) {
        origin = fetch.origin
        http2Use = fetch.http2
        reportsFrames = fetch.keptBytes > 0
        applicationProtocols = fetch.applicationProtocols
        if let authentication, let tunnel = origin.proxy?.tunnel {
            handshake = ProxyHandshake(authentication, to: tunnel, userAgent: fetch.userAgent)
        }
        self.number = number
        self.connections = connections
        timings = HTTPTimings(start: now)
        phaseStart = now
    }

    /// The attempts to connect.
    var attempts: [ConnectAttempt] { race.attempts }

    /// Whether requests may be sent.
    var isOpen: Bool { if case .open = state { true } else { false } }

    /// Whether it is open and another request may be sent.
    var acceptsExchange: Bool { isOpen && !hasEnded && http2?.acceptsExchange != false }

    /// Whether other clients may send requests: it speaks HTTP/2, or may do so once it is open.
    var isJoinable: Bool { isOpen ? http2 != nil && acceptsExchange : !isClosed }

    /// Adds an exchange that sends its request once the connection is open.
    /// - Returns: whether it opens the connection.
    func add(_ exchange: HTTPExchange) -> Bool {
        isWatched = false
        if isOpen {
            if http2 == nil { self.exchange = exchange }
            return false
        }
        guard self.exchange != nil || userCount > 1 else {
            self.exchange = exchange
            return true
        }
        joining.append(exchange)
        return false
    }

    /// Removes an exchange that has ended.
    func remove(_ exchange: HTTPExchange) {
        http2?.remove(exchange)
        if self.exchange === exchange { self.exchange = nil } else { joining.removeAll { $0 === exchange } }
    }

    /// The status of the proxy's response to CONNECT, or the number of its SOCKS reply.
    var proxyStatus: Int? { handshake?.status }

    /// The phase of its establishment.
    var phase: HTTPFailure.Phase {
        switch state {
        case .resolvingOrigin, .resolving: .name
        case .connecting: .connect
        case .tunneling: .proxy
        case .securing, .open, .closed: .secure
        }
    }

    /// Returns a failure of its establishment as one of the proxy, unless it concerns the origin.
    func located(_ failure: HTTPFailure) -> HTTPFailure {
        guard let proxy = origin.proxy?.proxy else { return failure }
        return switch state {
        case .resolving, .connecting, .tunneling, .securing(.secureProxy): .proxy(proxy, .connection(failure))
        case .resolvingOrigin, .securing, .open, .closed: failure
        }
    }

    // MARK: Sending and closing

    /// Sends bytes of a request.
    func send(_ bytes: [UInt8]) { send(bytes, below: layers.count) }

    /// Sends bytes through the first `level` layers.
    func send(_ bytes: [UInt8], below level: Int) {
        guard let stream else { return }
        guard level > 0 else {
            connections.requests.append(.send(stream, bytes))
            return
        }
        layers[level - 1].write(bytes)
        flush(level)
    }

    /// Sends the ciphertext of the layer at `level` - 1.
    func flush(_ level: Int) {
        guard level > 0, level <= layers.count else { return }
        let output = layers[level - 1].takeOutput()
        if !output.isEmpty { send(output, below: level - 1) }
    }

    /// Sends the output of the HTTP/2 session.
    func flush() {
        if let output = http2?.takeOutput(), !output.isEmpty { send(output) }
    }

    /// Sends the output of the HTTP/2 session with the next requests to the port.
    func flushLater() { connections.flushLater(self) }

    /// Closes the sending direction.
    func endSending() {
        guard let stream else { return }
        refuse()
        connections.requests.append(.endSending(stream))
    }

    /// Tells the peers of the TLS sessions that no request follows.
    func refuse() {
        for level in stride(from: layers.count, to: 0, by: -1) {
            layers[level - 1].endSending()
            flush(level)
        }
    }

    /// Closes the connection; no more events are reported for it.
    func close(at now: Instant) {
        if case .closed = state { return }
        if isOpen, let http2 {
            http2.close()
            flush()
        }
        for loser in race.stop(at: now) { connections.requests.append(.close(loser)) }
        if let stream { connections.requests.append(.close(stream)) }
        stream = nil
        state = .closed
        connections.forget(number)
    }

    /// Whether the connection is closed, by either end.
    var isClosed: Bool { if case .closed = state { true } else { false } }
    /// Whether it failed or was closed while it was established.
    var isReset: Bool { stream == nil }
}
