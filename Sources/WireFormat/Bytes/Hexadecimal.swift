/// Returns two lowercase hexadecimal digits.
public func hexadecimal(_ byte: UInt8) -> String { hexadecimal(byte, digits: 2) }

/// Returns a number in lowercase hexadecimal.
/// - Parameter digits: the minimum number of digits; zeros are added in front.
public func hexadecimal(_ value: some UnsignedInteger, digits: Int) -> String {
    zeroPadded(String(value, radix: 16), to: digits)
}

/// Returns bytes as pairs of lowercase hexadecimal digits.
public func hexadecimal(_ bytes: [UInt8], separator: String = "") -> String {
    bytes.map { hexadecimal($0) }.joined(separator: separator)
}

/// Returns digits with zeros in front, at least `width` characters.
public func zeroPadded(_ digits: String, to width: Int) -> String {
    String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
}

/// Returns the bytes of pairs of hexadecimal digits in either case; nil for other text, or an odd number of digits.
public func bytes(ofHexadecimal text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.compactMap(\.hexadecimalDigit)
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit in either case.
    package var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The value of an ASCII decimal digit.
    package var decimalDigit: UInt8? {
        self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") ? self - UInt8(ascii: "0") : nil
    }
}
