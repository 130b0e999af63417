import PacketEngine

/// What a run of `http-fingerprint` came to.
public struct HTTPFingerprintSummary: HTTPSummary {
    /// Servers.
    public var targets: Int
    public var recognized = 0
    public var unknown = 0
    public var failed = 0
    /// Failed servers whose name has no address, or none in time: these were not checked.
    public var unresolved = 0
    public var requests = 0
    /// Known at the end of the run.
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
