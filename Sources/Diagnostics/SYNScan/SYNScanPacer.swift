import PacketEngine

/// A scan's rate: on the average what was asked for, and never much more at once.
///
/// Packet k leaves at start + k / rate. What a busy machine was late with is
/// caught up slowly, at five hundredths above the rate, so that no moment sees
/// more than its share by a tenth.
struct SYNScanPacer: Sendable {
    /// Packets leave in bursts of up to this, so that a fast rate does not need a wakening for each.
    private static let burst = Nanoseconds.milliseconds(2)
    private static let catchUp = 1.05

    /// Packets a second; nil for no limit.
    private(set) var rate: Double?
    private var start: Instant?
    private var sent = 0.0
    /// Packets that may leave at once, as of `filled`.
    private var tokens = 0.0
    private var filled = Instant(nanoseconds: 0)

    init(rate: Double?) { self.rate = rate }

    private var size: Double { max(1, (rate ?? 0) * Self.burst.seconds) }

    /// Goes on at another rate from now.
    mutating func set(rate: Double, at now: Instant) {
        self.rate = rate
        start = nil
        sent = 0
    }

    /// How many packets may leave now.
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
        // A time that was computed for packet k must not fall short of it by a rounding.
        return max(0, Int(min(tokens, (now - start).seconds * rate + 1 - sent) + 1e-6))
    }

    mutating func spend() {
        sent += 1
        tokens -= 1
    }

    /// When about half a burst may leave, or the next packet of a slow rate.
    func nextDue(at now: Instant) -> Instant {
        guard let rate, let start else { return now }
        let wanted = max(1, size / 2)
        let bySchedule = start + Nanoseconds(Int64(((sent + wanted - 1) / rate * 1e9).rounded(.up)))
        let byTokens = filled + Nanoseconds(Int64(((wanted - tokens) / (rate * Self.catchUp) * 1e9).rounded(.up)))
        return max(bySchedule, byTokens)
    }
}
