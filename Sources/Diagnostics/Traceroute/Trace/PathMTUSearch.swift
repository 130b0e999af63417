import PacketEngine
import WireFormat

/// Finds the path MTU to each hop: from the errors of routers (RFC 1191, RFC 8201) and, where there are none, by trying
/// sizes (as in RFC 4821 and RFC 8899).
///
/// A packet of the current size is sent to the last hop. A router that reports it as too big has received it, and so
/// have the hops before that router: one error is enough, because routers limit their errors. Without a reply every hop
/// is probed, and probed again after a limit of 1 error per second has recovered. Only then is it a black hole, whose
/// size is searched with many sizes at once, longest first, so that the first reply decides.
struct PathMTUSearch: Sendable {
    /// A link that drops longer packets without an ICMP error.
    struct BlackHole: Hashable, Sendable {
        /// The last hop, counted from 0, that longer packets reach; -1 for none.
        var hop: Int
        /// The length of the longest packet that passes, in bytes.
        var size: Int
    }

    /// A hop that replies to packets of the default length.
    struct Hop: Sendable {
        /// The hop, counted from 0.
        var number: Int
        var addresses: Set<IPAddress>
    }

    private enum Phase: Sendable {
        /// Hops from this index of `hops` on are probed with `size`: first the last one, then all.
        case level(from: Int, attempt: Int)
        /// Tries sizes from `low`, which passes, to `high`, which does not, at the hop of this index.
        case sizes(Int, low: Int, high: Int)
        /// Verifies that the size above `low` fails again and that `low` passes.
        case proof(Int, low: Int, attempt: Int)
        case over
    }

    private enum Outcome: Sendable { case none, passed, tooBig(Report) }

    /// A packet that exceeded a link's MTU.
    private struct Report: Sendable {
        var mtu: Int
        /// The index of the last hop that the packet is known to have reached, -1 for this host; nil if unknown.
        var reach: Int?
    }

    private struct Probe: Sendable {
        var hop: Int
        var size: Int
        var outcome = Outcome.none
    }

    /// The maximum duration of the whole search.
    static let longestSearch = Nanoseconds.seconds(5)
    /// Retries, so that one lost packet does not look like a black hole.
    private static let attempts = 3
    private static let proofs = 2
    /// 2 rounds are enough for the 1,440 possible sizes on Ethernet.
    private static let sizesAtOnce = 38
    /// The minimum MTU accepted: IPv4's (RFC 791), a bound on forged errors.
    private static let leastMTU = 68

    /// The hops, nearest first.
    private let hops: [Hop]
    private let usualLength: Int
    private let wait: Nanoseconds
    /// The time at which the search ends with the result so far.
    private let end: Instant
    private var size: Int
    private var phase: Phase
    /// The state of the current round.
    private var probes: [Probe] = []
    private var sentCount = 0
    /// The first tag of this round; earlier rounds have lower tags.
    private var firstTag = 0
    private var deadline: Instant?
    private var notBefore: Instant?
    /// Whether the hop limits its replies: then one round per second.
    private var isLimited = false
    /// Whether a router reported a packet of the current size as too big with an impossible MTU.
    private var isReported = false
    /// An MTU reported for a probe of an earlier round, or during the search of sizes.
    private var reported: Report?

    /// The length of the longest packet that reaches each hop, counted from 0.
    private(set) var sizes: [Int: Int] = [:]
    private(set) var blackHole: BlackHole?

    /// - Parameters:
    ///   - hops: the hops that reply to packets of `usualLength`.
    ///   - linkMTU: the MTU of the first link.
    ///   - wait: the time to wait for a reply.
    init(hops: [Hop], linkMTU: Int, usualLength: Int, wait: Nanoseconds, at now: Instant) {
        self.hops = hops
        self.usualLength = usualLength
        self.wait = wait
        end = now + Self.longestSearch
        size = max(linkMTU, usualLength)
        phase = .over
        askLevel(from: 0, attempt: 1)
    }

    var isOver: Bool { if case .over = phase { true } else { false } }
    /// The length of the longest packet that reaches the last hop, in bytes.
    var pathMTU: Int? { hops.last.flatMap { sizes[$0.number] } }

    // MARK: Sending

    /// Returns the next probe that is due: its hop, size and tag.
    func next(at now: Instant) -> (hop: Int, size: Int, tag: Int)? {
        guard sentCount < probes.count, notBefore.map({ $0 <= now }) ?? true else { return nil }
        let probe = probes[sentCount]
        return (probe.hop, probe.size, firstTag + sentCount)
    }

    mutating func sent(at now: Instant) {
        sentCount += 1
        deadline = now + wait
    }

    /// Notes that the kernel refused to send the probe.
    mutating func failed(_ tag: Int, mtu: Int) { note(tag, .tooBig(Report(mtu: mtu, reach: -1))) }

    /// - Parameter hop: the probe's hop, counted from 0.
    mutating func answered(_ tag: Int, hop: Int, _ answer: TraceAnswer) {
        guard let mtu = answer.packetTooBigMTU else { return note(tag, .passed) }
        note(tag, .tooBig(Report(mtu: mtu, reach: reach(of: answer, to: hop))))
    }

    /// Returns how far a packet got that a router reports as too big: to that router if it replied before, otherwise as
    /// far as the time to live in its quote shows.
    private func reach(of answer: TraceAnswer, to hop: Int) -> Int? {
        if let index = hops.firstIndex(where: { $0.addresses.contains(answer.source) }) { return index }
        // A router with 1 hop left reports time exceeded, not the MTU: a value below 2 cannot be the packet's.
        guard let left = answer.quotedTimeToLive, left > 1, Int(left) <= hop else { return nil }
        // Some routers decrement the time to live before they quote: their own hop is not counted.
        return hops.lastIndex { $0.number <= hop - Int(left) }
    }

    private mutating func note(_ tag: Int, _ outcome: Outcome) {
        var isOfLevel = false
        if case .level = phase { isOfLevel = true }
        if case .tooBig(let report) = outcome, isUsable(report.mtu), !isOfLevel || tag < firstTag,
            report.mtu > reported?.mtu ?? 0
        {
            reported = report
        }
        if probes.indices.contains(tag - firstTag) { probes[tag - firstTag].outcome = outcome }
    }

    private func isUsable(_ mtu: Int) -> Bool { mtu >= Self.leastMTU && mtu < size }

    /// Returns when the next action is due.
    var due: Instant? {
        let next = sentCount < probes.count ? notBefore : deadline
        return next.map { min($0, end) }
    }

    private mutating func ask(_ round: [Probe], notBefore: Instant? = nil) {
        firstTag += probes.count
        probes = round
        sentCount = 0
        deadline = nil
        self.notBefore = notBefore
    }

    private mutating func askLevel(from index: Int, attempt: Int, notBefore: Instant? = nil) {
        guard index < hops.count else { return phase = .over }
        phase = .level(from: index, attempt: attempt)
        // Last hop first: if routers limit errors, the first errors should be about the links that matter.
        let asked = attempt == 1 ? hops.suffix(1) : hops[index...]
        ask(asked.reversed().map { Probe(hop: $0.number, size: size) }, notBefore: notBefore)
    }

    // MARK: Evaluation

    /// Continues when the round is answered or timed out.
    mutating func advance(at now: Instant) {
        while !isOver {
            guard now < end else { return conclude() }
            if let reported {
                self.reported = nil
                adopt(reported)
                continue
            }
            guard sentCount == probes.count else { return }
            let isComplete = probes.allSatisfy { if case .none = $0.outcome { false } else { true } }
            guard isComplete || deadline.map({ $0 <= now }) ?? true else { return }
            switch phase {
            case .level(let from, let attempt): judgeLevel(from, attempt, now)
            case .sizes(let index, let low, let high): judgeSizes(index, low, high, now)
            case .proof(let index, let low, let attempt): judgeProof(index, low, attempt, now)
            case .over: return
            }
        }
    }

    /// Out of time: the result is what has passed so far.
    private mutating func conclude() {
        switch phase {
        case .sizes(let index, let low, _), .proof(let index, let low, _): sizes[hops[index].number] = low
        case .level, .over: break
        }
        phase = .over
    }

    /// Returns the hops from this index on that have no size yet.
    private var firstOpen: Int { hops.firstIndex { sizes[$0.number] == nil } ?? hops.count }

    /// Notes that a hop received packets of the current size, and so did those before it.
    private mutating func passes(through index: Int) {
        for hop in hops[..<min(index + 1, hops.count)] where sizes[hop.number] == nil { sizes[hop.number] = size }
    }

    /// Continues after the router that reported the MTU of its next link.
    private mutating func adopt(_ report: Report) {
        guard isUsable(report.mtu) else { return }
        if let reach = report.reach { passes(through: reach) }
        size = max(report.mtu, usualLength)
        isReported = false
        askLevel(from: firstOpen, attempt: 1)
    }

    private mutating func judgeLevel(_ from: Int, _ attempt: Int, _ now: Instant) {
        for probe in probes {
            guard case .passed = probe.outcome, let index = hops.firstIndex(where: { $0.number == probe.hop }) else {
                continue
            }
            // Every hop before one that received the packet received it too, with or without a reply.
            passes(through: index)
        }
        let first = firstOpen
        guard first < hops.count else { return phase = .over }
        var best: Report?
        for probe in probes {
            guard case .tooBig(let report) = probe.outcome else { continue }
            isReported = true
            if isUsable(report.mtu), report.mtu > best?.mtu ?? 0 { best = report }
        }
        if let best {
            // If it is unknown how far the packet got, every hop is probed.
            if best.reach != nil || attempt > 1 { return adopt(best) }
            return askLevel(from: first, attempt: 2)
        }
        guard attempt >= Self.attempts || isReported && attempt > 1 else {
            return askLevel(from: first, attempt: attempt + 1, notBefore: attempt == 1 ? nil : pause(now))
        }
        searchSizes(first, low: usualLength, high: size, now)
    }

    private func pause(_ now: Instant) -> Instant { now + TailRetry.interval - wait }

    private mutating func searchSizes(_ index: Int, low: Int, high: Int, _ now: Instant) {
        guard high - low > 1 else {
            phase = .proof(index, low: low, attempt: 1)
            return ask(proofProbes(index, low), notBefore: nextTurn(now))
        }
        phase = .sizes(index, low: low, high: high)
        let count = min(Self.sizesAtOnce, high - low - 1)
        var round = (1...count).reversed().map { step in
            Probe(hop: hops[index].number, size: low + (high - low) * step / (count + 1))
        }
        // A hop that does not reply to a size known to pass is not replying at all now.
        round.append(Probe(hop: hops[index].number, size: low))
        ask(round, notBefore: nextTurn(now))
    }

    private func nextTurn(_ now: Instant) -> Instant? { isLimited ? pause(now) : nil }

    private func proofProbes(_ index: Int, _ low: Int) -> [Probe] {
        [low + 1, low + 1, low].map { Probe(hop: hops[index].number, size: $0) }
    }

    private mutating func judgeSizes(_ index: Int, _ low: Int, _ high: Int, _ now: Instant) {
        let passed = probes.lazy.filter { if case .passed = $0.outcome { true } else { false } }.map(\.size).max()
        var shortest = high
        for probe in probes {
            if case .tooBig = probe.outcome { shortest = min(shortest, probe.size) }
        }
        // A missing reply counts only for a hop that replies to other sizes. Longer ones were sent first.
        guard let longest = passed else {
            isLimited = true
            return searchSizes(index, low: low, high: max(shortest, low + 1), now)
        }
        for probe in probes where probe.size > longest { shortest = min(shortest, probe.size) }
        searchSizes(index, low: longest, high: max(shortest, longest + 1), now)
    }

    private func isPassed(_ probe: Probe?) -> Bool { if case .passed? = probe?.outcome { true } else { false } }

    private mutating func judgeProof(_ index: Int, _ low: Int, _ attempt: Int, _ now: Instant) {
        if probes.dropLast().contains(where: { isPassed($0) }) {
            // A lost packet, or a hop that did not reply, gave a wrong result.
            guard low + 1 < size else {
                passes(through: index)
                return askLevel(from: firstOpen, attempt: 1)
            }
            return searchSizes(index, low: low + 1, high: size, now)
        }
        guard isPassed(probes.last) else {
            isLimited = true
            return ask(proofProbes(index, low), notBefore: nextTurn(now))
        }
        guard attempt >= Self.proofs || isLimited else {
            phase = .proof(index, low: low, attempt: attempt + 1)
            return ask(proofProbes(index, low), notBefore: nextTurn(now))
        }
        // A router that reports an impossible MTU, as old ones do, is not a black hole.
        if !isReported {
            blackHole = blackHole ?? BlackHole(hop: index == 0 ? -1 : hops[index - 1].number, size: low)
        }
        size = low
        isReported = false
        askLevel(from: index, attempt: 1)
    }
}
