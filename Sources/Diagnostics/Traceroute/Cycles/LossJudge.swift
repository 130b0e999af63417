/// Tells loss on the way from routers that limit their answers.
///
/// What is lost on a link is lost to every hop behind it; what a router keeps
/// to itself is not. So hops that answer clearly less than those behind them
/// are set aside, and among the rest the link is sought from which on, and not
/// before, answers are missing: the split of the hops into two, each with one
/// rate of loss, that makes what was seen most likely.
enum LossJudge {
    enum Evidence: Hashable, Sendable {
        /// It would have answered more probes: what is missing was lost.
        case loss
        /// It answered no more than a limit of ICMP errors lets through: loss only if the hops behind it show it too.
        case limit
        /// The target's own ICMP errors, behind which nothing shows whether it limits them: none.
        case none
    }

    struct Hop: Hashable, Sendable {
        var timeToLive: Int
        var sent: Int
        var received: Int
        /// What missing answers of this hop say of the links before it.
        var evidence = Evidence.loss

        var lost: Int { sent - received }
    }

    /// Twice the gain of the logarithm of the likelihood that is needed. Chance exceeds `x` with one
    /// free parameter (chi squared) less than `exp(-x / 2)` times, and every pair of hops is a chance:
    /// so among all of them it does so less than once in a thousand traces.
    private static func threshold(hops: Int) -> Double {
        2 * naturalLogarithm(1_000 * Double(max(hops * (hops - 1) / 2, 1)))
    }

    /// - Parameters:
    ///   - hops: those that answered at all, nearest first.
    ///   - endsAtTarget: the last is the target. Of a router with nothing
    ///     behind it nobody knows why it answers less.
    static func judge(_ hops: [Hop], endsAtTarget: Bool) -> [TraceVerdict] {
        let measured = hops.filter { $0.sent > 0 && $0.received > 0 }
        let threshold = threshold(hops: measured.count)
        var limited: [Hop] = []
        var honest: [Hop] = []
        for (index, hop) in measured.enumerated() {
            let behind = measured[(index + 1)...]
            if behind.contains(where: { isWorse(hop, than: $0, by: threshold) }) {
                limited.append(hop)
            } else {
                honest.append(hop)
            }
        }
        honest = proving(honest)
        if !endsAtTarget, let last = honest.last, last.timeToLive == measured.last?.timeToLive { honest.removeLast() }
        var verdicts = limited.map { TraceVerdict.rateLimited(timeToLive: $0.timeToLive, lossPercent: percent($0)) }
        // This host itself, before the first link, loses nothing.
        let source = Hop(timeToLive: 0, sent: honest.first?.sent ?? 0, received: honest.first?.sent ?? 0)
        for split in splits([source] + honest, threshold) {
            let behind = honest.filter { $0.timeToLive >= split }
            let all = Hop(
                timeToLive: split, sent: behind.reduce(0) { $0 + $1.sent },
                received: behind.reduce(0) { $0 + $1.received })
            verdicts.append(.loss(timeToLive: split, lossPercent: percent(all)))
        }
        return verdicts.sorted { $0.timeToLive < $1.timeToLive }
    }

    /// Leaves out hops whose missing answers a limit of ICMP errors explains as well as loss does.
    private static func proving(_ hops: [Hop]) -> [Hop] {
        var kept: [Hop] = []
        var isProved = false
        for hop in hops.reversed() {
            switch hop.evidence {
            case .loss: isProved = true
            case .limit: guard isProved || hop.lost == 0 else { continue }
            case .none: guard hop.lost == 0 else { continue }
            }
            kept.append(hop)
        }
        return kept.reversed()
    }

    private static func percent(_ hop: Hop) -> Double {
        (Double(hop.lost) * 1_000 / Double(max(hop.sent, 1))).rounded() / 10
    }

    /// Too much worse for chance.
    private static func isWorse(_ hop: Hop, than other: Hop, by threshold: Double) -> Bool {
        hop.lost * other.sent > other.lost * hop.sent && gain([hop], [other]) > threshold
    }

    /// The hops at which loss begins, or grows.
    private static func splits(_ hops: [Hop], _ threshold: Double) -> [Int] {
        var best: (index: Int, gain: Double)?
        for index in hops.indices.dropFirst() {
            let (before, behind) = (hops[..<index], hops[index...])
            guard rate(behind) > rate(before) else { continue }
            let gain = gain(before, behind)
            if gain > best?.gain ?? threshold { best = (index, gain) }
        }
        guard let best else { return [] }
        return splits(Array(hops[..<best.index]), threshold) + [hops[best.index].timeToLive]
            + splits(Array(hops[best.index...]), threshold)
    }

    private static func rate(_ hops: some Collection<Hop>) -> Double {
        let sent = hops.reduce(0) { $0 + $1.sent }
        return sent > 0 ? Double(hops.reduce(0) { $0 + $1.lost }) / Double(sent) : 0
    }

    /// Twice what two rates explain better than one.
    private static func gain(_ left: some Collection<Hop>, _ right: some Collection<Hop>) -> Double {
        2 * (likelihood(left) + likelihood(right) - likelihood(Array(left) + Array(right)))
    }

    /// The logarithm of the likelihood of what was lost, at the rate that makes it greatest.
    private static func likelihood(_ hops: some Collection<Hop>) -> Double {
        let lost = Double(hops.reduce(0) { $0 + $1.lost })
        let received = Double(hops.reduce(0) { $0 + $1.received })
        guard lost > 0, received > 0 else { return 0 }
        let sent = lost + received
        return lost * naturalLogarithm(lost / sent) + received * naturalLogarithm(received / sent)
    }
}
