import PacketEngine
import WireFormat

extension PingEngine {
    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        // Packets received after the last requested reply do not count.
        guard !isComplete else { return }
        if case .quotedMessage(let report) = packet.form {
            receiveReport(report, packet)
            return
        }
        do {
            let message = try ReceivedMessage(packet)
            if message.type == format.answerType {
                receiveAnswer(message, packet)
            } else if message.isError {
                receiveError(message, packet)
            } else if message.type != format.requestType {
                ignore(.unexpected(message.meaning), packet)
            }
        } catch {
            ignore(.malformed(error), packet)
        }
    }

    private mutating func ignore(_ reason: IgnoredPacket.Reason, _ packet: borrowing ReceivedPacket) {
        guard configuration.reportsIgnored else { return }
        emit(.ignored(IgnoredPacket(source: packet.source, reason: reason, arrival: packet.arrival)))
    }

    // MARK: Replies

    private mutating func receiveAnswer(_ message: borrowing ReceivedMessage, _ packet: borrowing ReceivedPacket) {
        let number: Int
        if format.query == .routerSolicitation {
            // Router advertisements do not identify a request: they match the last one.
            guard window.newest > 0 else { return }
            number = window.newest
        } else {
            // The reply belongs to another ping.
            guard message.identifier == format.identifier else { return }
            guard let found = window.number(ofSequence: message.sequence) else {
                return ignore(.unknownProbe, packet)
            }
            number = found
        }
        guard message.checksum != .incorrect else {
            summary.corrupted &+= 1
            return emitReply(message, packet, number, packet.arrival - window[number].sentAt, flags: .corrupted)
        }
        guard message.data.byteCount >= format.cookieLength else {
            return ignore(.truncated(byteCount: message.bytes.byteCount), packet)
        }
        guard format.carries(cookie: cookie(number), message.data) else { return ignore(.wrongCookie, packet) }
        guard configuration.acceptsAnySource || message.source == configuration.destination else {
            return emitReply(message, packet, number, packet.arrival - window[number].sentAt, flags: .otherSource)
        }
        take(message, packet, number)
    }

    /// Records a reply to probe `number`.
    private mutating func take(
        _ message: borrowing ReceivedMessage, _ packet: borrowing ReceivedPacket, _ number: Int
    ) {
        let slot = window[number]
        guard slot.state != .queued, slot.state != .failed else { return ignore(.unknownProbe, packet) }
        let roundTrip = shared.roundTrip(packet.arrival - slot.sentAt, isExact: slot.isExact)
        var flags: PingReply.Flags = []
        switch slot.state {
        case .queued, .failed: break
        case .answered, .late:
            summary.duplicates &+= 1
            flags.insert(.duplicate)
        case .pending, .timedOut, .refused:
            // The probe had timed out.
            if slot.state == .timedOut { summary.lost &-= 1 }
            if slot.state == .refused { summary.failed &-= 1 }
            if slot.state == .timedOut || roundTrip > configuration.timeout {
                summary.late &+= 1
                window[number].state = .late
                flags.insert(.late)
            } else {
                summary.answered &+= 1
                window[number].state = .answered
            }
            tally.received &+= 1
            if number > newestAnswered { newestAnswered = number }
            countConsecutive(around: number)
            // Round-trip figures are over received probes; a duplicate adds none.
            summary.roundTrips.add(roundTrip)
            if configuration.reportInterval != nil { tally.roundTrips.add(roundTrip) }
        }
        resolve(number)
        schedule.adapt(movingAverage: summary.roundTrips.movingAverage)
        emitReply(message, packet, number, roundTrip, flags: flags)
        if number == 1, configuration.splitsFirstRoundTrip {
            parts.answered = packet.arrival
            if let found = parts.take(needsNeighbor: configuration.needsNeighbor) { emit(.firstRoundTrip(found)) }
        }
    }

    private mutating func emitReply(
        _ message: borrowing ReceivedMessage, _ packet: borrowing ReceivedPacket, _ number: Int,
        _ roundTrip: Nanoseconds, flags: PingReply.Flags
    ) {
        var flags = flags
        let expectedLength = format.query == .echo ? format.messageLength : 8
        if message.bytes.byteCount < expectedLength {
            flags.insert(.truncated)
            if flags.isDisjoint(with: [.duplicate, .corrupted, .otherSource]) { summary.truncated &+= 1 }
        }
        emit(
            .reply(
                PingReply(
                    sequence: UInt16(truncatingIfNeeded: number), source: message.source,
                    byteCount: message.bytes.byteCount, hopLimit: message.hopLimit,
                    roundTrip: max(roundTrip, .zero), arrival: packet.arrival,
                    flags: flags, details: details(of: message))))
    }

    private mutating func details(of message: borrowing ReceivedMessage) -> ReplyDetails? {
        let wrongData = format.query == .echo ? wrongData(message.data) : nil
        let answer = format.query == .echo ? nil : InformationAnswer(message)
        guard message.options != nil || wrongData != nil || answer != nil else { return nil }
        return ReplyDetails(options: message.options, wrongData: wrongData, answer: answer)
    }

    /// The index of the first byte after the cookie that differs from the data sent.
    private mutating func wrongData(_ data: RawSpan) -> ReplyDetails.WrongData? {
        let sent = format.data
        guard data.byteCount >= sent.count,
            let offset = data.firstDifference(from: sent.rawBytes, start: format.cookieLength, end: sent.count)
        else { return nil }
        summary.different &+= 1
        return ReplyDetails.WrongData(
            offset: offset, expected: sent[offset], actual: data.byte(at: offset), bytes: data.copied())
    }

    // MARK: Errors

    private mutating func receiveError(_ message: borrowing ReceivedMessage, _ packet: borrowing ReceivedPacket) {
        guard let quote = PingQuotedProbe(message), quote.identifier == format.identifier else { return }
        take(PingErrorNotice(message, packet, sequence: quote.sequence), quote, packet)
    }

    private mutating func receiveReport(
        _ report: ReceivedPacket.ErrorReport, _ packet: borrowing ReceivedPacket
    ) {
        guard packet.bytes.byteCount >= 8 else { return }
        let quote = PingQuotedProbe(destination: packet.source, message: packet.bytes)
        take(PingErrorNotice(report, packet), quote, packet)
    }

    private mutating func take(
        _ notice: PingErrorNotice, _ quote: borrowing PingQuotedProbe, _ packet: borrowing ReceivedPacket
    ) {
        guard quote.type == format.requestType, quote.destination == configuration.destination,
            let number = window.number(ofSequence: quote.sequence), isQuoteOurs(quote, number)
        else { return ignore(.unknownProbe, packet) }
        let slot = window[number]
        // One fragment may have been sent, and met a router, before this host rejected the others.
        if slot.state == .failed, notice.isFinal, let mtu = notice.mtu { return learn(pathMTU: mtu) }
        guard slot.state != .queued, slot.state != .failed else { return ignore(.unknownProbe, packet) }
        if notice.isFinal {
            summary.errors &+= 1
            if slot.state == .pending {
                window[number].state = .refused
                summary.failed &+= 1
            }
            resolve(number)
            if let mtu = notice.mtu { learn(pathMTU: mtu) }
        }
        emit(.icmpError(notice))
    }

    /// If the quote includes the cookie, it must match; zeros are the padding of a router that quotes less.
    private mutating func isQuoteOurs(_ quote: borrowing PingQuotedProbe, _ number: Int) -> Bool {
        guard format.cookieLength == 8, quote.data.byteCount >= 8, quote.data.bigEndian64(at: 0) != 0 else {
            return true
        }
        return format.carries(cookie: cookie(number), quote.data)
    }
}

extension PingEngine {
    /// Lowers the path MTU to the value that a router reports. The path MTU never rises, and never falls below the
    /// protocol's minimum.
    private mutating func learn(pathMTU mtu: Int) {
        var header = format.header
        guard mtu < header.pathMTU else { return }
        header.pathMTU = max(mtu, PingProbeHeader.minimumMTU(format.family))
        format = format.with(header: header)
    }
}

extension InformationAnswer {
    /// Returns the content of a reply to a query other than echo; nil if it does not fit its type.
    init?(_ message: borrowing ReceivedMessage) {
        if message.family == .v6 {
            guard let view = try? ICMPv6View(message.bytes) else { return nil }
            guard case .neighborDiscovery(let discovery) = ICMPv6Message(view).body,
                case .routerAdvertisement(let advertisement) = discovery.kind
            else { return nil }
            self = .ipv6Router(advertisement, discovery.options)
            return
        }
        guard let view = try? ICMPv4View(message.bytes) else { return nil }
        switch ICMPv4Message(view).body {
        case .timestampReply(let timestamp):
            self = .timestamp(
                originate: timestamp.originate, receive: timestamp.receive, transmit: timestamp.transmit)
        case .addressMaskReply(let reply): self = .addressMask(reply.mask)
        case .routerAdvertisement(let advertisement):
            self = .routers(lifetime: advertisement.lifetime, advertisement.routers)
        default: return nil
        }
    }
}
