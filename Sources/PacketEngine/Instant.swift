/// A point on a monotonic clock, in nanoseconds from an arbitrary origin.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Returns the earlier of two instants; nil is later than any instant.
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

/// A duration in nanoseconds.
public struct Nanoseconds: Hashable, Comparable, Sendable {
    public var count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }

    public static let zero = Nanoseconds(0)

    @inlinable public static func microseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count &* 1_000) }
    @inlinable public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count &* 1_000_000) }
    @inlinable public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count &* 1_000_000_000) }

    /// The duration in microseconds, rounded toward zero.
    @inlinable public var wholeMicroseconds: Int64 { count / 1_000 }
    /// The duration in milliseconds, rounded toward zero.
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
    /// Converts a duration, rounded toward zero; values out of range become the largest or smallest value.
    public init(_ duration: Duration) {
        // `components` traps if the seconds do not fit in Int64.
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
    /// The duration as a `Duration`.
    public init(_ interval: Nanoseconds) { self = .nanoseconds(interval.count) }
}

extension Instant: InstantProtocol {
    /// Returns the instant `duration` later, in whole nanoseconds, clamped to the range of `Instant`.
    public func advanced(by duration: Duration) -> Instant {
        // Beyond these bounds the sum is out of range, and the addition could trap.
        let bounded = min(max(duration, .nanoseconds(Int64.min) * 3), .nanoseconds(Int64.max) * 3)
        return Instant(nanoseconds: Nanoseconds(.nanoseconds(nanoseconds) + bounded).count)
    }

    /// Returns the exact time from this instant to another.
    public func duration(to other: Instant) -> Duration {
        .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
    }
}

extension Nanoseconds: CustomStringConvertible {
    /// The same format as `Duration`: `0.000117886 seconds`.
    public var description: String { Duration(self).description }
}
