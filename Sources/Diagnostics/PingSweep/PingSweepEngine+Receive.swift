import PacketEngine
import WireFormat

extension PingSweepEngine {
    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard let format = packet.source.family == .v4 ? v4 : v6 else { return }
        if case .quotedMessage(let report) = packet.form {
            guard packet.bytes.byteCount >= 8 else { return }
            take(
                PingErrorNotice(report, packet), PingQuotedProbe(destination: packet.source, message: packet.bytes),
                format)
            return
        }
        guard let message = try? ReceivedMessage(packet) else { return }
        if message.type == format.answerType {
            receiveAnswer(message, packet, format)
        } else if message.isError, message.checksum != .incorrect, let quote = PingQuotedProbe(message) {
            take(PingErrorNotice(message, packet, sequence: quote.sequence), quote, format)
        }
    }

    /// Accepts a reply if its source is a target, its identifier is ours and its cookie matches the target and attempt.
    private mutating func receiveAnswer(
        _ message: borrowing ReceivedMessage, _ packet: borrowing ReceivedPacket, _ format: PingProbeFormat
    ) {
        guard message.identifier == format.identifier, message.checksum != .incorrect,
            let index = targets.index(of: message.source)
        else { return }
        guard let attempt = attempt(ofSequence: message.sequence, index) else { return }
        let age = Int(hosts[index].attempts) - Int(attempt)
        guard format.carries(cookie: format.cookie(UInt64(index), UInt64(attempt)), message.data)
        else { return }
        guard age < 64, hosts[index].answered >> UInt64(age) & 1 == 0 else {
            summary.duplicates &+= 1
            return
        }
        hosts[index].answered |= 1 << UInt64(age)
        hosts[index].received &+= 1
        if !probes.isEmpty { reasons[index] = nil }
        summary.received &+= 1
        noteStation(of: index)
        let known =
            age == 0
            ? hosts[index].lastSent
            : age == 1 ? hosts[index].sentBefore : probes.isEmpty ? nil : probes[index].sendTime(age: age)
        let sent = known.flatMap { $0.nanoseconds > 0 ? $0 : nil }
        let isExact = age == 0 ? hosts[index].isExact : false
        let roundTrip = sent.map { shared.roundTrip(packet.arrival - $0, isExact: isExact) }
        if let roundTrip {
            summary.roundTrips.add(roundTrip)
            if !tallies.isEmpty { tallies[index].add(roundTrip) }
            if !probes.isEmpty { probes[index].receive(roundTrip, age: age) }
        }
        if !intervals.isEmpty { intervals[index].receive(roundTrip) }
        guard tallies.isEmpty else {
            tallies[index].hopLimit = message.hopLimit
            decideIfComplete(index, at: packet.arrival)
            return
        }
        decide(index, at: packet.arrival, (roundTrip, message.hopLimit))
    }

    /// Returns the last attempt with this sequence number, which has the lower 16 bits; nil if there was none.
    private func attempt(ofSequence sequence: UInt16, _ index: Int) -> UInt32? {
        let last = hosts[index].attempts
        let age = UInt32(UInt16(truncatingIfNeeded: last) &- sequence)
        return age < last ? last - age : nil
    }

    private mutating func take(_ notice: PingErrorNotice, _ quote: borrowing PingQuotedProbe, _ format: PingProbeFormat)
    {
        guard quote.type == format.requestType, quote.identifier == format.identifier,
            let index = targets.index(of: quote.destination), notice.isFinal,
            let attempt = attempt(ofSequence: quote.sequence, index)
        else { return }
        summary.errors &+= 1
        // "Host unreachable" (RFC 792) or "address unreachable" (RFC 4443, section 3.1) by this host itself.
        let hostUnreachable: (UInt8, UInt8) = format.family == .v4 ? (3, 1) : (1, 3)
        let isFromHere = notice.source == (self.format(to: quote.destination) ?? format).source
        let isSilentNeighbor =
            isFromHere && hosts[index].isResolving && (notice.type, notice.code) == hostUnreachable
        if hosts[index].state != .decided {
            reasons[index] =
                isSilentNeighbor ? Self.silentNeighbor(format.family) : "\(notice.meaning) from \(notice.source)"
        }
        end(attempt: attempt, of: index)
        if configuration.reportsErrors { emit(.icmpError(label: targets.label(of: index), notice)) }
        // The kernel's neighbor resolution or the link failed; another probe would fail too.
        if isFromHere { return doubt(index, at: notice.arrival) }
        decideIfComplete(index, at: notice.arrival)
    }
}
