import LinuxProcess
import SwiftNet

/// The output of `http-fingerprint`.
protocol HTTPFingerprintForm: Report
where Observed == HTTPEngine<HTTPFingerprintPlan>, Event == HTTPFingerprintReport, Summary == HTTPFingerprintSummary {
    /// The start of the run.
    var start: Instant { get }
}

extension HTTPFingerprintForm {
    func status(_ engine: borrowing HTTPEngine<HTTPFingerprintPlan>, at now: Instant) -> String? {
        let (done, summary) = (engine.finishedCount, engine.summary)
        let line =
            "\(done) of \(summary.targets) servers, \(summary.recognized) recognized, "
            + "\(Milliseconds.seconds(now - start)) s"
        // More may be read.
        return engine.expectsMore ? line : line + Text.timeLeft(after: now - start, done: done, of: summary.targets)
    }
}

/// Passes reports on in the order of the URLs.
final class HTTPFingerprintInOrder: HTTPFingerprintForm {
    private let form: any HTTPFingerprintForm
    private var order = InputOrder<HTTPFingerprintReport>()

    var start: Instant { form.start }

    init(_ form: any HTTPFingerprintForm) { self.form = form }

    func report(_ report: HTTPFingerprintReport, at now: Instant) {
        for ready in order.take(report, number: report.number) { form.report(ready, at: now) }
    }

    func finish(_ summary: HTTPFingerprintSummary, drops: KernelDrops, at now: Instant) {
        for report in order.rest() { form.report(report, at: now) }
        form.finish(summary, drops: drops, at: now)
    }
}

/// Writes a signature of the servers instead of identifying them.
final class HTTPFingerprintSignature: HTTPFingerprintForm {
    let start = SystemClock.now
    private let command: HTTPFingerprintCommand
    private let product: String
    private let file: BufferedOutput
    private let console: Console
    private var reports: [HTTPFingerprintReport] = []
    /// Whether every server answered all requests.
    private(set) var isComplete = true

    init(_ command: HTTPFingerprintCommand, product: String, to file: BufferedOutput, _ console: Console) {
        self.command = command
        self.product = product
        self.file = file
        self.console = console
    }

    func report(_ report: HTTPFingerprintReport, at now: Instant) {
        guard let failure = report.failure ?? report.interruption else { return reports.append(report) }
        isComplete = false
        console.complain("\(report.url): \(failure.text)")
    }

    func finish(_ summary: HTTPFingerprintSummary, drops: KernelDrops, at now: Instant) {
        guard !reports.isEmpty else { return }
        let signature = Signature(
            learnedFrom: reports, product: product, versions: command.versions, origin: command.origin)
        file.write(signature.text)
        file.flush()
    }
}
