import Diagnostics
import LinuxProcess
import PacketEngine

/// Names the servers as their answers become known, with a line of progress on a terminal.
struct FingerprintObserver: StreamObserver, ~Copyable {
    typealias Observed = HTTPEngine<FingerprintPlan>

    private let console: Console
    private let renderer: (any FingerprintRenderer)?
    private let tap: ConnectionTap?
    private var judge: FingerprintJudge?
    private let start: Instant
    /// What was asked, where nothing is to be named.
    private(set) var reports: [FingerprintReport] = []
    private(set) var summary: FingerprintSummary
    var progress: ProgressLine

    /// - Parameters:
    ///   - judge: who names the servers; nil to keep the reports.
    init(
        console: Console, renderer: (any FingerprintRenderer)?, tap: ConnectionTap?,
        judge: FingerprintJudge?, targets: Int, start: Instant
    ) {
        self.console = console
        self.renderer = renderer
        self.tap = tap
        self.judge = judge
        self.start = start
        summary = FingerprintSummary(targets: targets)
        progress = ProgressLine(console)
    }

    var isListening: Bool { console.output.isOpen }

    mutating func report(_ report: FingerprintReport) {
        progress.makeWay()
        summary.requests += report.requests
        guard judge != nil else {
            reports.append(report)
            return
        }
        if let failure = report.failure {
            summary.failed += 1
            renderer?.failure(report, failure)
            return
        }
        guard let verdict = judge?.verdict(report) else { return }
        if verdict.product == nil { summary.unknown += 1 } else { summary.recognized += 1 }
        renderer?.verdict(report, verdict)
    }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        tap?.drain()
        console.output.flush()
        if wakening.contains(.status) { progress.tell(status(engine, at: now)) }
        if progress.isDue(at: now) { progress.draw(status(engine, at: now), at: now) }
        return progress.next
    }

    private func status(_ engine: borrowing Observed, at now: Instant) -> String {
        "\(engine.finishedCount) of \(summary.targets) servers, \(summary.recognized) recognized, "
            + "\(Milliseconds.seconds(now - start)) s"
    }
}

/// What servers are named by.
struct FingerprintJudge {
    private let library: SignatureLibrary
    private let calibrations: Calibrations
    private var comparer: SignatureComparer

    init(_ library: SignatureLibrary, _ calibrations: Calibrations) {
        self.library = library
        self.calibrations = calibrations
        comparer = library.comparer()
    }

    mutating func verdict(_ report: FingerprintReport) -> FingerprintVerdict {
        library.verdict(comparer.compare(report.behavior), banner: report.banner, calibrations)
    }
}

/// What a run of `http-fingerprint` came to.
struct FingerprintSummary {
    var targets: Int
    var recognized = 0
    var unknown = 0
    var failed = 0
    var requests = 0
}

/// Who turns verdicts into lines.
protocol FingerprintRenderer: AnyObject {
    func verdict(_ report: FingerprintReport, _ verdict: FingerprintVerdict)
    func failure(_ report: FingerprintReport, _ failure: HTTPFailure)
    func finish(_ summary: FingerprintSummary, elapsed: Nanoseconds)
}
