import SwiftNet

/// Texts of the command line turned into values; what does not fit is a usage error.
enum ArgumentValue {
    /// A whole number in a range; decimal, or hexadecimal after `0x`.
    static func integer(_ option: String, _ text: String, in range: ClosedRange<Int>) throws -> Int {
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let value = isHexadecimal ? Int(text.dropFirst(2), radix: 16) : Int(text)
        guard let value, !isHexadecimal || text.dropFirst(2).first?.isHexDigit == true else {
            // A number that no machine word holds is out of range; anything else is no number.
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            if !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) {
                throw outOfRange(option, text, range)
            }
            throw UsageError("\(option): '\(text)' is not a whole number")
        }
        guard range.contains(value) else { throw outOfRange(option, text, range) }
        return value
    }

    private static func outOfRange(_ option: String, _ text: String, _ range: ClosedRange<Int>) -> UsageError {
        UsageError("\(option): '\(text)' is out of range: \(range.lowerBound) <= value <= \(range.upperBound)")
    }

    /// A length of time: seconds (`1`, `0.2`), or with a unit (`200ms`, `2s`, `1m`).
    static func duration(
        _ option: String, _ text: String, atLeast minimum: Nanoseconds = .zero,
        atMost maximum: Nanoseconds = .seconds(2_147_483)
    ) throws -> Nanoseconds {
        let units: [(suffix: String, nanoseconds: Int64)] = [
            ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ]
        let unit = units.first { text.hasSuffix($0.suffix) }
        let number = unit.map { text.dropLast($0.suffix.count) } ?? text[...]
        guard let value = decimal(number, scale: unit?.nanoseconds ?? 1_000_000_000) else {
            throw UsageError("\(option): '\(text)' is not a duration")
        }
        guard value >= minimum, value <= maximum else {
            throw UsageError(
                "\(option): '\(text)' is out of range: \(Milliseconds.seconds(minimum)) <= seconds <= \(Milliseconds.seconds(maximum))"
            )
        }
        return value
    }

    /// Plain decimal digits with at most one point, exactly: no exponent, no sign but a minus to be refused by range.
    private static func decimal(_ text: Substring, scale: Int64) -> Nanoseconds? {
        let isNegative = text.first == "-"
        let digits = isNegative ? text.dropFirst() : text
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard digits.contains(where: \.isNumber), parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
        else {
            return nil
        }
        guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]), whole <= Int64.max / scale / 2 else {
            return parts[0].isEmpty ? nil : Nanoseconds(isNegative ? .min : .max)
        }
        var count = whole * scale
        var place = scale
        if parts.count == 2 {
            for digit in parts[1].utf8 {
                place /= 10
                count += Int64(digit - 48) * place
            }
        }
        return Nanoseconds(isNegative ? -count : count)
    }

    /// Hexadecimal digits in pairs, up to 16 bytes, as ping's -p takes them: an odd last digit is a byte of its own.
    static func pattern(_ option: String, _ text: String) throws -> [UInt8] {
        guard !text.isEmpty, text.allSatisfy(\.isHexDigit) else {
            throw UsageError("\(option): '\(text)': patterns must be specified as hex digits")
        }
        guard text.count <= 32 else { throw UsageError("\(option): '\(text)': patterns have at most 16 bytes") }
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
