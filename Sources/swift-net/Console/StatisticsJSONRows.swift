import SwiftNet

/// Round-trip times; nil of none.
struct RoundTripRow: Encodable {
    // Milliseconds, as every interval.
    var min: Nanoseconds
    var avg: Nanoseconds
    var max: Nanoseconds
    var mdev: Nanoseconds?

    init(min: Nanoseconds, avg: Nanoseconds, max: Nanoseconds) {
        self.min = min
        self.avg = avg
        self.max = max
    }

    init?(_ trips: RoundTripStatistics) {
        guard trips.count > 0 else { return nil }
        self.init(min: trips.minimum, avg: trips.average, max: trips.maximum)
        mdev = trips.meanDeviation
    }
}

/// The round-trip times that half, nine tenths and 99 hundredths of the probes did not exceed; nil of none.
struct PercentileRow: Encodable {
    @Null var p50: Nanoseconds?
    @Null var p90: Nanoseconds?
    @Null var p99: Nanoseconds?

    init?(_ trips: RoundTripStatistics) {
        guard trips.count > 0 else { return nil }
        p50 = trips.percentile(0.5)
        p90 = trips.percentile(0.9)
        p99 = trips.percentile(0.99)
    }
}

/// Replies that the kernel dropped here.
struct DropsRow: Encodable {
    /// Because a receive buffer was full.
    var receiveOverflows: UInt64
    /// All of them.
    var receiveDrops: UInt64

    init(_ drops: KernelDrops) {
        receiveOverflows = drops.overflows
        receiveDrops = drops.overflows + drops.unexplained
    }
}
