import PacketEngine

/// Statistics of round-trip times, exact to the nanosecond.
public struct RoundTripStatistics: Sendable {
    public private(set) var count = 0
    public private(set) var minimum = Nanoseconds(.max)
    public private(set) var maximum = Nanoseconds.zero
    /// Sums of the times and of their squares, in nanoseconds; 128 bits cannot overflow.
    private var sum: UInt128 = 0
    private var sumOfSquares: UInt128 = 0
    /// Interarrival jitter (RFC 3550, section 6.4.1) in nanoseconds.
    private var jitterEstimate = 0.0
    private var previous: Nanoseconds?
    /// Eight times the exponentially weighted moving average, in microseconds, as in iputils.
    private var scaledAverage: Int64 = 0
    /// The times in whole microseconds.
    public private(set) var histogram = ValueHistogram()

    init() {}

    /// Adds a round trip; a negative one counts as 0.
    mutating func add(_ roundTrip: Nanoseconds) {
        let time = max(roundTrip, .zero)
        count += 1
        minimum = min(minimum, time)
        maximum = max(maximum, time)
        let value = UInt128(time.count.magnitude)
        sum &+= value
        sumOfSquares &+= value &* value
        if let previous {
            jitterEstimate += (Double((time - previous).count.magnitude) - jitterEstimate) / 16
        }
        previous = time
        let microseconds = time.roundedMicroseconds
        scaledAverage = scaledAverage == 0 ? microseconds &* 8 : scaledAverage &+ microseconds &- scaledAverage / 8
        histogram.add(UInt64(microseconds))
    }

    /// The arithmetic mean, rounded to the nearest nanosecond.
    public var average: Nanoseconds {
        guard count > 0 else { return .zero }
        return Nanoseconds(Int64(clamping: (sum + UInt128(count) / 2) / UInt128(count)))
    }

    /// iputils' mdev, the population's standard deviation: the root of the mean of the squares minus the square of the
    /// mean.
    public var meanDeviation: Nanoseconds {
        guard count > 0 else { return .zero }
        let number = UInt128(count)
        // n * sum of squares - (sum)^2, over n^2: the division follows the subtraction, so no precision is lost.
        let (left, overflow) = number.multipliedReportingOverflow(by: sumOfSquares)
        let (right, overflow2) = sum.multipliedReportingOverflow(by: sum)
        guard !overflow, !overflow2 else {
            let mean = Double(sum) / Double(count)
            return Nanoseconds(Int64((max(Double(sumOfSquares) / Double(count) - mean * mean, 0)).squareRoot()))
        }
        let root = integerRoot(left >= right ? left - right : 0)
        return Nanoseconds(Int64(clamping: (root + number / 2) / number))
    }

    /// mtr's StDev, the sample's standard deviation (divisor n - 1).
    public var sampleDeviation: Nanoseconds {
        guard count > 1 else { return .zero }
        let factor = (Double(count) / Double(count - 1)).squareRoot()
        return Nanoseconds(Int64((Double(meanDeviation.count) * factor).rounded()))
    }

    /// Interarrival jitter (RFC 3550, section 6.4.1), in nanoseconds, computed from differences of round-trip times.
    public var jitter: Nanoseconds { Nanoseconds(Int64(jitterEstimate.rounded())) }

    /// The exponentially weighted moving average with a weight of 1/8, in whole microseconds.
    public var movingAverage: Nanoseconds { .microseconds(scaledAverage / 8) }

    /// The nearest-rank percentile in whole microseconds.
    public func percentile(_ share: Double) -> Nanoseconds? {
        histogram.percentile(share).map { .microseconds(Int64(clamping: $0)) }
    }
}

/// Estimates round trips of probes that were sent in one system call.
///
/// Only the first has its own send time. The others' are interpolated and may be slightly late, so no round trip is
/// taken to be shorter than the shortest one with an exact send time.
struct BatchRoundTrips {
    private var quickest: Nanoseconds?

    mutating func roundTrip(_ measured: Nanoseconds, isExact: Bool) -> Nanoseconds {
        let time = max(measured, .zero)
        guard isExact else { return max(time, quickest ?? .zero) }
        quickest = quickest.map { min($0, time) } ?? time
        return time
    }
}

extension Nanoseconds {
    /// Microseconds, rounded to the nearest.
    public var roundedMicroseconds: Int64 { count / 1_000 + count % 1_000 / 500 }
}
