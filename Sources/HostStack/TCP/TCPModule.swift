import DequeModule
import HeapModule
import PacketEngine
import WireFormat

/// The connections of a host: a table of control blocks, who listens where, and the modules that take segments in,
/// give them out and watch the time.
struct TCPModule: Sendable {
    /// Who listens at a port.
    struct Listener: Sendable {
        /// Handshakes that are remembered at a time; beyond them cookies go out (RFC 4987).
        var backlog = 256
        var halfOpen = 0
    }

    struct Block: Sendable {
        var connection: TCPConnection
        var pair: TCPPair
        var generation: UInt32
        var isUsed = true
        /// It is in the queue of those that may have something to send.
        var isReady = false
        /// When it is woken at the latest.
        var scheduled: Instant?
        /// It counts among the half-open ones of its listener.
        var isHalfOpen: Bool
        /// Its user knows of it.
        var isKnown = false
        /// Its user has let it go: nobody is told of its end.
        var isLeft = false
        /// It is in the queue of those in TIME-WAIT.
        var isWaiting = false
    }

    private struct Alarm: Comparable, Sendable {
        var at: Instant
        var index: Int
        static func < (left: Alarm, right: Alarm) -> Bool {
            (left.at, left.index) < (right.at, right.index)
        }
    }

    /// A reset for a segment that belongs to no connection (RFC 9293, section 3.10.7.1), or the SYN-ACK of a cookie.
    struct Stray: Sendable {
        var pair: TCPPair
        var sequence: SequenceNumber
        var acknowledgment: SequenceNumber
        var flags: TCPFlags
        var window: UInt16 = 0
        var maximumSegmentSize: UInt16?
    }

    let configuration: TCPConfiguration
    var blocks: [Block] = []
    private var free: [Int] = []
    var index: [TCPPair: Int] = [:]
    var listeners: [UInt16: Listener] = [:]
    private var ready: [Int] = []
    private var readyHead = 0
    private var alarms = Heap<Alarm>()
    var strays: [Stray] = []
    let key: SipHash
    let cookies: SynCookie
    var lastCookie: Instant?
    var challenges = AllowancePerSecond(10)
    var refusals = AllowancePerSecond(1_000)
    private var nextPort: UInt16
    private var events: [HostEvent] = []
    /// Those in TIME-WAIT, the oldest first: where there is no room they are forgotten before their time.
    private var waiting: Deque<TCPIdentifier> = []
    /// Connections through which nothing comes.
    private var doubts: [TCPPair] = []
    /// Bytes that may wait in the connections that there are.
    private var allotted = 0

    /// Connections at a time, those that are over and not forgotten among them.
    private static let limit = 4_096
    static let strayLimit = 256
    /// Bytes that may wait in all connections, but for the least that each has.
    private static let memoryBudget = 12 << 20
    private static let leastBuffer = 3 << 10

    init(_ configuration: TCPConfiguration, key: SipHash, firstPort: UInt16) {
        self.configuration = configuration
        self.key = key
        cookies = SynCookie(key: SipHash(key0: key.key1, key1: ~key.key0))
        nextPort = firstPort
    }

    var count: Int { blocks.count - free.count }

    /// Bytes in front of a segment's data, options left out.
    static func headerLength(_ family: IPAddress.Family) -> Int {
        (family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength) + TCPView.minimumHeaderLength
    }

    /// The longest segment that goes out unasked: the configuration's is of IPv4.
    func maximumSegmentSize(_ pair: TCPPair) -> Int {
        let family = pair.remote.address.family
        return configuration.maximumSegmentSize - Self.headerLength(family) + Self.headerLength(.v4)
    }

    /// How the next connection is run: the more there are, the less may wait in it.
    func nextConfiguration(_ pair: TCPPair) -> TCPConfiguration {
        var next = configuration
        next.maximumSegmentSize = maximumSegmentSize(pair)
        // An eighth of what is left, each way: the first have what they want, and nobody takes all.
        let share = max((Self.memoryBudget - allotted) / 16, Self.leastBuffer)
        next.sendLimit = min(next.sendLimit, share)
        next.receiveLimit = min(next.receiveLimit, share)
        return next
    }

    /// Whether one more connection can be; one that only waits to be forgotten gives way.
    mutating func hasRoom() -> Bool {
        while count >= Self.limit, let oldest = waiting.popFirst() {
            if let place = place(of: oldest), blocks[place].connection.state == .timeWait { remove(place) }
        }
        return count < Self.limit
    }

    var hasOpenConnections: Bool {
        blocks.contains { block in
            guard block.isUsed else { return false }
            switch block.connection.state {
            case .closed, .timeWait: return block.connection.reset != nil || block.connection.needsAcknowledgment
            // Our part is done: the other side may take its time.
            case .finWait2: return false
            default: return true
            }
        }
    }

    // MARK: What users do

    mutating func listen(_ port: UInt16, backlog: Int = 256) { listeners[port] = Listener(backlog: backlog) }

    /// Begins a connection; nil when there is no room or no port for it.
    mutating func connect(from local: IPAddress, to remote: TCPEndpoint, at now: Instant) -> TCPIdentifier? {
        for _ in 0..<16_384 {
            nextPort = nextPort >= 65_535 ? 49_152 : nextPort + 1
            let pair = TCPPair(local: TCPEndpoint(local, nextPort), remote: remote)
            guard index[pair] == nil else { continue }
            let connection = TCPConnection(
                nextConfiguration(pair), initial: initialNumber(pair, at: now), timestampOffset: timestampOffset(pair),
                answering: false, at: now)
            guard let place = insert(connection, pair, isHalfOpen: false) else { return nil }
            blocks[place].isKnown = true
            return identifier(place)
        }
        return nil
    }

    /// Goes on with a handshake whose SYN another has sent.
    /// - Parameters:
    ///   - initial: the number of the SYN.
    ///   - timestamp: what it had as its time stamp.
    mutating func adopt(
        _ pair: TCPPair, initial: SequenceNumber, timestamp: UInt32, _ answer: ReceivedTCPHeader, at now: Instant
    ) -> TCPIdentifier? {
        guard index[pair] == nil else { return nil }
        let clock = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
        var connection = TCPConnection(
            nextConfiguration(pair), initial: initial, timestampOffset: timestamp &- clock, answering: false, at: now)
        connection.needsSyn = false
        guard let place = insert(connection, pair, isHalfOpen: false) else { return nil }
        blocks[place].isKnown = true
        let name = identifier(place)
        _ = blocks[place].connection.receive(answer, RawSpan(), at: now)
        settle(place, at: now)
        return self.place(of: name) == nil ? nil : name
    }

    mutating func send(_ identifier: TCPIdentifier, _ bytes: RawSpan) -> Int {
        guard let place = place(of: identifier) else { return 0 }
        let taken = blocks[place].connection.send(bytes)
        makeReady(place)
        return taken
    }

    /// Lends what has come, a piece at a time, until nothing more is taken.
    mutating func read(_ identifier: TCPIdentifier, _ body: (RawSpan) -> Int) {
        guard let place = place(of: identifier) else { return }
        while blocks[place].connection.incoming.count > 0 {
            var taken = 0
            blocks[place].connection.read {
                taken = body($0)
                return taken
            }
            if taken == 0 { break }
        }
        makeReady(place)
    }

    func room(_ identifier: TCPIdentifier) -> Int {
        place(of: identifier).map { blocks[$0].connection.outgoing.room } ?? 0
    }

    mutating func endSending(_ identifier: TCPIdentifier, at now: Instant) {
        guard let place = place(of: identifier) else { return }
        blocks[place].connection.endSending(at: now)
        settle(place, at: now)
    }

    /// Its user is done with it.
    mutating func leave(_ identifier: TCPIdentifier, at now: Instant) {
        guard let place = place(of: identifier) else { return }
        blocks[place].isLeft = true
        blocks[place].connection.leave(at: now)
        settle(place, at: now)
    }

    mutating func abort(_ identifier: TCPIdentifier, at now: Instant) {
        guard let place = place(of: identifier) else { return }
        blocks[place].isLeft = true
        blocks[place].connection.abort()
        settle(place, at: now)
    }

    func identifier(of pair: TCPPair) -> TCPIdentifier? { index[pair].map { identifier($0) } }

    func pair(_ identifier: TCPIdentifier) -> TCPPair? { place(of: identifier).map { blocks[$0].pair } }

    mutating func drain(_ report: (HostEvent) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Output

    /// Gives the next segment that is to go out to `write`.
    /// - Parameter isReachable: whether the way to the other end is known.
    /// - Returns: false when nothing is to go out.
    mutating func output(
        at now: Instant, ready isReachable: (TCPPair) -> Bool,
        _ write: (TCPPair, borrowing TCPConnection, OutgoingSegment) -> Void
    ) -> Bool {
        while readyHead < ready.count {
            let place = ready[readyHead]
            if blocks[place].isUsed, blocks[place].isReady, isReachable(blocks[place].pair),
                let segment = blocks[place].connection.next(at: now)
            {
                write(blocks[place].pair, blocks[place].connection, segment)
                schedule(place)
                return true
            }
            readyHead += 1
            if readyHead == ready.count {
                ready.removeAll(keepingCapacity: true)
                readyHead = 0
            }
            // Of one that is gone too: who has its place next comes into the queue again.
            blocks[place].isReady = false
            if blocks[place].isUsed { settle(place, at: now, isReady: false) }
        }
        return false
    }

    /// Connections through which nothing has come for a while.
    mutating func takeDoubts() -> [TCPPair] {
        guard !doubts.isEmpty else { return [] }
        defer { doubts.removeAll() }
        return doubts
    }

    mutating func takeStray() -> Stray? { strays.isEmpty ? nil : strays.removeFirst() }

    /// Those to whom the way has become known.
    mutating func wake(_ isMeant: (TCPPair) -> Bool) {
        for place in blocks.indices where blocks[place].isUsed && isMeant(blocks[place].pair) { makeReady(place) }
    }

    /// Whether a number is of what a connection has on its way: who speaks of another one guesses (RFC 5927, section 4.1).
    func isOutstanding(_ sequence: SequenceNumber, of pair: TCPPair) -> Bool {
        guard let place = index[pair] else { return false }
        return sequence >= blocks[place].connection.sendUnacknowledged
            && sequence < blocks[place].connection.sendNext
    }

    /// The way of a connection takes segments of so many bytes of data and options.
    mutating func shrinkSegments(of pair: TCPPair, to size: Int, at now: Instant) {
        guard let place = index[pair] else { return }
        blocks[place].connection.shrinkSegments(to: size, at: now)
        settle(place, at: now)
    }

    /// Nobody is there: those that have not begun come to nothing, and who is to be told of an end cannot be.
    mutating func giveUp(at now: Instant, _ isMeant: (TCPPair) -> Bool) {
        for place in blocks.indices where blocks[place].isUsed && isMeant(blocks[place].pair) {
            if blocks[place].connection.state == .synSent { blocks[place].connection.fail(.unreachable) }
            blocks[place].connection.reset = nil
            settle(place, at: now)
        }
    }

    // MARK: Time

    /// When `advance` has something to do.
    var deadline: Instant? { alarms.min?.at }

    var hasOutput: Bool { readyHead < ready.count || !strays.isEmpty }

    mutating func advance(at now: Instant) {
        while let alarm = alarms.min, alarm.at <= now {
            _ = alarms.popMin()
            guard blocks[alarm.index].isUsed, blocks[alarm.index].scheduled == alarm.at else { continue }
            blocks[alarm.index].scheduled = nil
            blocks[alarm.index].connection.advance(at: now)
            if blocks[alarm.index].connection.doubtsWay {
                blocks[alarm.index].connection.doubtsWay = false
                doubts.append(blocks[alarm.index].pair)
            }
            settle(alarm.index, at: now)
        }
    }

    /// An alarm that is too early does no harm: most move on before they go off.
    private mutating func schedule(_ place: Int) {
        guard let deadline = blocks[place].connection.deadline else { return }
        if let scheduled = blocks[place].scheduled, scheduled <= deadline { return }
        blocks[place].scheduled = deadline
        alarms.insert(Alarm(at: deadline, index: place))
    }

    // MARK: The table

    /// Tells what has happened to a connection, and has it do what follows.
    mutating func settle(_ place: Int, at now: Instant, isReady: Bool = true) {
        let notices = blocks[place].connection.notices
        if !notices.isEmpty {
            blocks[place].connection.notices = []
            if blocks[place].isHalfOpen, !notices.isDisjoint(with: [.established, .closed]) {
                blocks[place].isHalfOpen = false
                listeners[blocks[place].pair.local.port]?.halfOpen -= 1
            }
            let name = identifier(place)
            if notices.contains(.established), blocks[place].connection.isPassive {
                blocks[place].isKnown = true
                events.append(.accepted(name, local: blocks[place].pair.local, remote: blocks[place].pair.remote))
            }
            if blocks[place].isKnown, !blocks[place].isLeft {
                events.append(.connection(name, notices, blocks[place].connection.failure))
            }
        }
        if blocks[place].connection.state == .timeWait, !blocks[place].isWaiting {
            blocks[place].isWaiting = true
            // All wait equally long: the oldest are gone first.
            while let oldest = waiting.first, self.place(of: oldest) == nil { waiting.removeFirst() }
            waiting.append(identifier(place))
        }
        if isReady, blocks[place].connection.mayHaveOutput { makeReady(place) }
        if blocks[place].connection.state == .closed, blocks[place].connection.reset == nil {
            // Who has not read everything yet keeps it until he lets it go.
            if blocks[place].isLeft || !blocks[place].isKnown || blocks[place].connection.incoming.count == 0 {
                return remove(place)
            }
        }
        schedule(place)
    }

    private mutating func makeReady(_ place: Int) {
        guard !blocks[place].isReady else { return }
        blocks[place].isReady = true
        ready.append(place)
    }

    mutating func insert(_ connection: TCPConnection, _ pair: TCPPair, isHalfOpen: Bool) -> Int? {
        guard hasRoom() else { return nil }
        let place: Int
        if let old = free.popLast() {
            place = old
            blocks[place] = Block(
                connection: connection, pair: pair, generation: blocks[place].generation &+ 1,
                isReady: blocks[place].isReady, isHalfOpen: isHalfOpen)
        } else {
            place = blocks.count
            blocks.append(Block(connection: connection, pair: pair, generation: 0, isHalfOpen: isHalfOpen))
        }
        index[pair] = place
        allotted += connection.configuration.sendLimit + connection.configuration.receiveLimit
        makeReady(place)
        return place
    }

    mutating func remove(_ place: Int) {
        guard blocks[place].isUsed else { return }
        blocks[place].isUsed = false
        let limits = blocks[place].connection.configuration
        allotted -= limits.sendLimit + limits.receiveLimit
        blocks[place].connection.incoming.release()
        blocks[place].connection.outgoing.release()
        if blocks[place].isHalfOpen { listeners[blocks[place].pair.local.port]?.halfOpen -= 1 }
        index[blocks[place].pair] = nil
        free.append(place)
    }

    private func identifier(_ place: Int) -> TCPIdentifier {
        TCPIdentifier(index: place, generation: blocks[place].generation)
    }

    private func place(of identifier: TCPIdentifier) -> Int? {
        guard identifier.index < blocks.count, blocks[identifier.index].isUsed,
            blocks[identifier.index].generation == identifier.generation
        else { return nil }
        return identifier.index
    }

    // MARK: Numbers

    /// A clock of four microseconds, and a secret of the connection's own (RFC 6528, section 3).
    func initialNumber(_ pair: TCPPair, at now: Instant) -> SequenceNumber {
        SequenceNumber(
            UInt32(truncatingIfNeeded: now.nanoseconds / 4_000) &+ UInt32(truncatingIfNeeded: key.hash(of: pair)))
    }

    func timestampOffset(_ pair: TCPPair) -> UInt32 { UInt32(truncatingIfNeeded: key.hash(of: pair) >> 32) }
}
