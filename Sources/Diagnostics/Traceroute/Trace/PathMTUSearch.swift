import PacketEngine
import WireFormat

/// Finds how long a packet each hop can be sent: by what routers say where
/// they must not cut (RFC 1191, RFC 8201), and where none says anything, by
/// sizes alone (in the spirit of RFC 4821 and RFC 8899).
///
/// A packet of the present size goes to the last hop. A router that reports it
/// as too big, with the MTU, has got it itself, and the hops before it too: one
/// error is enough, for routers limit how many they send. Without an answer
/// every hop is asked, and once more when a limit of one error a second has
/// recovered. Only then is it a black hole, whose size is searched with many
/// sizes at once: the longest first, so that the first answer is the one that counts.
struct PathMTUSearch: Sendable {
    /// Where a router takes packets without a word that the next link does not.
    struct BlackHole: Hashable, Sendable {
        /// The hop, counted from 0, up to which longer packets come; -1 for none.
        var hop: Int
        /// The longest packet that passes it, in bytes.
        var size: Int
    }

    /// A hop that answers packets of the usual length.
    struct Hop: Sendable {
        /// Counted from 0.
        var number: Int
        var addresses: Set<IPAddress>
    }

    private enum Phase: Sendable {
        /// Hops from this index of `hops` on are asked with `size`: the last one, then all.
        case level(from: Int, attempt: Int)
        /// Sizes from `low`, which passes, to `high`, which does not, behind the hop of this index.
        case sizes(Int, low: Int, high: Int)
        /// The size above `low` must fail again, and `low` pass.
        case proof(Int, low: Int, attempt: Int)
        case over
    }

    private enum Outcome: Sendable { case none, passed, tooBig(Report) }

    /// A packet was too big for a link.
    private struct Report: Sendable {
        var mtu: Int
        /// The index of the last hop that the packet is known to have come to, -1 for this host; nil when not known.
        var reach: Int?
    }

    private struct Probe: Sendable {
        var hop: Int
        var size: Int
        var outcome = Outcome.none
    }

    /// The whole search takes no longer.
    static let longestSearch = Nanoseconds.seconds(5)
    /// A lost packet must not look like a black hole.
    private static let attempts = 3
    private static let proofs = 2
    /// Two rounds are enough for the 1,440 sizes of Ethernet.
    private static let sizesAtOnce = 38
    /// No path is narrower: IPv4's least (RFC 791), and a guard against lies.
    private static let leastMTU = 68

    /// Nearest first.
    private let hops: [Hop]
    private let usualLength: Int
    private let wait: Nanoseconds
    /// When it ends with what is known by then.
    private let end: Instant
    private var size: Int
    private var phase: Phase
    /// Of the round under way.
    private var probes: [Probe] = []
    private var sentCount = 0
    /// Probes of earlier rounds: their tags come before.
    private var firstTag = 0
    private var deadline: Instant?
    private var notBefore: Instant?
    /// The hop answers fewer packets than it is asked with: one round a second.
    private var isLimited = false
    /// A router reported a packet of the present size as too big, but not with an MTU that can be.
    private var isReported = false
    /// An MTU that was reported for a probe of an earlier round, or while sizes were searched.
    private var reported: Report?

    /// The longest packet that comes to each hop, by hop counted from 0.
    private(set) var sizes: [Int: Int] = [:]
    private(set) var blackHole: BlackHole?

    /// - Parameters:
    ///   - hops: those that answer packets of `usualLength`.
    ///   - linkMTU: of the first link.
    ///   - wait: how long an answer is waited for.
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
    /// The longest packet that comes to the last hop.
    var pathMTU: Int? { hops.last.flatMap { sizes[$0.number] } }

    // MARK: Sending

    /// The next probe that is due: its hop, its size and its tag.
    func next(at now: Instant) -> (hop: Int, size: Int, tag: Int)? {
        guard sentCount < probes.count, notBefore.map({ $0 <= now }) ?? true else { return nil }
        let probe = probes[sentCount]
        return (probe.hop, probe.size, firstTag + sentCount)
    }

    mutating func sent(at now: Instant) {
        sentCount += 1
        deadline = now + wait
    }

    /// The kernel would not send it.
    mutating func failed(_ tag: Int, mtu: Int) { note(tag, .tooBig(Report(mtu: mtu, reach: -1))) }

    /// - Parameter hop: the probe's, counted from 0.
    mutating func answered(_ tag: Int, hop: Int, _ answer: TraceAnswer) {
        guard let mtu = answer.packetTooBigMTU else { return note(tag, .passed) }
        note(tag, .tooBig(Report(mtu: mtu, reach: reach(of: answer, to: hop))))
    }

    /// How far a packet came that a router reports as too big: to that router, if it answered before, or as far as
    /// the time to live in its quote shows.
    private func reach(of answer: TraceAnswer, to hop: Int) -> Int? {
        if let index = hops.firstIndex(where: { $0.addresses.contains(answer.source) }) { return index }
        // A router with one hop left reports that, not the MTU: less than two is not what the packet had.
        guard let left = answer.quotedTimeToLive, left > 1, Int(left) <= hop else { return nil }
        // Some routers take their own hop off before they quote: it is not counted.
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

    /// When there is something to do.
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
        // The last first: what a router has left to say is to be about what it cannot pass on.
        let asked = attempt == 1 ? hops.suffix(1) : hops[index...]
        ask(asked.reversed().map { Probe(hop: $0.number, size: size) }, notBefore: notBefore)
    }

    // MARK: Judging

    /// Goes on when the round is answered, or its time is over.
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

    /// The time is over: what is proved is what passed.
    private mutating func conclude() {
        switch phase {
        case .sizes(let index, let low, _), .proof(let index, let low, _): sizes[hops[index].number] = low
        case .level, .over: break
        }
        phase = .over
    }

    /// The hops from this index on that have no size yet.
    private var firstOpen: Int { hops.firstIndex { sizes[$0.number] == nil } ?? hops.count }

    /// A hop that got packets of the present size, and those before it.
    private mutating func passes(through index: Int) {
        for hop in hops[..<min(index + 1, hops.count)] where sizes[hop.number] == nil { sizes[hop.number] = size }
    }

    /// Goes on behind the router that reported the MTU of its next link.
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
            // A hop before one that got it got it too, whether it said so or not.
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
            // Where it is not known how far the packet came, every hop is asked.
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
        // Who does not answer what is known to pass answers nothing now.
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
        // Silence says something only of a hop that is heard otherwise. It was sent the longer ones first.
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
            // A lost packet, or a hop that was not heard, had misled us.
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
        // A router that reports an impossible MTU, as old ones do, is no black hole.
        if !isReported {
            blackHole = blackHole ?? BlackHole(hop: index == 0 ? -1 : hops[index - 1].number, size: low)
        }
        size = low
        isReported = false
        askLevel(from: index, attempt: 1)
    }
}
