import WireFormat

extension TraceFormat {
    /// The probe that a received packet refers to.
    struct Match {
        var number: Int
        /// Whether it reached the error's sender with another source, source port or checksum than sent. A NAT that
        /// restores all of them in the quote is not detected.
        var isTranslated = false
    }

    /// Returns the probe that an error quotes or an echo reply answers; nil if it does not belong to this trace.
    func match(_ message: borrowing ReceivedMessage, among probes: TraceProbes) -> Match? {
        guard message.isError else { return matchReply(message, among: probes) }
        guard let quote = DatagramView(quoted: message.data), quote.family == configuration.destination.family,
            configuration.isOnTheWay(quote.destination)
        else { return nil }
        switch configuration.method {
        case .udp: return matchUDP(quote, among: probes)
        case .icmp:
            guard let echo = quote.icmp, echo.identifier == configuration.identifier,
                echo.type == (isIPv4 ? ICMPv4Type.echoRequest.rawValue : ICMPv6Type.echoRequest.rawValue),
                let number = number(ofMark: echo.sequenceNumber, among: probes)
            else { return nil }
            return Match(number: number, isTranslated: quote.source != configuration.source)
        case .tcp:
            guard let sequence = quote.sequenceNumber, let port = quote.sourcePort,
                quote.destinationPort == configuration.destinationPort,
                let number = number(ofSequence: sequence, among: probes)
            else { return nil }
            return Match(
                number: number,
                isTranslated: quote.source != configuration.source || port != sourcePort(of: number, among: probes))
        }
    }

    private func matchReply(_ message: borrowing ReceivedMessage, among probes: TraceProbes) -> Match? {
        let reply = isIPv4 ? ICMPv4Type.echoReply.rawValue : ICMPv6Type.echoReply.rawValue
        guard configuration.method == .icmp, message.type == reply, message.identifier == configuration.identifier,
            message.source == configuration.destination
        else { return nil }
        return number(ofMark: message.sequence, among: probes).map { Match(number: $0) }
    }

    /// Returns the probe that the target's segment answers: a SYN-ACK, or a reset that acknowledges our SYN (RFC 9293,
    /// section 3.10.7).
    func match(_ segment: borrowing ReceivedSegment, among probes: TraceProbes) -> Match? {
        let flags = segment.view.flags
        guard configuration.method == .tcp, segment.source == configuration.destination,
            segment.view.sourcePort == configuration.destinationPort, flags.contains(.ack),
            flags.contains(.syn) || flags.contains(.rst),
            let number = number(ofSequence: segment.view.acknowledgmentNumber &- 1, among: probes),
            segment.view.destinationPort == sourcePort(of: number, among: probes)
        else { return nil }
        return Match(number: number)
    }

    /// Matches a quote that a NAT changed. A NAT that changes the source changes the checksum accordingly, which can be
    /// reversed. If it restores the source in the quote but not the checksum, the identification remains.
    private func matchUDP(_ quote: borrowing DatagramView, among probes: TraceProbes) -> Match? {
        guard let port = quote.destinationPort, let sourcePort = quote.sourcePort,
            let udp = quote.udpLengthAndChecksum
        else { return nil }
        let (length, checksum, identification) = (udp.length, udp.checksum, quote.identification)
        func candidate(_ mark: UInt16?, _ fits: (TracePacket) -> Bool) -> (number: Int, packet: TracePacket)? {
            guard let mark, let number = number(ofMark: mark, among: probes), let probe = probes[number],
                port == destinationPort(of: number), length == messageLength(probe.packet.length), fits(probe.packet)
            else { return nil }
            return (number, probe.packet)
        }
        let sent = Self.replacing(quote.source, with: configuration.source, in: checksum)
        // Tries the port in the quote, then the port of the first flow; other flows are matched by identification.
        let first = InternetChecksum.updated(sent, replacing: sourcePort, with: configuration.sourcePort)
        guard
            let (number, packet) = candidate(sent, { self.sourcePort(ofFlow: $0.flow) == sourcePort })
                ?? candidate(first, { $0.flow == 0 }) ?? candidate(identification, { _ in true })
        else { return nil }
        return Match(
            number: number,
            isTranslated: quote.source != configuration.source
                || sourcePort != self.sourcePort(ofFlow: packet.flow) || checksum != mark(number))
    }

    /// Returns a checksum as it would be with another address in the pseudo header.
    private static func replacing(_ old: IPAddress, with new: IPAddress, in checksum: UInt16) -> UInt16 {
        switch (old, new) {
        case (.v4(let old), .v4(let new)):
            InternetChecksum.updated(checksum, replacing: UInt64(old.rawValue), with: UInt64(new.rawValue))
        case (.v6(let old), .v6(let new)):
            InternetChecksum.updated(
                InternetChecksum.updated(checksum, replacing: old.high, with: new.high),
                replacing: old.low, with: new.low)
        default: checksum
        }
    }

    private func sourcePort(of number: Int, among probes: TraceProbes) -> UInt16? {
        probes[number].map { sourcePort(ofFlow: $0.packet.flow) }
    }

    private func number(ofSequence sequence: UInt32, among probes: TraceProbes) -> Int? {
        guard sequence >> 16 == UInt32(configuration.sequenceSecret) else { return nil }
        return number(ofMark: UInt16(truncatingIfNeeded: sequence), among: probes)
    }

    /// Returns the latest probe with this mark.
    private func number(ofMark mark: UInt16, among probes: TraceProbes) -> Int? {
        guard mark >= 1, mark <= Self.markCount, probes.count > 0 else { return nil }
        // The first number with this mark, plus a whole number of rounds.
        let first = (Int(mark) - Int(configuration.firstMark) + Self.markCount) % Self.markCount
        guard first < probes.count else { return nil }
        let latest = first + (probes.count - 1 - first) / Self.markCount * Self.markCount
        return probes[latest] == nil ? nil : latest
    }
}
