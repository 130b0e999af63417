import PacketEngine

/// The retransmission timeout (RFC 6298).
struct RoundTripEstimator: Sendable {
    /// The timeout before the first measurement.
    static let initialTimeout = Nanoseconds.seconds(1)
    /// The minimum timeout, as in Linux, instead of the 1 s of RFC 6298. Delayed acknowledgments take up to 40 ms.
    static let leastTimeout = Nanoseconds.milliseconds(200)
    static let mostTimeout = Nanoseconds.seconds(60)
    /// The clock granularity G.
    private static let granularity = Nanoseconds.milliseconds(1)

    private(set) var smoothed: Nanoseconds?
    private var variation = Nanoseconds.zero
    private var base = initialTimeout
    /// The number of times the timeout was doubled since the last measurement.
    private(set) var backoffs = 0

    /// The current timeout.
    var timeout: Nanoseconds {
        min(Nanoseconds(base.count << Int64(min(backoffs, 12))), Self.mostTimeout)
    }

    /// Adds a measured round-trip time (section 2).
    mutating func add(_ sample: Nanoseconds) {
        let sample = max(sample, Nanoseconds(0))
        if let smoothed {
            let difference = Nanoseconds(abs((smoothed - sample).count))
            variation = Nanoseconds((3 * variation.count + difference.count) / 4)
            self.smoothed = Nanoseconds((7 * smoothed.count + sample.count) / 8)
        } else {
            smoothed = sample
            variation = Nanoseconds(sample.count / 2)
        }
        let span = max(Self.granularity, variation * 4)
        base = min(max((smoothed ?? sample) + span, Self.leastTimeout), Self.mostTimeout)
        backoffs = 0
    }

    /// Doubles the timeout after it expired (section 5.5).
    mutating func backOff() { backoffs += 1 }

    /// Resets the backoff when new data was acknowledged but not measured.
    mutating func clearBackoff() { backoffs = 0 }
}
