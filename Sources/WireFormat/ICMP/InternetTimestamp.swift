/// A timestamp of ICMP (RFC 792) and of the IP timestamp option (RFC 791, section 3.1): milliseconds since midnight UT, or
/// with the highest bit set a time in another unit or from another origin.
public struct InternetTimestamp: Hashable, Sendable {
    public var rawValue: UInt32

    /// The number of milliseconds of a day.
    public static let day: UInt32 = 86_400_000
    private static let nonstandard: UInt32 = 0x8000_0000

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The standard timestamp of a time in nanoseconds since 1970-01-01 00:00 UTC.
    public init(nanosecondsSince1970 time: Int64) {
        let milliseconds = time / 1_000_000 % Int64(Self.day)
        rawValue = UInt32(truncatingIfNeeded: milliseconds < 0 ? milliseconds + Int64(Self.day) : milliseconds)
    }

    /// Whether the highest bit is clear.
    public var isStandard: Bool { rawValue & Self.nonstandard == 0 }

    /// The value without the highest bit.
    public var value: UInt32 { rawValue & ~Self.nonstandard }

    /// The milliseconds since midnight UT; nil for a time in another unit, or of more than a day.
    public var millisecondsSinceMidnight: UInt32? { isStandard && rawValue < Self.day ? rawValue : nil }

    /// Returns the milliseconds by which the clock of a host that replied is ahead of ours, if both directions take equally
    /// long; nil unless all times are milliseconds since midnight.
    /// - Parameters:
    ///   - sent: our time of the request.
    ///   - received: the other host's time of the request.
    ///   - answered: the other host's time of the reply.
    ///   - returned: our time of the reply.
    public static func clockOffset(
        sent: InternetTimestamp, received: InternetTimestamp, answered: InternetTimestamp, returned: InternetTimestamp
    ) -> Int? {
        guard let there = difference(received, sent), let back = difference(answered, returned) else { return nil }
        return (there + back) / 2
    }

    /// The shorter way from one time of day to another, which may lead across midnight.
    private static func difference(_ left: InternetTimestamp, _ right: InternetTimestamp) -> Int? {
        guard let left = left.millisecondsSinceMidnight, let right = right.millisecondsSinceMidnight else { return nil }
        let (day, value) = (Int(day), Int(left) - Int(right))
        return value > day / 2 ? value - day : value < -day / 2 ? value + day : value
    }
}
