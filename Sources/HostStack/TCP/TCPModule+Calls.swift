import PacketEngine
import WireFormat

// The calls of the user (RFC 9293, section 3.9.1).

extension TCPModule {
    mutating func listen(_ port: UInt16, backlog: Int = 256) { listeners[port] = Listener(backlog: backlog) }

    /// Opens a connection; returns nil if the table is full or no port is free.
    mutating func connect(from local: IPAddress, to remote: TCPEndpoint, at now: Instant) -> TCPIdentifier? {
        for _ in 0..<16_384 {
            nextPort = nextPort >= 65_535 ? 49_152 : nextPort + 1
            let pair = TCPPair(local: TCPEndpoint(local, nextPort), remote: remote)
            guard indices[pair] == nil else { continue }
            let connection = TCPConnection(
                nextConfiguration(pair), initial: initialNumber(pair, at: now), timestampOffset: timestampOffset(pair),
                answering: false, at: now)
            guard let index = insert(connection, pair, isHalfOpen: false) else { return nil }
            blocks[index].isKnown = true
            return identifier(index)
        }
        return nil
    }

    /// Continues a handshake whose SYN was sent by another program.
    /// - Parameters:
    ///   - initial: the sequence number of the SYN.
    ///   - timestamp: the timestamp in the SYN.
    mutating func adopt(
        _ pair: TCPPair, initial: SequenceNumber, timestamp: UInt32, _ answer: ReceivedTCPHeader, at now: Instant
    ) -> TCPIdentifier? {
        guard indices[pair] == nil else { return nil }
        let clock = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
        var connection = TCPConnection(
            nextConfiguration(pair), initial: initial, timestampOffset: timestamp &- clock, answering: false, at: now)
        connection.needsSyn = false
        guard let index = insert(connection, pair, isHalfOpen: false) else { return nil }
        blocks[index].isKnown = true
        let name = identifier(index)
        _ = blocks[index].connection.receive(answer, RawSpan(), at: now)
        settle(index, at: now)
        return self.index(of: name) == nil ? nil : name
    }

    mutating func send(_ identifier: TCPIdentifier, _ bytes: RawSpan) -> Int {
        guard let index = index(of: identifier) else { return 0 }
        let taken = blocks[index].connection.send(bytes)
        makeReady(index)
        return taken
    }

    /// Calls `body` with received bytes, piece by piece, until it takes fewer than offered.
    mutating func read(_ identifier: TCPIdentifier, _ body: (RawSpan) -> Int) {
        guard let index = index(of: identifier) else { return }
        while blocks[index].connection.incoming.count > 0 {
            var taken = 0
            blocks[index].connection.read {
                taken = body($0)
                return taken
            }
            if taken == 0 { break }
        }
        makeReady(index)
    }

    func room(_ identifier: TCPIdentifier) -> Int {
        index(of: identifier).map { blocks[$0].connection.outgoing.room } ?? 0
    }

    mutating func endSending(_ identifier: TCPIdentifier, at now: Instant) {
        guard let index = index(of: identifier) else { return }
        blocks[index].connection.endSending(at: now)
        settle(index, at: now)
    }

    /// Detaches the user from the connection.
    mutating func leave(_ identifier: TCPIdentifier, at now: Instant) {
        guard let index = index(of: identifier) else { return }
        blocks[index].isDetached = true
        blocks[index].connection.leave(at: now)
        settle(index, at: now)
    }

    mutating func abort(_ identifier: TCPIdentifier, at now: Instant) {
        guard let index = index(of: identifier) else { return }
        blocks[index].isDetached = true
        blocks[index].connection.abort()
        settle(index, at: now)
    }

    func identifier(of pair: TCPPair) -> TCPIdentifier? { indices[pair].map { identifier($0) } }

    func pair(_ identifier: TCPIdentifier) -> TCPPair? { index(of: identifier).map { blocks[$0].pair } }
}
