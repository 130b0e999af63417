import PacketEngine
import WireFormat

// Input: dispatches segments to connections and answers segments without one.

extension TCPModule {
    /// Processes a segment whose checksum was verified.
    mutating func input(_ view: borrowing TCPView, from source: IPAddress, to destination: IPAddress, at now: Instant) {
        let segment = ReceivedTCPHeader(view)
        let pair = TCPPair(
            local: TCPEndpoint(destination, view.destinationPort), remote: TCPEndpoint(source, view.sourcePort))
        if let index = indices[pair] {
            switch blocks[index].connection.receive(segment, view.payload, at: now) {
            case .nothing: break
            case .refuse: refuse(segment, pair, view.payload)
            case .challenge: if challenges.take(at: now) { blocks[index].connection.needsAcknowledgment = true }
            case .reopen:
                remove(index)
                return answer(segment, pair, view.payload, at: now)
            }
            return settle(index, at: now)
        }
        answer(segment, pair, view.payload, at: now)
    }

    /// Processes a segment without a connection; it may open one (RFC 9293, sections 3.10.7.1 and 3.10.7.2).
    private mutating func answer(_ segment: ReceivedTCPHeader, _ pair: TCPPair, _ data: RawSpan, at now: Instant) {
        guard !segment.flags.contains(.rst) else { return }
        guard let listener = listeners[pair.local.port] else { return refuse(segment, pair, data) }
        if segment.flags.contains(.ack) {
            guard !segment.flags.contains(.syn), takeCookie(segment, pair, data, at: now) else {
                return refuse(segment, pair, data)
            }
            return
        }
        guard segment.flags.contains(.syn) else { return }
        guard listener.halfOpen < listener.backlog, hasRoom() else {
            return offerCookie(segment, pair, at: now)
        }
        var connection = TCPConnection(
            nextConfiguration(pair), initial: initialNumber(pair, at: now), timestampOffset: timestampOffset(pair),
            answering: true, at: now)
        connection.accept(segment)
        guard let index = insert(connection, pair, isHalfOpen: true) else { return }
        listeners[pair.local.port]?.halfOpen += 1
        settle(index, at: now)
    }

    private mutating func refuse(_ segment: ReceivedTCPHeader, _ pair: TCPPair, _ data: RawSpan) {
        guard !segment.flags.contains(.rst), strays.count < Self.strayLimit else { return }
        if segment.flags.contains(.ack) {
            strays.append(
                Stray(pair: pair, sequence: segment.acknowledgment, acknowledgment: SequenceNumber(0), flags: .rst))
        } else {
            strays.append(
                Stray(
                    pair: pair, sequence: SequenceNumber(0),
                    acknowledgment: segment.sequence + segment.length(data.byteCount), flags: [.rst, .ack]))
        }
    }

    // MARK: SYN cookies

    private mutating func offerCookie(_ segment: ReceivedTCPHeader, _ pair: TCPPair, at now: Instant) {
        guard strays.count < Self.strayLimit else { return }
        lastCookie = now
        let size = min(Int(segment.maximumSegmentSize ?? 536), maximumSegmentSize(pair))
        let number = cookies.number(for: pair, peerInitial: segment.sequence, maximumSegmentSize: size, at: now)
        strays.append(
            Stray(
                pair: pair, sequence: number, acknowledgment: segment.sequence + 1, flags: [.syn, .ack],
                window: UInt16(clamping: configuration.receiveLimit),
                maximumSegmentSize: UInt16(clamping: maximumSegmentSize(pair))))
    }

    /// - Returns: whether the segment completes a handshake by SYN cookie.
    private mutating func takeCookie(
        _ segment: ReceivedTCPHeader, _ pair: TCPPair, _ data: RawSpan, at now: Instant
    ) -> Bool {
        guard let lastCookie, now - lastCookie < .seconds(128), hasRoom(),
            let size = cookies.size(
                in: segment.acknowledgment - 1, for: pair, peerInitial: segment.sequence - 1, at: now)
        else { return false }
        let connection = TCPConnection(
            nextConfiguration(pair), initial: segment.acknowledgment - 1, timestampOffset: 0,
            peerInitial: segment.sequence - 1,
            maximumSegmentSize: size, at: now)
        guard let index = insert(connection, pair, isHalfOpen: false) else { return false }
        _ = blocks[index].connection.receive(segment, data, at: now)
        settle(index, at: now)
        return true
    }
}
