import PacketEngine
import SwiftNetTLS
import WireFormat

/// The events of a connection; received bytes pass through its layers.
extension HTTPConnection {
    func received(_ bytes: RawSpan, on stream: StreamIdentifier, at now: Instant) {
        guard stream == self.stream else { return }
        take(bytes, level: 0, at: now)
    }

    /// Takes received bytes below a layer, or above the last one.
    func take(_ bytes: RawSpan, level: Int, at now: Instant) {
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

    func failure(_ error: TLSFailure) -> HTTPFailure {
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
}
