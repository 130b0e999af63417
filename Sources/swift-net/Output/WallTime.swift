import LinuxNet
import PacketEngine

/// Instants as dates.
enum WallTime {
    /// `1700000000.123456`, as ping -D and tcpdump -tt print it.
    static func seconds(_ instant: Instant) -> String {
        Milliseconds.decimal(SystemClock.wall(at: instant) / 1_000, places: 6)
    }

    /// Nanoseconds since 1970-01-01 00:00 UTC.
    static func nanoseconds(_ instant: Instant) -> Int64 { SystemClock.wall(at: instant) }

    /// RFC 3339, UTC, microseconds: `2026-01-31T12:00:00.000001Z`.
    static func rfc3339(_ instant: Instant) -> String { rfc3339(nanoseconds: SystemClock.wall(at: instant)) }

    /// The same, of nanoseconds since 1970-01-01 00:00 UTC.
    static func rfc3339(nanoseconds: Int64) -> String {
        let microseconds = nanoseconds / 1_000
        let date = civil(days: Int(microseconds / 86_400_000_000))
        let ofDay = Int(microseconds % 86_400_000_000)
        func padded(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let seconds = ofDay / 1_000_000
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
            + ".\(padded(ofDay % 1_000_000, 6))Z"
    }

    /// `12:00:00` UTC, as the heading of a running report.
    static func timeOfDay(_ instant: Instant) -> String { String(rfc3339(instant).dropFirst(11).prefix(8)) }

    /// Year, month and day of a count of days since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
