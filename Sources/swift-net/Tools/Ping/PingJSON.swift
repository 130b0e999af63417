import SwiftNet

/// The output of a ping as one JSON object per line.
final class PingJSON: PingRunReport {
    private let facts: PingFacts
    private let target: String
    private let isQuiet: Bool
    private let console: Console

    init(_ facts: PingFacts, target: String, isQuiet: Bool, _ console: Console) {
        self.facts = facts
        self.target = target
        self.isQuiet = isQuiet
        self.console = console
    }

    private func probe(_ sequence: UInt16) -> PingProbeRow {
        PingProbeRow(target: target, addr: facts.address, seq: sequence)
    }

    func report(_ event: PingEvent, at now: Instant) {
        guard !isQuiet else { return }
        switch event {
        case .transmitted, .ignored: break
        case .reply(let reply): console.write("reply", PingReplyRow(reply, target: target), at: reply.arrival)
        case .outstanding(let sequence, let instant): console.write("outstanding", probe(sequence), at: instant)
        case .timeout(let sequence, let instant): console.write("timeout", probe(sequence), at: instant)
        case .icmpError(let notice):
            console.write("icmp-error", PingErrorRow(notice, target: target), at: notice.arrival)
        case .transmissionFailed(let sequence, let failure, let instant):
            let row = PingSendErrorRow(probe(sequence), failure, interface: facts.interface)
            console.write("send-error", row, at: instant)
        case .firstRoundTrip(let parts):
            let row = PingSplitRow(
                probe: probe(parts.sequence), neighborResolutionMs: parts.neighborResolution, queueMs: parts.queue,
                networkMs: parts.network)
            console.write("split", row, at: now)
        case .report(let report):
            let row = PingReportRow(
                target: target, addr: facts.address, interval: .init(report.interval), total: .init(report.total))
            console.write("report", row, at: report.at)
        }
    }

    func finish(_ summary: PingSummary, drops: KernelDrops, at now: Instant) {
        console.write("summary", PingSummaryRow(summary, facts, target: target, drops: drops), at: now)
    }
}
