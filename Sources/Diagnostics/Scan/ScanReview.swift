import PacketEngine

/// The review of a window's hosts after the last try, which decides whether their unanswered ports are filtered. It
/// runs while late replies are waited for, some ports per call.
struct ScanReview: Sendable {
    struct Suspect: Sendable {
        /// The target index.
        var host: Int
        var evidence: Double
        /// The unanswered ports that are probed again, as indices of probes.
        var sample: [UInt64] = []
    }

    /// The minimum number of ports per host that gives evidence of a rate.
    static let fewestPorts = 4
    /// The number of ports to review in one call of the engine.
    static let portsAtOnce = 16_384
    /// The maximum number of ports to review in all windows together. Larger scans are not reviewed.
    static let mostPorts: UInt64 = 1 << 30
    /// The evidence from which a host is rechecked: a false positive rate of at most 1 in 20.
    static let suspicion = 3.0
    /// The evidence from which a host is unreliable: a false positive rate of 6 in 1,000,000.
    static let certainty = 12.0
    /// The evidence for a limit of the replies of closed ports alone: a false positive rate of 1 in 1,000.
    static let distinction = 7.0
    /// The recheck's rate over all suspects, unless the scan itself is slower; the recheck lasts 1 s.
    static let recheckRate = 20.0
    /// The maximum number of suspects that share the recheck.
    private static let mostRechecked = 10
    /// The maximum number of hosts that are probed at their own rates at a time.
    static let mostPaced = 256
    /// The highest rate of all these hosts together, unless the scan itself has a limit, per second.
    static let fastestPaced = 10_000.0
    /// The pause before the recheck, in which a limit recovers.
    static let pause = Nanoseconds.milliseconds(500)

    /// The time of the last probe of the last try.
    let tryEnd: Instant
    /// The host to review next.
    var nextHost = 0
    var suspects: [Suspect] = []
    var pattern = AnswerPattern()
    /// The pattern of all targets together, without those that are certainly unreliable.
    var together = AnswerPattern()
    /// The number of ports of all targets that answered later tries.
    var answeredLater = 0
    /// The probes of the recheck in order; nil while hosts are being reviewed.
    private(set) var recheck: [UInt64]?
    var nextRecheck = 0
    var recheckStart: Instant?
    /// Unreliable hosts, which are probed again at their own rates; nil until the hosts were judged.
    var paced: [PacedHost]?
    /// The time at which hosts that are still being probed are given up.
    var pacingEnd: Instant?

    /// Whether a host has enough ports to decide, and all hosts together not too many.
    static func applies(to configuration: ScanConfiguration) -> Bool {
        let windows = configuration.probes / max(configuration.windowSize, 1) + 1
        return configuration.ports.count >= fewestPorts && configuration.total <= mostPorts / windows
    }

    init(after tryEnd: Instant) { self.tryEnd = tryEnd }

    /// Distributes the recheck when all hosts were reviewed. Undecided hosts come first.
    /// - Parameters:
    ///   - count: the maximum number of probes of the recheck.
    ///   - onlyUncertain: whether to leave out hosts that are certainly unreliable.
    ///   - unanswered: returns the first `count` unanswered ports of a host, as indices of probes.
    mutating func chooseRecheck(
        _ count: Int, onlyUncertain: Bool, _ unanswered: (_ host: Int, _ count: Int) -> [UInt64]
    ) {
        let candidates = suspects.indices.filter { !onlyUncertain || suspects[$0].evidence < Self.certainty }
        let order = candidates.sorted { left, right in
            let (left, right) = (suspects[left], suspects[right])
            let isLeftCertain = left.evidence >= Self.certainty
            guard isLeftCertain == (right.evidence >= Self.certainty) else { return !isLeftCertain }
            return (right.evidence, left.host) < (left.evidence, right.host)
        }.prefix(min(Self.mostRechecked, count))
        for index in order {
            suspects[index].sample = unanswered(suspects[index].host, count / order.count)
        }
        recheck = order.flatMap { suspects[$0].sample }.sorted()
    }
}
