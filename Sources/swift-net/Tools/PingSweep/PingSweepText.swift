import SwiftNet

/// The output of a sweep in fping's format.
final class PingSweepText: PingSweepReport {
    private let command: PingCommand
    private let plan: PingSweepConfiguration.Plan
    let console: Console
    private var unchecked: UncheckedTargets

    init(
        _ command: PingCommand, _ plan: PingSweepConfiguration.Plan, _ console: Console,
        interface: @escaping (IPAddress) -> String?
    ) {
        unchecked = UncheckedTargets(interface: interface)
        self.command = command
        self.plan = plan
        self.console = console
    }

    private var filter: PingSweepFilter { command.filter }
    private var isQuiet: Bool { command.general.isQuiet }

    func report(_ event: PingSweepEvent, at now: Instant) {
        switch event {
        case .host(let result):
            unchecked.note(result)
            guard !isQuiet, filter.shows(result) else { return }
            console.output.write(line(result) + "\n")
        case .icmpError(let label, let notice):
            guard !isQuiet else { return }
            console.complain("\(notice.meaning) from \(notice.source) for \(label)")
        case .statistics(let targets, let instant):
            var text = "[\(WallTime.timeOfDay(instant))]\n"
            for target in targets { text += tally(target.interval, label(target.label, target.address)) + "\n" }
            console.output.write(text)
        }
    }

    /// The name or address of a target, with the address if every address of a name is pinged.
    private func label(_ label: String, _ address: IPAddress) -> String {
        let name = Text.escaped(label)
        return command.sweep.probesAllAddresses && label != "\(address)" ? "\(name) (\(address))" : name
    }

    private func line(_ result: PingSweepHostResult) -> String {
        let label = label(result.label, result.address)
        if filter != .all { return label }
        if case .count = plan {
            let reason = result.isAlive ? nil : unchecked.reason(result) ?? result.reason
            return tally(result.tally, label) + (reason.map { " (\($0))" } ?? "")
        }
        if result.isAlive {
            let state = console.painted("alive", .green)
            return "\(label) is \(state)" + (result.roundTrip.map { " (\(Milliseconds.short($0)) ms)" } ?? "")
        }
        if let reason = unchecked.reason(result) { return "\(label) was not checked (\(reason))" }
        return "\(label) is \(console.painted("unreachable", .red))" + (result.reason.map { " (\($0))" } ?? "")
    }

    /// The statistics of a target, in the format of fping -c.
    private func tally(_ tally: PingSweepStatistics.Tally, _ label: String) -> String {
        let loss = Percent.whole(tally.missing, of: tally.transmitted)
        var line = "\(label) : xmt/rcv/%loss = \(tally.transmitted)/\(tally.received)/\(loss)%"
        if let minimum = tally.minimum, let average = tally.average, let maximum = tally.maximum {
            line += ", min/avg/max = \([minimum, average, maximum].map(Milliseconds.short).joined(separator: "/"))"
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
            if summary.unresolved > 0 { text += ", \(summary.unresolved) without an address" }
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
        if let required = command.requiredCount, !isQuiet || filter == .all {
            let verdict = summary.alive < required ? "Not enough" : "Enough"
            console.output.write("\(verdict) hosts reachable (required: \(required), reachable: \(summary.alive))\n")
        }
        unchecked.complain(console)
    }
}
