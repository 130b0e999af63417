import LinuxProcess
import SwiftNet

/// Formats instants as dates.
enum WallTime {
    /// Seconds since 1970-01-01 00:00 UTC, as ping -D and tcpdump -tt print them: `1700000000.123456`.
    static func seconds(_ instant: Instant) -> String {
        Milliseconds.decimal(SystemClock.wall(at: instant) / 1_000, places: 6)
    }

    /// Nanoseconds since 1970-01-01 00:00 UTC.
    static func nanoseconds(_ instant: Instant) -> Int64 { SystemClock.wall(at: instant) }

    /// RFC 3339, UTC, microseconds: `2026-01-31T12:00:00.000001Z`.
    static func rfc3339(_ instant: Instant) -> String {
        var text = TextBuffer()
        text.append(rfc3339: SystemClock.wall(at: instant))
        return text.text()
    }

    /// RFC 3339, UTC, without a fraction, from seconds since 1970-01-01 00:00 UTC.
    static func rfc3339(seconds: Int64) -> String {
        // Certificates may expire in year 9999, which 64-bit nanoseconds cannot represent.
        let time = CivilTime(secondsSince1970: seconds)
        func two(_ value: Int) -> String { zeroPadded("\(value)", to: 2) }
        let date = "\(time.year)-\(two(time.month))-\(two(time.day))"
        return "\(date)T\(two(time.hour)):\(two(time.minute)):\(two(time.second))Z"
    }

    /// The time of day in UTC: `12:00:00`.
    static func timeOfDay(_ instant: Instant) -> String { String(rfc3339(instant).dropFirst(11).prefix(8)) }
}
