import PacketEngine

/// Limits the rate of probes per time to live to what one router is likely to answer.
///
/// Linux sends 1,000 ICMP errors per second in total, after a burst of 50 (icmp_msgs_per_sec and icmp_msgs_burst,
/// ip-sysctl); many routers send fewer. All probes with one time to live may reach the same router. The rate leaves a
/// margin for other senders and for clock differences.
struct HopPacer: Sendable {
    private static let interval = Nanoseconds.microseconds(1_100)
    private static let burst = 40

    /// Per time to live, the theoretical send time of its last probe at an even rate (the token bucket of RFC 2697,
    /// kept as a time).
    private var schedule = [Instant?](repeating: nil, count: 256)

    /// Takes a token for a probe. Returns when one will be available if there is none.
    mutating func due(_ timeToLive: UInt8, at now: Instant) -> Instant? {
        let last = schedule[Int(timeToLive)].map { max($0, now) } ?? now
        let earliest = last - Self.interval * Int64(Self.burst - 1)
        guard earliest <= now else { return earliest }
        schedule[Int(timeToLive)] = last + Self.interval
        return nil
    }
}
