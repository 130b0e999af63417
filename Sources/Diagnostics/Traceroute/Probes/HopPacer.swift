import PacketEngine

/// Keeps the probes of each time to live below what one router is likely to answer.
///
/// Linux sends 1,000 ICMP errors a second in all, after a burst of 50
/// (icmp_msgs_per_sec and icmp_msgs_burst, ip-sysctl); many routers send fewer.
/// All probes with one time to live may be for the same router. A little is
/// left for others, and for clocks that are not ours.
struct HopPacer: Sendable {
    private static let interval = Nanoseconds.microseconds(1_100)
    private static let burst = 40

    /// When each time to live would have been asked last, had it been asked evenly (RFC 2697's bucket as a time).
    private var schedule = [Instant?](repeating: nil, count: 256)

    /// Takes a turn for a probe; when there is none, says when there will be.
    mutating func due(_ timeToLive: UInt8, at now: Instant) -> Instant? {
        let last = schedule[Int(timeToLive)].map { max($0, now) } ?? now
        let earliest = last - Self.interval * Int64(Self.burst - 1)
        guard earliest <= now else { return earliest }
        schedule[Int(timeToLive)] = last + Self.interval
        return nil
    }
}
