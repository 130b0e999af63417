import SwiftNet

/// `arping --sweep`: every host of a network.
struct ArpingSweepRun {
    let command: ArpingCommand
    let console: Console

    func run() throws -> Int32 {
        let comparison = try command.comparisonFile.map(ArpingComparison.init(path:))
        let options = try console.runOptions(command.general)
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
        // A host that was not found may be there.
        let wasFound = command.printsOnlyDuplicates ? summary.duplicates > 0 : summary.hosts > 0
        guard !sweep.isLinkGone, sweep.linkTrouble == nil || wasFound else { return 2 }
        return wasFound == command.printsOnlyDuplicates ? 1 : 0
    }
}

/// How `arping --sweep` reports.
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

    /// Hosts that replied to the earlier sweep and not to this one; none where some were not asked again.
    func vanished(_ summary: ArpingSweepSummary) -> [(address: IPv4Address, mac: MACAddress)] {
        guard !summary.isCutShort, sweep.linkTrouble == nil else { return [] }
        return comparison?.vanished { sweep.configuration.targets.index(of: .v4($0)) != nil } ?? []
    }

    /// A host that replies for more addresses than one host would have, and for most of all.
    func proxy(_ summary: ArpingSweepSummary) -> (mac: MACAddress, addresses: Int)? {
        summary.largest.flatMap { $0.addresses >= 16 && $0.addresses > summary.hosts / 2 ? $0 : nil }
    }
}
