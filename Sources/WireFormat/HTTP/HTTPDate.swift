/// An HTTP date in one of its three formats (RFC 9110, section 5.6.7).
public struct HTTPDate: Hashable, Sendable {
    /// The format of the date.
    public enum Form: String, Sendable {
        /// `Sun, 06 Nov 1994 08:49:37 GMT`, the format to send.
        case fixed = "IMF-fixdate"
        /// `Sunday, 06-Nov-94 08:49:37 GMT`.
        case rfc850 = "RFC 850"
        /// `Sun Nov  6 08:49:37 1994`.
        case asctime = "asctime"
    }

    /// The reason for which a text is not a valid date.
    public enum Problem: Error, Hashable, Sendable {
        case empty
        /// `0` and `-1` are common in Expires and mean a time in the past (RFC 9111, section 5.3).
        case number
        case unknownForm
        case unknownWeekday(String)
        case unknownMonth(String)
        case invalidDay(String)
        case invalidYear(String)
        case invalidTime(String)
        case notGMT(String)
        case trailingText(String)
        /// The weekday does not match the date.
        case wrongWeekday(written: String, correct: String)
        /// The day or time does not exist.
        case nonexistent
    }

    /// The time in UTC.
    public var time: CivilTime
    /// The format of the date.
    public var form: Form

    /// Seconds since 1970-01-01 00:00 UTC.
    public var secondsSince1970: Int64 { time.secondsSince1970 }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Creates a date to send.
    public init(secondsSince1970: Int64) {
        time = CivilTime(secondsSince1970: secondsSince1970)
        form = .fixed
    }

    /// Parses a date; the names of days and months are case-sensitive, as in the grammar.
    /// - Parameter currentYear: a two-digit year more than 50 years after it is in the past. If nil,
    ///   the century is derived from the weekday, if that matches the date.
    public init(_ text: [UInt8], currentYear: Int? = nil) throws(Problem) {
        if let time = Self.wellFormed(text) {
            (self.time, form) = (time, .fixed)
            return
        }
        let fields = text.split { $0.isBlank }.map { String(decoding: $0, as: UTF8.self) }
        guard let first = fields.first else { throw .empty }
        if fields.count == 1, first.utf8.allSatisfy({ $0.decimalDigit != nil || $0 == UInt8(ascii: "-") }) {
            throw .number
        }
        let weekday: String
        if first.utf8.last == UInt8(ascii: ",") {
            weekday = String(first.dropLast())
            if fields.count > 1, fields[1].contains("-") {
                form = .rfc850
                time = try Self.rfc850(fields, currentYear: currentYear)
            } else {
                form = .fixed
                time = try Self.fixed(fields)
            }
        } else {
            guard fields.count >= 5 else { throw .unknownForm }
            weekday = first
            form = .asctime
            time = try Self.asctime(fields)
        }
        guard time.isValid else { throw .nonexistent }
        let names = form == .rfc850 ? Self.weekdays : Self.weekdays.map { String($0.prefix(3)) }
        guard let index = names.firstIndex(of: weekday) else { throw .unknownWeekday(weekday) }
        guard index == time.weekday else { throw .wrongWeekday(written: weekday, correct: names[time.weekday]) }
        guard text == Array(written(as: form).utf8) else { throw .unknownForm }
    }

    /// Returns the reason for which a text is not a valid date; nil if it is valid.
    public static func problem(_ text: [UInt8], currentYear: Int? = nil) -> Problem? {
        do throws(Problem) {
            _ = try HTTPDate(text, currentYear: currentYear)
            return nil
        } catch {
            return error
        }
    }

    /// Returns the time of a valid date in IMF-fixdate format, which nearly all dates have; for others the full parser
    /// determines the problem.
    private static func wellFormed(_ text: [UInt8]) -> CivilTime? {
        let layout = "???, ?? ??? ???? ??:??:?? GMT".utf8
        guard text.count == layout.count, zip(text, layout).allSatisfy({ $1 == UInt8(ascii: "?") || $0 == $1 }),
            let day = text[5..<7].decimalNumber, let year = text[12..<16].decimalNumber,
            let hour = text[17..<19].decimalNumber, let minute = text[20..<22].decimalNumber,
            let second = text[23..<25].decimalNumber,
            let month = months.firstIndex(where: { text[8..<11].elementsEqual($0.utf8) })
        else { return nil }
        let time = CivilTime(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
        guard time.isValid, text[..<3].elementsEqual(weekdays[time.weekday].utf8.prefix(3)) else { return nil }
        return time
    }

    private static func fixed(_ fields: [String]) throws(Problem) -> CivilTime {
        guard fields.count >= 5 else { throw .unknownForm }
        let day = try number(fields[1], digits: 2, or: .invalidDay(fields[1]))
        let month = try month(fields[2])
        let year = try number(fields[3], digits: 4, or: .invalidYear(fields[3]))
        let time = try clock(fields[4])
        try zone(fields.dropFirst(5))
        return CivilTime(year: year, month: month, day: day, hour: time.0, minute: time.1, second: time.2)
    }

    private static func rfc850(_ fields: [String], currentYear: Int?) throws(Problem) -> CivilTime {
        let parts = fields[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, fields.count >= 3 else { throw .unknownForm }
        let day = try number(parts[0], digits: 2, or: .invalidDay(parts[0]))
        let month = try month(parts[1])
        let short = try number(parts[2], digits: 2, or: .invalidYear(parts[2]))
        let year = century(of: short, month: month, day: day, weekday: fields[0].dropLast(), currentYear: currentYear)
        let time = try clock(fields[2])
        try zone(fields.dropFirst(3))
        return CivilTime(year: year, month: month, day: day, hour: time.0, minute: time.1, second: time.2)
    }

    /// Returns a two-digit year with its century.
    private static func century(
        of short: Int, month: Int, day: Int, weekday: some StringProtocol, currentYear: Int?
    ) -> Int {
        guard let currentYear else {
            let years = [2_000 + short, 1_900 + short]
            return years.first { weekdays[CivilTime(year: $0, month: month, day: day).weekday] == weekday } ?? years[0]
        }
        let year = currentYear - currentYear % 100 + short
        return year > currentYear + 50 ? year - 100 : year
    }

    private static func asctime(_ fields: [String]) throws(Problem) -> CivilTime {
        let month = try month(fields[1])
        let day = try number(fields[2], digits: fields[2].utf8.count == 1 ? 1 : 2, or: .invalidDay(fields[2]))
        let time = try clock(fields[3])
        let year = try number(fields[4], digits: 4, or: .invalidYear(fields[4]))
        if fields.count > 5 { throw .trailingText(fields[5...].joined(separator: " ")) }
        return CivilTime(year: year, month: month, day: day, hour: time.0, minute: time.1, second: time.2)
    }

    private static func number(_ text: String, digits: Int, or problem: Problem) throws(Problem) -> Int {
        guard text.utf8.count == digits, let value = Array(text.utf8).decimalNumber else { throw problem }
        return value
    }

    private static func month(_ text: String) throws(Problem) -> Int {
        guard let index = months.firstIndex(of: text) else { throw .unknownMonth(text) }
        return index + 1
    }

    private static func clock(_ text: String) throws(Problem) -> (Int, Int, Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard parts.count == 3, parts.allSatisfy({ $0.count == 2 }), let hour = parts[0].decimalNumber,
            let minute = parts[1].decimalNumber, let second = parts[2].decimalNumber
        else { throw .invalidTime(text) }
        return (hour, minute, second)
    }

    private static func zone(_ fields: ArraySlice<String>) throws(Problem) {
        guard let zone = fields.first else { throw .notGMT("") }
        guard zone == "GMT" else { throw .notGMT(zone) }
        if fields.count > 1 { throw .trailingText(fields.dropFirst().joined(separator: " ")) }
    }

    /// Returns the text in a format.
    public func written(as form: Form) -> String {
        func two(_ value: Int) -> String { zeroPadded("\(value)", to: 2) }
        let weekday = Self.weekdays[time.weekday]
        let month = Self.months[min(max(time.month, 1), 12) - 1]
        let clock = "\(two(time.hour)):\(two(time.minute)):\(two(time.second))"
        let year = zeroPadded("\(time.year)", to: 4)
        return switch form {
        case .fixed: "\(weekday.prefix(3)), \(two(time.day)) \(month) \(year) \(clock) GMT"
        case .rfc850: "\(weekday), \(two(time.day))-\(month)-\(year.suffix(2)) \(clock) GMT"
        case .asctime: "\(weekday.prefix(3)) \(month) \(time.day < 10 ? " " : "")\(time.day) \(clock) \(year)"
        }
    }
}

extension HTTPDate: CustomStringConvertible {
    /// The IMF-fixdate format.
    public var description: String { written(as: .fixed) }
}

extension HTTPDate.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "empty"
        case .number: "a number"
        case .unknownForm: "unknown date format"
        case .unknownWeekday(let text): "invalid weekday: \(text)"
        case .unknownMonth(let text): "invalid month: \(text)"
        case .invalidDay(let text): "the day must have two digits: \(text)"
        case .invalidYear(let text): "invalid year: \(text)"
        case .invalidTime(let text): "invalid time: \(text)"
        case .notGMT(let text): text.isEmpty ? "GMT is missing" : "not GMT: \(text)"
        case .trailingText(let text): "unexpected text after the date: \(text)"
        case .wrongWeekday(let written, let correct): "the weekday is \(correct), not \(written)"
        case .nonexistent: "no such day or time"
        }
    }
}
