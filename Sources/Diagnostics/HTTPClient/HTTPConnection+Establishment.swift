import PacketEngine
import SwiftNetHTTP2
import SwiftNetTLS
import WireFormat

/// The establishment of a connection: the lookup, the race of the addresses, the handshake with a proxy and the TLS
/// handshakes.
extension HTTPConnection {
    func begin(at now: Instant) {
        if let route = origin.proxy, route.proxy.kind.needsAddress {
            switch origin.endpoint {
            case .name(let name, _):
                state = .resolvingOrigin
                connections.resolve(name, for: self)
                return
            case .endpoint(let endpoint): setAddress(of: [endpoint], for: route.proxy)
            case .endpoints(let endpoints): setAddress(of: endpoints, for: route.proxy)
            }
        }
        beginRoute(at: now)
    }

    /// Connects to the first host of the route: the proxy, or the origin.
    private func beginRoute(at now: Instant) {
        switch origin.proxy?.endpoint ?? origin.endpoint {
        case .name(let name, _):
            state = .resolving
            if let known = lookups[name], !known.isEmpty {
                take(.success(known), at: now)
            } else {
                connections.resolve(name, for: self)
            }
        case .endpoint(let endpoint): connect([endpoint], at: now)
        case .endpoints(let endpoints): connect(endpoints, at: now)
        }
    }

    /// Sets the address that a proxy needs: the first one, for SOCKS 4 an IPv4 address.
    private func setAddress(of endpoints: [StreamEndpoint], for proxy: HTTPProxy) {
        let addresses = endpoints.compactMap { if case .tcp(let address, _, _) = $0 { address } else { nil } }
        let wanted = proxy.kind == .socks4 ? addresses.first { $0.family == .v4 } : nil
        if let address = wanted ?? addresses.first { handshake?.setAddress(address) }
    }

    func resolved(_ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at now: Instant) {
        switch state {
        case .resolvingOrigin, .resolving:
            if timings.name == nil { timings.start = asked }
            timings.name = (timings.name ?? .zero) + (now - asked)
            if case .name(let name, _) = resolvedEndpoint, case .success(let addresses) = answer {
                lookups[name] = addresses
            }
            take(answer, at: now)
        case .connecting, .securing, .tunneling, .open, .closed: break
        }
    }

    /// The endpoint whose name is looked up.
    private var resolvedEndpoint: HTTPOrigin.Endpoint {
        if case .resolvingOrigin = state { origin.endpoint } else { origin.proxy?.endpoint ?? origin.endpoint }
    }

    private func take(_ answer: Result<[ResolvedAddress], NameFailure>, at now: Instant) {
        func found(_ isWanted: (ResolvedAddress) -> Bool = { _ in true }) -> [ResolvedAddress]? {
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
            guard case .name(_, let port) = resolvedEndpoint, let addresses = found() else { return }
            connect(ConnectionRace.endpoints(addresses, port: port), at: now)
        case .connecting, .securing, .tunneling, .open, .closed: break
        }
    }

    func connect(_ endpoints: [StreamEndpoint], at now: Instant) {
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
    func proceed(at now: Instant) {
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
                layers.append(try connections.makeSession(of: origin, offering: applicationProtocols))
            }
        } catch {
            fail(.secure(error), at: now)
            return
        }
        secure(at: now)
    }

    func secure(at now: Instant) {
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
    func fail(_ failure: HTTPFailure, at now: Instant) { endExchanges(with: located(failure), at: now) }

    func endExchanges(with failure: HTTPFailure, at now: Instant) {
        exchange?.failed(failure, at: now)
        for exchange in joining { exchange.failed(failure, at: now) }
        http2?.fail(failure, at: now)
    }
}
