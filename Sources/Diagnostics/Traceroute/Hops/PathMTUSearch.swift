import PacketEngine
import WireFormat

/// Finds how long a packet each hop can be sent: by what routers say where
/// they must not cut (RFC 1191, RFC 8201), and where none says anything, by
/// sizes alone (in the spirit of RFC 4821 and RFC 8899).
///
/// A packet of the present size goes to every hop that answers small ones. The
/// hops up to the last that answers take this size. What stops it behind is
/// either told - too big, with the MTU - or a black hole, whose size is
/// searched with many sizes at once.
struct PathMTUSearch: Sendable {
    /// Where a router takes packets without a word that the next link does not.
    struct BlackHole: Hashable, Sendable {
        /// The hop, counted from 0, up to which longer packets come; -1 for none.
        var hop: Int
        /// The longest packet that passes it, in bytes.
        var size: Int
    }

    private enum Phase: Sendable {
        /// Every hop from this index of `hops` on is asked with `size`.
        case level(from: Int, attempt: Int)
        /// Sizes from `low`, which passes, to `high`, which does not, behind the hop of this index.
        case sizes(Int, low: Int, high: Int)
        /// The size above `low` must fail again, and `low` pass.
        case proof(Int, low: Int, attempt: Int)
        case over
    }

    private enum Outcome: Sendable { case none, passed, tooBig(Int) }

    private struct Probe: Sendable {
        var hop: Int
        var size: Int
        var outcome = Outcome.none
    }

    /// A lost packet must not look like a black hole.
    private static let attempts = 3
    private static let sizesAtOnce = 16
    /// Rounds without any answer that end the search.
    private static let vainRounds = 4
    /// No path is narrower: IPv4's least (RFC 791), and a guard against lies.
    private static let leastMTU = 68

    /// Hops that answer, counted from 0, nearest first.
    private let hops: [Int]
    private let usualLength: Int
    private let wait: Nanoseconds
    private var size: Int
    private var phase: Phase
    /// Of the round under way.
    private var probes: [Probe] = []
    private var sentCount = 0
    /// Probes of earlier rounds: their tags come before.
    private var firstTag = 0
    private var deadline: Instant?
    private var notBefore: Instant?
    /// The hop answers fewer packets than it is asked with: one size at a time, slowly.
    private var isLimited = false
    private var vainRounds = 0

    /// The longest packet that comes to each hop, by hop counted from 0.
    private(set) var sizes: [Int: Int] = [:]
    private(set) var blackHole: BlackHole?

    /// - Parameters:
    ///   - hops: those that answer packets of `usualLength`, counted from 0.
    ///   - linkMTU: of the first link.
    ///   - wait: how long an answer is waited for.
    init(hops: [Int], linkMTU: Int, usualLength: Int, wait: Nanoseconds) {
        self.hops = hops
        self.usualLength = usualLength
        self.wait = wait
        size = max(linkMTU, usualLength)
        phase = hops.isEmpty ? .over : .level(from: 0, attempt: 1)
        if !hops.isEmpty { askLevel(from: 0) }
    }

    var isOver: Bool { if case .over = phase { true } else { false } }
    /// The longest packet that comes to the last hop.
    var pathMTU: Int? { hops.last.flatMap { sizes[$0] } }

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
    mutating func failed(_ tag: Int, mtu: Int) {
        guard probes.indices.contains(tag - firstTag) else { return }
        probes[tag - firstTag].outcome = .tooBig(mtu)
    }

    mutating func answered(_ tag: Int, _ answer: TraceAnswer) {
        guard probes.indices.contains(tag - firstTag) else { return }
        probes[tag - firstTag].outcome = answer.packetTooBigMTU.map { .tooBig($0) } ?? .passed
    }

    /// When there is something to do.
    var due: Instant? { sentCount < probes.count ? notBefore : deadline }

    private mutating func ask(_ round: [Probe], notBefore: Instant? = nil) {
        firstTag += probes.count
        probes = round
        sentCount = 0
        deadline = nil
        self.notBefore = notBefore
    }

    private mutating func askLevel(from index: Int) {
        ask(hops[index...].map { Probe(hop: $0, size: size) })
    }

    // MARK: Judging

    /// Goes on when the round is answered, or its time is over.
    mutating func advance(at now: Instant) {
        while !isOver, sentCount == probes.count {
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

    private mutating func judgeLevel(_ from: Int, _ attempt: Int, _ now: Instant) {
        var first = from
        for probe in probes {
            guard case .passed = probe.outcome, let index = hops.firstIndex(of: probe.hop) else { continue }
            first = max(first, index + 1)
        }
        // A hop before one that got it got it too, whether it said so or not.
        for hop in hops[from..<first] { sizes[hop] = size }
        guard first < hops.count else { return phase = .over }
        let told = probes.lazy.compactMap { probe -> Int? in
            if case .tooBig(let mtu) = probe.outcome { mtu } else { nil }
        }.filter { [size] in $0 >= Self.leastMTU && $0 < size }.max()
        if let told {
            size = max(told, usualLength)
            phase = .level(from: first, attempt: 1)
            return askLevel(from: first)
        }
        guard attempt >= Self.attempts else {
            phase = .level(from: first, attempt: attempt + 1)
            return askLevel(from: first)
        }
        searchSizes(first, low: usualLength, high: size, now)
    }

    private mutating func searchSizes(_ index: Int, low: Int, high: Int, _ now: Instant) {
        guard high - low > 1 else {
            phase = .proof(index, low: low, attempt: 1)
            return ask(proofProbes(index, low), notBefore: nextTurn(now))
        }
        phase = .sizes(index, low: low, high: high)
        let count = isLimited ? 1 : min(Self.sizesAtOnce, high - low - 1)
        var round = (1...count).map { step in
            Probe(hop: hops[index], size: low + (high - low) * step / (count + 1))
        }
        // Who does not answer what is known to pass answers nothing now.
        round.append(Probe(hop: hops[index], size: low))
        ask(round, notBefore: nextTurn(now))
    }

    private func nextTurn(_ now: Instant) -> Instant? { isLimited ? now + SecondLook.interval : nil }

    private func proofProbes(_ index: Int, _ low: Int) -> [Probe] {
        [Probe(hop: hops[index], size: low + 1), Probe(hop: hops[index], size: low)]
    }

    private mutating func judgeSizes(_ index: Int, _ low: Int, _ high: Int, _ now: Instant) {
        var longest = low
        var shortest = high
        for probe in probes.dropLast() {
            switch probe.outcome {
            case .passed: longest = max(longest, probe.size)
            case .tooBig(let mtu) where mtu >= Self.leastMTU && mtu < probe.size: shortest = min(shortest, mtu + 1)
            case .tooBig, .none: break
            }
        }
        // Silence says something only of who is heard otherwise.
        if isHeard(probes.last) {
            vainRounds = 0
            for probe in probes where probe.size > longest { shortest = min(shortest, probe.size) }
        } else {
            guard canWait(isVain: longest == low, index, low) else { return }
        }
        searchSizes(index, low: longest, high: max(shortest, longest + 1), now)
    }

    /// The hop was not heard: what is asked from now on is asked slowly, for a while.
    private mutating func canWait(isVain: Bool, _ index: Int, _ low: Int) -> Bool {
        isLimited = true
        vainRounds = isVain ? vainRounds + 1 : 0
        guard vainRounds >= Self.vainRounds else { return true }
        // What is proved is what passed.
        sizes[hops[index]] = low
        phase = .over
        return false
    }

    private func isHeard(_ probe: Probe?) -> Bool { if case .passed? = probe?.outcome { true } else { false } }

    private mutating func judgeProof(_ index: Int, _ low: Int, _ attempt: Int, _ now: Instant) {
        // A lost packet had misled us.
        if isHeard(probes.first) { return searchSizes(index, low: low + 1, high: size, now) }
        guard isHeard(probes.last) else {
            guard canWait(isVain: true, index, low) else { return }
            return ask(proofProbes(index, low), notBefore: nextTurn(now))
        }
        vainRounds = 0
        guard attempt >= Self.attempts else {
            phase = .proof(index, low: low, attempt: attempt + 1)
            return ask(proofProbes(index, low), notBefore: nextTurn(now))
        }
        blackHole = blackHole ?? BlackHole(hop: index == 0 ? -1 : hops[index - 1], size: low)
        size = low
        phase = .level(from: index, attempt: 1)
        askLevel(from: index)
    }
}
