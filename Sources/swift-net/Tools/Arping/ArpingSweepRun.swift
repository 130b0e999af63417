import SwiftNet

/// Runs `arping --sweep`.
struct ArpingSweepRun {
    let command: ArpingCommand
    let console: Console

    func run() throws -> Int32 {
        let comparison = try command.comparisonFile.map(ArpingComparison.init(path:))
        var options = try console.runOptions(command.general)
        options.terminal = console.statusKeys()
        let sweep = try ArpingSweep.prepare(command.network, command.sweep, options: options)
        let report: any ArpingSweepReport =
            console.isJSON
            ? ArpingSweepJSON(command, sweep, comparison, console)
            : ArpingSweepText(command, sweep, comparison, console)
        let progress = ProgressLine(console, isWanted: !command.general.isQuiet)
        let summary = try console.run(report, of: sweep, progress: progress)
        if command.general.isVerbose { console.reportIgnored(sweep.ignoredVLANs) }
        if sweep.overflowCount > 0 {
            console.complain("\(sweep.overflowCount) replies were lost by this host: use a lower --rate")
        }
        guard command.printsOnlyDuplicates else { return sweep.outcome(of: summary).exitStatus }
        switch sweep.outcome(of: summary, isFound: summary.duplicates > 0) {
        case .found: return 1
        case .notFound: return 0
        case .unknown: return 2
        }
    }
}

/// The output of `arping --sweep`.
protocol ArpingSweepReport: Report
where Observed == ArpingSweepEngine, Event == ArpingSweepEvent, Summary == ArpingSweepSummary {
    var sweep: ArpingSweep.Prepared { get }
    var comparison: ArpingComparison? { get }
}

extension ArpingSweepReport {
    func status(_ engine: borrowing ArpingSweepEngine, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(summary.hosts)/\(summary.targets) addresses replied, \(Text.count(summary.sent, "probe")) sent"
    }

    /// Returns the hosts that replied to the earlier sweep and not to this one; none if this sweep was incomplete.
    func vanished(_ summary: ArpingSweepSummary) -> [(address: IPv4Address, mac: MACAddress)] {
        guard !summary.isCutShort, sweep.linkTrouble == nil else { return [] }
        return comparison?.vanished { sweep.configuration.targets.index(of: .v4($0)) != nil } ?? []
    }
}
