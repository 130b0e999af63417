import PacketEngine
import WireFormat

/// Pings many targets through one door, paced, and remembers a few bytes of each.
public struct PingSweepEngine: Engine, ~Copyable {
    public let configuration: PingSweepConfiguration
    public internal(set) var summary = PingSweepSummary()

    /// What is remembered of a target.
    struct Host {
        /// When its last probe left, and the one before.
        var lastSent = Instant(nanoseconds: 0)
        var sentBefore = Instant(nanoseconds: 0)
        /// Which of the last 64 attempts were answered: bit 0 is the last.
        var answered: UInt64 = 0
        var attempts: UInt16 = 0
        /// The attempt whose sending time is `lastSent`.
        var stampedAttempt: UInt16 = 0
        var received: UInt16 = 0
        /// Which of the last 64 attempts ended by an ICMP error or could not be sent.
        var ended: UInt64 = 0
        var state = State.waiting
        /// `lastSent` is the packet's own time, not shared out among several.
        var isExact = true

        /// The kernel resolves its address, and queues the probe meanwhile.
        var isResolving = false

        enum State: UInt8 {
            /// Its station is being looked up.
            case sought
            /// Its station was found; no probe was sent yet.
            case found
            case waiting
            /// The verdict is out.
            case decided
        }
    }

    var targets: TargetSet
    var hosts: [Host]
    var v4: PingProbeFormat?
    var v6: PingProbeFormat?
    /// Round trips of a target, kept when it gets several probes.
    var tallies: [RoundTripTally]
    /// The last reason that was given for a target's silence.
    var reasons: [Int: String] = [:]
    /// Why this host could not probe a target.
    private var failures: [Int: String] = [:]
    /// Targets whose link does not work now, and what is wrong with it.
    private var blocked: [Blocked] = []
    private var pacer: SendPacer
    /// The first target without a probe that is not looked up first.
    private var nextNew = 0
    /// Targets whose station was found.
    private var found = IndexQueue()
    /// Targets with a probe under way, in the order of their sending.
    private var waiting = IndexQueue()
    /// The same for targets that the kernel resolves, which takes longer to fail.
    private var resolving = IndexQueue()
    private var unresolvedCount = 0
    /// Sends in a row that found no room in the kernel's queues.
    private var refusalsInARow = 0
    private var holdUntil: Instant?
    /// Targets that this host has called unreachable, and when that is believed.
    private var doubted: [(index: Int, until: Instant)] = []
    private var undecided: Int
    /// More targets are to come: it does not end before they have.
    public var expectsMore: Bool
    private var isStopping = false
    private var isFinished = false
    var shared = SharedTimes()
    private var events: [PingSweepEvent] = []

    public init(_ configuration: PingSweepConfiguration) {
        self.configuration = configuration
        targets = configuration.targets
        expectsMore = configuration.expectsMore
        v4 = configuration.v4
        v6 = configuration.v6
        let count = configuration.targets.count
        hosts = [Host](repeating: Host(), count: count)
        undecided = count
        if case .count = configuration.plan {
            tallies = [RoundTripTally](repeating: RoundTripTally(), count: count)
        } else {
            tallies = []
        }
        pacer = SendPacer(rate: configuration.rate)
        summary.targets = count
        for run in configuration.sought.runs {
            for place in run.places {
                if let index = targets.index(of: configuration.sought[place]) { hosts[index].state = .sought }
            }
        }
    }

    public var maximumPacketLength: Int {
        max(configuration.longestPacket, v4?.packetLength ?? 0, v6?.packetLength ?? 0)
    }

    public var batchCapacity: Int {
        max(64, v4?.mostPackets ?? 0, v6?.mostPackets ?? 0, configuration.longestPacket / 512 + 1)
    }

    // MARK: Targets that come while it runs

    /// Adds a target, unless it is there already.
    public mutating func add(_ address: IPAddress, name: String?) throws(TargetSet.Refusal) {
        let before = targets.count
        try targets.append(address, name: name)
        guard targets.count > before else { return }
        hosts.append(Host())
        if case .count = configuration.plan { tallies.append(RoundTripTally()) }
        undecided += 1
        summary.targets += 1
    }

    /// A target's station was found on the link.
    public mutating func found(_ address: IPAddress) {
        guard let index = targets.index(of: address), hosts[index].state == .sought else { return }
        hosts[index].state = .found
        found.append(index)
    }

    /// No station on the link has a neighbor's address: it needs no probe.
    public mutating func lost(_ address: IPAddress, reason: String, at now: Instant) {
        guard let index = targets.index(of: address), isWithoutStation(index) else { return }
        // A failure sooner than the kernel can detect one is from an earlier lookup.
        guard !hosts[index].isResolving || now - hosts[index].lastSent >= .seconds(1) else { return }
        if failures[index] == nil, linkFailure(index) == nil { reasons[index] = reason }
        decide(index, at: now)
    }

    /// This host could not look for a neighbor's station.
    public mutating func failed(_ address: IPAddress, _ failure: String, at now: Instant) {
        guard let index = targets.index(of: address), isWithoutStation(index) else { return }
        failures[index] = failure
        decide(index, at: now)
    }

    /// Targets whose link does not work.
    public struct Blocked: Sendable {
        var addresses: AddressSet
        /// What is wrong with the link, for messages.
        var failure: String

        /// Targets of these addresses, and what is wrong with their link.
        public init(addresses: AddressSet, failure: String) {
            self.addresses = addresses
            self.failure = failure
        }
    }

    /// The links to these targets do not work: their silence says nothing about them, until this is called with others.
    public mutating func block(_ blocked: [Blocked]) {
        // A pending probe may be lost, whatever happens later.
        noteBlocked()
        self.blocked = blocked
        noteBlocked()
    }

    /// Links to some of the targets do not work.
    public var isBlocked: Bool { !blocked.isEmpty }

    private mutating func noteBlocked() {
        guard isBlocked else { return }
        for index in hosts.indices where hosts[index].state != .decided && hosts[index].received == 0 {
            guard hosts[index].state == .sought || hosts[index].attempts > 0 else { continue }
            if let failure = linkFailure(index) { failures[index] = failure }
        }
    }

    private func linkFailure(_ index: Int) -> String? {
        guard !blocked.isEmpty else { return nil }
        let address = targets[index]
        return blocked.first { $0.addresses.contains(address) }?.failure
    }

    private func isWithoutStation(_ index: Int) -> Bool {
        hosts[index].state == .sought || hosts[index].state == .waiting && hosts[index].isResolving
    }

    /// How probes of a family look.
    public func format(of family: IPAddress.Family) -> PingProbeFormat? { family == .v4 ? v4 : v6 }

    /// Says how probes of a family look that had no target before.
    public mutating func use(_ format: PingProbeFormat) {
        if format.family == .v4 { v4 = format } else { v6 = format }
    }

    /// Targets whose verdict is out, of all.
    public var progress: (decided: Int, total: Int) { (hosts.count - undecided, hosts.count) }

    private var attemptsPerTarget: Int {
        switch configuration.plan {
        case .untilAnswered(let retries): retries + 1
        case .count(let count, _): count
        }
    }

    /// From a probe to the next one to the same target, or to the verdict.
    private func pause(after attempts: Int) -> Nanoseconds {
        guard case .count(let count, let period) = configuration.plan, attempts < count else {
            return configuration.timeout
        }
        return period
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if summary.start == nil { summary.start = now }
        if isStopping || isFinished || deadlineHasPassed(at: now) {
            finish(at: now)
            return .finished
        }
        settleDoubts(at: now)
        if let holdUntil, now < holdUntil { return .earliest(.at(holdUntil), deadline) }
        var allowance = pacer.allowance(at: now)
        while true {
            guard let (index, queue) = nextTarget(at: now) else { break }
            guard allowance > 0, batch.room > 0 else {
                return allowance > 0 ? .at(now) : .earliest(.at(pacer.nextDue(at: now)), deadline)
            }
            guard append(index, from: queue, to: &batch, at: now) else { return .at(now) }
            allowance -= 1
        }
        if undecided == 0, !expectsMore {
            finish(at: now)
            return .finished
        }
        return .earliest(nextWaiting(), deadline)
    }

    /// Where a target waits for its next probe.
    private enum Queue {
        case new, found, waiting, resolving
    }

    /// The target that is to be probed now: first one whose answer has not
    /// come in time, then a new one. Gives verdicts about those that have had every probe.
    private mutating func nextTarget(at now: Instant) -> (index: Int, queue: Queue)? {
        if let index = nextOverdue(in: .waiting, at: now) { return (index, .waiting) }
        if let index = nextOverdue(in: .resolving, at: now) { return (index, .resolving) }
        if let index = found.first { return (index, .found) }
        while nextNew < hosts.count, hosts[nextNew].state != .waiting || hosts[nextNew].attempts > 0 { nextNew += 1 }
        guard nextNew < hosts.count else { return nil }
        guard unresolvedCount < configuration.mostUnresolved || !isResolvedByKernel(nextNew) else { return nil }
        return (nextNew, .new)
    }

    private mutating func nextOverdue(in queue: Queue, at now: Instant) -> Int? {
        while let index = queue == .waiting ? waiting.first : resolving.first {
            let host = hosts[index]
            // One whose first probe was taken back waits elsewhere.
            if host.state != .waiting || host.isResolving != (queue == .resolving) {
                dropFirst(of: queue)
                continue
            }
            guard due(index) <= now else { return nil }
            if Int(host.attempts) < attemptsPerTarget { return index }
            dropFirst(of: queue)
            decide(index, at: now)
        }
        return nil
    }

    private mutating func dropFirst(of queue: Queue) {
        switch queue {
        case .new: nextNew += 1
        case .found: found.removeFirst()
        case .waiting: waiting.removeFirst()
        case .resolving: resolving.removeFirst()
        }
    }

    /// When a target gets its next probe, or its verdict.
    private func due(_ index: Int) -> Instant {
        let pause = pause(after: Int(hosts[index].attempts))
        return hosts[index].lastSent
            + (hosts[index].isResolving ? max(pause, configuration.resolutionTime) : pause)
    }

    private func isResolvedByKernel(_ index: Int) -> Bool {
        !configuration.resolvedByKernel.isEmpty && configuration.resolvedByKernel.contains(targets[index])
    }

    private mutating func append(_ index: Int, from queue: Queue, to batch: inout PacketBatch, at now: Instant) -> Bool
    {
        let destination = targets[index]
        guard let format = destination.family == .v4 ? v4 : v6 else {
            // No way to this family at all: the verdict needs no probe.
            dropFirst(of: queue)
            failures[index] = "no route"
            decide(index, at: now)
            return true
        }
        let attempt = hosts[index].attempts &+ 1
        var fields = PingProbeFields(
            destination: destination, sequence: attempt,
            identification: attempt &+ format.header.firstIdentification)
        fields.cookie = format.cookie(UInt64(index), UInt64(attempt))
        let token = UInt64(index) << 16 | UInt64(attempt)
        guard format.append(fields, token: token, to: &batch) else { return false }
        dropFirst(of: queue)
        hosts[index].state = .waiting
        hosts[index].attempts = attempt
        hosts[index].sentBefore = hosts[index].lastSent
        // Until the port says when it really left.
        hosts[index].lastSent = now
        hosts[index].answered <<= 1
        hosts[index].ended <<= 1
        if attempt == 1, isResolvedByKernel(index) {
            hosts[index].isResolving = true
            unresolvedCount += 1
        }
        if hosts[index].isResolving { resolving.append(index) } else { waiting.append(index) }
        pacer.send()
        summary.transmitted &+= 1
        return true
    }

    /// A host has answered: the kernel has its station.
    mutating func noteStation(of index: Int) {
        guard hosts[index].isResolving else { return }
        hosts[index].isResolving = false
        unresolvedCount -= 1
        if hosts[index].state != .decided { waiting.append(index) }
    }

    /// A sweep without a limit is for speed.
    public var wantsExactTimes: Bool { configuration.rate != nil }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        refusalsInARow = 0
        note(token, leftAt: instant, isExact: isExact)
    }

    private mutating func note(_ token: UInt64, leftAt instant: Instant, isExact: Bool) {
        let index = Int(truncatingIfNeeded: token >> 16)
        let attempt = UInt16(truncatingIfNeeded: token)
        // The fragments of one probe count once.
        guard attempt == hosts[index].attempts, attempt != hosts[index].stampedAttempt else { return }
        hosts[index].stampedAttempt = attempt
        hosts[index].lastSent = instant
        hosts[index].isExact = isExact
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        let index = Int(truncatingIfNeeded: token >> 16)
        let attempt = UInt16(truncatingIfNeeded: token)
        // Another fragment of the probe was refused before.
        guard attempt <= hosts[index].attempts else { return }
        if failure == .noBuffers, refusalsInARow < Self.mostRefusals, attempt == hosts[index].attempts,
            hosts[index].state == .waiting
        {
            return takeBack(index, at: instant)
        }
        note(token, leftAt: instant, isExact: true)
        summary.errors &+= 1
        end(attempt: attempt, of: index)
        switch failure {
        case .notPermitted where hosts[index].received == 0:
            // The kernel refuses broadcast addresses to sockets that have not asked for them.
            guard hosts[index].state != .decided else { return }
            hosts[index].state = .decided
            undecided -= 1
            summary.skipped += 1
            noteStation(of: index)
            return
        case .system(_, let message), .notPermitted(let message): failures[index] = message
        // The path does not take it: that is an answer.
        case .messageTooLong(let mtu): reasons[index] = mtu > 0 ? "Message too long, mtu=\(mtu)" : "Message too long"
        case .noBuffers: failures[index] = "No buffer space available"
        }
        // No packet of it waits in the kernel.
        if hosts[index].state != .decided { noteStation(of: index) }
        decideIfComplete(index, at: instant)
    }

    /// After this many refused sends in a row the kernel's queues are considered stuck.
    private static let mostRefusals = 8

    /// There was no room for a probe, which says nothing about its target: the probe counts as never sent, and sending
    /// pauses.
    private mutating func takeBack(_ index: Int, at now: Instant) {
        refusalsInARow += 1
        holdUntil = now + .milliseconds(100)
        hosts[index].attempts -= 1
        hosts[index].answered >>= 1
        hosts[index].ended >>= 1
        hosts[index].lastSent = hosts[index].sentBefore
        // Not known any longer, and the attempt will be another packet.
        hosts[index].sentBefore = Instant(nanoseconds: 0)
        hosts[index].stampedAttempt = hosts[index].attempts
        summary.transmitted &-= 1
        if hosts[index].attempts == 0 {
            noteStation(of: index)
            hosts[index].state = .found
            found.append(index)
        }
    }

    private func nextWaiting() -> Deadline {
        var earliest = doubted.first?.until
        for index in [waiting.first, resolving.first] {
            guard let index else { continue }
            let due = due(index)
            earliest = earliest.map { min($0, due) } ?? due
        }
        return earliest.map { .at($0) } ?? .never
    }

    /// This host itself says that a target is unreachable: its link may have failed, which it will know in a moment.
    mutating func doubt(_ index: Int, at now: Instant) { doubted.append((index, now + Self.doubtTime)) }

    private static let doubtTime = Nanoseconds.milliseconds(150)

    private mutating func settleDoubts(at now: Instant) {
        while let first = doubted.first, first.until <= now {
            doubted.removeFirst()
            if hosts[first.index].isResolving {
                decide(first.index, at: now)
            } else {
                decideIfComplete(first.index, at: now)
            }
        }
    }

    private var deadline: Deadline {
        guard let limit = configuration.deadline, let start = summary.start else { return .never }
        return .at(start + limit)
    }

    private func deadlineHasPassed(at now: Instant) -> Bool {
        if case .at(let end) = deadline { return now >= end }
        return false
    }

    public mutating func stop(at now: Instant) { isStopping = true }

    /// Gives the verdict about every target that has had a probe; those that have had none stay without.
    private mutating func finish(at now: Instant) {
        guard !isFinished else { return }
        isFinished = true
        summary.end = now
        for index in hosts.indices where hosts[index].state == .waiting && hosts[index].attempts > 0 {
            decide(index, at: now)
        }
    }

    // MARK: Verdicts

    /// An attempt has got no reply and will get none.
    mutating func end(attempt: UInt16, of index: Int) {
        let age = Int(hosts[index].attempts) - Int(attempt)
        if (0..<64).contains(age) { hosts[index].ended |= 1 << UInt64(age) }
    }

    /// Gives the verdict about a target as soon as each of its probes has a reply or a final error.
    mutating func decideIfComplete(_ index: Int, at now: Instant) {
        let host = hosts[index]
        guard host.state != .decided, Int(host.attempts) == attemptsPerTarget, host.attempts <= 64 else { return }
        let all = UInt64.max >> UInt64(64 - Int(host.attempts))
        guard host.answered | host.ended | ~all == .max else { return }
        decide(index, at: now)
    }

    mutating func decide(_ index: Int, at now: Instant, _ reply: (roundTrip: Nanoseconds?, hopLimit: UInt8?)? = nil) {
        guard hosts[index].state != .decided else { return }
        hosts[index].state = .decided
        undecided -= 1
        noteStation(of: index)
        let host = hosts[index]
        let isAlive = host.received > 0
        // A send that failed here says nothing about the target, unless a router or the target has said more.
        let failure = isAlive ? nil : linkFailure(index) ?? (reasons[index] == nil ? failures[index] : nil)
        if isAlive {
            summary.alive += 1
        } else if failure != nil {
            summary.unchecked += 1
        } else {
            summary.unreachable += 1
        }
        let tally = tallies.isEmpty ? nil : tallies[index]
        events.append(
            .host(
                PingSweepHostResult(
                    label: targets.label(of: index), address: targets[index], isAlive: isAlive,
                    roundTrip: reply?.roundTrip ?? tally?.first, hopLimit: reply?.hopLimit ?? tally?.hopLimit,
                    transmitted: Int(host.attempts), received: Int(host.received), minimum: tally?.minimum,
                    average: tally?.average, maximum: tally?.maximum,
                    reason: isAlive || failure != nil ? nil : reasons[index],
                    failure: failure, at: now)))
    }

    mutating func emit(_ event: PingSweepEvent) { events.append(event) }

    public mutating func drain(_ report: (PingSweepEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}

/// Round trips to one target.
struct RoundTripTally {
    private(set) var first: Nanoseconds?
    private(set) var minimum: Nanoseconds?
    private(set) var maximum: Nanoseconds?
    private var sum = Nanoseconds.zero
    private var count: Int64 = 0
    var hopLimit: UInt8?

    var average: Nanoseconds? { count > 0 ? Nanoseconds(sum.count / count) : nil }

    mutating func add(_ roundTrip: Nanoseconds) {
        first = first ?? roundTrip
        minimum = minimum.map { min($0, roundTrip) } ?? roundTrip
        maximum = maximum.map { max($0, roundTrip) } ?? roundTrip
        sum = sum + roundTrip
        count += 1
    }
}

/// Indices in the order they came, in one array that is cleaned up now and then.
struct IndexQueue {
    private var storage: [UInt32] = []
    private var head = 0

    var first: Int? { head < storage.count ? Int(storage[head]) : nil }

    mutating func append(_ index: Int) { storage.append(UInt32(truncatingIfNeeded: index)) }

    mutating func removeFirst() {
        head += 1
        if head > 4096, head * 2 > storage.count {
            storage.removeFirst(head)
            head = 0
        }
    }
}
