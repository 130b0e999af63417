import SwiftNet

/// A date and time of day, in nanoseconds since 1970-01-01 00:00 UTC.
public struct WallTime: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    public init(milliseconds: Int64) {
        nanoseconds = milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue
    }
    public init(seconds: Int64) { nanoseconds = seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue }

    public var milliseconds: Int64 { nanoseconds.floorDivided(1_000_000) }
    public var seconds: Int64 { nanoseconds.floorDivided(1_000_000_000) }

    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (time: Self, interval: Nanoseconds) -> Self {
        Self(nanoseconds: time.nanoseconds &+ interval.count)
    }
    public static func - (time: Self, interval: Nanoseconds) -> Self {
        Self(nanoseconds: time.nanoseconds &- interval.count)
    }
    public static func - (left: Self, right: Self) -> Nanoseconds {
        Nanoseconds(left.nanoseconds &- right.nanoseconds)
    }

    /// Returns the latest multiple of an interval, counted from 1970, that is not after this time.
    public func rounded(downTo interval: Nanoseconds) -> WallTime {
        WallTime(nanoseconds: nanoseconds.floorDivided(interval.count) &* interval.count)
    }
}

extension WallTime: CustomStringConvertible {
    /// RFC 3339, in UTC with microseconds.
    public var description: String {
        let civil = CivilTime(secondsSince1970: seconds)
        let micros = (nanoseconds &- seconds &* 1_000_000_000) / 1_000
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        return digits(civil.year, 4) + "-" + digits(civil.month, 2) + "-" + digits(civil.day, 2) + "T"
            + digits(civil.hour, 2) + ":" + digits(civil.minute, 2) + ":" + digits(civil.second, 2) + "."
            + digits(Int(micros), 6) + "Z"
    }

    /// Parses a time of RFC 3339 in UTC, with or without a fraction, or seconds since 1970.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.count < 15, let seconds = Double(text), seconds.isFinite, abs(seconds) < 9e9 {
            self.init(nanoseconds: Int64(seconds * 1e9))
            return
        }
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes.count <= 40, bytes.last == UInt8(ascii: "Z") || bytes.last == UInt8(ascii: "z"),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), [0x54, 0x74, 0x20].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), year >= 1700, year < 2200
        else { return nil }
        let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard civil.isValid else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), bytes.count > 21 else { return nil }
            var unit: Int64 = 100_000_000
            for byte in bytes[20..<bytes.count - 1] {
                guard (0x30...0x39).contains(byte) else { return nil }
                fraction += Int64(byte - 0x30) * unit
                unit /= 10
            }
        }
        self.init(nanoseconds: civil.secondsSince1970 * 1_000_000_000 + fraction)
    }
}

extension Int64 {
    /// Returns the quotient, rounded down.
    func floorDivided(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
