import LinuxProcess
import SwiftNet

/// The context of the output of `http-probe`.
struct HTTPProbeContext {
    let console: Console
    let probe: HTTPProbe.Prepared
    /// The output of -o or -O.
    let body: HTTPBodyOutput?
    /// The cookies of --cookie-jar.
    let cookies: CookieOutput?
    let isQuiet: Bool
    /// The number of series of requests to each URL.
    let parallel: Int
    /// The responses that are printed.
    let statuses: StatusFilter
    let start = SystemClock.now
}

/// The responses that --match-code and --filter-code leave.
struct StatusFilter {
    /// The statuses of the responses that are printed; nil for all.
    var matched: [ClosedRange<Int>]?
    /// The statuses of those that are not.
    var filtered: [ClosedRange<Int>] = []

    /// Whether a response is printed. A request without a response has no status to match.
    func prints(_ status: Int?) -> Bool {
        guard let status else { return matched == nil }
        return matched?.contains { $0.contains(status) } ?? true && !filtered.contains { $0.contains(status) }
    }
}

extension HTTPOutcome {
    /// The message of the failure: for a rejected response, the reason.
    var failureText: String? { rejection.map { "\($0)" } ?? failure?.text }
}

/// The output of `http-probe`.
protocol HTTPProbeReport: Report
where Observed == HTTPEngine<HTTPProbePlan>, Event == HTTPProbeEvent, Summary == HTTPProbeSummary {
    var context: HTTPProbeContext { get }

    /// Reports a request and its response.
    func exchange(_ outcome: HTTPOutcome)

    /// Reports a request after which the other scheme is tried.
    func scheme(_ tried: HTTPSchemeTry)

    /// Reports a redirect when it is followed.
    func redirect(_ hop: RedirectHop)

    /// Reports a request that will be repeated.
    func retry(_ retry: HTTPRetry)

    /// Reports the result of a request.
    /// - Parameter handshake: The properties of the SYN-ACK of its connection, if requested and received.
    func answer(_ answer: HTTPProbeResponse, _ handshake: HandshakeFacts?)
}

extension HTTPProbeReport {
    func exchange(_ outcome: HTTPOutcome) {}
    func scheme(_ tried: HTTPSchemeTry) {}
    func redirect(_ hop: RedirectHop) {}
    func retry(_ retry: HTTPRetry) {}

    func report(_ event: HTTPProbeEvent, at now: Instant) {
        switch event {
        case .exchange(let outcome): exchange(outcome)
        case .scheme(let tried): scheme(tried)
        case .redirect(let hop): redirect(hop)
        case .retry(let next): retry(next)
        case .answer(let result):
            // Cookies of responses that are not printed are kept too.
            if let jar = result.cookieJar { context.cookies?.merge(jar) }
            guard context.statuses.prints(result.outcome.status) else { return }
            context.body?.finish(result)
            // If nothing reads the body, the console has the reason.
            guard isListening else { return }
            answer(result, context.probe.handshake(of: result.outcome))
        }
    }

    var isListening: Bool { context.body?.isWritable ?? true }

    func step(_ engine: inout Observed, _ reason: WakeReason, at now: Instant) -> Instant? {
        context.body?.flush()
        return nil
    }

    func status(_ engine: borrowing HTTPEngine<HTTPProbePlan>, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(engine.finishedCount / context.parallel) of \(summary.targets) URLs, \(summary.answered) answered, "
            + "\(summary.failed) failed, \(Milliseconds.seconds(now - context.start)) s"
    }
}
