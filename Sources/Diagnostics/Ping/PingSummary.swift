import PacketEngine

/// The result of a run. At its end `transmitted == answered + late + lost + failed`: every probe is in one of them.
public struct PingSummary: Sendable {
    /// Probes sent, including those that failed to send.
    public internal(set) var transmitted = 0
    /// Probes answered in time.
    public internal(set) var answered = 0
    /// Probes answered after their timeout.
    public internal(set) var late = 0
    /// Probes without a reply.
    public internal(set) var lost = 0
    /// Probes that this host could not send, or that an ICMP error ended without a reply.
    public internal(set) var failed = 0
    /// Probes that the system refused for a reason other than their length. The fault is on this host and does not
    /// describe the target.
    public internal(set) var refusedBySystem = 0
    /// Further replies to an answered probe.
    public internal(set) var duplicates = 0
    /// Replies with a wrong checksum.
    public internal(set) var corrupted = 0
    /// Answered probes of which only a part of the data was returned.
    public internal(set) var truncated = 0
    /// Replies whose data differs from the data sent.
    public internal(set) var different = 0
    /// ICMP errors about probes, and probes that could not be sent.
    public internal(set) var errors = 0
    /// The maximum number of probes in flight when a reply was received.
    public internal(set) var mostInFlight = 0
    /// Whether as many consecutive probes as requested have a reply.
    public internal(set) var hasConsecutive = false
    public internal(set) var roundTrips = RoundTripStatistics()
    public internal(set) var start: Instant?
    public internal(set) var lastTransmission: Instant?
    /// The sum of the outages. An outage lasts from the send time of the first unanswered probe to that of the next
    /// answered one, or to the end of the run.
    public internal(set) var outage = Nanoseconds.zero
    public internal(set) var longestOutage = Nanoseconds.zero

    init() {}

    /// Probes answered in time or late.
    public var received: Int { answered + late }
    /// Probes without a reply.
    public var missing: Int { transmitted - received }

    /// Whether the target replied.
    /// - Parameters:
    ///   - required: the number of probes that must have a reply; nil for one.
    ///   - consecutive: whether as many consecutive probes as requested must have one instead.
    /// - Returns: `unknown` if no probe could be sent, because nothing is known about the target then.
    public func outcome(required: Int? = nil, consecutive: Bool = false) -> RunOutcome {
        if transmitted > 0, refusedBySystem == transmitted { return .unknown }
        let isFound = consecutive ? hasConsecutive : received > 0 && received >= required ?? 1
        return isFound ? .found : .notFound
    }

    /// The time from the first probe to the last.
    public var elapsed: Nanoseconds {
        guard let start, let lastTransmission else { return .zero }
        return lastTransmission - start
    }
}
