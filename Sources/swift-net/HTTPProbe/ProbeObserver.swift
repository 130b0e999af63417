import LinuxProcess
import SwiftNet

/// Has what `http-probe` finds written, with a line of progress on a terminal.
struct ProbeObserver: StreamObserver {
    typealias Observed = HTTPEngine<ProbePlan>

    private let console: Console
    private let renderer: any ProbeRenderer
    private let body: BufferedOutput?
    /// For what SYN-ACKs showed.
    private let probe: HTTPProbe.Prepared
    private let start = SystemClock.now
    var progress: ProgressLine

    init(
        console: Console, renderer: any ProbeRenderer, body: BufferedOutput?, probe: HTTPProbe.Prepared, targets: Int
    ) {
        self.console = console
        self.renderer = renderer
        self.body = body
        self.probe = probe
        progress = ProgressLine(console, isWanted: targets != 1)
    }

    mutating func report(_ event: ProbeEvent) {
        progress.makeWay()
        switch event {
        case .exchange(let outcome): renderer.exchange(outcome)
        case .redirect(let hop): renderer.redirect(hop)
        case .answer(let answer):
            renderer.answer(answer, probe.handshake(of: answer.outcome))
            body?.write(answer.outcome.body.decoded?.kept ?? answer.outcome.body.kept)
        }
    }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        if wakening.contains(.status) { progress.tell(status(engine, at: now)) }
        if progress.isDue(at: now) { progress.draw(status(engine, at: now), at: now) }
        return progress.next
    }

    private func status(_ engine: borrowing Observed, at now: Instant) -> String {
        let summary = engine.summary
        return
            "\(engine.finishedCount) of \(summary.targets) URLs, \(summary.answered) answered, \(summary.failed) failed, \(Milliseconds.seconds(now - start)) s"
    }
}
