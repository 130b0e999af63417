import func Glibc.log

/// Which ports of one host answered and which stayed silent, by the order in which they were probed, and how far from
/// chance that is.
///
/// A firewall drops a probe whenever it arrives, and loss affects all probes alike: since the order of the scan is
/// random, the answers lie anywhere in it. A host that limits SYNs or resets answers the first ones, and later ones only
/// at its own pace, whatever ports they are for.
struct AnswerPattern: Sendable {
    /// Ports whose probes left in a part of the window, and those of them that answered.
    private struct Part {
        var ports: UInt32 = 0
        var answered: UInt32 = 0
    }

    /// Loss both ways together that is taken for loss and no limit.
    private static let mostLoss = 0.2
    /// Ports up to which subsets are counted; beyond them Chernoff's bound is as good.
    private static let few = 64
    /// What is no more unlikely than this by Chernoff's bound is not looked at more closely.
    private static let worthwhile = 2.0
    /// The first probes of the window count one by one, then there are as many parts for each power of two.
    private static let fineness: UInt64 = 16

    private var parts = [Part](repeating: Part(), count: Self.part(.max) + 1)
    private var used = 0
    /// Ports that answered a try.
    private(set) var answered = 0
    /// Those that answered another try than the first.
    private(set) var answeredLater = 0
    /// Those that answered the last try.
    private(set) var answeredLast = 0
    /// Ports that answered no try.
    private(set) var silent = 0
    /// Silent ports that were probed once more slowly, and those of them that answered.
    private(set) var rechecked = 0
    private(set) var recheckAnswered = 0

    mutating func removeAll() {
        for index in 0..<used { parts[index] = Part() }
        used = 0
        (answered, answeredLater, answeredLast, silent, rechecked, recheckAnswered) = (0, 0, 0, 0, 0, 0)
    }

    /// The part of the window that a probe is in.
    private static func part(_ offset: UInt64) -> Int {
        guard offset >= fineness else { return Int(offset) }
        let power = UInt64(63 - offset.leadingZeroBitCount)
        return Int((power - 3) * fineness + (offset >> (power - 4)) % fineness)
    }

    /// A port that answered no try.
    /// - Parameter offset: how many probes of the window were before its own.
    mutating func addSilent(_ offset: UInt64, rechecked isRechecked: Bool) {
        silent += 1
        if isRechecked { rechecked += 1 }
        count(offset, answers: 0)
    }

    /// A port that answered a try.
    mutating func addAnswered(_ offset: UInt64, isLater: Bool, isLast: Bool) {
        answered += 1
        if isLater { answeredLater += 1 }
        if isLast { answeredLast += 1 }
        count(offset, answers: 1)
    }

    /// A port that answered no try but the slow one: its place in the order was chosen, and tells nothing.
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

    /// How unlikely the pattern is for a host whose silent ports are filtered: minus the logarithm of a bound of the
    /// chance, of three findings that are independent of one another.
    func surprise(retries: Int) -> Double {
        guard answered > 0, silent > 0 else { return 0 }
        return earliness + lateness(retries: retries) + recheckSurprise(retries: retries)
    }

    /// Whether a limit makes such a pattern, and not loss alone, however heavy: that leaves the answers anywhere in the
    /// order, and half as many to the last try as to the first only where seven of ten packets are lost.
    var isLimit: Bool { earliness >= SYNScanReview.suspicion || answeredLast * 2 > answered - answeredLater }

    /// Answers lie early in the order.
    var earliness: Double {
        let ports = answered + silent
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
            // The same finding twice: answered ports among the first, and silent ones among the rest.
            let subsets = max(
                Self.subsets(found, of: answered, within: early, ofPorts: ports),
                Self.subsets(silent - (early - found), of: silent, within: ports - early, ofPorts: ports))
            best = max(best, max(bound, subsets) - price(index))
        }
        return best
    }

    /// What it costs to look at the best of many parts: each power of two has the same chance, and so has each part of one.
    private func price(_ part: Int) -> Double {
        let (powers, _) = Self.powers(through: used - 1)
        return log(Double(powers)) + log(Double(Self.powers(through: part).parts))
    }

    /// Powers of two up to that of a part, and how many parts the last of them has.
    private static func powers(through part: Int) -> (count: Int, parts: Int) {
        guard part >= fineness else {
            let power = Int.bitWidth - (part + 1).leadingZeroBitCount
            return (power, 1 << (power - 1))
        }
        return (part / Int(fineness) + 5, Int(fineness))
    }

    /// Minus the logarithm of a bound of the chance that any `count` of `all` ports lie within a part of the order.
    private static func subsets(_ count: Int, of all: Int, within part: Int, ofPorts ports: Int) -> Double {
        guard 1...few ~= count, count <= min(all, part) else { return 0 }
        var chance = 0.0
        for index in 0..<count {
            chance += log(Double(all - index) / Double(index + 1))
            chance += log(Double(part - index) / Double(ports - index))
        }
        return max(0, -chance)
    }

    /// The last try was answered as often as those before it, where loss leaves less for each further one.
    private func lateness(retries: Int) -> Double {
        guard retries > 0 else { return 0 }
        let left = Self.lost(tries: retries)
        let expected = left * (1 - Self.mostLoss) / (1 - left * Self.mostLoss)
        return Self.excess(answeredLast, of: answered, over: expected)
    }

    /// Ports that were silent to all tries answer when they are asked slowly, more of them than loss explains.
    private func recheckSurprise(retries: Int) -> Double {
        guard recheckAnswered > 0 else { return 0 }
        let left = Self.lost(tries: retries + 1)
        let missing = Double(answered) * left / (1 - left)
        let expected = Double(rechecked) * min(1, missing / Double(silent + recheckAnswered))
        let found = Double(recheckAnswered)
        return found > expected ? found * log(found / expected) - found + expected : 0
    }

    /// How unlikely it is, in nats, that `count` of `all` independent events happen, each of which has the chance
    /// `expected`.
    static func excess(_ count: Int, of all: Int, over expected: Double) -> Double {
        let share = Double(count) / Double(max(all, 1))
        return share > expected && expected > 0 ? Double(all) * divergence(share, from: expected) : 0
    }

    /// The share of ports that lose `tries` tries in a row.
    private static func lost(tries: Int) -> Double { (0..<tries).reduce(1) { share, _ in share * mostLoss } }

    /// The relative entropy of two chances, in nats: n times it bounds the tail of n draws (Chernoff; Hoeffding 1963
    /// for draws without replacement).
    private static func divergence(_ share: Double, from expected: Double) -> Double {
        let yes = share > 0 ? share * log(share / expected) : 0
        let no = share < 1 ? (1 - share) * log((1 - share) / (1 - expected)) : 0
        return yes + no
    }
}
