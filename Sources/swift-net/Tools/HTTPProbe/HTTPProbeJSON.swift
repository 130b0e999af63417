import SwiftNet

/// The output of `http-probe` as one JSON object per line.
final class HTTPProbeJSON: HTTPProbeReport {
    let context: HTTPProbeContext

    init(_ context: HTTPProbeContext) { self.context = context }

    /// Writes the object of a response, which includes the whole redirect chain.
    func answer(_ answer: HTTPProbeResponse, _ handshake: HandshakeFacts?) {
        let outcome = answer.outcome
        let time = outcome.timings.start
        if !outcome.hasResponse {
            context.console.write("failure", HTTPProbeFailureRow(answer), at: time)
        } else if !context.isQuiet || outcome.failure != nil {
            context.console.write("response", HTTPProbeResponseRow(answer, handshake), at: time)
        }
    }

    func finish(_ summary: HTTPProbeSummary, drops: KernelDrops, at now: Instant) {
        guard summary.targets > 0 else { return }
        context.console.write("summary", HTTPProbeSummaryRow(summary), at: now)
    }
}
