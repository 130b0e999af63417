import LinuxProcess
import SwiftNet

/// A value with a special representation in JSON, the same in every row.
protocol JSONScalar: Encodable {
    /// Appends the value as JSON.
    func write(to text: inout TextBuffer)
}

extension JSONScalar {
    // Public, because it witnesses a requirement of public types.
    public func encode(to encoder: any Encoder) throws {
        guard let writer = encoder as? JSONWriter else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: [], debugDescription: "it is written as JSON only"))
        }
        writer.append(self)
    }
}

/// Milliseconds with one to three decimals: `0.042`, `3.0`.
extension Nanoseconds: JSONScalar {
    func write(to text: inout TextBuffer) {
        let microseconds = roundedMicroseconds
        if microseconds < 0 { text.append(UInt8(ascii: "-")) }
        let (whole, fraction) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000)
        text.append(decimal: whole, minimumDigits: 1)
        text.append(UInt8(ascii: "."))
        if fraction % 100 == 0 {
            text.append(decimal: fraction / 100, minimumDigits: 1)
        } else if fraction % 10 == 0 {
            text.append(decimal: fraction / 10, minimumDigits: 2)
        } else {
            text.append(decimal: fraction, minimumDigits: 3)
        }
    }
}

/// RFC 3339 in UTC with microseconds: `"2026-01-31T12:00:00.000001Z"`.
extension Instant: JSONScalar {
    func write(to text: inout TextBuffer) {
        text.append(UInt8(ascii: "\""))
        text.append(rfc3339: SystemClock.wall(at: self))
        text.append(UInt8(ascii: "\""))
    }
}

/// The canonical form (RFC 5952 for IPv6).
extension IPAddress: JSONScalar {
    func write(to text: inout TextBuffer) {
        text.append(UInt8(ascii: "\""))
        text.append(self)
        text.append(UInt8(ascii: "\""))
    }
}

extension IPv4Address: JSONScalar {
    func write(to text: inout TextBuffer) { IPAddress.v4(self).write(to: &text) }
}

extension IPv6Address: JSONScalar {
    func write(to text: inout TextBuffer) { IPAddress.v6(self).write(to: &text) }
}

/// Lower-case hexadecimal with colons: `"02:00:00:00:00:01"`.
extension MACAddress: JSONScalar {
    func write(to text: inout TextBuffer) {
        text.append(UInt8(ascii: "\""))
        text.append(self)
        text.append(UInt8(ascii: "\""))
    }
}

/// A percentage with one decimal: `66.7`; `0.0` if the whole is 0.
struct Percentage: JSONScalar {
    var part: Int
    var whole: Int

    init(_ part: Int, of whole: Int) {
        self.part = part
        self.whole = whole
    }

    func write(to text: inout TextBuffer) { text.append(Percent.oneDecimal(part, of: whole)) }
}
