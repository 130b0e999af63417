import Diagnostics
import LinuxNet
import PacketEngine

/// Counts what `http-probe` hears and has it written, with a line of progress on a terminal.
struct ProbeObserver: StreamObserver, ~Copyable {
    typealias Observed = HTTPEngine<ProbePlan>

    private let console: Console
    private let renderer: any ProbeRenderer
    private let body: OutputStream?
    private let fails: Bool
    private let showsProgress: Bool
    let start: Instant
    private(set) var summary: ProbeSummary
    private var nextProgress: Instant?
    private var hasProgress = false
    private static let progressInterval = Nanoseconds.milliseconds(500)

    init(
        console: Console, renderer: any ProbeRenderer, body: OutputStream?, targets: Int, fails: Bool, start: Instant
    ) {
        self.console = console
        self.renderer = renderer
        self.body = body
        self.fails = fails
        self.start = start
        summary = ProbeSummary(targets: targets)
        showsProgress = console.errors.isTerminal && targets > 1
    }

    var isListening: Bool { console.output.isOpen }

    mutating func report(_ event: ProbeEvent) {
        if hasProgress, console.output.isTerminal { clearProgress() }
        switch event {
        case .exchange(_, let outcome): renderer.exchange(outcome)
        case .answer(let answer):
            summary.requests += 1
            summary.problems += answer.problems.count
            if answer.outcome.failure == nil, !fails || (answer.outcome.status ?? 0) < 400 {
                summary.answered += 1
                summary.trips.add(answer.outcome.timings.total)
            } else {
                summary.failed += 1
            }
            renderer.answer(answer)
            body?.write(answer.outcome.body.decoded?.kept ?? answer.outcome.body.kept)
        }
    }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        if wakening.contains(.status) {
            clearProgress()
            console.errors.write(status(engine, at: now) + "\n")
            console.errors.flush()
        }
        guard showsProgress else { return nil }
        guard let due = nextProgress, now >= due else {
            if nextProgress == nil { nextProgress = now + Self.progressInterval }
            return nextProgress
        }
        let width = console.errors.terminalWidth ?? 80
        console.errors.write("\r" + status(engine, at: now).prefix(max(width - 1, 1)) + "\u{1B}[K")
        console.errors.flush()
        hasProgress = true
        nextProgress = now + Self.progressInterval
        return nextProgress
    }

    private func status(_ engine: borrowing Observed, at now: Instant) -> String {
        "\(engine.finishedCount) of \(summary.targets) URLs, \(summary.answered) answered, \(summary.failed) failed, \(Milliseconds.seconds(now - start)) s"
    }

    mutating func clearProgress() {
        guard hasProgress else { return }
        console.errors.write("\r\u{1B}[K")
        console.errors.flush()
        hasProgress = false
    }
}
