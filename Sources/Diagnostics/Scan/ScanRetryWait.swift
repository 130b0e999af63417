import PacketEngine

/// The time between two tries of a probe.
enum ScanRetryWait {
    /// The minimum.
    static let shortest = Nanoseconds.milliseconds(100)
    /// The minimum when every target has replied.
    static let shortestKnown = Nanoseconds.milliseconds(20)
    /// The wait before any host has replied (RFC 6298, section 2).
    static let first = Nanoseconds.seconds(1)
    static let longest = Nanoseconds.seconds(4)

    /// Returns the wait before the next try: twice the time within which nearly all replies are received, doubled for
    /// each further try.
    /// - Parameters:
    ///   - tries: the number of tries so far, at least 1.
    ///   - isKnown: whether every target has replied.
    static func wait(after tries: Int, _ roundTrips: RoundTripSpread, isKnown: Bool) -> Nanoseconds {
        let least = isKnown ? shortestKnown : shortest
        let learned = roundTrips.bound(share: 0.99).map { min(max($0 * 2, least), longest) }
        return (learned ?? first) * (1 << Int64(min(tries - 1, 4)))
    }
}

/// A histogram of round-trip times by powers of two of nanoseconds.
struct RoundTripSpread: Sendable {
    private var counts = [Int](repeating: 0, count: 64)
    private var total = 0
    private(set) var longest = Nanoseconds.zero

    mutating func add(_ roundTrip: Nanoseconds) {
        let value = max(roundTrip, .zero)
        counts[63 - max(value.count, 1).leadingZeroBitCount] += 1
        total += 1
        longest = max(longest, value)
    }

    /// Returns the time within which the given share of replies was received, rounded up to a power of two; nil before
    /// the first.
    func bound(share: Double) -> Nanoseconds? {
        guard total > 0 else { return nil }
        var left = Int((Double(total) * share).rounded(.up))
        for (power, count) in counts.enumerated() {
            left -= count
            if left <= 0 { return Nanoseconds(Int64(1) << Int64(min(power + 1, 62))) }
        }
        return nil
    }
}

/// The targets that replied at least once: one bit each. When all have, the longest round trip is that of every target.
struct ScanRespondents: Sendable {
    /// The maximum number of targets: 8 KiB of bits.
    private static let mostTargets = 65_536

    private var replied: ScanMarks
    private var left: Int

    /// Returns nil if there are too many targets, or if a target that replied has no other port to wait for.
    init?(_ configuration: ScanConfiguration) {
        left = configuration.targets.count
        guard configuration.ports.count > 1, left <= Self.mostTargets else { return nil }
        replied = ScanMarks(0..<UInt64(left))
    }

    /// Whether every target replied.
    var isComplete: Bool { left == 0 }

    /// Notes that a target replied.
    mutating func insert(_ host: Int) {
        guard left > 0, !replied.contains(UInt64(host)) else { return }
        replied.insert(UInt64(host))
        left -= 1
    }
}
