import PacketEngine

/// What a run of `http-probe` came to.
public struct HTTPProbeSummary: HTTPSummary {
    /// URLs.
    public var targets: Int
    public var requests = 0
    public var answered = 0
    public var failed = 0
    /// Failed requests whose host name has no address, or none in time: these servers were not checked.
    public var unresolved = 0
    /// Of the answers.
    public var problems = 0
    /// From the start of a request to the last byte of its answer.
    public var trips = RoundTripStatistics()
    /// Known at the end of the run.
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
