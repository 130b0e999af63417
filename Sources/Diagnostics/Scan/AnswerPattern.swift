import func Glibc.log

/// The distribution of answered and unanswered ports of one host over the probe order, and its deviation from chance.
///
/// A firewall drops a probe whenever it is sent, and loss affects all probes equally: since the scan order is random,
/// replies are spread evenly over it. A host that limits its replies answers the first probes, and later ones only
/// at its own rate, whatever their ports.
struct AnswerPattern: Sendable {
    /// The number of ports whose probes were sent in a part of the window, and of those that were answered.
    private struct Part {
        var ports: UInt32 = 0
        var answered: UInt32 = 0
    }

    /// The maximum two-way loss that is attributed to loss rather than a limit.
    private static let mostLoss = 0.2
    /// The number of ports up to which subsets are counted exactly; above it Chernoff's bound is precise enough.
    private static let few = 64
    /// Chernoff's bound below which a pattern is not examined further.
    private static let worthwhile = 2.0
    /// The first probes of the window count individually; after them each power of two has this many parts.
    private static let fineness: UInt64 = 16

    private var parts = [Part](repeating: Part(), count: Self.part(.max) + 1)
    private var used = 0
    /// Ports that answered a try.
    private(set) var answered = 0
    /// Closed ports among them.
    private(set) var closed = 0
    /// Ports that answered a later try than the first.
    private(set) var answeredLater = 0
    /// Ports that answered the last try.
    private(set) var answeredLast = 0
    /// Ports that answered no try.
    private(set) var unanswered = 0
    /// Unanswered ports that were probed again slowly, and those of them that answered.
    private(set) var rechecked = 0
    private(set) var recheckAnswered = 0

    mutating func removeAll() {
        for index in 0..<used { parts[index] = Part() }
        used = 0
        (answered, closed, answeredLater, answeredLast) = (0, 0, 0, 0)
        (unanswered, rechecked, recheckAnswered) = (0, 0, 0)
    }

    /// Returns the part of the window that contains a probe.
    private static func part(_ offset: UInt64) -> Int {
        guard offset >= fineness else { return Int(offset) }
        let power = UInt64(63 - offset.leadingZeroBitCount)
        return Int((power - 3) * fineness + (offset >> (power - 4)) % fineness)
    }

    /// Counts all ports of a window.
    mutating func fill(_ window: ScanWindow) {
        removeAll()
        let end = UInt64(window.indices.count)
        while used < parts.count, Self.start(of: used) < end {
            let counts = window.counts(in: Self.start(of: used)..<min(Self.start(of: used + 1), end))
            parts[used] = Part(ports: UInt32(counts.answered + counts.unanswered), answered: UInt32(counts.answered))
            answered += counts.answered
            answeredLater += counts.later
            answeredLast += counts.last
            unanswered += counts.unanswered
            used += 1
        }
    }

    /// Removes the ports of one host.
    mutating func subtract(_ host: AnswerPattern) {
        for (index, part) in host.parts[..<host.used].enumerated() {
            parts[index].ports -= min(part.ports, parts[index].ports)
            parts[index].answered -= min(part.answered, parts[index].answered)
        }
        answered -= host.answered
        answeredLater -= host.answeredLater
        answeredLast -= host.answeredLast
        unanswered -= host.unanswered
    }

    /// Returns the number of probes before a part of the window.
    private static func start(of part: Int) -> UInt64 {
        let part = UInt64(part)
        return part < fineness ? part : (fineness + part % fineness) << (part / fineness - 1)
    }

    /// Adds a port that answered no try.
    /// - Parameter offset: the number of probes of the window sent before its own.
    mutating func addUnanswered(_ offset: UInt64, rechecked isRechecked: Bool) {
        unanswered += 1
        if isRechecked { rechecked += 1 }
        count(offset, answers: 0)
    }

    /// Adds a port that answered a try.
    mutating func addAnswered(_ offset: UInt64, isOpen: Bool, isLater: Bool, isLast: Bool) {
        answered += 1
        if !isOpen { closed += 1 }
        if isLater { answeredLater += 1 }
        if isLast { answeredLast += 1 }
        count(offset, answers: 1)
    }

    /// Adds a port that answered only the slow try: its position in the order was chosen, so it is no evidence.
    mutating func addRechecked() {
        rechecked += 1
        recheckAnswered += 1
    }

    private mutating func count(_ offset: UInt64, answers: UInt32) {
        let part = Self.part(offset)
        parts[part].ports += 1
        parts[part].answered += answers
        used = max(used, part + 1)
    }

    /// The evidence against filtering: the negative logarithm of a bound on the probability of the pattern if the
    /// unanswered ports were filtered, from three independent findings.
    func evidence(retries: Int) -> Double {
        guard answered > 0, unanswered > 0 else { return 0 }
        return earliness + lateness(retries: retries) + recheckEvidence(retries: retries)
    }

    /// Whether the pattern shows a limit rather than loss, however heavy: loss spreads the replies evenly over the
    /// order, and halves the replies from the first to the last try only at 70 % packet loss.
    var isLimit: Bool { earliness >= ScanReview.suspicion || answeredLast * 2 > answered - answeredLater }

    /// Whether replies are concentrated early in the order.
    var earliness: Double {
        let ports = answered + unanswered
        let (total, all) = (Double(ports), Double(answered))
        var early = 0
        var found = 0
        var best = 0.0
        for (index, part) in parts[..<used].enumerated() where part.ports > 0 {
            early += Int(part.ports)
            found += Int(part.answered)
            guard early < ports else { break }
            let (first, hits) = (Double(early), Double(found))
            guard hits * total > first * all else { continue }
            let bound = max(
                first * Self.divergence(hits / first, from: all / total),
                all * Self.divergence(hits / all, from: first / total))
            guard bound >= Self.worthwhile else { continue }
            // The complementary finding: answered ports among the first, unanswered ones among the rest.
            let subsets = max(
                Self.subsets(found, of: answered, within: early, ofPorts: ports),
                Self.subsets(unanswered - (early - found), of: unanswered, within: ports - early, ofPorts: ports))
            best = max(best, max(bound, subsets) - price(index))
        }
        return best
    }

    /// The correction for choosing the best of many parts: each power of two has the same probability, and so has each
    /// part within it.
    private func price(_ part: Int) -> Double {
        let (powers, _) = Self.powers(through: used - 1)
        return log(Double(powers)) + log(Double(Self.powers(through: part).parts))
    }

    /// The number of powers of two up to a part, and of the parts in the last one.
    private static func powers(through part: Int) -> (count: Int, parts: Int) {
        guard part >= fineness else {
            let power = Int.bitWidth - (part + 1).leadingZeroBitCount
            return (power, 1 << (power - 1))
        }
        return (part / Int(fineness) + 5, Int(fineness))
    }

    /// The negative logarithm of a bound on the probability that any `count` of `all` ports lie within a part of the
    /// order.
    private static func subsets(_ count: Int, of all: Int, within part: Int, ofPorts ports: Int) -> Double {
        guard 1...few ~= count, count <= min(all, part) else { return 0 }
        var chance = 0.0
        for index in 0..<count {
            chance += log(Double(all - index) / Double(index + 1))
            chance += log(Double(part - index) / Double(ports - index))
        }
        return max(0, -chance)
    }

    /// Whether the last try was answered as often as those before it; with loss, each further try has fewer replies.
    private func lateness(retries: Int) -> Double {
        guard retries > 0 else { return 0 }
        let left = Self.lost(tries: retries)
        let expected = left * (1 - Self.mostLoss) / (1 - left * Self.mostLoss)
        return Self.excess(answeredLast, of: answered, over: expected)
    }

    /// Whether more ports that answered no try answer a slow probe than loss explains.
    private func recheckEvidence(retries: Int) -> Double {
        guard recheckAnswered > 0 else { return 0 }
        let left = Self.lost(tries: retries + 1)
        let missing = Double(answered) * left / (1 - left)
        let expected = Double(rechecked) * min(1, missing / Double(unanswered + recheckAnswered))
        let found = Double(recheckAnswered)
        return found > expected ? found * log(found / expected) - found + expected : 0
    }

    /// The evidence, in nats, against `count` of `all` independent events occurring if each has the probability
    /// `expected`.
    static func excess(_ count: Int, of all: Int, over expected: Double) -> Double {
        let share = Double(count) / Double(max(all, 1))
        return share > expected && expected > 0 ? Double(all) * divergence(share, from: expected) : 0
    }

    /// The share of ports that lose `tries` consecutive tries.
    private static func lost(tries: Int) -> Double { (0..<tries).reduce(1) { share, _ in share * mostLoss } }

    /// The relative entropy of two probabilities, in nats: n times it bounds the tail of n draws (Chernoff; Hoeffding
    /// 1963 for draws without replacement).
    private static func divergence(_ share: Double, from expected: Double) -> Double {
        let yes = share > 0 ? share * log(share / expected) : 0
        let no = share < 1 ? (1 - share) * log((1 - share) / (1 - expected)) : 0
        return yes + no
    }
}
