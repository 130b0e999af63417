import PacketEngine
import WireFormat

/// A segment to send. Acknowledgment, window and options are filled in when it is written.
struct OutgoingSegment {
    var sequence: SequenceNumber
    var flags: TCPFlags
    /// The offset of the data in the send buffer.
    var offset = 0
    var length = 0
    var headerLength = TCPView.minimumHeaderLength
}

extension TCPConnection {
    /// Returns the next segment to send, or nil if there is none.
    mutating func next(at now: Instant) -> OutgoingSegment? {
        if let number = reset {
            reset = nil
            return segment(number, [.rst, .ack])
        }
        switch state {
        case .closed, .listen: return nil
        case .synSent, .synReceived: return nextOfHandshake(at: now)
        case .timeWait: break
        default:
            if needsProbe {
                needsProbe = false
                if let probe = probe(at: now) { return probe }
            }
            // SACK blocks go out in a segment without data: with data there is no room for them.
            if needsAcknowledgment, !beyond.isEmpty { return segment(sendNext, .ack) }
            if let again = nextRetransmission(at: now) ?? nextData(at: now) { return again }
            if needsKeepAlive {
                needsKeepAlive = false
                return segment(sendUnacknowledged - 1, .ack)
            }
        }
        guard needsAcknowledgment else { return nil }
        return segment(sendNext, .ack)
    }

    /// Returns a segment with or without data; it also acknowledges what was received.
    private mutating func segment(
        _ sequence: SequenceNumber, _ flags: TCPFlags, offset: Int = 0, length: Int = 0
    ) -> OutgoingSegment {
        var segment = OutgoingSegment(sequence: sequence, flags: flags, offset: offset, length: length)
        if flags.contains(.syn) {
            segment.headerLength += synOptionsLength
        } else {
            if usesTimestamps { segment.headerLength += Self.timestampsLength }
            segment.headerLength += selectiveLength(segment.length)
        }
        if flags.contains(.ack) {
            needsAcknowledgment = false
            acknowledgeAt = nil
            bytesSinceAcknowledgment = 0
            lastAcknowledgmentSent = receiveNext
            moveEdge()
        }
        return segment
    }

    // MARK: Selection of data

    private mutating func nextOfHandshake(at now: Instant) -> OutgoingSegment? {
        guard needsSyn else {
            guard needsAcknowledgment, state == .synReceived else { return nil }
            return segment(sendNext, .ack)
        }
        needsSyn = false
        sent(initialSend + 1, isNew: roundTrip.backoffs == 0 && retransmitAt == nil, at: now)
        return segment(initialSend, state == .synSent ? .syn : [.syn, .ack])
    }

    /// Returns a zero-window probe of one byte (RFC 9293, section 3.8.6.1).
    private mutating func probe(at now: Instant) -> OutgoingSegment? {
        guard outstanding > 0 || hasUnsent else { return nil }
        return data(from: sendUnacknowledged, to: sendUnacknowledged + 1, at: now)
    }

    /// The estimated number of bytes in the network, called pipe in RFC 6675, section 4.
    var inFlight: Int {
        let all = outstanding - scoreboard.sackedBytes
        guard let edge = lostEdge else {
            return max(all - scoreboard.duplicates * segmentSize, 0)
        }
        let lost = scoreboard.missing(from: sendUnacknowledged, to: edge)
        let again = scoreboard.missing(from: sendUnacknowledged, to: min(retransmitNext, edge))
        // After a timeout, everything outstanding counts as lost.
        if case .loss = recovery { return all - lost + again }
        return max(all - lost + again - scoreboard.duplicates * segmentSize, 0)
    }

    /// The limit below which unreported bytes count as lost; nil outside a recovery.
    private var lostEdge: SequenceNumber? {
        switch recovery {
        case .none: nil
        case .loss(let point): point
        case .fast:
            usesSelective
                ? scoreboard.lostEdge(segment: segmentSize) ?? sendUnacknowledged
                : min(sendUnacknowledged + segmentSize, sendNext)
        }
    }

    private mutating func nextRetransmission(at now: Instant) -> OutgoingSegment? {
        guard recovery != .none, state.maySend, let edge = lostEdge,
            let gap = scoreboard.gap(from: max(retransmitNext, sendUnacknowledged), before: edge)
        else { return nil }
        // The first retransmission ignores the congestion window (RFC 6675, section 5, step 4.3).
        guard retransmitNext == sendUnacknowledged || inFlight + segmentSize <= congestion.window else { return nil }
        let end = min(gap.end, gap.start + segmentSize)
        retransmitNext = end
        return data(from: gap.start, to: end, at: now)
    }

    private mutating func nextData(at now: Instant) -> OutgoingSegment? {
        guard state.maySend, hasUnsent else { return nil }
        if outstanding == 0, now - lastSent > roundTrip.timeout { congestion.restart() }
        let room = min((sendUnacknowledged + sendWindow) - sendNext, congestion.window - inFlight)
        let length = min(unsent, room, segmentSize)
        if unsent > 0 {
            guard length > 0 else {
                waitForWindow(at: now)
                return nil
            }
            // Nagle's algorithm and the sender's SWS avoidance (section 3.8.6.2.1).
            guard length == segmentSize || length == unsent || length >= largestSendWindow / 2 || outstanding == 0
            else {
                return nil
            }
        }
        let isLast = isSendingEnded && max(length, 0) == unsent
        return data(from: sendNext, to: sendNext + max(length, 0) + (isLast ? 1 : 0), at: now)
    }

    /// Returns a segment with the data in this range, and the FIN if it is part of it.
    private mutating func data(from start: SequenceNumber, to end: SequenceNumber, at now: Instant) -> OutgoingSegment {
        let last = dataEnd
        let length = max(min(end, last) - start, 0)
        let hasFin = isSendingEnded && end > last
        var flags: TCPFlags = .ack
        if length > 0, start + length == last { flags.insert(.psh) }
        if hasFin {
            flags.insert(.fin)
            if end > sendNext { isFinSent = true }
        }
        let isNew = end > sendNext
        sent(end, isNew: isNew && start == sendNext, at: now)
        if isNew { sendNext = end }
        return segment(start, flags, offset: start - dataStart, length: length)
    }

    private mutating func sent(_ end: SequenceNumber, isNew: Bool, at now: Instant) {
        lastSent = now
        if retransmitAt == nil { retransmitAt = now + roundTrip.timeout }
        if waitingSince == nil { waitingSince = now }
        if isNew {
            if timed == nil { timed = (end, now) }
        } else {
            timed = nil
        }
    }

    // MARK: Options and window

    private var synOptionsLength: Int {
        // A SYN-ACK contains only options that the SYN offered.
        let hasScale = configuration.usesWindowScale && (state == .synSent || sendScale > 0 || receiveScale > 0)
        return 4 + (usesTimestamps ? Self.timestampsLength : usesSelective ? 4 : 0) + (hasScale ? 4 : 0)
    }

    /// Returns the length of the SACK option; a segment with data has none.
    private func selectiveLength(_ dataLength: Int) -> Int {
        guard usesSelective, !beyond.isEmpty, dataLength == 0 else { return 0 }
        return 4 + 8 * min(beyond.ranges.count, usesTimestamps ? 3 : 4)
    }

    /// Advances the right edge of the receive window; it is never moved back (section 3.8.6).
    private mutating func moveEdge() {
        let edge = receiveNext + (incoming.room >> Int(receiveScale)) << Int(receiveScale)
        let most = receiveNext + Int(UInt16.max) << Int(receiveScale)
        let wanted = min(edge, most)
        guard wanted - receiveEdge >= min(segmentSize, incoming.limit / 2) else { return }
        receiveEdge = wanted
    }

    /// Returns the Window field of a segment.
    func windowField(_ flags: TCPFlags) -> UInt16 {
        let room = max(receiveEdge - receiveNext, 0)
        if flags.contains(.syn) { return UInt16(clamping: incoming.room) }
        return UInt16(clamping: room >> Int(receiveScale))
    }

    /// Writes a segment: header, options and data, without ports and checksum.
    @_lifetime(bytes: copy bytes)
    func write(_ segment: OutgoingSegment, into bytes: inout MutableRawSpan, at offset: Int, _ now: Instant) {
        bytes.setBigEndian32(segment.sequence.rawValue, at: offset + 4)
        let hasAcknowledgment = segment.flags.contains(.ack)
        bytes.setBigEndian32(hasAcknowledgment ? receiveNext.rawValue : 0, at: offset + 8)
        bytes.setBigEndian16(UInt16(segment.headerLength / 4) << 12 | segment.flags.rawValue, at: offset + 12)
        bytes.setBigEndian16(windowField(segment.flags), at: offset + 14)
        bytes.setBigEndian32(0, at: offset + 16)
        var position = offset + TCPView.minimumHeaderLength
        if segment.flags.contains(.syn) {
            writeSynOptions(into: &bytes, at: position, now)
        } else {
            if usesTimestamps {
                bytes.setBigEndian32(0x0101_080A, at: position)
                bytes.setBigEndian32(timestamp(at: now), at: position + 4)
                bytes.setBigEndian32(recentTimestamp, at: position + 8)
                position += Self.timestampsLength
            }
            let count = (offset + segment.headerLength - position) / 8
            if count > 0 {
                bytes.setBigEndian32(0x0101_0500 | UInt32(2 + 8 * count), at: position)
                for (index, range) in beyond.ranges.prefix(count).enumerated() {
                    bytes.setBigEndian32(range.start.rawValue, at: position + 4 + 8 * index)
                    bytes.setBigEndian32(range.end.rawValue, at: position + 8 + 8 * index)
                }
            }
        }
        outgoing.copy(segment.length, from: segment.offset, into: &bytes, at: offset + segment.headerLength)
    }

    /// Writes the options in the order that Linux uses.
    @_lifetime(bytes: copy bytes)
    private func writeSynOptions(into bytes: inout MutableRawSpan, at offset: Int, _ now: Instant) {
        bytes.setBigEndian32(0x0204_0000 | UInt32(UInt16(clamping: configuration.maximumSegmentSize)), at: offset)
        var position = offset + 4
        if usesTimestamps {
            bytes.setBigEndian32(usesSelective ? 0x0402_080A : 0x0101_080A, at: position)
            bytes.setBigEndian32(timestamp(at: now), at: position + 4)
            bytes.setBigEndian32(state == .synSent ? 0 : recentTimestamp, at: position + 8)
            position += Self.timestampsLength
        } else if usesSelective {
            bytes.setBigEndian32(0x0101_0402, at: position)
            position += 4
        }
        if position < offset + synOptionsLength {
            bytes.setBigEndian32(0x0103_0300 | UInt32(receiveScale), at: position)
        }
    }
}
