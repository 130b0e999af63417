import PacketEngine

/// How long an acknowledgment may take before a segment counts as lost (RFC 6298).
struct RoundTripEstimator: Sendable {
    /// Before anything was measured.
    static let initialTimeout = Nanoseconds.seconds(1)
    /// Less than the second that RFC 6298 would have: it is what Linux does, and delayed acknowledgments take 40 ms.
    static let leastTimeout = Nanoseconds.milliseconds(200)
    static let mostTimeout = Nanoseconds.seconds(60)
    /// Times are not told apart that are nearer than this.
    private static let granularity = Nanoseconds.milliseconds(1)

    private(set) var smoothed: Nanoseconds?
    private var variation = Nanoseconds.zero
    private var base = initialTimeout
    /// Doublings since the last measurement.
    private(set) var backoffs = 0

    /// The timeout now.
    var timeout: Nanoseconds {
        min(Nanoseconds(base.count << Int64(min(backoffs, 12))), Self.mostTimeout)
    }

    /// A round trip was measured (section 2).
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

    /// The timer ran out (section 5.5).
    mutating func backOff() { backoffs += 1 }

    /// Something new was acknowledged that could not be measured: the way is open again.
    mutating func clearBackoff() { backoffs = 0 }
}
