import HostStack
import PacketEngine
import WireFormat

/// Probes every port of every target in a random order, at the requested rate and with retries, and finds out which
/// unanswered ports are filtered, whatever the protocol: a `ScanMethod` makes the probes and reads the replies.
///
/// A probe needs at most 5 bits of state. Its index in the scan order is computed from the reply's address and port,
/// the method verifies the reply, and the destination port of the reply identifies the try.
struct ScanEngine<Method: ScanMethod>: ScanningEngine, ~Copyable {
    /// The minimum wait for replies at the end if a target's round trips are unknown.
    static var shortestEnd: Nanoseconds { .seconds(2) }
    /// The same if those of every target are known.
    static var shortestKnownEnd: Nanoseconds { .milliseconds(300) }
    /// The number of unanswered ports reported per call.
    static var reportedAtOnce: Int { 4_096 }
    /// The number of probes skipped per call.
    private static var skippedAtOnce: Int { 65_536 }
    /// The token of packets that are not probes.
    static var sourceToken: UInt64 { .max }

    let configuration: ScanConfiguration
    var method: Method
    let permutation: KeyedPermutation
    let cookie: ScanCookie
    let shardOffset: UInt64
    let shardStride: UInt64
    let portCount: UInt64
    let reviewsHosts: Bool
    var skipsSome: Bool
    /// The questions whether targets are there; nil if they are not asked.
    var discovery: HostDiscovery?
    /// The source port of these questions; 0 for none.
    let discoveryPort: UInt16
    /// The index of each port in the list, -1 for ports that are not scanned.
    let portIndices: [Int32]
    /// Whether some targets are neighbors, each with its own MAC address.
    let reachesEachByItself: Bool
    var window: ScanWindow
    var round = 0
    /// The next probe of the round.
    var cursor: UInt64
    /// Probes below this index may be sent again now.
    var dueThrough: UInt64?
    /// Unanswered ports below this index are reported, once the window is finished.
    var closing: UInt64?
    var log = SendLog()
    var roundTrips = RoundTripSpread()
    /// Targets that replied at least once; nil if they are not counted.
    var respondents: ScanRespondents?
    /// Hosts that answer every port alike; nil if they have too few ports.
    var uniform: UniformReplies?
    var governor: RateGovernor
    private var start: Instant?
    /// The time of the first probe of the round, and the number sent since.
    var roundStart: Instant?
    var roundSent: UInt64 = 0
    /// The measured rate of the window's first round, in packets per second.
    var firstRate: Double?
    /// The time of the last probe of that round.
    var firstEnd = Instant(nanoseconds: 0)
    /// The review of the window's hosts after the last try.
    var review: ScanReview?
    /// The time left to probe hosts at their own rates.
    var pacingLeft: Nanoseconds
    /// Targets whose unanswered ports of the window are known to be filtered, because they were probed at their own rates.
    var complete: Set<Int> = []
    /// Whether the targets of the window share a limit.
    var isLimitShared = false
    /// Unreliable hosts, by target index.
    var unreliable: [Int: UnreliableHost] = [:]
    /// Counts before this window: answered probes, and those answered at a later try.
    var answeredBefore: UInt64 = 0
    var laterBefore: UInt64 = 0
    var lastSent = Instant(nanoseconds: 0)
    /// The time from the last probes of earlier targets to the first of later ones.
    private var pauses = Nanoseconds.zero
    var end: Instant?
    var isOver = false
    /// Whether more targets will be added: the run does not end before.
    var expectsMore: Bool
    var events: [ScanEvent] = []
    var result = ScanSummary()
    var resets: HalfOpenResets
    /// The host of a source address that the kernel does not own.
    let sourceHost: SourceHost?

    init(_ configuration: ScanConfiguration) {
        self.configuration = configuration
        expectsMore = configuration.expectsMore
        permutation = KeyedPermutation(count: configuration.total, seed: configuration.seed)
        cookie = ScanCookie(key: configuration.key)
        shardOffset = UInt64(configuration.shard.number - 1)
        shardStride = UInt64(configuration.shard.count)
        portCount = UInt64(configuration.ports.count)
        reviewsHosts = ScanReview.applies(to: configuration)
        skipsSome = configuration.skipsSome
        discoveryPort = configuration.asksFirst ? configuration.sourcePorts.upperBound : 0
        discovery =
            configuration.asksFirst
            ? HostDiscovery(configuration, sourcePort: discoveryPort) : nil
        var indices = [Int32](repeating: -1, count: 65_536)
        for (index, port) in configuration.ports.enumerated() { indices[Int(port)] = Int32(index) }
        portIndices = indices
        reachesEachByItself = configuration.routes.contains { route in
            if case .targets = route.nextHop { true } else { false }
        }
        let first = min(configuration.start.done, configuration.probes)
        window = ScanWindow(
            first..<min(first + configuration.windowSize, configuration.probes), decided: configuration.start.answered)
        cursor = first
        governor = RateGovernor(asked: configuration.rate, ceiling: configuration.rateCeiling)
        respondents = ScanRespondents(configuration)
        uniform = UniformReplies(configuration)
        pacingLeft = configuration.retries > 0 ? configuration.hostTimeout : .zero
        resets = HalfOpenResets(configuration)
        let source =
            configuration.ownsSource
            ? SourceHost(configuration.links, key: configuration.key, token: Self.sourceToken) : nil
        sourceHost = source
        method = Method(configuration, source: source)
        result.hosts = configuration.targets.count - configuration.skippedTargets.count
        result.ports = configuration.ports.count - configuration.skippedPorts.count
        result.probes = configuration.probes
    }

    // MARK: Targets that come while it runs

    var isIdle: Bool { isOver && expectsMore }

    func uses(_ interface: UInt32) -> Bool { configuration.routes.contains { $0.link.interface == interface } }

    mutating func add(_ targets: AddressSet, routes: [ScanRoute], at now: Instant) {
        var configuration = configuration
        (configuration.targets, configuration.routes) = (targets, routes)
        var next = ScanEngine(configuration)
        (next.start, next.lastSent, next.roundTrips, next.events) = (start, now, roundTrips, events)
        next.pauses = pauses + (now - lastSent)
        next.pacingLeft = pacingLeft
        next.answeredBefore = result.answered
        next.laterBefore = result.answeredLater
        next.result = result
        next.result.hosts += targets.count
        next.result.probes += configuration.probes
        self = next
    }

    var maximumPacketLength: Int { sourceHost?.frameLength ?? 128 }
    var batchCapacity: Int { 64 }
    /// Slow scans have time to stamp each probe. In fast scans many leave in one system call, and the send time is
    /// interpolated from the index in the call.
    var wantsExactTimes: Bool { configuration.isExactlyTimed }

    var summary: ScanSummary {
        var summary = result
        summary.elapsed = start.map { (end ?? lastSent) - $0 } ?? .zero
        summary.sending = start.map { max(lastSent - $0 - pauses, .zero) } ?? .zero
        return summary
    }

    var position: ScanPosition {
        isOver && !result.isCutShort
            ? ScanPosition(done: configuration.probes)
            : ScanPosition(
                done: window.indices.lowerBound, answered: window.bits(without: uniform?.heldProbes ?? []))
    }

    var progress: (sent: UInt64, round: Int) {
        let before = result.probes - configuration.probes
        let sent = (round == 0 ? cursor : window.indices.upperBound) - configuration.start.done
        return (before + sent, round)
    }

    var discoveryProgress: Double? { discovery.flatMap { $0.isOver ? nil : $0.progress } }

    // MARK: Sending

    mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        let start = begin(at: now)
        if let deadline = configuration.deadline, now - start >= deadline { stop(at: now) }
        resets.append(to: &batch, token: Self.sourceToken)
        if let followUp = method.followUp {
            followUp.transmit(into: &batch, at: now)
            takeFollowUps()
        } else if let sourceHost {
            sourceHost.advance(at: now)
            _ = sourceHost.transmit(into: &batch, at: now)
        }
        if uniform?.isDue(at: now) == true {
            let probed = probedPorts(before: round > 0 ? nil : cursor)
            uniform?.look(at: now, probed: probed)
            reportReleased()
        }
        if discovery?.isOver == false, !isOver, let due = ask(into: &batch, at: now) { return earlier(due, start) }
        var skips = Self.skippedAtOnce
        var allowance = method.followUp?.isFull == true ? 0 : governor.allowance(at: now, sent: result.sent)
        while !isOver {
            if closing != nil {
                guard finishWindow(at: now) else { return .at(now) }
                continue
            }
            guard let index = window.next(from: cursor) else {
                // The wait for the probes just appended starts when they were sent.
                guard batch.isEmpty else { return .at(now) }
                guard let due = endOfRound(into: &batch, at: now) else { continue }
                return earlier(due, start)
            }
            if skipsSome, round == 0, skip(index) {
                cursor = index &+ 1
                skips &-= 1
                guard skips > 0 else { return .at(now) }
                continue
            }
            if round > 0, dueThrough.map({ index > $0 }) ?? true,
                let earlierTry = log.latest(round: round - 1, index: index)
            {
                let due =
                    earlierTry.instant
                    + ScanRetryWait.wait(
                        after: round, roundTrips, isKnown: respondents?.isComplete == true)
                guard due <= now else { return batch.isEmpty ? earlier(due, start) : .at(now) }
                dueThrough = earlierTry.through
            }
            cursor = index
            guard allowance > 0 else { return earlier(governor.nextDue(at: now), start) }
            guard append(index, to: &batch) else { return .at(now) }
            cursor = index &+ 1
            allowance &-= 1
            governor.spend()
        }
        if end == nil { end = now }
        guard batch.isEmpty else { return .at(now) }
        // Some open ports are still being followed up.
        guard let due = method.followUp?.due else {
            uniform?.stop()
            reportReleased()
            guard expectsMore else { return .finished }
            return configuration.deadline.map { .at(start + $0) } ?? .never
        }
        end = now
        return earlier(due, start)
    }

    private mutating func begin(at now: Instant) -> Instant {
        if let start { return start }
        start = now
        lastSent = now
        return now
    }

    private func earlier(_ due: Instant, _ start: Instant) -> Deadline {
        let most = configuration.deadline.map { min(due, start + $0) } ?? due
        let own = Instant.earliest(resets.due, .earliest(sourceHost?.due, method.followUp?.due))
        return .at(own.map { min(most, $0) } ?? most)
    }

    mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        result.sent += 1
        guard token != Self.sourceToken else { return }
        note(from: token, through: token, count: 1, start: instant, span: .zero)
    }

    mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds
    ) {
        result.sent += UInt64(range.count)
        var first = range.lowerBound
        while first < range.upperBound, batch.entries[first].token == Self.sourceToken { first += 1 }
        // Non-probe packets precede probes in a batch.
        guard first < range.upperBound else { return }
        note(
            from: batch.entries[first].token, through: batch.entries[range.upperBound - 1].token,
            count: UInt64(range.upperBound - first), start: start, span: span)
    }

    private mutating func note(
        from first: UInt64, through last: UInt64, count: UInt64, start: Instant, span: Nanoseconds
    ) {
        if roundStart == nil {
            roundStart = start
            roundSent = 0
        }
        roundSent += count
        if round > 0 { result.retransmitted += count }
        // The recheck does not count toward the scan's rate.
        if round <= configuration.retries {
            result.sentProbes += count
            lastSent = start + span
        }
        // Paced tries are not in the order of the scan, and keep their own send times.
        guard review?.paced == nil else { return }
        log.add(round: round, from: first, through: last, start: start, span: span)
    }

    mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        result.failed += 1
        if result.firstFailure == nil { result.firstFailure = failure }
        lastSent = max(lastSent, instant)
    }

    mutating func overflowed(_ count: UInt64, at now: Instant) {
        result.overflowed += count
        let rate = governor.slowDown(at: now, sent: result.sent)
        events.append(.slowed(lost: count, rate: rate))
    }

    private mutating func takeFollowUps() {
        guard let followUp = method.followUp else { return }
        for (address, port, isReal) in followUp.takeEnded() {
            guard let host = configuration.targets.index(of: address) else { continue }
            uniform?.confirm(host, port: port, isReal: isReal)
        }
        reportReleased()
        followUp.drain {
            result.banners += 1
            events.append(.banner($0))
        }
    }

    mutating func stop(at now: Instant) {
        // Connections that are still open after the last probe are reset too.
        if let followUp = method.followUp, !followUp.isIdle {
            followUp.stop(at: now)
            takeFollowUps()
            result.isCutShort = true
        }
        uniform?.stop()
        reportReleased()
        if expectsMore { result.isCutShort = true }
        expectsMore = false
        guard !isOver else { return }
        result.isCutShort = true
        isOver = true
        end = now
        closeReview(at: now)
        reportUnreliable()
    }

    mutating func drain(_ report: (ScanEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
