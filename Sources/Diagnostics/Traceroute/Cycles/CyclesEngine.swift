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

    let configuration: TracerouteConfiguration
    private let cycles: Int?
    private let interval: Nanoseconds
    private let rememberedCount: Int
    private(set) var prober: TraceProber
    /// Finds the paths before the first cycle.
    private(set) var finder: PathsEngine
    let findsPaths: Bool
    private(set) var isSearching: Bool
    private(set) var flows = [CyclesFlow()]
    /// The path that is probed in this cycle.
    private var turn = 0
    /// The probes in send order; tags count up.
    private var pending: [Pending] = []
    private var nextTag = 0
    private var nextHop = 0
    private var nextSending: Instant?
    private var cycleStart: Instant?
    private var longestRoundTrip = Nanoseconds.zero
    private(set) var start: Instant?
    /// The start of the first cycle.
    private(set) var cyclesStart: Instant?
    private(set) var end: Instant?
    private(set) var lastTurn: Instant?
    private var isStopped = false
    /// The MTU of the first link if probes exceed it and must not be fragmented.
    private(set) var refusingMTU: Int?
    /// Limits the rate of the probes that find the path MTU.
    private var pacer = HopPacer()
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

    func hops(_ flow: CyclesFlow) -> [CyclesHop] {
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
        let searchDue = isStopped || refusingMTU != nil ? nil : transmitSearch(into: &batch, at: now)
        if isStopped || refusingMTU != nil || isDone && pending.isEmpty && searchDue == nil {
            end = end ?? now
            return .finished
        }
        if !isDone, !isPaused {
            let due = max(nextSending ?? now, now)
            if due <= now, batch.room > 0 { send(into: &batch, at: now) }
        }
        let sending = isDone || isPaused ? nil : nextSending
        let next = [sending, nextExpiry, searchDue].compactMap { $0 }.min()
        return next.map { .at($0) } ?? (isPaused ? .never : .at(now))
    }

    /// Begins the cycles, with marks that no probe of the search has.
    private mutating func useFoundPaths() {
        isSearching = false
        var later = configuration
        later.firstMark = finder.nextMark
        prober = TraceProber(later, remembering: rememberedCount)
        _ = prober.setLink(finder.linkFailure) { _ in false }
        let found = finder.pathFlows.prefix(Self.mostPaths)
        if !found.isEmpty { flows = found.map { CyclesFlow($0, firstHop: configuration.firstHop) } }
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
        guard let tag = prober.failed(token, failure) else { return }
        if case .messageTooLong(let mtu) = failure {
            if let search = SearchTag(tag) {
                flows[search.path].mtuSearch?.failed(search.tag, mtu: mtu)
                return
            }
            refusingMTU = mtu > 0 ? mtu : configuration.unfragmentedLength
        }
        // A probe that was not sent was not lost on the path.
        if let index = index(of: tag) { pending.remove(at: index) }
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
        guard let arrival = prober.received(packet) else { return }
        let answer = arrival.answer
        if let search = SearchTag(arrival.tag) {
            let hop = Int(arrival.packet.timeToLive) - configuration.firstHop
            flows[search.path].mtuSearch?.answered(search.tag, hop: hop, answer)
            return
        }
        guard let index = index(of: arrival.tag) else { return }
        let probe = pending.remove(at: index)
        // Neither a reply nor a loss: from now on probes are fragmented to fit.
        guard !arrival.mustBeRepeated else { return }
        longestRoundTrip = max(longestRoundTrip, answer.roundTrip)
        flows[probe.path].add(answer, to: probe.hop)
        note(answer.source)
    }

    private mutating func note(_ address: IPAddress) {
        if known.count < Self.mostKnown, known.insert(address).inserted { events.append(.answered(address)) }
    }

    // MARK: Path MTU

    /// The tag of a probe that finds the path MTU; those of the cycles are not negative.
    private struct SearchTag {
        /// The maximum number of such probes per path.
        private static let most = 1 << 20

        var path: Int
        var tag: Int

        init(path: Int, tag: Int) { (self.path, self.tag) = (path, tag) }

        /// Returns nil for a tag of a cycle.
        init?(_ tag: Int) {
            guard tag < 0 else { return nil }
            (path, self.tag) = (-1 - tag).quotientAndRemainder(dividingBy: Self.most)
        }

        var number: Int { -1 - (path * Self.most + tag % Self.most) }
    }

    /// The number of cycles after which the search does not wait for the target any longer.
    private static let cyclesBeforeSearch = 3

    /// Finds the path MTU of one path after the other, beside the cycles.
    /// - Returns: when the search continues; nil if there is nothing to search now.
    private mutating func transmitSearch(into batch: inout PacketBatch, at now: Instant) -> Instant? {
        guard configuration.findsPathMTU, !isPaused || isDone else { return nil }
        for path in flows.indices where !(flows[path].mtuSearch?.isOver ?? false) {
            if flows[path].mtuSearch == nil { beginSearch(of: path, at: now) }
            flows[path].mtuSearch?.advance(at: now)
            guard let search = flows[path].mtuSearch, !search.isOver else { continue }
            while batch.room > 0, let probe = flows[path].mtuSearch?.next(at: now) {
                let timeToLive = UInt8(clamping: configuration.firstHop + probe.hop)
                if let due = pacer.due(timeToLive, at: now) { return due }
                let packet = TracePacket(timeToLive: timeToLive, flow: flows[path].flow, length: probe.size)
                let tag = SearchTag(path: path, tag: probe.tag).number
                guard prober.append(packet, tag: tag, to: &batch, at: now) else { return now }
                flows[path].mtuSearch?.sent(at: now)
            }
            return flows[path].mtuSearch?.due ?? now
        }
        return nil
    }

    private mutating func beginSearch(of path: Int, at now: Instant) {
        let (flow, hops) = (flows[path], flows[path].hops)
        let answering = hops.indices.filter { !hops[$0].isUnresponsive }
        let isKnown = flow.finalHop == answering.last && hops.allSatisfy { $0.sent > 0 }
        guard !answering.isEmpty, isKnown || flow.cycle >= Self.cyclesBeforeSearch || isDone && pending.isEmpty else {
            return
        }
        flows[path].mtuSearch = PathMTUSearch(
            hops: answering.map { PathMTUSearch.Hop(number: $0, addresses: Set(hops[$0].addresses)) },
            linkMTU: configuration.longestPacket, usualLength: prober.usualLength,
            wait: min(configuration.longestWait, max(.milliseconds(200), longestRoundTrip * 4)), at: now)
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
}

/// An event of a cycles run.
public enum CyclesEvent: Hashable, Sendable {
    /// An address replied for the first time.
    case answered(IPAddress)
    /// `count` cycles were sent.
    case cycle(Int)
}
