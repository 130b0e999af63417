import SwiftNet

/// The conversion of an option's text to a value.
struct OptionValue<Value> {
    let specification: ValueSpecification
    /// Converts the text; throws `ValueError` if it is invalid.
    let parse: (String) throws -> Value
}

/// The value of an option is invalid.
struct ValueError: Error {
    /// The valid values, as they follow "expected" in the message: `1 to 255`, `a duration such as 0.2, 200ms or 2s`.
    let expected: String
    init(expected: String) { self.expected = expected }
}

extension OptionValue where Value: FixedWidthInteger {
    /// An integer, in decimal, or in hexadecimal with the prefix `0x`.
    static func integer(_ range: ClosedRange<Value>, _ name: String = "N") -> Self {
        OptionValue(specification: ValueSpecification(name: name)) { text in
            let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
            let digits = isHexadecimal ? text.dropFirst(2) : text[...]
            guard digits.first?.isHexDigit == true, let value = Value(digits, radix: isHexadecimal ? 16 : 10),
                range.contains(value)
            else {
                throw ValueError(
                    expected: Value.bitWidth == 64 && range.upperBound == .max
                        ? "a whole number, \(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }
}

extension OptionValue where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the values of an enumeration.
    static func choice(_ type: Value.Type, _ name: String? = nil) -> Self {
        let choices = Value.allCases.map(\.rawValue)
        let specification = ValueSpecification(name: name ?? choices.joined(separator: "|"), choices: choices)
        return OptionValue(specification: specification) { text in
            guard let value = Value(rawValue: text) else {
                throw ValueError(expected: choices.joined(separator: ", "))
            }
            return value
        }
    }
}

extension OptionValue where Value == Nanoseconds {
    /// A duration in seconds (`1`, `0.2`), or with a unit (`200ms`, `2s`, `1m`).
    static func duration(
        atLeast minimum: Nanoseconds = .zero, atMost maximum: Nanoseconds = DurationText.maximum,
        _ name: String = "TIME"
    ) -> Self {
        OptionValue(specification: ValueSpecification(name: name)) { text in
            guard let value = DurationText.parse(text) else {
                let examples = maximum > DurationText.maximum ? "3600, 12h or 30d" : "0.2, 200ms or 2s"
                throw ValueError(expected: "a duration such as \(examples)")
            }
            guard value >= minimum, value <= maximum else {
                throw ValueError(
                    expected: "\(Milliseconds.seconds(minimum)) to \(Milliseconds.seconds(maximum)) seconds")
            }
            return value
        }
    }
}

extension OptionValue where Value == String {
    static func text(_ name: String) -> Self {
        OptionValue(specification: ValueSpecification(name: name)) { $0 }
    }

    static var file: Self {
        OptionValue(specification: ValueSpecification(name: "FILE", completion: .file)) { $0 }
    }

    static var interface: Self {
        OptionValue(specification: ValueSpecification(name: "INTERFACE", completion: .interface)) { $0 }
    }
}

extension OptionValue where Value == IPAddress {
    static var address: Self {
        OptionValue(specification: ValueSpecification(name: "ADDRESS")) { text in
            guard let address = IPAddress(text) else { throw ValueError(expected: "an IP address") }
            return address
        }
    }
}

extension OptionValue where Value == IPv4Address {
    /// An address that takes the place of a command's only target, and may have any form that inet_aton(3) accepts.
    static var onlyTarget: Self {
        OptionValue(specification: ValueSpecification(name: "ADDRESS")) { text in
            guard let address = IPv4Address(inetAton: text) else { throw ValueError(expected: "an IPv4 address") }
            return address
        }
    }

    static var ipv4: Self {
        OptionValue(specification: ValueSpecification(name: "ADDRESS")) { text in
            guard let address = IPv4Address(text) else { throw ValueError(expected: "an IPv4 address") }
            return address
        }
    }
}

extension OptionValue where Value == MACAddress {
    static var mac: Self {
        OptionValue(specification: ValueSpecification(name: "MAC")) { text in
            guard let address = MACAddress(text) else { throw ValueError(expected: "a MAC address") }
            return address
        }
    }
}

/// A number of packets per second.
enum Rate: Equatable {
    case perSecond(Int)
    /// The highest possible rate.
    case maximum

    /// The rate in packets per second; nil for the maximum.
    var packetsPerSecond: Double? {
        if case .perSecond(let count) = self { Double(count) } else { nil }
    }
}

extension OptionValue where Value == Rate {
    static var rate: Self {
        OptionValue(specification: ValueSpecification(name: "N|max")) { text in
            if text == "max" { return .maximum }
            guard let count = Int(text), 1...SendPacer.maximumRate ~= count else {
                throw ValueError(expected: "1 to \(SendPacer.maximumRate), or max")
            }
            return .perSecond(count)
        }
    }
}

/// Parses durations.
enum DurationText {
    /// The longest duration of an option.
    static let maximum = Nanoseconds.seconds(2_147_483)
    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    /// Returns the duration, or nil if the text is not a duration. A value that overflows becomes the maximum, or with
    /// a minus sign the minimum.
    static func parse(_ text: String) -> Nanoseconds? {
        let unit = units.first { text.hasSuffix($0.suffix) }
        let number = unit.map { text.dropLast($0.suffix.count) } ?? text[...]
        let scale = unit?.nanoseconds ?? 1_000_000_000
        let isNegative = number.first == "-"
        let digits = isNegative ? number.dropFirst() : number
        // Decimal digits with at most one point: no exponent, and no plus.
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard digits.contains(where: \.isNumber), parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]), whole <= Int64.max / scale / 2 else {
            return Nanoseconds(isNegative ? .min : .max)
        }
        var count = whole * scale
        var digitScale = scale
        for digit in parts.dropFirst().joined().utf8 {
            digitScale /= 10
            count += Int64(digit - 48) * digitScale
        }
        return Nanoseconds(isNegative ? -count : count)
    }
}
