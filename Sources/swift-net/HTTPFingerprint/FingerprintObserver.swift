import LinuxProcess
import SwiftNet

/// Has the names of the servers written as they become known, with a line of progress on a terminal.
struct FingerprintObserver: StreamObserver {
    typealias Observed = HTTPEngine<FingerprintPlan>

    private let console: Console
    private let renderer: any FingerprintRenderer
    private let namesServers: Bool
    private let start = SystemClock.now
    /// Those of servers that are not to be named.
    private(set) var reports: [FingerprintReport] = []
    var progress: ProgressLine

    init(console: Console, renderer: any FingerprintRenderer, namesServers: Bool) {
        self.console = console
        self.renderer = renderer
        self.namesServers = namesServers
        progress = ProgressLine(console)
    }

    mutating func report(_ report: FingerprintReport) {
        progress.makeWay()
        if !namesServers {
            reports.append(report)
        } else if let failure = report.failure {
            renderer.failure(report, failure)
        } else if let verdict = report.verdict {
            renderer.verdict(report, verdict)
        }
    }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        if wakening.contains(.status) { progress.tell(status(engine, at: now)) }
        if progress.isDue(at: now) { progress.draw(status(engine, at: now), at: now) }
        return progress.next
    }

    private func status(_ engine: borrowing Observed, at now: Instant) -> String {
        "\(engine.finishedCount) of \(engine.summary.targets) servers, \(engine.summary.recognized) recognized, "
            + "\(Milliseconds.seconds(now - start)) s"
    }
}

/// Prints the verdicts.
protocol FingerprintRenderer: AnyObject {
    func verdict(_ report: FingerprintReport, _ verdict: FingerprintVerdict)
    func failure(_ report: FingerprintReport, _ failure: HTTPFailure)
    func finish(_ summary: FingerprintSummary)
}
