import PacketEngine
import WireFormat

/// Probes every hop on the path to one target repeatedly and keeps statistics of each, or on every path of a
/// load-balanced route.
///
/// A cycle probes each hop of a path once, evenly over the interval, in one flow, so the rate per router stays below the
/// usual limits of ICMP errors. Several paths take turns, each with a flow that takes it.
public struct CyclesEngine: Engine, ~Copyable {
    public typealias Event = CyclesEvent

    /// The interval between probes of the first cycle, which finds the length of the path.
    private static let firstSpacing = Nanoseconds.milliseconds(5)
    /// The maximum number of addresses to look up names for.
    private static let mostKnown = 4_096
    /// The maximum number of paths that are measured.
    private static let mostPaths = 64

    private struct Pending: Sendable {
        var number: Int
        var path: Int
        var hop: Int
        var sentAt: Instant
    }

    private let configuration: TracerouteConfiguration
    private let cycles: Int?
    private let interval: Nanoseconds
    private let rememberedCount: Int
    private var prober: TraceProber
    /// Finds the paths before the first cycle.
    private var finder: PathsEngine
    private let findsPaths: Bool
    private var isSearching: Bool
    private var flows = [CyclesFlow(flow: 0)]
    /// The path that is probed in this cycle.
    private var turn = 0
    /// The probes in send order; tags count up.
    private var pending: [Pending] = []
    private var nextTag = 0
    private var nextHop = 0
    private var nextSending: Instant?
    private var cycleStart: Instant?
    private var longestRoundTrip = Nanoseconds.zero
    private var start: Instant?
    /// The start of the first cycle.
    private var cyclesStart: Instant?
    private var end: Instant?
    private var lastTurn: Instant?
    private var isStopped = false
    /// The MTU of the first link if probes exceed it and must not be fragmented.
    private var refusingMTU: Int?
    private var known: Set<IPAddress> = []
    private var events: [CyclesEvent] = []
    public private(set) var isPaused = false

    /// - Parameters:
    ///   - cycles: the number of cycles of each path; nil for no limit.
    ///   - interval: the time from one cycle to the next.
    ///   - stoppingRule: the rule of the search for all paths; nil for the path of one flow.
    public init(
        _ configuration: TracerouteConfiguration, cycles: Int?, interval: Nanoseconds,
        stoppingRule: MDAStoppingRule? = nil
    ) {
        self.configuration = configuration
        self.cycles = cycles
        self.interval = interval
        // The maximum number waited for at once, regardless of the duration of the run; 1 s more than the longest wait.
        let hops = max(configuration.maximumHops - configuration.firstHop + 1, 1)
        let waited = (max(configuration.longestWait, .zero) + .seconds(1)).count / max(interval.count, 1) + 2
        let (product, overflow) = Int(clamping: waited).multipliedReportingOverflow(by: hops)
        rememberedCount = overflow ? .max : product
        prober = TraceProber(configuration, remembering: rememberedCount)
        findsPaths = stoppingRule != nil
        isSearching = findsPaths
        finder = PathsEngine(configuration, stoppingRule ?? MDAStoppingRule(confidence: 0.95))
    }

    public var maximumPacketLength: Int { prober.format.maximumLength }
    public var batchCapacity: Int { findsPaths ? finder.batchCapacity : prober.packetsPerProbe }

    /// The number of complete cycles of every path.
    public var cycleCount: Int { flows.last?.cycle ?? 0 }

    /// The number of paths that are measured; 0 while they are searched for.
    public var pathCount: Int { isSearching ? 0 : flows.count }

    /// The number of probes with individual state: those in flight, and those that a reply may refer to.
    var rememberedProbes: Int { pending.count + prober.rememberedCount }

    /// The hops of the first path up to the target, or to the first unresponsive one after the last that replied.
    public var hops: [CyclesHop] { hops(flows[0]) }

    private func hops(_ flow: CyclesFlow) -> [CyclesHop] {
        guard let refusingMTU, flow.lastAnswered < 0 else { return flow.hops }
        var hop = CyclesHop(timeToLive: configuration.firstHop)
        hop.annotation = TraceAnswer.fragmentationNeeded(mtu: refusingMTU)
        return [hop]
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        if isSearching {
            let next = finder.transmit(into: &batch, at: now)
            guard next == .finished else { return next }
            useFoundPaths()
        }
        if let lastTurn { expire(at: lastTurn) }
        lastTurn = now
        if let mtu = prober.refusingMTU { refusingMTU = mtu }
        if isStopped || refusingMTU != nil || isDone && pending.isEmpty {
            end = end ?? now
            return .finished
        }
        if !isDone, !isPaused {
            let due = max(nextSending ?? now, now)
            if due <= now, batch.room > 0 { send(into: &batch, at: now) }
        }
        let sending = isDone || isPaused ? nil : nextSending
        switch (sending, nextExpiry) {
        case (let sending?, let expiry?): return .at(min(sending, expiry))
        case (let instant?, nil), (nil, let instant?): return .at(instant)
        case (nil, nil): return isPaused ? .never : .at(now)
        }
    }

    /// Begins the cycles, with marks that no probe of the search has.
    private mutating func useFoundPaths() {
        isSearching = false
        var later = configuration
        later.firstMark = finder.nextMark
        prober = TraceProber(later, remembering: rememberedCount)
        _ = prober.setLink(finder.linkFailure) { _ in false }
        let found = finder.pathFlows.prefix(Self.mostPaths)
        if !found.isEmpty { flows = found.map { CyclesFlow(flow: $0.flow, finalHop: $0.finalHop) } }
    }

    private var isDone: Bool { cycles.map { cycleCount >= $0 } ?? false }

    private mutating func send(into batch: inout PacketBatch, at now: Instant) {
        cyclesStart = cyclesStart ?? now
        if nextHop == 0 { cycleStart = now }
        if nextHop < flows[turn].askedCount(configuration) {
            flows[turn].reach(nextHop, firstHop: configuration.firstHop)
            let packet = TracePacket(
                timeToLive: UInt8(clamping: configuration.firstHop + nextHop), flow: flows[turn].flow,
                length: prober.usualLength)
            guard prober.append(packet, tag: nextTag, to: &batch, at: now) else { return }
            pending.append(Pending(number: nextTag, path: turn, hop: nextHop, sentAt: now))
            nextTag += 1
            nextHop += 1
        }
        let count = flows[turn].askedCount(configuration)
        // The first cycle ends when the end of the path is known or unresponsive.
        let isFinding = flows[turn].isFinding && pending.contains { $0.path == turn }
        guard nextHop >= count, !isFinding else {
            let spacing = Nanoseconds(interval.count / Int64(max(count, 1)))
            nextSending = now + (flows[turn].isAhead ? min(Self.firstSpacing, spacing) : spacing)
            return
        }
        flows[turn].cycle += 1
        nextHop = 0
        nextSending = max(now, (cycleStart ?? now) + interval)
        turn = (turn + 1) % flows.count
        if turn == 0 { events.append(.cycle(cycleCount)) }
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard !isSearching else { return finder.transmitted(token, at: instant, isExact: isExact) }
        guard let tag = prober.transmitted(token, at: instant), let index = index(of: tag) else { return }
        pending[index].sentAt = instant
        if prober.linkFailure != nil { pending.remove(at: index) }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        guard !isSearching else { return finder.transmissionFailed(token, failure, at: instant) }
        if case .messageTooLong(let mtu) = failure {
            refusingMTU = mtu > 0 ? mtu : configuration.unfragmentedLength
        }
        // A probe that was not sent was not lost on the path.
        guard let tag = prober.failed(token, failure), let index = index(of: tag) else { return }
        pending.remove(at: index)
    }

    private func index(of tag: Int) -> Int? { pending.firstIndex { $0.number == tag } }

    // MARK: Waiting

    /// Returns how long to wait for a probe: long enough for slow routers, and no longer than the result is open.
    private var patience: Nanoseconds { min(configuration.longestWait, max(.seconds(1), longestRoundTrip * 4)) }

    private var nextExpiry: Instant? { pending.first.map { $0.sentAt + patience } }

    private mutating func expire(at now: Instant) {
        while let first = pending.first, first.sentAt + patience <= now {
            pending.removeFirst()
            flows[first.path].addLoss(first.hop)
        }
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard !isSearching else { return finder.receive(packet) }
        guard let arrival = prober.received(packet), let index = index(of: arrival.tag) else { return }
        let probe = pending.remove(at: index)
        let answer = arrival.answer
        // Neither a reply nor a loss: from now on probes are fragmented to fit.
        guard !arrival.mustBeRepeated else { return }
        longestRoundTrip = max(longestRoundTrip, answer.roundTrip)
        flows[probe.path].add(answer, to: probe.hop)
        note(answer.source)
    }

    private mutating func note(_ address: IPAddress) {
        if known.count < Self.mostKnown, known.insert(address).inserted { events.append(.answered(address)) }
    }

    // MARK: Control

    /// Notes that the link that probes leave by is down, or with nil that it is up again: probes lost there do not
    /// count as loss on the path.
    public mutating func setLink(_ failure: TransmissionFailure?) {
        guard !isSearching else { return finder.setLink(failure) }
        let waited = Set(pending.map(\.number))
        let lost = Set(prober.setLink(failure) { waited.contains($0) })
        pending.removeAll { lost.contains($0.number) }
    }

    /// Stops sending until `resume`.
    public mutating func pause() { isPaused = true }

    public mutating func resume(at now: Instant) {
        isPaused = false
        nextSending = max(nextSending ?? now, now)
    }

    /// Resets the counters; the hops stay.
    public mutating func reset() {
        for index in flows.indices { flows[index].reset() }
        pending = []
    }

    public mutating func stop(at now: Instant) {
        isStopped = true
        finder.stop(at: now)
        end = end ?? now
    }

    public mutating func drain(_ report: (CyclesEvent) -> Void) {
        if findsPaths {
            var found: [IPAddress] = []
            finder.drain { if case .answered(let address) = $0 { found.append(address) } }
            for address in found { note(address) }
        }
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    // MARK: Result

    /// Linux sends one peer a burst of 6 ICMP errors, then 1 per second (icmp_ratelimit, ip-sysctl).
    private static let errorBurst = 6.0
    private static let errorsPerSecond = 1.0

    private func evidence(_ hop: CyclesHop, _ flow: CyclesFlow) -> LossJudge.Evidence {
        guard hop.answersByErrors else { return .loss }
        if flow.isReached, hop.timeToLive - configuration.firstHop == flow.finalHop { return .none }
        let elapsed = cyclesStart.flatMap { start in (end ?? lastTurn).map { ($0 - start).seconds } } ?? 0
        // Add 1 for the second in progress.
        let limit = Self.errorBurst + (elapsed + 1) * Self.errorsPerSecond
        // A router limits its errors to this host, whichever path a probe takes.
        let same = flows.count == 1 ? [hop] : flows.flatMap(\.all).filter { $0.addresses.first == hop.addresses.first }
        let (sent, received) = (same.reduce(0) { $0 + $1.sent }, same.reduce(0) { $0 + $1.received })
        return Double(sent) > limit && Double(received) <= limit ? .limit : .loss
    }

    private func losses(_ flow: CyclesFlow) -> [TraceVerdict] {
        LossJudge.judge(
            hops(flow).map {
                LossJudge.Hop(
                    timeToLive: $0.timeToLive, sent: $0.sent, received: $0.received, evidence: evidence($0, flow))
            },
            endsAtTarget: flow.isReached)
    }

    /// Returns the results of every path so far; of two flows that turn out to take the same path, those of the first.
    public var paths: [CyclesPath] {
        var known: Set<[IPAddress?]> = []
        return flows.map { CyclesPath(hops: hops($0), verdicts: losses($0)) }
            .filter { known.insert($0.hops.map(\.addresses.first)).inserted }
    }

    /// Returns the result so far; the verdicts of several paths are those of the search for them.
    public var summary: TracerouteSummary {
        var summary = TracerouteSummary(
            isReached: flows.contains(where: \.isReached), hops: flows.map { hops($0).count }.max() ?? 0,
            sent: prober.sent, received: prober.received, unsent: prober.unsent, firstFailure: prober.firstFailure,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero, verdicts: [])
        if findsPaths {
            let search = finder.summary
            if isSearching { summary.hops = search.hops }
            summary.isReached = summary.isReached || search.isReached
            summary.sent += search.sent
            summary.received += search.received
            summary.unsent += search.unsent
            summary.firstFailure = search.firstFailure ?? prober.firstFailure
            let paths = paths
            summary.verdicts = search.verdicts.filter { verdict in
                switch verdict {
                case .unreachable: !summary.isReached
                // The measurement may show that a flow without replies was lost by chance.
                case .deadBranch(let hop, let router): paths.contains { $0.ends(at: router, hop) }
                default: true
                }
            }
            return summary
        }
        let flow = flows[0]
        summary.verdicts = hops(flow).filter {
            $0.isUnresponsive && $0.sent > 0 && $0.timeToLive - configuration.firstHop < flow.lastAnswered
        }
        .map { TraceVerdict.silentHop(timeToLive: $0.timeToLive) }
        summary.verdicts += losses(flow)
        if let refusingMTU {
            summary.verdicts.append(.packetTooLong(length: prober.usualLength, mtu: refusingMTU))
        } else if !flow.isReached, prober.unsent == 0 {
            let last = flow.lastAnswered < 0 ? 0 : configuration.firstHop + flow.lastAnswered
            summary.verdicts.append(.unreachable(last: last))
        }
        return summary
    }
}

/// An event of a cycles run.
public enum CyclesEvent: Hashable, Sendable {
    /// An address replied for the first time.
    case answered(IPAddress)
    /// `count` cycles were sent.
    case cycle(Int)
}
