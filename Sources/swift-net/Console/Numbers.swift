import SwiftNet

/// Formats durations in milliseconds, with integer arithmetic and without a locale.
enum Milliseconds {
    /// Three decimals: `0.042`.
    static func fixed(_ time: Nanoseconds) -> String {
        decimal(time.roundedMicroseconds, places: 3)
    }

    /// Three significant digits, rounded as iputils does: `0.042`, `1.23`, `12.3`, `123`.
    static func bySize(_ time: Nanoseconds) -> String {
        let microseconds = time.roundedMicroseconds
        if microseconds >= 100_000 - 50 { return "\((microseconds + 500) / 1_000)" }
        if microseconds >= 10_000 - 5 { return decimal((microseconds + 50) / 100, places: 1) }
        if microseconds >= 1_000 { return decimal((microseconds + 5) / 10, places: 2) }
        return decimal(microseconds, places: 3)
    }

    /// Three significant digits, rounded as fping does.
    static func short(_ time: Nanoseconds) -> String {
        let microseconds = time.roundedMicroseconds
        if microseconds < 1_000 { return decimal(microseconds, places: 3) }
        if microseconds < 10_000 { return decimal((microseconds + 5) / 10, places: 2) }
        if microseconds < 100_000 { return decimal((microseconds + 50) / 100, places: 1) }
        return "\((microseconds + 500) / 1_000)"
    }

    /// A JSON number with one to three decimals.
    static func json(_ time: Nanoseconds) -> String {
        var text = fixed(time)
        while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
        return text
    }

    /// Seconds without trailing zeros: `0.002`, `2147483`.
    static func seconds(_ time: Nanoseconds) -> String {
        var text = decimal(time.roundedMicroseconds, places: 6)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// `value` divided by 10 to the power of `places`.
    static func decimal(_ value: Int64, places: Int) -> String {
        // From the last digit to the first.
        var bytes: [UInt8] = []
        var rest = value.magnitude
        while rest > 0 || bytes.count <= places + 1 {
            if bytes.count == places { bytes.append(UInt8(ascii: ".")) }
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.reverse()
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Formats percentages.
enum Percent {
    /// Six significant digits, in the format of printf's `%g`: `0`, `33.3333`, `0.00152588`, `1e-05`.
    static func general(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0" }
        // The first significant digit stands at 10^exponent, and six digits are kept.
        let numerator = Int128(part) * 100
        let denominator = Int128(whole)
        var exponent = 0
        var scale: (numerator: Int128, denominator: Int128) = (1, 1)
        while numerator >= denominator * 10 * scale.numerator {
            scale.numerator *= 10
            exponent += 1
        }
        while numerator * scale.denominator < denominator {
            scale.denominator *= 10
            exponent -= 1
        }
        func rounded() -> Int128 {
            let top = numerator * scale.denominator * 100_000
            let bottom = denominator * scale.numerator
            return (top + bottom / 2) / bottom
        }
        var digits = rounded()
        if digits >= 1_000_000 {
            digits /= 10
            exponent += 1
        }
        var text = String(digits)
        while text.hasSuffix("0"), text.count > 1 { text.removeLast() }
        if exponent < -4 {
            let fraction = text.dropFirst()
            let power = String(-exponent)
            return "\(text.prefix(1))\(fraction.isEmpty ? "" : ".\(fraction)")e-\(power.count < 2 ? "0" : "")\(power)"
        }
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + text }
        if text.count <= exponent + 1 { return text + String(repeating: "0", count: exponent + 1 - text.count) }
        return "\(text.prefix(exponent + 1)).\(text.dropFirst(exponent + 1))"
    }

    /// One decimal: `66.7`.
    static func oneDecimal(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "0.0" }
        return Milliseconds.decimal(Int64((Int128(part) * 1000 + Int128(whole) / 2) / Int128(whole)), places: 1)
    }

    /// An integer, rounded toward zero.
    static func whole(_ part: Int, of whole: Int) -> Int { whole > 0 ? part * 100 / whole : 0 }
}

extension TextBuffer {
    /// Appends a duration in milliseconds with three decimals.
    mutating func append(milliseconds time: Nanoseconds) {
        let microseconds = UInt64(clamping: time.roundedMicroseconds)
        append(decimal: microseconds / 1_000)
        append(UInt8(ascii: "."))
        append(decimal: microseconds % 1_000, minimumDigits: 3)
    }
}
