import PacketEngine

/// The account of a run. At its end
/// `transmitted == answered + late + lost + failed`: every probe is in one of them.
public struct PingSummary: Sendable {
    /// Probes, sent or tried.
    public internal(set) var transmitted = 0
    /// Probes that had an answer in time.
    public internal(set) var answered = 0
    /// Probes whose answer came after their time.
    public internal(set) var late = 0
    /// Probes without an answer.
    public internal(set) var lost = 0
    /// Probes that this host could not send, or that an ICMP error ended and no reply came.
    public internal(set) var failed = 0
    /// Those of them that the system refused for another reason than their length: what was wrong is with this host
    /// and says nothing about the target.
    public internal(set) var refusedBySystem = 0
    /// Further answers to a probe that had one.
    public internal(set) var duplicates = 0
    /// Replies with a wrong checksum.
    public internal(set) var corrupted = 0
    /// Received probes of whose data only a part came back.
    public internal(set) var truncated = 0
    /// Replies with other data than was sent.
    public internal(set) var different = 0
    /// ICMP errors about probes, and probes that could not be sent.
    public internal(set) var errors = 0
    /// The most probes that were under way when an answer came.
    public internal(set) var mostInFlight = 0
    public internal(set) var roundTrips = RoundTripStatistics()
    public internal(set) var start: Instant?
    public internal(set) var lastTransmission: Instant?
    /// The sum of the outages: each from the sending of the first probe that got no reply to that of the next that
    /// did, or to the end.
    public internal(set) var outage = Nanoseconds.zero
    public internal(set) var longestOutage = Nanoseconds.zero

    init() {}

    /// Probes that had an answer, in time or late.
    public var received: Int { answered + late }

    /// From the first probe to the last.
    public var elapsed: Nanoseconds {
        guard let start, let lastTransmission else { return .zero }
        return lastTransmission - start
    }
}
