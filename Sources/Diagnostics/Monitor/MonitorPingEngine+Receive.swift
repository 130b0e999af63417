import PacketEngine
import WireFormat

extension MonitorPingEngine {
    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        hasReceived = true
        if case .quotedMessage(let report) = packet.form {
            guard packet.bytes.byteCount >= 8 else { return }
            return take(
                PingErrorNotice(report, packet), PingQuotedProbe(destination: packet.source, message: packet.bytes))
        }
        guard let message = try? ReceivedMessage(packet), message.checksum != .incorrect else { return }
        if message.isError, let quote = PingQuotedProbe(message) {
            return take(PingErrorNotice(message, packet, sequence: quote.sequence), quote)
        }
        for index in indices[message.source] ?? [] {
            guard let format = format(of: index), message.type == format.answerType,
                message.identifier == format.identifier,
                let attempt = targets[index].attempt(ofSequence: message.sequence),
                format.carries(cookie: format.cookie(UInt64(index), UInt64(attempt)), message.data)
            else { continue }
            return answer(attempt, of: index, at: packet.arrival, message.hopLimit)
        }
    }

    private func format(of index: Int) -> PingProbeFormat? { try? targets[index].destination?.get().format }

    /// Accepts the first reply to a probe.
    private mutating func answer(_ attempt: UInt32, of index: Int, at arrival: Instant, _ hopLimit: UInt8?) {
        let probe = targets[index][attempt]
        // A clock that was set may put the arrival before the departure.
        let roundTrip = max(arrival - probe.sent, .zero)
        guard !probe.isAnswered else { return }
        targets[index][attempt].isAnswered = true
        switch probe.result {
        case nil: decide(attempt, of: index, .reply(roundTrip: roundTrip, hopLimit: hopLimit))
        case .lost: emit(.late(target: index, sent: probe.sent, roundTrip: roundTrip))
        case .reply, .failed: break
        }
    }

    /// An ICMP error ends the probe that it quotes.
    private mutating func take(_ notice: PingErrorNotice, _ quote: borrowing PingQuotedProbe) {
        guard notice.isFinal else { return }
        for index in indices[quote.destination] ?? [] {
            guard let format = format(of: index), quote.type == format.requestType,
                quote.identifier == format.identifier,
                let attempt = targets[index].attempt(ofSequence: quote.sequence),
                // Many routers quote only 8 bytes of the message, without the cookie.
                quote.data.byteCount < format.cookieLength
                    || format.carries(cookie: format.cookie(UInt64(index), UInt64(attempt)), quote.data)
            else { continue }
            return decide(attempt, of: index, .failed("\(notice.meaning) from \(notice.source)"))
        }
    }
}
