import PacketEngine
import WireFormat

/// Pings many targets over one socket at a limited rate, with a few bytes of state per target.
public struct PingSweepEngine: Engine, ~Copyable {
    public let configuration: PingSweepConfiguration
    public internal(set) var summary = PingSweepSummary()

    var targets: PingSweepTargetList
    var hosts: [Host]
    var v4: PingProbeFormat?
    var v6: PingProbeFormat?
    /// The probe formats of targets with a source address of their own.
    var otherFormats: [(targets: AddressSet, format: PingProbeFormat)] = []
    /// The round trips of a target, kept if it gets several probes.
    var tallies: [RoundTripTally]
    /// The counters of each target since the last statistics; empty if there are none.
    var intervals: [PingSweepInterval]
    private var nextStatistics: Instant?
    /// The probes of each target; empty if their round-trip times are not kept.
    var probes: [PingSweepProbes]
    /// Further addresses of targets given by name, by index.
    var alternatives: [Int: [IPAddress]] = [:]
    /// Whether no probes are sent.
    public internal(set) var isPaused = false
    /// The counters of each target at the last reset.
    var resetCounts: [(attempts: UInt32, received: UInt32)] = []
    var retries: [Retry] = []
    /// The last reason reported for a target without a reply.
    var reasons: [Int: String] = [:]
    /// The reason why this host could not probe a target.
    var failures: [Int: String] = [:]
    /// Targets whose link is down, with the problem of the link.
    var blocked: [Blocked] = []
    private var pacer: SendPacer
    /// The first target without a probe that is not resolved first.
    private var nextNew = 0
    /// Targets whose MAC address was resolved.
    var found = IndexQueue()
    /// Targets with a probe in flight, in send order.
    private var waiting = IndexQueue()
    /// The same for targets that the kernel resolves, where a failure takes longer.
    private var resolving = IndexQueue()
    private var unresolvedCount = 0
    /// Consecutive sends that failed because the kernel's queues were full.
    private var refusalsInARow = 0
    private var holdUntil: Instant?
    /// Targets that this host reported as unreachable, and when that becomes final.
    private var doubted: [(index: Int, until: Instant)] = []
    var undecided: Int
    /// Whether more targets will be added: the run does not end before.
    public var expectsMore: Bool
    private var isStopping = false
    private(set) var isFinished = false
    var shared = BatchRoundTrips()
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
        tallies = []
        intervals = []
        probes = []
        pacer = SendPacer(rate: configuration.rate)
        keepStatistics(of: count)
        summary.targets = count
        change(configuration.sought) { $0.state = .sought }
        resolveByKernel(configuration.resolvedByKernel)
        use(configuration.otherSources)
    }

    public var maximumPacketLength: Int {
        max(configuration.longestPacket, v4?.packetLength ?? 0, v6?.packetLength ?? 0)
    }

    public var batchCapacity: Int {
        max(64, v4?.mostPackets ?? 0, v6?.mostPackets ?? 0, configuration.longestPacket / 512 + 1)
    }

    /// Targets with a result, and all targets.
    public var progress: (decided: Int, total: Int) { (hosts.count - undecided, hosts.count) }

    var attemptsPerTarget: Int {
        switch configuration.plan {
        case .untilAnswered(let retries): retries + 1
        case .count(let count, _): count ?? .max
        }
    }

    /// The time from a probe to the next to the same target, or to the result.
    private func pause(after attempts: Int) -> Nanoseconds {
        guard case .count(let count, let period) = configuration.plan, attempts < count ?? .max else {
            return configuration.timeout
        }
        return period
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        guard let interval = configuration.reportInterval, !intervals.isEmpty else {
            return transmitDue(into: &batch, at: now)
        }
        var due = nextStatistics ?? now + interval
        if due <= now {
            emitStatistics(at: now)
            // A late report does not shift the next one, and missed reports are skipped.
            while due <= now { due = due + interval }
        }
        nextStatistics = due
        let next = transmitDue(into: &batch, at: now)
        return next == .finished ? next : .earliest(next, .at(due))
    }

    private mutating func transmitDue(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if summary.start == nil { summary.start = now }
        if isStopping || isFinished || deadlineHasPassed(at: now) {
            finish(at: now)
            return .finished
        }
        settleDoubts(at: now)
        if let holdUntil, now < holdUntil { return .earliest(.at(holdUntil), deadline) }
        if isPaused { return deadline }
        var allowance = pacer.allowance(at: now)
        while true {
            guard let (index, queue) = nextTarget(at: now) else { break }
            guard allowance > 0, batch.room > 0 else {
                return allowance > 0 ? .at(now) : .earliest(.at(pacer.nextDue(at: now)), deadline)
            }
            guard append(index, from: queue, to: &batch, at: now) else { return .at(now) }
            allowance -= 1
        }
        if undecided == 0, !expectsMore, retries.isEmpty {
            finish(at: now)
            return .finished
        }
        return .earliest(nextWaiting(), deadline)
    }

    /// Returns the queue in which a target waits for its next probe.
    private enum Queue {
        case new, found, waiting, resolving
    }

    /// Returns the target to probe now: first one whose reply timed out, then a new one. Reports the result of targets
    /// that have had every probe.
    private mutating func nextTarget(at now: Instant) -> (index: Int, queue: Queue)? {
        if let index = nextOverdue(in: .waiting, at: now) { return (index, .waiting) }
        if let index = nextOverdue(in: .resolving, at: now) { return (index, .resolving) }
        if let index = found.first { return (index, .found) }
        while nextNew < hosts.count, hosts[nextNew].state != .waiting || hosts[nextNew].attempts > 0 { nextNew += 1 }
        guard nextNew < hosts.count else { return nil }
        guard unresolvedCount < configuration.mostUnresolved || !hosts[nextNew].isResolvedByKernel else { return nil }
        return (nextNew, .new)
    }

    private mutating func nextOverdue(in queue: Queue, at now: Instant) -> Int? {
        while let index = queue == .waiting ? waiting.first : resolving.first {
            let host = hosts[index]
            // A target whose first probe was withdrawn waits in another queue.
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

    /// Returns when a target gets its next probe, or its result.
    private func due(_ index: Int) -> Instant {
        let pause = pause(after: Int(hosts[index].attempts))
        return hosts[index].lastSent
            + (hosts[index].isResolving ? max(pause, configuration.resolutionTime) : pause)
    }

    private mutating func append(_ index: Int, from queue: Queue, to batch: inout PacketBatch, at now: Instant) -> Bool
    {
        let destination = targets[index]
        guard let format = format(to: destination) else {
            // No route for this family: the result needs no probe.
            dropFirst(of: queue)
            failures[index] = "no route"
            decide(index, at: now)
            return true
        }
        let attempt = hosts[index].attempts &+ 1
        let sequence = UInt16(truncatingIfNeeded: attempt)
        var fields = PingProbeFields(
            destination: destination, sequence: sequence,
            identification: sequence &+ format.header.firstIdentification)
        fields.cookie = format.cookie(UInt64(index), UInt64(attempt))
        let token = UInt64(index) << 32 | UInt64(attempt)
        guard format.append(fields, token: token, to: &batch) else { return false }
        dropFirst(of: queue)
        hosts[index].state = .waiting
        hosts[index].attempts = attempt
        hosts[index].sentBefore = hosts[index].lastSent
        // Updated when the port reports the actual send time.
        hosts[index].lastSent = now
        hosts[index].answered <<= 1
        hosts[index].ended <<= 1
        if !intervals.isEmpty { intervals[index].transmitted += 1 }
        if !probes.isEmpty { probes[index].send(at: now) }
        if attempt == 1, hosts[index].isResolvedByKernel {
            hosts[index].isResolving = true
            unresolvedCount += 1
        }
        if hosts[index].isResolving { resolving.append(index) } else { waiting.append(index) }
        pacer.send()
        summary.transmitted &+= 1
        return true
    }

    /// Notes that a host replied: the kernel has its MAC address.
    mutating func noteStation(of index: Int) {
        guard hosts[index].isResolving else { return }
        hosts[index].isResolving = false
        unresolvedCount -= 1
        if hosts[index].state != .decided { waiting.append(index) }
    }

    /// Whether the sweep has no rate limit and is tuned for speed.
    public var wantsExactTimes: Bool { configuration.rate != nil }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        refusalsInARow = 0
        note(token, leftAt: instant, isExact: isExact)
    }

    private mutating func note(_ token: UInt64, leftAt instant: Instant, isExact: Bool) {
        let index = Int(truncatingIfNeeded: token >> 32)
        let attempt = UInt32(truncatingIfNeeded: token)
        // The fragments of one probe count once.
        guard attempt == hosts[index].attempts, attempt != hosts[index].stampedAttempt else { return }
        hosts[index].stampedAttempt = attempt
        hosts[index].lastSent = instant
        hosts[index].isExact = isExact
        if !probes.isEmpty { probes[index].correctLast(to: instant) }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        let index = Int(truncatingIfNeeded: token >> 32)
        let attempt = UInt32(truncatingIfNeeded: token)
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
            // The kernel refuses broadcast addresses on sockets without SO_BROADCAST.
            guard hosts[index].state != .decided else { return }
            hosts[index].state = .decided
            undecided -= 1
            summary.skipped += 1
            noteStation(of: index)
            return
        // The probe exceeds the path MTU, which is a result.
        case .messageTooLong: reasons[index] = failure.description
        case .noBuffers, .notPermitted, .interface, .system: failures[index] = failure.description
        }
        // The kernel has no queued packet for it.
        if hosts[index].state != .decided { noteStation(of: index) }
        decideIfComplete(index, at: instant)
    }

    /// The number of consecutive refused sends after which the kernel's queues are considered stuck.
    private static let mostRefusals = 8

    /// Handles a full kernel queue, which does not depend on the target: the probe counts as not sent, and sending
    /// pauses.
    private mutating func takeBack(_ index: Int, at now: Instant) {
        refusalsInARow += 1
        holdUntil = now + .milliseconds(100)
        hosts[index].attempts -= 1
        if !intervals.isEmpty { intervals[index].transmitted -= 1 }
        if !probes.isEmpty { probes[index].takeBack() }
        hosts[index].answered >>= 1
        hosts[index].ended >>= 1
        hosts[index].lastSent = hosts[index].sentBefore
        // The send time is unknown again, and the retry will be another packet.
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

    /// Handles a local error that reports a target as unreachable: its link may be down, which the link watch reports
    /// shortly.
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

    /// Reports the result of every target that has had a probe; the others stay without a result.
    private mutating func finish(at now: Instant) {
        guard !isFinished else { return }
        isFinished = true
        summary.end = now
        for index in hosts.indices where hosts[index].state == .waiting && hosts[index].attempts > 0 {
            decide(index, at: now)
        }
    }

    mutating func emit(_ event: PingSweepEvent) { events.append(event) }

    public mutating func drain(_ report: (PingSweepEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
