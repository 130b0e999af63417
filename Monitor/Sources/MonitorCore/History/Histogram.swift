import SwiftNet

/// The distribution of round-trip times: how many were in each of a fixed series of buckets.
///
/// A bucket is 1/32 as wide as its times are long (HdrHistogram's scheme, with one significant digit and a half), so that
/// percentiles are within 1.6 % of the true ones; the shortest and the longest time are exact. Only buckets that are not
/// empty are kept: a minute of a calm target is 20 bytes, where an array of all buckets is thousands.
public struct Histogram: Hashable, Sendable {
    /// The buckets in ascending order.
    private(set) var buckets: [Bucket] = []
    public private(set) var count = 0
    /// The shortest and the longest time, in nanoseconds.
    public private(set) var minimum: Int64 = 0
    public private(set) var maximum: Int64 = 0

    struct Bucket: Hashable, Sendable {
        var index: UInt16
        var count: UInt32
    }

    public init() {}

    /// - Parameter times: in nanoseconds, in ascending order.
    public init(sorted times: [Int64]) {
        for time in times { append(Self.index(of: time)) }
        count = times.count
        minimum = times.first ?? 0
        maximum = times.last ?? 0
    }

    private mutating func append(_ index: UInt16) {
        if let last = buckets.indices.last, buckets[last].index == index {
            buckets[last].count &+= 1
        } else {
            buckets.append(Bucket(index: index, count: 1))
        }
    }

    // MARK: Buckets

    /// Buckets of one octave, as a power of two.
    private static let precision = 5

    /// The bucket of a time, in units of 128 ns.
    private static func index(of time: Int64) -> UInt16 {
        let units = UInt64(max(time, 0)) >> 7
        guard units >= 1 << precision else { return UInt16(units) }
        let exponent = 63 - units.leadingZeroBitCount - precision
        return UInt16(truncatingIfNeeded: (UInt64(exponent) << precision) + (units >> UInt64(exponent)))
    }

    /// The middle of a bucket, in nanoseconds.
    private static func middle(of index: UInt16) -> Int64 {
        let (low, width) = bounds(of: index)
        return low + width / 2
    }

    private static func bounds(of index: UInt16) -> (low: Int64, width: Int64) {
        let one = 1 << precision
        guard index >= one else { return (Int64(index) << 7, 128) }
        // Indices beyond any time, which only a damaged file has, count as the last one.
        let exponent = min(Int(index) / one - 1, 50)
        return (Int64(Int(index) % one + one) << Int64(exponent + 7), Int64(128) << Int64(exponent))
    }

    // MARK: Results

    /// Returns the time below which a share of all times is, in nanoseconds; nil without times.
    public func quantile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(Int((share * Double(count)).rounded(.up)), 1)
        guard rank > 1 else { return minimum }
        guard rank < count else { return maximum }
        var seen = 0
        for bucket in buckets {
            seen += Int(bucket.count)
            if seen >= rank { return min(max(Self.middle(of: bucket.index), minimum), maximum) }
        }
        return maximum
    }

    public mutating func merge(_ other: Histogram) {
        guard other.count > 0 else { return }
        minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        count += other.count
        var merged: [Bucket] = []
        merged.reserveCapacity(buckets.count + other.buckets.count)
        var (left, right) = (0, 0)
        while left < buckets.count || right < other.buckets.count {
            if right == other.buckets.count
                || left < buckets.count && buckets[left].index < other.buckets[right].index
            {
                merged.append(buckets[left])
                left += 1
            } else if left == buckets.count || other.buckets[right].index < buckets[left].index {
                merged.append(other.buckets[right])
                right += 1
            } else {
                let sum = buckets[left].count &+ other.buckets[right].count
                merged.append(Bucket(index: buckets[left].index, count: sum))
                left += 1
                right += 1
            }
        }
        buckets = merged
    }

    // MARK: Storage

    /// Appends: the number of buckets, then for each the distance to the one before it and the count; the shortest and the
    /// longest time, in units of 128 ns above the first bucket and below the end of the last.
    func encode(to bytes: inout [UInt8]) {
        VarInt.append(UInt64(buckets.count), to: &bytes)
        guard let first = buckets.first, let last = buckets.last else { return }
        var previous: UInt16 = 0
        for bucket in buckets {
            VarInt.append(UInt64(bucket.index - previous), to: &bytes)
            VarInt.append(UInt64(bucket.count), to: &bytes)
            previous = bucket.index
        }
        VarInt.append(UInt64(max(minimum - Self.bounds(of: first.index).low, 0) >> 7), to: &bytes)
        VarInt.append(UInt64(max(maximum - Self.bounds(of: last.index).low, 0) >> 7), to: &bytes)
    }

    /// Returns nil if the bytes are no histogram.
    init?(_ reader: inout VarIntReader) {
        guard let size = reader.next(), size <= UInt64(UInt16.max) else { return nil }
        var index: UInt64 = 0
        for _ in 0..<size {
            guard let distance = reader.next(), let many = reader.next(), many <= UInt64(UInt32.max) else { return nil }
            let (sum, overflow) = index.addingReportingOverflow(distance)
            guard !overflow, sum <= UInt64(UInt16.max) else { return nil }
            index = sum
            buckets.append(Bucket(index: UInt16(index), count: UInt32(many)))
            count += Int(many)
        }
        guard let first = buckets.first, let last = buckets.last else { return }
        guard let low = reader.next(), let high = reader.next(), low < 1 << 50, high < 1 << 50 else { return nil }
        minimum = Self.bounds(of: first.index).low + Int64(low << 7)
        maximum = max(Self.bounds(of: last.index).low + Int64(high << 7), minimum)
    }
}
