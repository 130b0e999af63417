import PacketEngine
import SwiftNetHTTP2
import SwiftNetTLS
import WireFormat

/// A connection to an origin: the lookup of its name, the race of its addresses, its TLS session, and the bytes of the
/// exchange that uses it. A proxy before the origin adds a TLS session of its own and a handshake.
final class HTTPConnection {
    private enum State {
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
    private enum Stage {
        case secureProxy
        case tunnel
        case secure
    }

    let origin: HTTPOrigin
    private let http2Use: HTTP2Use
    private let reportsFrames: Bool
    private let number: UInt64
    private unowned let connections: HTTPConnections
    private var handshake: ProxyHandshake?
    private var streamCount: UInt64 = 0
    private var state = State.resolving
    private var stages: ArraySlice<Stage> = []
    private var race = ConnectionRace([])
    private var stream: StreamIdentifier?
    /// The TLS sessions, that of the proxy first.
    private var layers: [TLSLayer] = []
    private var phaseStart: Instant
    /// The end of the connection to the proxy.
    private var proxyStart: Instant?

    /// The times of the name lookup, the connection, the handshake with the proxy and the TLS handshake.
    private(set) var timings: HTTPTimings
    /// The endpoint of the connection, or of the last attempt.
    private(set) var endpoint: StreamEndpoint?
    private(set) var localPort: UInt16?
    private(set) var localAddress: IPAddress?
    private(set) var tls: TLSFacts?
    /// The messages of the handshake with the proxy, up to `ProxyMessage.limit` bytes.
    private(set) var proxyMessages: [ProxyMessage] = []
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
        _ fetch: HTTPFetch, _ authentication: ProxyAuthentication?, number: UInt64, of connections: HTTPConnections,
        at now: Instant
    ) {
        origin = fetch.origin
        http2Use = fetch.http2
        reportsFrames = fetch.keptBytes > 0
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

    // MARK: Opening

    func begin(at now: Instant) {
        if let route = origin.proxy, route.proxy.kind.needsAddress {
            switch origin.endpoint {
            case .name(let name, _):
                state = .resolvingOrigin
                connections.resolve(name, for: self)
                return
            case .endpoint(.tcp(let address, _, _)): handshake?.setAddress(address)
            case .endpoint(.local): break
            }
        }
        beginRoute(at: now)
    }

    /// Connects to the first host of the route: the proxy, or the origin.
    private func beginRoute(at now: Instant) {
        switch origin.proxy?.endpoint ?? origin.endpoint {
        case .name(let name, _):
            state = .resolving
            connections.resolve(name, for: self)
        case .endpoint(let endpoint): connect([endpoint], at: now)
        }
    }

    func resolved(_ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at now: Instant) {
        if timings.name == nil { timings.start = asked }
        func found(_ isWanted: (ResolvedAddress) -> Bool = { _ in true }) -> [ResolvedAddress]? {
            timings.name = (timings.name ?? .zero) + (now - asked)
            switch answer {
            case .failure(let failure): fail(.name(failure), at: now)
            case .success(let addresses):
                let wanted = addresses.filter(isWanted)
                if !wanted.isEmpty { return wanted }
                fail(.name(NameFailure("no address")), at: now)
            }
            return nil
        }
        switch state {
        case .resolvingOrigin:
            let isIPv4Only = origin.proxy?.proxy.kind == .socks4
            guard let address = found({ !isIPv4Only || $0.address.family == .v4 })?.first?.address else { return }
            handshake?.setAddress(address)
            beginRoute(at: now)
        case .resolving:
            guard case .name(_, let port) = origin.proxy?.endpoint ?? origin.endpoint, let addresses = found() else {
                return
            }
            connect(ConnectionRace.endpoints(addresses, port: port), at: now)
        case .connecting, .securing, .tunneling, .open, .closed: break
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
        if timings.connect == nil { timings.connect = now - phaseStart }
        if origin.proxy != nil { proxyStart = proxyStart ?? now }
        stages = []
        if origin.proxy?.proxy.secureName != nil { stages.append(.secureProxy) }
        if handshake != nil { stages.append(.tunnel) }
        if origin.secureName != nil { stages.append(.secure) }
        proceed(at: now)
    }

    /// Begins the next stage.
    private func proceed(at now: Instant) {
        phaseStart = now
        guard let stage = stages.popFirst() else {
            ready(at: now)
            return
        }
        switch stage {
        case .secureProxy, .secure:
            state = .securing(stage)
            beginSession(stage, at: now)
        case .tunnel:
            state = .tunneling
            if let step = handshake?.begin() { perform(step, at: now) }
        }
    }

    private func beginSession(_ stage: Stage, at now: Instant) {
        do throws(TLSFailure) {
            if case .secureProxy = stage, let proxy = origin.proxy?.proxy {
                layers.append(try connections.makeSession(of: proxy))
            } else {
                layers.append(try connections.makeSession(of: origin))
            }
        } catch {
            fail(.secure(error), at: now)
            return
        }
        secure(at: now)
    }

    private func secure(at now: Instant) {
        guard case .securing(let stage) = state, let layer = layers.last else { return }
        do throws(TLSFailure) {
            try layer.advance()
        } catch {
            flush(layers.count)
            fail(hasEnded ? .closed(.secure) : failure(error), at: now)
            return
        }
        flush(layers.count)
        guard layer.isEstablished else { return }
        if case .secureProxy = stage {
            if let doubt = layer.facts?.doubt, origin.proxy?.proxy.trustsAnybody == false {
                refuse()
                fail(.untrusted(doubt), at: now)
                return
            }
            if handshake == nil { timings.proxy = proxyStart.map { now - $0 } }
        } else {
            timings.secure = now - phaseStart
            tls = layer.facts
        }
        proceed(at: now)
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

    /// Ends the exchanges with a failure of the proxy or the origin.
    private func fail(_ failure: HTTPFailure, at now: Instant) { endExchanges(with: located(failure), at: now) }

    private func endExchanges(with failure: HTTPFailure, at now: Instant) {
        exchange?.failed(failure, at: now)
        for exchange in joining { exchange.failed(failure, at: now) }
        http2?.fail(failure, at: now)
    }

    // MARK: Proxy

    private func perform(_ step: ProxyHandshake.Step, at now: Instant) {
        switch step {
        case .needsMore: break
        case .send(let bytes):
            keep(ProxyMessage(isSent: true, bytes: bytes))
            send(bytes)
        case .established:
            timings.proxy = proxyStart.map { now - $0 }
            proceed(at: now)
        case .reconnect:
            guard let endpoint else { return }
            if let stream { connections.requests.append(.close(stream)) }
            (stream, layers, hasEnded) = (nil, [], false)
            connect([endpoint], at: now)
        case .failed(let failure):
            guard let proxy = origin.proxy?.proxy else { return }
            endExchanges(with: .proxy(proxy, failure), at: now)
        }
    }

    /// Keeps a message, up to the limit of the connection. Pieces of one message are joined.
    private func keep(_ message: ProxyMessage) {
        let room = ProxyMessage.limit - proxyMessages.reduce(0) { $0 + $1.bytes.count }
        guard room > 0 else { return }
        let bytes = message.bytes.prefix(room)
        if let last = proxyMessages.indices.last, proxyMessages[last].isSent == message.isSent {
            proxyMessages[last].bytes += bytes
        } else {
            proxyMessages.append(ProxyMessage(isSent: message.isSent, bytes: Array(bytes)))
        }
    }

    /// Takes bytes of the handshake with the proxy; those after it are the origin's.
    private func takeReply(_ bytes: RawSpan, level: Int, at now: Instant) {
        var offset = 0
        while case .tunneling = state, offset < bytes.byteCount {
            let stream = stream
            guard let (consumed, step) = handshake?.take(bytes.dropping(offset)) else { return }
            keep(ProxyMessage(isSent: false, bytes: bytes.dropping(offset).prefix(consumed).copied()))
            offset += consumed
            perform(step, at: now)
            guard stream == self.stream else { return }
        }
        if offset < bytes.byteCount { take(bytes.dropping(offset), level: level, at: now) }
    }

    // MARK: Port events

    func received(_ bytes: RawSpan, on stream: StreamIdentifier, at now: Instant) {
        guard stream == self.stream else { return }
        take(bytes, level: 0, at: now)
    }

    /// Takes received bytes below a layer, or above the last one.
    private func take(_ bytes: RawSpan, level: Int, at now: Instant) {
        guard level < layers.count else {
            if case .tunneling = state { takeReply(bytes, level: level, at: now) } else { deliver(bytes, at: now) }
            return
        }
        let layer = layers[level]
        layer.receive(bytes)
        if !layer.isEstablished { secure(at: now) }
        if layer.isEstablished { read(layer, level: level, at: now) }
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
            layers.last?.endReceiving()
            secure(at: now)
            if case .securing = state { fail(.closed(.secure), at: now) }
        case .open:
            http2?.ended(at: now)
            if let exchange { exchange.ended(at: now) } else { close(at: now) }
        case .tunneling: if let step = handshake?.end() { perform(step, at: now) }
        case .resolvingOrigin, .resolving, .connecting, .closed: break
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
        let phase = isOpen ? exchange?.phase ?? .answer : phase
        let located = located(failure == .reset ? .reset(phase) : .connection(failure))
        close(at: now)
        endExchanges(with: located, at: now)
    }

    private func read(_ layer: TLSLayer, level: Int, at now: Instant) {
        let stream = stream
        while self.stream != nil, self.stream == stream {
            do throws(TLSFailure) {
                switch try layer.read({ take($0, level: level + 1, at: now) }) {
                case .bytes: break
                case .ended:
                    flush(level + 1)
                    end(at: now)
                    return
                case .starved:
                    flush(level + 1)
                    return
                }
            } catch {
                fail(failure(error), at: now)
                close(at: now)
                return
            }
        }
    }

    private func failure(_ error: TLSFailure) -> HTTPFailure {
        layers.last?.certificateFailure(error).map(HTTPFailure.clientCertificate) ?? .secure(error)
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
    func send(_ bytes: [UInt8]) { send(bytes, below: layers.count) }

    /// Sends bytes through the first `level` layers.
    private func send(_ bytes: [UInt8], below level: Int) {
        guard let stream else { return }
        guard level > 0 else {
            connections.requests.append(.send(stream, bytes))
            return
        }
        layers[level - 1].write(bytes)
        flush(level)
    }

    /// Sends the ciphertext of the layer at `level` - 1.
    private func flush(_ level: Int) {
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
