import SwiftNet

/// The history of a target over some time, in steps that are narrow enough for a chart.
public struct Series: Hashable, Sendable {
    /// Where the numbers come from.
    public enum Source: String, Hashable, Sendable {
        case samples, minutes, hours
    }

    public struct Point: Hashable, Sendable {
        public var start: WallTime
        public var aggregate: Aggregate
    }

    public var from: WallTime
    public var to: WallTime
    public var step: Nanoseconds
    public var source: Source
    /// The steps with data, in order.
    public var points: [Point] = []

    public static let counts = 10...2_000

    /// The steps that people can read, in seconds.
    private static let steps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800,
    ]

    /// Plans a series: its step and its source.
    /// - Parameters:
    ///   - count: the number of points that are wanted at most.
    ///   - now: finer data exists only for some time.
    ///   - interval: that of the target, which steps are not shorter than.
    public init(from: WallTime, to: WallTime, count: Int, interval: Nanoseconds, now: WallTime, retention: Retention) {
        let span = max((to - from).count, 1_000_000_000)
        let count = Int64(min(max(count, Self.counts.lowerBound), Self.counts.upperBound))
        let wanted = max(span / count, interval.count)
        let seconds = Self.steps.first { $0 * 1_000_000_000 >= wanted } ?? 604_800
        var step = Nanoseconds.seconds(seconds)
        var source: Source = step >= .seconds(3_600) ? .hours : step >= .seconds(60) ? .minutes : .samples
        if source == .samples, from < now - retention.samples { source = .minutes }
        if source == .minutes, from < now - retention.minutes { source = .hours }
        switch source {
        case .samples: break
        case .minutes: step = max(step, .seconds(60))
        case .hours: step = max(step, .seconds(3_600))
        }
        (self.from, self.to, self.step, self.source) = (from.rounded(downTo: step), to, step, source)
    }

    /// Collects data for the points of a series.
    public struct Builder {
        private var series: Series
        private var parts: [WallTime: Aggregate] = [:]
        private var samples: [WallTime: [StoredSample]] = [:]

        public init(_ series: Series) { self.series = series }

        public mutating func add(_ start: WallTime, _ aggregate: Aggregate) {
            guard start >= series.from, start < series.to, !aggregate.isEmpty else { return }
            parts[start.rounded(downTo: series.step), default: Aggregate()].merge(aggregate)
        }

        public mutating func add(_ new: [StoredSample]) {
            for sample in new where sample.time >= series.from && sample.time < series.to {
                samples[sample.time.rounded(downTo: series.step), default: []].append(sample)
            }
        }

        public func finish() -> Series {
            var (series, parts) = (series, parts)
            for (start, samples) in samples { parts[start, default: Aggregate()].merge(Aggregate(samples)) }
            series.points = parts.sorted { $0.key < $1.key }.map { Point(start: $0.key, aggregate: $0.value) }
            return series
        }
    }
}

/// For how long data of each kind is kept.
public struct Retention: Hashable, Sendable {
    public var samples = Nanoseconds.seconds(86_400)
    public var minutes = Nanoseconds.seconds(31 * 86_400)
    /// The largest size of the database, in bytes; the oldest fine data goes first.
    public var size: Int64 = 2_000_000_000

    public init() {}
}
