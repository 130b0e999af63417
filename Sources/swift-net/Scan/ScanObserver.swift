import LinuxProcess
import SwiftNet

/// Writes what a scan finds, and keeps a line of progress on a terminal.
struct ScanObserver: EngineObserver {
    typealias Observed = ScanEngine

    private let console: Console
    private let reports: [ScanReport]
    private let file: BufferedOutput?
    private let resumption: ScanResumption?
    private let isVerbose: Bool
    private let complainsOfHosts: Bool
    var progress: ProgressLine
    /// Where the rate of the progress line is counted from.
    private var mark: (at: Instant, sent: UInt64)?

    /// - Parameters:
    ///   - file: the file of -o, which is written out before the position is.
    ///   - resumption: where the position is written down; nil for nowhere.
    ///   - complainsOfHosts: unreliable hosts are reported on standard error.
    init(
        console: Console, reports: [ScanReport], file: BufferedOutput?, resumption: ScanResumption?, isVerbose: Bool,
        complainsOfHosts: Bool
    ) {
        self.file = file
        self.resumption = resumption
        self.console = console
        self.reports = reports
        self.isVerbose = isVerbose
        self.complainsOfHosts = complainsOfHosts
        progress = ProgressLine(console)
    }

    mutating func report(_ event: ScanEvent) {
        switch event {
        case .finding(let finding):
            // The line of progress would stand in its way.
            progress.makeWay()
            for report in reports { report.add(finding) }
        case .banner(let banner):
            progress.makeWay()
            for report in reports { report.add(banner) }
        case .slowed(let lost, let rate):
            guard isVerbose else { return }
            progress.clear()
            console.complain(
                "\(Text.count(Int(clamping: lost), "answer")) lost here: on at \(Int(rate)) packets a second")
        case .unreliable(let host):
            for report in reports { report.add(host) }
            guard complainsOfHosts else { return }
            progress.clear()
            console.complain(ScanReliability.text(host))
        case .conflict(let address, let mac):
            progress.clear()
            console.complain("\(mac) says that it has \(address), which this scan uses")
        }
    }

    mutating func step(_ engine: inout ScanEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.isEmpty || wakening.contains(.status) { console.output.flush() }
        if wakening.contains(.status) { progress.tell(status(engine, at: now)) }
        if progress.isDue(at: now) {
            console.output.flush()
            progress.draw(status(engine, at: now), at: now)
            mark = (now, engine.summary.sent)
        }
        if let resumption, resumption.isDue(at: now) { save(engine, to: resumption) }
        return Instant.earliest(progress.next, resumption?.next)
    }

    private func save(_ engine: borrowing ScanEngine, to resumption: ScanResumption) {
        console.output.flush()
        file?.flush()
        guard console.output.isOpen, file?.failure == nil else { return }
        resumption.save(engine.position, console: console)
    }

    private func status(_ engine: borrowing ScanEngine, at now: Instant) -> String {
        let summary = engine.summary
        let (sent, round) = engine.progress
        var rate = summary.rate
        if let mark, now > mark.at { rate = Double(summary.sent &- mark.sent) / (now - mark.at).seconds }
        var line = "\(Percent.oneDecimal(Int(clamping: sent), of: Int(clamping: summary.probes)))%"
        line += round > 0 ? ", try \(round + 1)" : ""
        line += "  \(Int(rate))/s  \(summary.received) answers, \(summary.open) open"
        if round == 0, rate > 0, summary.probes > sent {
            line += "  \(ScanEnding.duration(Double(summary.probes - sent) / rate)) left"
        }
        return line
    }
}
