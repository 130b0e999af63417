import DequeModule
import HeapModule
import PacketEngine
import WireFormat

/// The TCP of a host: control blocks, listeners, and the input, output and timer modules.
struct TCPModule: Sendable {
    /// A listening port.
    struct Listener: Sendable {
        /// The maximum number of half-open connections; above it, SYN cookies are sent (RFC 4987).
        var backlog = 256
        var halfOpen = 0
    }

    struct Block: Sendable {
        var connection: TCPConnection
        var pair: TCPPair
        var generation: UInt32
        var isUsed = true
        /// Whether the connection is in the queue of those that may have output.
        var isReady = false
        /// The earliest time for which a timer is set.
        var scheduled: Instant?
        /// Whether the connection counts as half-open for its listener.
        var isHalfOpen: Bool
        /// Whether the user knows the identifier.
        var isKnown = false
        /// Whether the user has detached: no more events are reported.
        var isDetached = false
        /// Whether the connection is in the TIME-WAIT queue.
        var isWaiting = false
    }

    private struct Alarm: Comparable, Sendable {
        var at: Instant
        var index: Int
        static func < (left: Alarm, right: Alarm) -> Bool {
            (left.at, left.index) < (right.at, right.index)
        }
    }

    /// A reset for a segment without a connection (RFC 9293, section 3.10.7.1), or a SYN-ACK with a cookie.
    struct Stray: Sendable {
        var pair: TCPPair
        var sequence: SequenceNumber
        var acknowledgment: SequenceNumber
        var flags: TCPFlags
        var window: UInt16 = 0
        var maximumSegmentSize: UInt16?
    }

    private(set) var configuration: TCPConfiguration
    var blocks: [Block] = []
    private var free: [Int] = []
    var indices: [TCPPair: Int] = [:]
    var listeners: [UInt16: Listener] = [:]
    private var ready: [Int] = []
    private var readyHead = 0
    private var alarms = Heap<Alarm>()
    var strays: Deque<Stray> = []
    let key: SipHash
    let cookies: SynCookie
    var lastCookie: Instant?
    var challenges = AllowancePerSecond(10)
    var nextPort: UInt16
    private var events: [HostEvent] = []
    /// Connections in TIME-WAIT, oldest first; the oldest is removed early if the table is full.
    private var waiting: Deque<TCPIdentifier> = []
    /// Connections whose retransmissions fail.
    private var doubts: [TCPPair] = []
    /// The buffer space granted to all connections, in bytes.
    private var allotted = 0

    /// The maximum number of connections, including those that have ended but are not removed yet.
    private static let limit = 4_096
    static let strayLimit = 65_536
    /// The buffer space of all connections beyond the minimum of each, in bytes.
    private static let memoryBudget = 12 << 20
    private static let leastBuffer = 3 << 10

    init(_ configuration: TCPConfiguration, key: SipHash, firstPort: UInt16) {
        self.configuration = configuration
        self.key = key
        cookies = SynCookie(key: SipHash(key0: key.key1, key1: ~key.key0))
        nextPort = firstPort
    }

    var count: Int { blocks.count - free.count }

    /// Returns the length of the headers before a segment's data, without TCP options, in bytes.
    static func headerLength(_ family: IPAddress.Family) -> Int {
        (family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength) + TCPView.minimumHeaderLength
    }

    /// Returns the maximum segment size for a pair; the configured value is for IPv4.
    func maximumSegmentSize(_ pair: TCPPair) -> Int {
        let family = pair.remote.address.family
        return configuration.maximumSegmentSize - Self.headerLength(family) + Self.headerLength(.v4)
    }

    /// Returns the configuration of the next connection: its buffers shrink as more space is in use.
    func nextConfiguration(_ pair: TCPPair) -> TCPConfiguration {
        var next = configuration
        next.maximumSegmentSize = maximumSegmentSize(pair)
        // An eighth of the remaining space, split between send and receive, so that no connection takes all of it.
        let share = max((Self.memoryBudget - allotted) / 16, Self.leastBuffer)
        next.sendLimit = min(next.sendLimit, share)
        next.receiveLimit = min(next.receiveLimit, share)
        return next
    }

    /// Whether there is room for another connection; removes the oldest one in TIME-WAIT if necessary.
    mutating func hasRoom() -> Bool {
        while count >= Self.limit, let oldest = waiting.popFirst() {
            if let index = index(of: oldest), blocks[index].connection.state == .timeWait { remove(index) }
        }
        return count < Self.limit
    }

    var hasOpenConnections: Bool {
        blocks.contains { block in
            guard block.isUsed else { return false }
            switch block.connection.state {
            case .closed, .timeWait: return block.connection.reset != nil || block.connection.needsAcknowledgment
            // Only the peer's FIN is outstanding.
            case .finWait2: return false
            default: return true
            }
        }
    }

    mutating func drain(_ report: (HostEvent) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Output

    /// Passes the next segment to `write`.
    /// - Parameter isReachable: whether the next hop to the peer is resolved.
    /// - Returns: false if there is nothing to send.
    mutating func output(
        at now: Instant, ready isReachable: (TCPPair) -> Bool,
        _ write: (TCPPair, borrowing TCPConnection, OutgoingSegment) -> Void
    ) -> Bool {
        while readyHead < ready.count {
            let index = ready[readyHead]
            if blocks[index].isUsed, blocks[index].isReady, isReachable(blocks[index].pair),
                let segment = blocks[index].connection.next(at: now)
            {
                write(blocks[index].pair, blocks[index].connection, segment)
                schedule(index)
                return true
            }
            readyHead += 1
            if readyHead == ready.count {
                ready.removeAll(keepingCapacity: true)
                readyHead = 0
            }
            // Also for a removed connection, because the index is reused.
            blocks[index].isReady = false
            if blocks[index].isUsed { settle(index, at: now, isReady: false) }
        }
        return false
    }

    /// Returns and clears the connections whose retransmissions fail.
    mutating func takeDoubts() -> [TCPPair] {
        guard !doubts.isEmpty else { return [] }
        defer { doubts.removeAll() }
        return doubts
    }

    mutating func takeStray() -> Stray? { strays.popFirst() }

    /// Schedules output for connections whose next hop was resolved.
    mutating func wake(_ isMeant: (TCPPair) -> Bool) {
        for index in blocks.indices where blocks[index].isUsed && isMeant(blocks[index].pair) { makeReady(index) }
    }

    /// Whether a sequence number is outstanding; an ICMP error about another number may be spoofed (RFC 5927, section
    /// 4.1).
    func isOutstanding(_ sequence: SequenceNumber, of pair: TCPPair) -> Bool {
        guard let index = indices[pair] else { return false }
        return sequence >= blocks[index].connection.sendUnacknowledged
            && sequence < blocks[index].connection.sendNext
    }

    /// Reduces the segment size of a connection to `size` bytes of data and options.
    mutating func shrinkSegments(of pair: TCPPair, to size: Int, at now: Instant) {
        guard let index = indices[pair] else { return }
        blocks[index].connection.shrinkSegments(to: size, at: now)
        settle(index, at: now)
    }

    /// Does the same for every connection.
    /// - Parameter size: returns the size for a peer; nil for no change.
    mutating func shrinkSegments(at now: Instant, to size: (IPAddress) -> Int?) {
        for index in blocks.indices where blocks[index].isUsed {
            guard let size = size(blocks[index].pair.remote.address) else { continue }
            blocks[index].connection.shrinkSegments(to: size, at: now)
            settle(index, at: now)
        }
    }

    /// Sets the maximum segment size of later connections over IPv4.
    mutating func setMaximumSegmentSize(_ size: Int) { configuration.maximumSegmentSize = size }

    /// Ends the connections to an unreachable host: those in the handshake fail, and closing ones are removed.
    mutating func giveUp(at now: Instant, _ isMeant: (TCPPair) -> Bool) {
        for index in blocks.indices where blocks[index].isUsed && isMeant(blocks[index].pair) {
            if blocks[index].connection.state == .synSent { blocks[index].connection.fail(.unreachable) }
            blocks[index].connection.reset = nil
            settle(index, at: now)
        }
    }

    // MARK: Time

    /// The time of the next call of `advance`.
    var deadline: Instant? { alarms.min?.at }

    var hasOutput: Bool { readyHead < ready.count || !strays.isEmpty }

    mutating func advance(at now: Instant) {
        while let alarm = alarms.min, alarm.at <= now {
            _ = alarms.popMin()
            guard blocks[alarm.index].isUsed, blocks[alarm.index].scheduled == alarm.at else { continue }
            blocks[alarm.index].scheduled = nil
            blocks[alarm.index].connection.advance(at: now)
            if blocks[alarm.index].connection.suspectsNextHop {
                blocks[alarm.index].connection.suspectsNextHop = false
                doubts.append(blocks[alarm.index].pair)
            }
            settle(alarm.index, at: now)
        }
    }

    /// Sets the timer of a connection. Timers are not canceled: an early one is set again when it expires.
    private mutating func schedule(_ index: Int) {
        guard let deadline = blocks[index].connection.deadline else { return }
        if let scheduled = blocks[index].scheduled, scheduled <= deadline { return }
        blocks[index].scheduled = deadline
        alarms.insert(Alarm(at: deadline, index: index))
    }

    // MARK: The table

    /// Reports the events of a connection and updates queues and timers.
    mutating func settle(_ index: Int, at now: Instant, isReady: Bool = true) {
        let pendingEvents = blocks[index].connection.pendingEvents
        if !pendingEvents.isEmpty {
            blocks[index].connection.pendingEvents = []
            if blocks[index].isHalfOpen, !pendingEvents.isDisjoint(with: [.established, .closed]) {
                blocks[index].isHalfOpen = false
                listeners[blocks[index].pair.local.port]?.halfOpen -= 1
            }
            let name = identifier(index)
            if pendingEvents.contains(.established), blocks[index].connection.isPassive {
                blocks[index].isKnown = true
                events.append(.accepted(name, local: blocks[index].pair.local, remote: blocks[index].pair.remote))
            }
            if blocks[index].isKnown, !blocks[index].isDetached {
                events.append(.connection(name, pendingEvents, blocks[index].connection.failure))
            }
        }
        if blocks[index].connection.state == .timeWait, !blocks[index].isWaiting {
            blocks[index].isWaiting = true
            // All entries wait equally long, so the oldest expire first.
            while let oldest = waiting.first, self.index(of: oldest) == nil { waiting.removeFirst() }
            waiting.append(identifier(index))
        }
        if isReady, blocks[index].connection.mayHaveOutput { makeReady(index) }
        if blocks[index].connection.state == .closed, blocks[index].connection.reset == nil {
            // The user keeps the connection until it has read all data or detaches.
            if blocks[index].isDetached || !blocks[index].isKnown || blocks[index].connection.incoming.count == 0 {
                return remove(index)
            }
        }
        schedule(index)
    }

    mutating func makeReady(_ index: Int) {
        guard !blocks[index].isReady else { return }
        blocks[index].isReady = true
        ready.append(index)
    }

    mutating func insert(_ connection: TCPConnection, _ pair: TCPPair, isHalfOpen: Bool) -> Int? {
        guard hasRoom() else { return nil }
        let index: Int
        if let old = free.popLast() {
            index = old
            blocks[index] = Block(
                connection: connection, pair: pair, generation: blocks[index].generation &+ 1,
                isReady: blocks[index].isReady, isHalfOpen: isHalfOpen)
        } else {
            index = blocks.count
            blocks.append(Block(connection: connection, pair: pair, generation: 0, isHalfOpen: isHalfOpen))
        }
        indices[pair] = index
        allotted += connection.configuration.sendLimit + connection.configuration.receiveLimit
        makeReady(index)
        return index
    }

    mutating func remove(_ index: Int) {
        guard blocks[index].isUsed else { return }
        blocks[index].isUsed = false
        let limits = blocks[index].connection.configuration
        allotted -= limits.sendLimit + limits.receiveLimit
        blocks[index].connection.incoming.release()
        blocks[index].connection.outgoing.release()
        if blocks[index].isHalfOpen { listeners[blocks[index].pair.local.port]?.halfOpen -= 1 }
        indices[blocks[index].pair] = nil
        free.append(index)
    }

    func identifier(_ index: Int) -> TCPIdentifier {
        TCPIdentifier(index: index, generation: blocks[index].generation)
    }

    func index(of identifier: TCPIdentifier) -> Int? {
        guard identifier.index < blocks.count, blocks[identifier.index].isUsed,
            blocks[identifier.index].generation == identifier.generation
        else { return nil }
        return identifier.index
    }

    // MARK: Numbers

    /// Returns an initial sequence number: a 4 microsecond clock plus a keyed hash of the connection (RFC 6528, section
    /// 3).
    func initialNumber(_ pair: TCPPair, at now: Instant) -> SequenceNumber {
        SequenceNumber(
            UInt32(truncatingIfNeeded: now.nanoseconds / 4_000) &+ UInt32(truncatingIfNeeded: key.hash(of: pair)))
    }

    func timestampOffset(_ pair: TCPPair) -> UInt32 { UInt32(truncatingIfNeeded: key.hash(of: pair) >> 32) }
}
