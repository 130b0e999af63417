import PacketEngine
import WireFormat

/// The results of a measurement so far.
extension CyclesEngine {
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

    /// Returns the black hole that the search on this path found.
    private func blackHole(_ flow: CyclesFlow) -> [TraceVerdict] {
        flow.mtuSearch?.blackHole.map {
            [.mtuBlackHole(timeToLive: configuration.firstHop + $0.hop, size: $0.size)]
        } ?? []
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
        return flows.map { CyclesPath(hops: hops($0), verdicts: blackHole($0) + losses($0)) }
            .filter { known.insert($0.hops.map(\.addresses.first)).inserted }
    }

    /// Returns the result so far; the verdicts of several paths are those of the search for them.
    public var summary: TracerouteSummary {
        var summary = TracerouteSummary(
            isReached: flows.contains(where: \.isReached), hops: flows.map { hops($0).count }.max() ?? 0,
            sent: prober.sent, received: prober.received, unsent: prober.unsent, firstFailure: prober.firstFailure,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero,
            pathMTU: flows.compactMap { $0.mtuSearch?.pathMTU }.min(), verdicts: [])
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
        summary.verdicts = blackHole(flow)
        summary.verdicts += hops(flow).filter {
            $0.isUnresponsive && $0.sent > 0 && $0.timeToLive - configuration.firstHop < flow.lastAnswered
        }
        .map { TraceVerdict.silentHop(timeToLive: $0.timeToLive) }
        summary.verdicts += losses(flow)
        if let refusingMTU {
            summary.verdicts.append(
                .packetTooLong(length: prober.usualLength, mtu: refusingMTU > 0 ? refusingMTU : nil))
        } else if !flow.isReached, prober.unsent == 0 {
            let last = flow.lastAnswered < 0 ? 0 : configuration.firstHop + flow.lastAnswered
            summary.verdicts.append(.unreachable(last: last))
        }
        return summary
    }
}
