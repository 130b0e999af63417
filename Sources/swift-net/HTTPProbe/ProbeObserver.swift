import Diagnostics
import LinuxProcess
import PacketEngine

/// Counts what `http-probe` hears and has it written, with a line of progress on a terminal.
struct ProbeObserver: StreamObserver, ~Copyable {
    typealias Observed = HTTPEngine<ProbePlan>

    private let console: Console
    private let renderer: any ProbeRenderer
    private let body: BufferedOutput?
    private let tap: ConnectionTap?
    private let showsHandshakes: Bool
    let start: Instant
    private(set) var summary: ProbeSummary
    var progress: ProgressLine

    init(
        console: Console, renderer: any ProbeRenderer, body: BufferedOutput?, tap: ConnectionTap?,
        showsHandshakes: Bool, targets: Int, start: Instant
    ) {
        self.console = console
        self.renderer = renderer
        self.body = body
        self.tap = tap
        self.showsHandshakes = showsHandshakes
        self.start = start
        summary = ProbeSummary(targets: targets)
        progress = ProgressLine(console, isWanted: targets > 1)
    }

    var isListening: Bool { console.output.isOpen }

    mutating func report(_ event: ProbeEvent) {
        progress.makeWay()
        switch event {
        case .exchange(let outcome): renderer.exchange(outcome)
        case .redirect(let hop): renderer.redirect(hop)
        case .answer(let answer):
            summary.requests += 1
            summary.problems += answer.problems.count
            if answer.outcome.failure == nil {
                summary.answered += 1
                summary.trips.add(answer.outcome.timings.total)
            } else {
                summary.failed += 1
            }
            renderer.answer(answer, showsHandshakes ? tap?.handshake(of: answer.outcome) : nil)
            body?.write(answer.outcome.body.decoded?.kept ?? answer.outcome.body.kept)
        }
    }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        tap?.drain()
        console.output.flush()
        if wakening.contains(.status) { progress.tell(status(engine, at: now)) }
        if progress.isDue(at: now) { progress.draw(status(engine, at: now), at: now) }
        return progress.next
    }

    private func status(_ engine: borrowing Observed, at now: Instant) -> String {
        "\(engine.finishedCount) of \(summary.targets) URLs, \(summary.answered) answered, \(summary.failed) failed, \(Milliseconds.seconds(now - start)) s"
    }
}
