/// A date and time of day in the proleptic Gregorian calendar.
public struct CivilTime: Hashable, Sendable {
    /// The year of the common era; 0 and negative years precede year 1.
    public var year: Int
    /// The month, 1 to 12.
    public var month: Int
    /// The day, 1 to 31.
    public var day: Int
    /// The hour, 0 to 23.
    public var hour: Int
    /// The minute, 0 to 59.
    public var minute: Int
    /// The second, 0 to 60: 60 is a leap second.
    public var second: Int

    /// Creates a time; values are not checked: see `isValid`.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Creates the UTC time at a number of seconds after 1970-01-01 00:00 UTC.
    public init(secondsSince1970 seconds: Int64) {
        let days = Int(seconds.floorDivided(by: 86_400))
        let ofDay = Int(seconds - Int64(days) * 86_400)
        // Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March.
        let shifted = days + 719_468
        let era = Int(Int64(shifted).floorDivided(by: 146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        hour = ofDay / 3_600
        minute = ofDay / 60 % 60
        second = ofDay % 60
    }

    /// The number of seconds since 1970-01-01 00:00 UTC, if this is UTC. The year must be within a few million of 1970.
    public var secondsSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Int(Int64(shiftedYear).floorDivided(by: 400))
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = Int64(era * 146_097 + dayOfEra - 719_468)
        return days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }

    /// The day of the week: 0 is Sunday, 6 Saturday.
    public var weekday: Int {
        let days = CivilTime(year: year, month: month, day: day).secondsSince1970 / 86_400
        return Int((days + 4) - (days + 4).floorDivided(by: 7) * 7)
    }

    /// Whether the month contains the day, and the time of day exists.
    public var isValid: Bool {
        guard (1...12).contains(month), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[month - 1]).contains(day)
    }
}

extension Int64 {
    /// Division that rounds toward negative infinity; the divisor must be positive.
    func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension TextBuffer {
    /// Appends the time of day in tcpdump's format, `12:00:00.000001`, at an offset from UTC in seconds.
    /// - Parameter digits: the number of digits after the decimal point: 6, or 9 for nanoseconds.
    public mutating func append(timeOfDay nanoseconds: Int64, secondsFromUTC: Int = 0, digits: Int = 6) {
        let seconds = nanoseconds.floorDivided(by: 1_000_000_000)
        let local = seconds &+ Int64(secondsFromUTC)
        let ofDay = UInt64(local &- local.floorDivided(by: 86_400) &* 86_400)
        append(decimal: ofDay / 3_600, minimumDigits: 2)
        append(UInt8(ascii: ":"))
        append(decimal: ofDay / 60 % 60, minimumDigits: 2)
        append(UInt8(ascii: ":"))
        append(decimal: ofDay % 60, minimumDigits: 2)
        append(UInt8(ascii: "."))
        append(fraction: UInt64(nanoseconds &- seconds &* 1_000_000_000), digits: digits)
    }

    /// Appends the nanoseconds of a second, with 6 digits or 9.
    public mutating func append(fraction nanoseconds: UInt64, digits: Int) {
        append(decimal: digits == 9 ? nanoseconds : nanoseconds / 1_000, minimumDigits: digits)
    }

    /// Appends `2026-01-31T12:00:00.000001Z` (RFC 3339).
    /// - Parameter digits: the number of digits after the decimal point: 6, or 9 for nanoseconds.
    public mutating func append(rfc3339 nanoseconds: Int64, digits: Int = 6) {
        let seconds = nanoseconds.floorDivided(by: 1_000_000_000)
        let time = CivilTime(secondsSince1970: seconds)
        if time.year < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(time.year.magnitude), minimumDigits: 4)
        append(UInt8(ascii: "-"))
        append(decimal: UInt64(time.month), minimumDigits: 2)
        append(UInt8(ascii: "-"))
        append(decimal: UInt64(time.day), minimumDigits: 2)
        append(UInt8(ascii: "T"))
        append(timeOfDay: nanoseconds, digits: digits)
        append(UInt8(ascii: "Z"))
    }
}
