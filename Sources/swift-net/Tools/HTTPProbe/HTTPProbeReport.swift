import LinuxProcess
import SwiftNet

/// What a report of `http-probe` needs besides the events.
struct HTTPProbeContext {
    let console: Console
    let probe: HTTPProbe.Prepared
    /// Where the body of -o is written.
    let body: BufferedOutput?
    let isQuiet: Bool
    let start = SystemClock.now
}

/// How `http-probe` reports.
protocol HTTPProbeReport: Report
where Observed == HTTPEngine<HTTPProbePlan>, Event == HTTPProbeEvent, Summary == HTTPProbeSummary {
    var context: HTTPProbeContext { get }

    /// A request and its response.
    func exchange(_ outcome: HTTPOutcome)

    /// A redirect, as soon as it is followed.
    func redirect(_ hop: RedirectHop)

    /// The result of a request.
    /// - Parameter handshake: what the SYN-ACK of its connection showed, where that is wanted and was seen.
    func answer(_ answer: HTTPProbeResponse, _ handshake: HandshakeFacts?)
}

extension HTTPProbeReport {
    func exchange(_ outcome: HTTPOutcome) {}
    func redirect(_ hop: RedirectHop) {}

    func report(_ event: HTTPProbeEvent, at now: Instant) {
        switch event {
        case .exchange(let outcome): exchange(outcome)
        case .redirect(let hop): redirect(hop)
        case .answer(let result):
            answer(result, context.probe.handshake(of: result.outcome))
            context.body?.write(result.outcome.body.decoded?.kept ?? result.outcome.body.kept)
        }
    }

    func status(_ engine: borrowing HTTPEngine<HTTPProbePlan>, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(engine.finishedCount) of \(summary.targets) URLs, \(summary.answered) answered, "
            + "\(summary.failed) failed, \(Milliseconds.seconds(now - context.start)) s"
    }
}
