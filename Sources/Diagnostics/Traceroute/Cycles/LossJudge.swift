/// Distinguishes packet loss on a path from routers that limit their replies.
///
/// Packets lost on a link are lost to every hop after it; replies that a router does not send are missing for that hop
/// only. So hops that reply clearly less often than later hops are excluded. Among the remaining hops, a change-point
/// test finds the link from which on replies are missing: the split of the hops into two groups, each with one loss
/// rate, that has the maximum likelihood.
enum LossJudge {
    enum Evidence: Hashable, Sendable {
        /// The hop would have answered more probes: missing replies were lost.
        case loss
        /// The hop answered no more probes than a limit of ICMP errors allows: loss only if later hops show it too.
        case limit
        /// The target's own ICMP errors: no later hop shows whether it limits them, so they are no evidence.
        case none
    }

    struct Hop: Hashable, Sendable {
        var timeToLive: Int
        var sent: Int
        var received: Int
        /// The meaning of this hop's missing replies for the links before it.
        var evidence = Evidence.loss

        var lost: Int { sent - received }
    }

    /// The required likelihood-ratio statistic (twice the gain of the log-likelihood). With one free parameter, it
    /// exceeds `x` by chance with a probability below `exp(-x / 2)`, and each pair of hops is a trial: this bound keeps
    /// false positives below one in 1,000 traces.
    private static func threshold(hops: Int) -> Double {
        2 * naturalLogarithm(1_000 * Double(max(hops * (hops - 1) / 2, 1)))
    }

    /// - Parameters:
    ///   - hops: the hops that replied at all, nearest first.
    ///   - endsAtTarget: whether the last hop is the target. For a last router that is not the target, the cause of
    ///     missing replies is unknown.
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
        // This host itself, before the first link, has no loss.
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

    /// Excludes hops whose missing replies a limit of ICMP errors explains as well as loss does.
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

    /// Whether the difference is too large for chance.
    private static func isWorse(_ hop: Hop, than other: Hop, by threshold: Double) -> Bool {
        hop.lost * other.sent > other.lost * hop.sent && gain([hop], [other]) > threshold
    }

    /// Returns the hops at which loss begins or increases.
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

    /// Returns the likelihood-ratio statistic of two loss rates against one.
    private static func gain(_ left: some Collection<Hop>, _ right: some Collection<Hop>) -> Double {
        2 * (likelihood(left) + likelihood(right) - likelihood(Array(left) + Array(right)))
    }

    /// Returns the maximum log-likelihood of the observed loss.
    private static func likelihood(_ hops: some Collection<Hop>) -> Double {
        let lost = Double(hops.reduce(0) { $0 + $1.lost })
        let received = Double(hops.reduce(0) { $0 + $1.received })
        guard lost > 0, received > 0 else { return 0 }
        let sent = lost + received
        return lost * naturalLogarithm(lost / sent) + received * naturalLogarithm(received / sent)
    }
}
