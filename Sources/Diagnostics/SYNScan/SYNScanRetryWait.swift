import PacketEngine

/// The time between two tries of a probe.
enum SYNScanRetryWait {
    /// The minimum.
    static let shortest = Nanoseconds.milliseconds(100)
    /// The wait before any host has replied (RFC 6298, section 2).
    static let first = Nanoseconds.seconds(1)
    static let longest = Nanoseconds.seconds(4)

    /// Returns the wait before the next try: twice the time within which nearly all replies are received, doubled for
    /// each further try.
    /// - Parameter tries: the number of tries so far, at least 1.
    static func wait(after tries: Int, _ roundTrips: RoundTripSpread) -> Nanoseconds {
        let learned = roundTrips.bound(share: 0.99).map { min(max($0 * 2, shortest), longest) }
        return (learned ?? first) * (1 << Int64(min(tries - 1, 4)))
    }
}
