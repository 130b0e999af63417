import PacketEngine
import SwiftNetHTTP2
import SwiftNetTLS
import WireFormat

/// A connection to an origin: the lookup of its name, the race of its addresses, its TLS session, and the bytes of the
/// exchange that uses it.
final class HTTPConnection {
    private enum State {
        case resolving
        case connecting
        case securing
        case open
        case closed
    }

    let origin: HTTPOrigin
    private let http2Use: HTTP2Use
    private let reportsFrames: Bool
    private let number: UInt64
    private unowned let connections: HTTPConnections
    private var streamCount: UInt64 = 0
    private var state = State.resolving
    private var race = ConnectionRace([])
    private var stream: StreamIdentifier?
    private var session: TLSSession?
    private var text: [UInt8] = []
    private var phaseStart: Instant

    /// The times of the name lookup, the connection and the TLS handshake.
    private(set) var timings: HTTPTimings
    /// The endpoint of the connection, or of the last attempt.
    private(set) var endpoint: StreamEndpoint?
    private(set) var localPort: UInt16?
    private(set) var localAddress: IPAddress?
    private(set) var tls: TLSFacts?
    /// Whether the peer has closed its sending direction.
    private(set) var hasEnded = false
    /// The time at which the peer closed or reset it.
    private(set) var lost: Instant?
    /// The exchange that uses it; nil between exchanges.
    weak var exchange: HTTPExchange?
    /// The exchanges that wait for the protocol of a connection that another one opens.
    private var joining: [HTTPExchange] = []
    /// The HTTP/2 session; nil for HTTP/1.
    private(set) var http2: HTTP2Multiplexer?
    /// The number of clients that use or keep it.
    var userCount = 0
    /// Whether received data is ignored while no exchange uses it; other idle connections are then unusable.
    var isWatched = false

    init(
        _ fetch: HTTPFetch, _ session: consuming TLSSession?, number: UInt64, of connections: HTTPConnections,
        at now: Instant
    ) {
        origin = fetch.origin
        http2Use = fetch.http2
        reportsFrames = fetch.keptBytes > 0
        self.session = session
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

    /// The phase of its establishment.
    var phase: HTTPFailure.Phase {
        switch state {
        case .resolving: .name
        case .connecting: .connect
        case .securing, .open, .closed: .secure
        }
    }

    // MARK: Opening

    func begin(at now: Instant) {
        switch origin.endpoint {
        case .name(let name, _): connections.resolve(name, for: self)
        case .endpoint(let endpoint): connect([endpoint], at: now)
        }
    }

    func resolved(_ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at now: Instant) {
        guard case .resolving = state, case .name(_, let port) = origin.endpoint else { return }
        timings.start = asked
        timings.name = now - asked
        switch answer {
        case .failure(let failure): fail(.name(failure), at: now)
        case .success(let addresses) where addresses.isEmpty: fail(.name(NameFailure("no address")), at: now)
        case .success(let addresses): connect(ConnectionRace.endpoints(addresses, port: port), at: now)
        }
    }

    private func connect(_ endpoints: [StreamEndpoint], at now: Instant) {
        state = .connecting
        phaseStart = now
        race = ConnectionRace(endpoints)
        _ = advance(at: now)
    }

    /// Begins the attempts that are due.
    /// - Returns: the time of the next one.
    func advance(at now: Instant) -> Instant? {
        guard case .connecting = state else { return nil }
        return race.advance(at: now) { endpoint in
            streamCount += 1
            let identifier = StreamIdentifier(number << 32 | streamCount)
            self.endpoint = endpoint
            connections.requests.append(.open(identifier, endpoint))
            return identifier
        }
    }

    func opened(_ stream: StreamIdentifier, _ opening: StreamOpening, at now: Instant) {
        guard case .connecting = state, let won = race.opened(stream, began: opening.began, at: now) else { return }
        for loser in won.losers { connections.requests.append(.close(loser)) }
        if won.number == 0 {
            // Time before the start was spent preparing the request, not on the network.
            if timings.name == nil { timings.start = opening.began }
            phaseStart = opening.began
        }
        self.stream = stream
        endpoint = race.attempts[won.number].endpoint
        localPort = opening.local?.port
        localAddress = opening.local?.address
        timings.connect = now - phaseStart
        phaseStart = now
        if session != nil {
            state = .securing
            secure(at: now)
        } else {
            ready(at: now)
        }
    }

    private func secure(at now: Instant) {
        do throws(TLSFailure) {
            try session?.advance()
        } catch {
            flushSession()
            fail(hasEnded ? .closed(.secure) : .secure(error), at: now)
            return
        }
        flushSession()
        guard session?.isEstablished == true else { return }
        timings.secure = now - phaseStart
        tls = session?.facts
        ready(at: now)
    }

    private func ready(at now: Instant) {
        let isHTTP2 = tls.map { $0.applicationProtocol == "h2" } ?? (http2Use == .assumed)
        if !isHTTP2, http2Use == .assumed || http2Use == .required && tls != nil {
            fail(.http2("the server did not select HTTP/2 (ALPN)"), at: now)
            close(at: now)
            return
        }
        if isHTTP2 {
            do throws(HTTP2Failure) {
                http2 = try HTTP2Multiplexer(self, reportsFrames: reportsFrames)
            } catch {
                fail(.http2("\(error)"), at: now)
                return
            }
        } else {
            connections.speaksHTTP1(self)
        }
        state = .open
        let joined = joining
        joining = []
        let opener = exchange
        if isHTTP2 { exchange = nil }
        opener?.connected(at: now)
        for exchange in joined { if isHTTP2 { exchange.connected(at: now) } else { exchange.reconnect() } }
    }

    private func fail(_ failure: HTTPFailure, at now: Instant) {
        exchange?.failed(failure, at: now)
        for exchange in joining { exchange.failed(failure, at: now) }
        http2?.fail(failure, at: now)
    }

    // MARK: Port events

    func received(_ bytes: RawSpan, on stream: StreamIdentifier, at now: Instant) {
        guard stream == self.stream else { return }
        guard session != nil else {
            deliver(bytes, at: now)
            return
        }
        session?.receive(bytes)
        if case .securing = state { secure(at: now) }
        if session?.isEstablished == true { readSession(at: now) }
    }

    func ended(_ stream: StreamIdentifier, at now: Instant) {
        guard stream == self.stream else { return }
        end(at: now)
    }

    private func end(at now: Instant) {
        hasEnded = true
        lost = now
        switch state {
        case .securing:
            session?.endReceiving()
            secure(at: now)
            if case .securing = state { fail(.closed(.secure), at: now) }
        case .open:
            http2?.ended(at: now)
            if let exchange { exchange.ended(at: now) } else { close(at: now) }
        case .resolving, .connecting, .closed: break
        }
    }

    func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at now: Instant) {
        if case .connecting = state {
            guard race.failed(stream, failure, at: now) else {
                _ = advance(at: now)
                return
            }
            fail(.connection(failure), at: now)
            return
        }
        guard stream == self.stream else { return }
        self.stream = nil
        lost = now
        let phase: HTTPFailure.Phase = isOpen ? exchange?.phase ?? .answer : .secure
        close(at: now)
        fail(failure == .reset ? .reset(phase) : .connection(failure), at: now)
    }

    private func readSession(at now: Instant) {
        if text.isEmpty { text = [UInt8](repeating: 0, count: 1 << 14) }
        while stream != nil {
            do throws(TLSFailure) {
                switch try session?.read(into: &text) {
                case .bytes(let count): deliver(text.rawBytes.prefix(count), at: now)
                case .ended:
                    flushSession()
                    end(at: now)
                    return
                case .starved, nil:
                    flushSession()
                    return
                }
            } catch {
                fail(.secure(error), at: now)
                close(at: now)
                return
            }
        }
    }

    private func deliver(_ bytes: RawSpan, at now: Instant) {
        if let http2 {
            guard let failure = http2.receive(bytes, at: now) else { return }
            flush()
            fail(.http2(failure), at: now)
            close(at: now)
        } else if let exchange {
            exchange.received(bytes, at: now)
        } else if !isWatched {
            // Unsolicited data makes a connection unusable for further requests.
            close(at: now)
        }
    }

    // MARK: Sending and closing

    /// Sends bytes of a request.
    func send(_ bytes: [UInt8]) {
        guard let stream else { return }
        if session == nil {
            connections.requests.append(.send(stream, bytes))
        } else {
            // If the session accepts no more data, the received data shows why.
            try? session?.write(bytes)
            flushSession()
        }
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
        session?.endSending()
        flushSession()
        connections.requests.append(.endSending(stream))
    }

    /// Tells a peer whose certificate is not trusted that no request follows.
    func refuse() {
        session?.endSending()
        flushSession()
    }

    private func flushSession() {
        guard let stream, let output = session?.takeOutput(), !output.isEmpty else { return }
        connections.requests.append(.send(stream, output))
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
