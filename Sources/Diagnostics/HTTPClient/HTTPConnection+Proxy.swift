import PacketEngine
import WireFormat

/// The handshake of a connection with a proxy.
extension HTTPConnection {
    func perform(_ step: ProxyHandshake.Step, at now: Instant) {
        switch step {
        case .needsMore: break
        case .send(let bytes):
            proxyMessages.add(ProxyMessage(isSent: true, bytes: bytes))
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

    /// Takes bytes of the handshake with the proxy; those after it are the origin's.
    func takeReply(_ bytes: RawSpan, level: Int, at now: Instant) {
        var offset = 0
        while case .tunneling = state, offset < bytes.byteCount {
            let stream = stream
            guard let (consumed, step) = handshake?.take(bytes.dropping(offset)) else { return }
            proxyMessages.add(ProxyMessage(isSent: false, bytes: bytes.dropping(offset).prefix(consumed).copied()))
            offset += consumed
            perform(step, at: now)
            guard stream == self.stream else { return }
        }
        if offset < bytes.byteCount { take(bytes.dropping(offset), level: level, at: now) }
    }
}
