/// A point on a monotonic clock, in nanoseconds from an origin that means nothing by itself.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The earlier of two, as far as they are there.
    @inlinable public static func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    @inlinable public static func + (instant: Instant, interval: Nanoseconds) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &+ interval.count)
    }

    @inlinable public static func - (instant: Instant, interval: Nanoseconds) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &- interval.count)
    }

    @inlinable public static func - (left: Instant, right: Instant) -> Nanoseconds {
        Nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}

/// A length of time in nanoseconds.
public struct Nanoseconds: Hashable, Comparable, Sendable {
    public var count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }

    public static let zero = Nanoseconds(0)

    @inlinable public static func microseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count &* 1_000) }
    @inlinable public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count &* 1_000_000) }
    @inlinable public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count &* 1_000_000_000) }

    /// Whole microseconds, rounded towards zero.
    @inlinable public var wholeMicroseconds: Int64 { count / 1_000 }
    /// Whole milliseconds, rounded towards zero.
    @inlinable public var wholeMilliseconds: Int64 { count / 1_000_000 }
    @inlinable public var seconds: Double { Double(count) / 1e9 }

    @inlinable public static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }
    @inlinable public static func + (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        Nanoseconds(left.count &+ right.count)
    }
    @inlinable public static func - (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        Nanoseconds(left.count &- right.count)
    }
    @inlinable public static func * (interval: Nanoseconds, factor: Int64) -> Nanoseconds {
        Nanoseconds(interval.count &* factor)
    }
}

// MARK: Swift's Duration

extension Nanoseconds {
    /// The length of a duration, rounded towards zero; the largest or the smallest value if it does not fit.
    public init(_ duration: Duration) {
        // Beyond Int64 seconds `components` would trap.
        if duration >= .nanoseconds(Int64.max) {
            count = .max
        } else if duration <= .nanoseconds(Int64.min) {
            count = .min
        } else {
            let (seconds, attoseconds) = duration.components
            count = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
        }
    }
}

extension Duration {
    /// The duration of the same length.
    public init(_ interval: Nanoseconds) { self = .nanoseconds(interval.count) }
}

extension Instant: InstantProtocol {
    /// The instant `duration` later, in whole nanoseconds; the last or the first instant if it does not fit.
    public func advanced(by duration: Duration) -> Instant {
        // Beyond these no sum fits, and the addition could trap.
        let bounded = min(max(duration, .nanoseconds(Int64.min) * 3), .nanoseconds(Int64.max) * 3)
        return Instant(nanoseconds: Nanoseconds(.nanoseconds(nanoseconds) + bounded).count)
    }

    /// The exact time from this instant to another.
    public func duration(to other: Instant) -> Duration {
        .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
    }
}

extension Nanoseconds: CustomStringConvertible {
    /// As `Duration` has it: `0.000117886 seconds`.
    public var description: String { Duration(self).description }
}
