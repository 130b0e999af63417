import PacketEngine

/// Limits the send rate on an absolute schedule: packet k leaves at start + k / rate.
///
/// Packets leave in bursts of 2 ms, so that a high rate does not need one wakeup per packet.
struct SendPacer {
    /// The maximum delay behind the schedule; beyond it the schedule restarts.
    private static let patience = Nanoseconds.milliseconds(100)

    /// Packets per second; nil for no limit.
    private let rate: Double?
    private let burst: Int
    private var start: Instant?
    private var sent = 0

    init(rate: Double?) {
        self.rate = rate
        burst = rate.map { max(1, Int($0 / 500)) } ?? .max
    }

    /// Returns the number of packets that may leave now.
    mutating func allowance(at now: Instant) -> Int {
        guard let rate else { return .max }
        guard let start else {
            self.start = now
            return burst
        }
        let due = (now - start).seconds * rate
        if due - Double(sent) > Self.patience.seconds * rate + Double(burst) {
            self.start = now
            sent = 0
            return burst
        }
        // The deadline computed for packet k must not fall short of it by rounding.
        return max(0, Int(due + 1e-6) + burst - sent)
    }

    mutating func send() { sent += 1 }

    /// The time at which the next burst, or the next packet at a low rate, may leave.
    func nextDue(at now: Instant) -> Instant {
        guard let rate, let start else { return now }
        let packets = Double(sent - burst) + max(1, Double(burst) / 2)
        // A rate below one packet in 30 years is treated as zero.
        return start + Nanoseconds(Int64(min(packets / rate * 1e9, 1e18).rounded(.up)))
    }
}
