import PacketEngine
import WireFormat

// Processing of received segments (RFC 9293, section 3.10.7).

extension TCPConnection {
    /// What the TCP module has to do after a segment.
    enum Consequence {
        case nothing
        /// Send a reset: the segment does not belong to this connection.
        case refuse
        /// Replace this connection, which is in TIME-WAIT, by a new one (RFC 9293, section 3.10.7.4).
        case reopen
        /// Send a rate-limited challenge acknowledgment (RFC 5961, section 5).
        case challenge
    }

    mutating func receive(_ segment: ReceivedTCPHeader, _ data: RawSpan, at now: Instant) -> Consequence {
        switch state {
        case .closed, .listen: return .refuse
        case .synSent: return receiveInSynSent(segment, at: now)
        default: break
        }
        let flags = segment.flags
        if state == .timeWait, flags.contains(.syn), !flags.contains(.ack), !flags.contains(.rst),
            segment.sequence > receiveNext
        {
            return .reopen
        }
        if state == .synReceived, flags.contains(.syn), segment.sequence == initialReceive {
            // The peer has not received our SYN-ACK, or this is a simultaneous open.
            guard flags.contains(.ack) else {
                needsSyn = true
                return .nothing
            }
        } else {
            if usesTimestamps, let timestamp = segment.timestamp, !flags.contains(.rst),
                Int32(bitPattern: timestamp.value &- recentTimestamp) < 0
            {
                // An old duplicate, by its timestamp (RFC 7323, section 5.3).
                needsAcknowledgment = true
                return .nothing
            }
            guard isAcceptable(segment, data.byteCount) else {
                if flags.contains(.rst) { return .nothing }
                if state == .timeWait { forgetAt = now + configuration.timeWait }
                needsAcknowledgment = true
                return .nothing
            }
            if flags.contains(.rst) { return receiveReset(segment) }
            if flags.contains(.syn) { return .challenge }
        }
        guard flags.contains(.ack) else { return .nothing }
        lastHeard = now
        keepAliveCount = 0
        if let keepAlive = configuration.keepAlive, state != .synReceived { keepAliveAt = now + keepAlive }
        if let timestamp = segment.timestamp, usesTimestamps, segment.sequence <= lastAcknowledgmentSent {
            recentTimestamp = timestamp.value
        }
        if state == .synReceived {
            guard segment.acknowledgment > sendUnacknowledged, segment.acknowledgment <= sendNext else {
                return .refuse
            }
            state = isSendingEnded ? .finWait1 : .established
            pendingEvents.insert(.established)
            setSendWindow(segment)
        }
        if let consequence = acknowledge(segment, data.byteCount, at: now) { return consequence }
        if state != .closed { take(segment, data, at: now) }
        return .nothing
    }

    /// Whether the segment is in the receive window (section 3.4). With a zero window, the next number is acceptable.
    private func isAcceptable(_ segment: ReceivedTCPHeader, _ dataCount: Int) -> Bool {
        let start = segment.sequence
        let length = segment.length(dataCount)
        if start == receiveNext { return true }
        guard receiveEdge > receiveNext else { return false }
        if start > receiveNext { return start < receiveEdge }
        return length > 0 && start + (length - 1) >= receiveNext
    }

    // MARK: Handshake

    private mutating func receiveInSynSent(_ segment: ReceivedTCPHeader, at now: Instant) -> Consequence {
        let flags = segment.flags
        if flags.contains(.ack), segment.acknowledgment != initialSend + 1 {
            return flags.contains(.rst) ? .nothing : .refuse
        }
        if flags.contains(.rst) {
            if flags.contains(.ack) { fail(.refused) }
            return .nothing
        }
        guard flags.contains(.syn) else { return .nothing }
        lastHeard = now
        accept(segment)
        guard flags.contains(.ack) else {
            // Simultaneous open (section 3.5, figure 7).
            state = .synReceived
            needsSyn = true
            return .nothing
        }
        state = .established
        pendingEvents.insert(.established)
        needsAcknowledgment = true
        if let keepAlive = configuration.keepAlive { keepAliveAt = now + keepAlive }
        _ = acknowledge(segment, 0, at: now)
        return .nothing
    }

    /// Processes a reset: only an exact sequence number resets the connection (RFC 5961, section 3).
    private mutating func receiveReset(_ segment: ReceivedTCPHeader) -> Consequence {
        guard segment.sequence == receiveNext else { return .challenge }
        if state == .timeWait {
            close()
        } else {
            fail(state == .synReceived && !isPassive ? .refused : .reset)
        }
        return .nothing
    }

    // MARK: Acknowledgments

    private mutating func setSendWindow(_ segment: ReceivedTCPHeader) {
        sendWindow = Int(segment.window) << Int(segment.flags.contains(.syn) ? 0 : sendScale)
        largestSendWindow = max(largestSendWindow, sendWindow)
        windowUpdateSequence = segment.sequence
        windowUpdateAcknowledgment = segment.acknowledgment
    }

    /// - Returns: the consequence if processing ends here, or nil to continue.
    private mutating func acknowledge(_ segment: ReceivedTCPHeader, _ dataCount: Int, at now: Instant) -> Consequence? {
        let number = segment.acknowledgment
        guard number <= sendNext else {
            needsAcknowledgment = true
            return .nothing
        }
        // RFC 5961, section 5.
        guard number >= sendUnacknowledged - max(largestSendWindow, 1 << 16) else { return .challenge }
        guard number >= sendUnacknowledged else { return nil }
        var newBytes = 0
        if usesSelective { newBytes = learn(segment) }
        if number > sendUnacknowledged {
            moveOn(to: number, segment, at: now)
        } else if outstanding > 0, dataCount == 0, !segment.flags.contains(.fin),
            Int(segment.window) << Int(sendScale) == sendWindow, !usesSelective
        {
            scoreboard.countDuplicate()
            newBytes = 1
        }
        if windowUpdateSequence < segment.sequence
            || windowUpdateSequence == segment.sequence && windowUpdateAcknowledgment <= number
        {
            let wasShut = sendWindow == 0
            setSendWindow(segment)
            if wasShut, sendWindow > 0 { reopenWindow(at: now) }
        }
        if newBytes > 0 { detectLoss() }
        if outstanding == 0 { retransmitAt = nil }
        waitForWindow(at: now)
        return nil
    }

    /// Adds the SACK blocks of the segment to the scoreboard.
    private mutating func learn(_ segment: ReceivedTCPHeader) -> Int {
        var newBytes = 0
        for index in 0..<segment.selectiveCount {
            let range = segment.selective[index]
            guard range.count > 0, range.start > max(sendUnacknowledged, segment.acknowledgment), range.end <= sendNext
            else { continue }
            newBytes += scoreboard.insert(range)
        }
        return newBytes
    }

    private mutating func moveOn(to number: SequenceNumber, _ segment: ReceivedTCPHeader, at now: Instant) {
        measure(number, segment, at: now)
        let before = dataStart
        let data = min(max(number - before, 0), outgoing.count)
        let wasLimited = outstanding + segmentSize >= congestion.window
        outgoing.removeFirst(data)
        sendUnacknowledged = number
        isSynAcknowledged = true
        retransmitNext = max(retransmitNext, number)
        scoreboard.advance(to: number)
        roundTrip.clearBackoff()
        var isPartial = false
        switch recovery {
        case .none: break
        case .fast(let point), .loss(let point):
            if number >= point { recovery = .none } else { isPartial = true }
        }
        if case .fast = recovery, isPartial, !usesSelective { retransmitNext = number }
        if case .fast = recovery {
        } else if wasLimited || isPartial {
            congestion.acknowledged(data, roundTrip: roundTrip.smoothed ?? .zero, at: now)
        }
        retransmitAt = outstanding > 0 ? now + roundTrip.timeout : nil
        waitingSince = outstanding > 0 ? now : nil
        if wantsRoom, outgoing.room >= min(outgoing.limit / 4, 16 << 10) {
            wantsRoom = false
            pendingEvents.insert(.writable)
        }
        if isFinSent, number == sendNext { finAcknowledged(at: now) }
    }

    private mutating func finAcknowledged(at now: Instant) {
        switch state {
        case .finWait1:
            state = .finWait2
            if discards { forgetAt = now + configuration.timeWait }
        case .closing: beginTimeWait(at: now)
        case .lastAcknowledgment: close()
        default: break
        }
    }

    /// Measures the round-trip time of a segment sent once (RFC 6298, section 3), or by its timestamp (RFC 7323,
    /// section 4).
    private mutating func measure(_ number: SequenceNumber, _ segment: ReceivedTCPHeader, at now: Instant) {
        if let timed, number >= timed.number {
            roundTrip.add(now - timed.at)
            self.timed = nil
        } else if usesTimestamps, timed == nil, let timestamp = segment.timestamp, timestamp.echo != 0 {
            let age = Int64(Int32(bitPattern: self.timestamp(at: now) &- timestamp.echo))
            if age >= 0, age < 120_000 { roundTrip.add(.milliseconds(age)) }
        }
    }

    private mutating func detectLoss() {
        guard case .none = recovery, outstanding > 0 else { return }
        let isLost =
            usesSelective
            ? scoreboard.lostEdge(segment: segmentSize).map { $0 > sendUnacknowledged } ?? false
            : scoreboard.duplicates >= Scoreboard.duplicateThreshold
        guard isLost else { return }
        congestion.lost(inFlight: outstanding)
        recovery = .fast(until: sendNext)
        retransmitNext = sendUnacknowledged
        timed = nil
    }

    // MARK: Data

    private mutating func take(_ segment: ReceivedTCPHeader, _ data: RawSpan, at now: Instant) {
        var start = segment.sequence + (segment.flags.contains(.syn) ? 1 : 0)
        let end = start + data.byteCount
        if segment.flags.contains(.fin), end <= receiveEdge || end == receiveNext { finAt = end }
        if data.byteCount > 0 {
            guard state.mayReceive else {
                needsAcknowledgment = true
                return
            }
            var piece = data
            if start < receiveNext {
                piece = piece.dropping(receiveNext - start)
                start = receiveNext
            }
            let offset = start - receiveNext
            piece = piece.prefix(min(receiveEdge - start, incoming.room - offset))
            if piece.byteCount > 0 { store(piece, start, at: now) } else { needsAcknowledgment = true }
        }
        if let finAt, finAt == receiveNext { takeFin(at: now) }
    }

    private mutating func store(_ piece: RawSpan, _ start: SequenceNumber, at now: Instant) {
        let offset = start - receiveNext
        incoming.put(piece, at: incoming.count + offset)
        guard offset == 0 else {
            beyond.insert(SequenceRange(start, start + piece.byteCount))
            // Acknowledged at once, so that the sender learns of the gap (RFC 9293, section 3.8.6.3; RFC 5681, section
            // 4.2).
            needsAcknowledgment = true
            return
        }
        if !beyond.isEmpty { needsAcknowledgment = true }
        let next = beyond.advance(to: start + piece.byteCount)
        incoming.extend(by: next - receiveNext)
        bytesSinceAcknowledgment += next - receiveNext
        receiveNext = next
        if discards {
            while incoming.count > 0 { incoming.withFirst { $0.byteCount } }
        } else {
            pendingEvents.insert(.readable)
        }
        if bytesSinceAcknowledgment >= 2 * segmentSize {
            needsAcknowledgment = true
        } else if acknowledgeAt == nil {
            acknowledgeAt = now + configuration.acknowledgmentDelay
        }
    }

    private mutating func takeFin(at now: Instant) {
        guard state.mayReceive || state == .synReceived else {
            needsAcknowledgment = true
            return
        }
        receiveNext += 1
        needsAcknowledgment = true
        pendingEvents.insert(.ended)
        switch state {
        case .established: state = .closeWait
        case .finWait1: state = .closing
        case .finWait2: beginTimeWait(at: now)
        default: break
        }
    }

    mutating func beginTimeWait(at now: Instant) {
        state = .timeWait
        retransmitAt = nil
        keepAliveAt = nil
        forgetAt = now + configuration.timeWait
        outgoing.release()
    }
}
