import PacketEngine

/// The summary of an `http-fingerprint` run.
public struct HTTPFingerprintSummary: HTTPSummary {
    /// The number of servers.
    public var targets: Int
    public var recognized = 0
    public var unknown = 0
    public var failed = 0
    /// Failed servers whose name has no address or could not be looked up in time: these were not checked.
    public var unresolved = 0
    public var requests = 0
    /// The duration of the run, known at its end.
    public var elapsed = Nanoseconds.zero

    public init(targets: Int) { self.targets = targets }

    public mutating func add(_ report: HTTPFingerprintReport) {
        requests += report.requests
        if let failure = report.failure {
            failed += 1
            if failure.isNameFailure { unresolved += 1 }
        } else if let verdict = report.verdict {
            if verdict.product == nil { unknown += 1 } else { recognized += 1 }
        }
    }
}
