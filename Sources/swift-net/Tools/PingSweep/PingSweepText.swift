import SwiftNet

/// The output of a sweep in fping's format.
final class PingSweepText: PingSweepReport {
    private let configuration: PingSweepConfiguration
    private let filter: PingSweepFilter
    private let isQuiet: Bool
    let console: Console
    private var unchecked: UncheckedTargets

    init(
        _ configuration: PingSweepConfiguration, filter: PingSweepFilter, isQuiet: Bool, _ console: Console,
        interface: @escaping (IPAddress) -> String?
    ) {
        unchecked = UncheckedTargets(interface: interface)
        self.configuration = configuration
        self.filter = filter
        self.isQuiet = isQuiet
        self.console = console
    }

    private var isCounting: Bool {
        if case .count = configuration.plan { true } else { false }
    }

    func report(_ event: PingSweepEvent, at now: Instant) {
        switch event {
        case .host(let result):
            unchecked.note(result)
            guard !isQuiet, filter.shows(result) else { return }
            console.output.write(line(result) + "\n")
        case .icmpError(let label, let notice):
            guard !isQuiet else { return }
            console.complain("\(notice.meaning) from \(notice.source) for \(label)")
        }
    }

    private func line(_ result: PingSweepHostResult) -> String {
        let label = Text.escaped(result.label)
        if filter != .all { return label }
        if isCounting { return tally(result, label) }
        if result.isAlive {
            let state = console.painted("alive", .green)
            return "\(label) is \(state)" + (result.roundTrip.map { " (\(Milliseconds.short($0)) ms)" } ?? "")
        }
        if let reason = unchecked.reason(result) { return "\(label) was not checked (\(reason))" }
        return "\(label) is \(console.painted("unreachable", .red))" + (result.reason.map { " (\($0))" } ?? "")
    }

    /// The statistics of a target, in the format of fping -c.
    private func tally(_ result: PingSweepHostResult, _ label: String) -> String {
        let loss = Percent.whole(max(result.transmitted - result.received, 0), of: result.transmitted)
        var line = "\(label) : xmt/rcv/%loss = \(result.transmitted)/\(result.received)/\(loss)%"
        if let minimum = result.minimum, let average = result.average, let maximum = result.maximum {
            line += ", min/avg/max = \([minimum, average, maximum].map(Milliseconds.short).joined(separator: "/"))"
        } else if let reason = unchecked.reason(result) ?? result.reason {
            line += " (\(reason))"
        }
        return line
    }

    func finish(_ summary: PingSweepSummary, drops: KernelDrops, at now: Instant) {
        if filter == .all {
            var text =
                "\n\(Text.count(summary.targets - summary.skipped, "target")), \(summary.alive) alive, \(summary.unreachable) unreachable"
            if summary.unchecked > 0 { text += ", \(summary.unchecked) not checked" }
            if summary.pending > 0 { text += ", \(summary.pending) pending at the end" }
            if summary.skipped > 0 {
                text += ", \(Text.count(summary.skipped, "broadcast address", "broadcast addresses")) skipped"
            }
            text += "\n\(summary.transmitted) packets transmitted, \(summary.received) received"
            if summary.duplicates > 0 { text += ", +\(summary.duplicates) duplicates" }
            if summary.errors > 0 { text += ", +\(summary.errors) errors" }
            text += ", time \((summary.elapsed.count + 500_000) / 1_000_000)ms\n"
            let trips = summary.roundTrips
            if trips.count > 0 {
                let values = [trips.minimum, trips.average, trips.maximum, trips.meanDeviation].map(Milliseconds.fixed)
                text += "rtt min/avg/max/mdev = \(values.joined(separator: "/")) ms\n"
            }
            console.output.write(text)
        }
        unchecked.complain(console)
    }
}
