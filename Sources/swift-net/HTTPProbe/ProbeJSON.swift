import SwiftNet

/// The responses as objects, one a line.
final class ProbeJSON: ProbeReport {
    let context: ProbeContext

    init(_ context: ProbeContext) { self.context = context }

    /// The object of the response has the whole chain of redirects.
    func answer(_ answer: ProbeAnswer, _ handshake: HandshakeFacts?) {
        let outcome = answer.outcome
        let time = outcome.timings.start
        if outcome.head == nil, outcome.body.length == 0 {
            context.console.write("failure", ProbeFailureRow(answer), at: time)
        } else if !context.isQuiet || outcome.failure != nil {
            context.console.write("response", ProbeResponseRow(answer, handshake), at: time)
        }
    }

    func finish(_ summary: ProbeSummary, drops: KernelDrops, at now: Instant) {
        guard summary.targets > 0 else { return }
        context.console.write("summary", ProbeSummaryRow(summary), at: now)
    }
}
