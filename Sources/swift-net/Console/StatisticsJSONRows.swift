import SwiftNet

/// Round-trip statistics; nil if there are no samples.
struct RoundTripRow: Encodable {
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

/// The 50th, 90th and 99th percentile of the round-trip time; nil if there are no samples.
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

/// The number of replies that the kernel dropped on this host.
struct DropsRow: Encodable {
    /// Drops because the receive buffer was full.
    var receiveOverflows: UInt64
    /// All drops.
    var receiveDrops: UInt64

    init(_ drops: KernelDrops) {
        receiveOverflows = drops.overflows
        receiveDrops = drops.overflows + drops.unexplained
    }
}
