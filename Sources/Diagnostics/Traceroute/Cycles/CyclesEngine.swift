import PacketEngine
import WireFormat

/// Probes every hop on the path to one target repeatedly and keeps statistics of each.
///
/// A cycle probes each hop once, evenly over the interval, in one flow, so the rate per router stays below the usual
/// limits of ICMP errors.
public struct CyclesEngine: Engine, ~Copyable {
    public typealias Event = CyclesEvent

    /// The interval between probes of the first cycle, which finds the length of the path.
    private static let firstSpacing = Nanoseconds.milliseconds(5)
    /// The number of unresponsive hops probed after the last that replied; one of them is shown.
    private static let shownUnresponsive = 1
    /// The maximum number of addresses to look up names for.
    private static let mostKnown = 4_096

    private struct Pending: Sendable {
        var number: Int
        var hop: Int
        var sentAt: Instant
    }

    private let configuration: TracerouteConfiguration
    private let cycles: Int?
    private let interval: Nanoseconds
    private var prober: TraceProber
    /// The hops probed so far, counted from 0.
    private var all: [CyclesHop] = []
    /// The probes in send order; tags count up.
    private var pending: [Pending] = []
    private var nextTag = 0
    private var cycle = 0
    private var nextHop = 0
    private var nextSending: Instant?
    private var cycleStart: Instant?
    private var finalHop: Int?
    private var lastAnswered = -1
    private var longestRoundTrip = Nanoseconds.zero
    private var isReached = false
    private var start: Instant?
    private var end: Instant?
    private var lastTurn: Instant?
    private var isStopped = false
    /// The MTU of the first link if probes exceed it and must not be fragmented.
    private var refusingMTU: Int?
    private var known: Set<IPAddress> = []
    private var events: [CyclesEvent] = []
    public private(set) var isPaused = false

    /// - Parameters:
    ///   - cycles: the number of cycles; nil for no limit.
    ///   - interval: the time from one cycle to the next.
    public init(_ configuration: TracerouteConfiguration, cycles: Int?, interval: Nanoseconds) {
        self.configuration = configuration
        self.cycles = cycles
        self.interval = interval
        // The maximum number waited for at once, regardless of the duration of the run; 1 s more than the longest wait.
        let hops = max(configuration.maximumHops - configuration.firstHop + 1, 1)
        let waited = (max(configuration.longestWait, .zero) + .seconds(1)).count / max(interval.count, 1) + 2
        let (product, overflow) = Int(clamping: waited).multipliedReportingOverflow(by: hops)
        prober = TraceProber(configuration, remembering: overflow ? .max : product)
    }

    public var maximumPacketLength: Int { prober.format.maximumLength }
    public var batchCapacity: Int { prober.packetsPerProbe }

    /// The number of complete cycles.
    public var cycleCount: Int { cycle }

    /// The number of probes with individual state: those in flight, and those that a reply may refer to.
    var rememberedProbes: Int { pending.count + prober.rememberedCount }

    /// The hops up to the target, or to the first unresponsive one after the last that replied.
    public var hops: [CyclesHop] {
        if let refusingMTU, lastAnswered < 0 {
            var hop = CyclesHop(timeToLive: configuration.firstHop)
            hop.annotation = TraceAnswer.fragmentationNeeded(mtu: refusingMTU)
            return [hop]
        }
        let count = finalHop.map { $0 + 1 } ?? (lastAnswered + 1 + Self.shownUnresponsive)
        return Array(all.prefix(count))
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
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

    private var isDone: Bool { cycles.map { cycle >= $0 } ?? false }

    /// The number of hops per cycle.
    private var askedCount: Int {
        let most = configuration.maximumHops - configuration.firstHop + 1
        if let finalHop { return finalHop + 1 }
        // The first cycle probes ahead; later ones probe one hop beyond the last that replied.
        return min(most, lastAnswered + 1 + (cycle == 0 ? configuration.gap : Self.shownUnresponsive))
    }

    private mutating func send(into batch: inout PacketBatch, at now: Instant) {
        if nextHop == 0 { cycleStart = now }
        if nextHop < askedCount {
            while all.count <= nextHop { all.append(CyclesHop(timeToLive: configuration.firstHop + all.count)) }
            let packet = TracePacket(
                timeToLive: UInt8(clamping: configuration.firstHop + nextHop), length: prober.usualLength)
            guard prober.append(packet, tag: nextTag, to: &batch, at: now) else { return }
            pending.append(Pending(number: nextTag, hop: nextHop, sentAt: now))
            nextTag += 1
            nextHop += 1
        }
        // The first cycle ends when the end of the path is known or unresponsive.
        let isFinding = cycle == 0 && finalHop == nil && !pending.isEmpty
        guard nextHop >= askedCount, !isFinding else {
            let spacing = Nanoseconds(interval.count / Int64(max(askedCount, 1)))
            nextSending = now + (cycle == 0 ? min(Self.firstSpacing, spacing) : spacing)
            return
        }
        cycle += 1
        nextHop = 0
        nextSending = max(now, (cycleStart ?? now) + interval)
        events.append(.cycle(cycle))
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard let tag = prober.transmitted(token, at: instant), let index = index(of: tag) else { return }
        pending[index].sentAt = instant
        if prober.linkFailure != nil { pending.remove(at: index) }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
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
            all[first.hop].add(.lost)
        }
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard let arrival = prober.received(packet), let index = index(of: arrival.tag) else { return }
        let hop = pending[index].hop
        pending.remove(at: index)
        let answer = arrival.answer
        // Neither a reply nor a loss: from now on probes are fragmented to fit.
        guard !arrival.mustBeRepeated else { return }
        longestRoundTrip = max(longestRoundTrip, answer.roundTrip)
        all[hop].add(.answered(answer.roundTrip))
        all[hop].add(answer.source)
        all[hop].annotation = answer.annotation
        all[hop].answersByErrors = answer.isError
        all[hop].labels = answer.labels
        lastAnswered = max(lastAnswered, hop)
        if answer.isFinal { finalHop = min(finalHop ?? hop, hop) }
        if answer.isTarget { isReached = true }
        if known.count < Self.mostKnown, known.insert(answer.source).inserted {
            events.append(.answered(answer.source))
        }
    }

    // MARK: Control

    /// Notes that the link that probes leave by is down, or with nil that it is up again: probes lost there do not
    /// count as loss on the path.
    public mutating func setLink(_ failure: TransmissionFailure?) {
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
        all = all.map { old in
            var hop = CyclesHop(timeToLive: old.timeToLive)
            hop.addresses = old.addresses
            return hop
        }
        pending = []
    }

    public mutating func stop(at now: Instant) {
        isStopped = true
        end = end ?? now
    }

    public mutating func drain(_ report: (CyclesEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }

    /// Linux sends one peer a burst of 6 ICMP errors, then 1 per second (icmp_ratelimit, ip-sysctl).
    private static let errorBurst = 6.0
    private static let errorsPerSecond = 1.0

    private func evidence(_ hop: CyclesHop) -> LossJudge.Evidence {
        guard hop.answersByErrors else { return .loss }
        if isReached, hop.timeToLive - configuration.firstHop == finalHop { return .none }
        let elapsed = start.flatMap { start in (end ?? lastTurn).map { ($0 - start).seconds } } ?? 0
        // Add 1 for the second in progress.
        let limit = Self.errorBurst + (elapsed + 1) * Self.errorsPerSecond
        return Double(hop.sent) > limit && Double(hop.received) <= limit ? .limit : .loss
    }

    /// Returns the result so far.
    public var summary: TracerouteSummary {
        let hops = hops
        var verdicts = hops.filter {
            $0.isUnresponsive && $0.sent > 0 && $0.timeToLive - configuration.firstHop < lastAnswered
        }
        .map { TraceVerdict.silentHop(timeToLive: $0.timeToLive) }
        verdicts += LossJudge.judge(
            hops.map {
                LossJudge.Hop(
                    timeToLive: $0.timeToLive, sent: $0.sent, received: $0.received, evidence: evidence($0))
            },
            endsAtTarget: isReached)
        if let refusingMTU {
            verdicts.append(.packetTooLong(length: prober.usualLength, mtu: refusingMTU))
        } else if !isReached, prober.unsent == 0 {
            verdicts.append(.unreachable(last: lastAnswered < 0 ? 0 : configuration.firstHop + lastAnswered))
        }
        return TracerouteSummary(
            isReached: isReached, hops: hops.count, sent: prober.sent, received: prober.received,
            unsent: prober.unsent, firstFailure: prober.firstFailure,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero, verdicts: verdicts)
    }
}

/// An event of a cycles run.
public enum CyclesEvent: Hashable, Sendable {
    /// An address replied for the first time.
    case answered(IPAddress)
    /// `count` cycles were sent.
    case cycle(Int)
}
