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
