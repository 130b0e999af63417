import PacketEngine

/// Limits the send rate: the requested average, without large bursts.
///
/// Packet k leaves at start + k / rate. A delay is caught up slowly, at 5 % above the rate, so that no short interval
/// exceeds its share by more than 10 %.
package struct SendPacer: Sendable {
    /// The highest rate that can be requested, in packets per second.
    package static let maximumRate = 100_000_000
    /// The maximum length of a burst, so that a high rate does not need one wakeup per packet.
    private static let burst = Nanoseconds.milliseconds(2)
    private static let catchUp = 1.05

    /// Packets per second; nil for no limit.
    private(set) var rate: Double?
    private var start: Instant?
    private var sent = 0.0
    /// The number of packets that may leave at once, as of `filled`.
    private var tokens = 0.0
    private var filled = Instant(nanoseconds: 0)

    init(rate: Double?) { self.rate = rate }

    private var size: Double { max(1, (rate ?? 0) * Self.burst.seconds) }

    /// Continues at another rate from now on.
    mutating func set(rate: Double, at now: Instant) {
        self.rate = rate
        start = nil
        sent = 0
    }

    /// Returns the number of packets that may leave now.
    mutating func allowance(at now: Instant) -> Int {
        guard let rate else { return .max }
        guard let start else {
            self.start = now
            filled = now
            tokens = 1
            return 1
        }
        tokens = min(size, tokens + (now - filled).seconds * rate * Self.catchUp)
        filled = now
        // The deadline computed for packet k must not fall short of it by rounding.
        return max(0, Int(min(tokens, (now - start).seconds * rate + 1 - sent) + 1e-6))
    }

    /// Notes that a packet leaves.
    mutating func send() {
        sent += 1
        tokens -= 1
    }

    /// The time at which about half a burst, or the next packet at a low rate, may leave.
    func nextDue(at now: Instant) -> Instant {
        guard let rate, let start else { return now }
        let wanted = max(1, size / 2)
        return max(
            start + Self.time(of: sent + wanted - 1, at: rate),
            filled + Self.time(of: wanted - tokens, at: rate * Self.catchUp))
    }

    /// Returns the time that packets take at a rate; a rate below one packet in 30 years is treated as zero.
    private static func time(of packets: Double, at rate: Double) -> Nanoseconds {
        Nanoseconds(Int64(min(packets / rate * 1e9, 1e18).rounded(.up)))
    }
}
