import PacketEngine

/// The summary of an `http-probe` run.
public struct HTTPProbeSummary: HTTPSummary {
    /// The number of URLs.
    public var targets: Int
    public var requests = 0
    public var answered = 0
    public var failed = 0
    /// Failed requests whose host name has no address or could not be looked up in time: these servers were not
    /// checked.
    public var unresolved = 0
    /// Responses by class of status code.
    public var problems = 0
    /// The times from the start of a request to the last byte of its response.
    public var trips = RoundTripStatistics()
    /// The duration of the run, known at its end.
    public var elapsed = Nanoseconds.zero

    public init(targets: Int) { self.targets = targets }

    public mutating func add(_ event: HTTPProbeEvent) {
        guard case .answer(let answer) = event else { return }
        requests += 1
        problems += answer.problems.count
        if let failure = answer.outcome.failure {
            failed += 1
            if failure.isNameFailure { unresolved += 1 }
        } else {
            answered += 1
            trips.add(answer.outcome.timings.total)
        }
    }
}
