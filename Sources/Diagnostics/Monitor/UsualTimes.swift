import PacketEngine

/// What is usual of a target's round-trip times: their median and 95th percentile, which follow slow changes.
struct UsualTimes: Sendable {
    /// The replies that are needed before anything is usual.
    static let leastCount = 60
    /// The part of the distance between the percentiles by which a reply moves them.
    private static let step = 0.05
    /// The least distance that counts, so that they can move when all replies took the same time: 10 microseconds.
    private static let leastDistance = 10_000.0
    /// The least difference from what is usual that can matter.
    private static let leastMargin = 500_000.0

    /// The first replies, until there are enough.
    private var first: [Int64] = []
    private var median = 0.0
    private var high = 0.0

    var isKnown: Bool { median > 0 }

    /// The time above which a reply is slow: as far above the 95th percentile as twice its distance from the
    /// median, and at least 0.5 ms; nil while nothing is usual.
    var limit: Nanoseconds? {
        isKnown ? Nanoseconds(Int64(high + max(2 * (high - median), Self.leastMargin))) : nil
    }

    mutating func add(_ roundTrip: Nanoseconds) {
        let time = max(roundTrip.count, 1)
        if isKnown {
            // A percentile rises and falls so that it stays where its share of replies is below it.
            let step = Self.step * max(high - median, Self.leastDistance)
            median = max(median + step * (Double(time) > median ? 0.5 : -0.5), 1)
            high = max(high + step * (Double(time) > high ? 0.95 : -0.05), median)
            return
        }
        first.append(time)
        guard first.count == Self.leastCount else { return }
        first.sort()
        median = Double(first[Self.leastCount / 2])
        high = Double(first[Self.leastCount * 95 / 100])
        first = []
    }
}
