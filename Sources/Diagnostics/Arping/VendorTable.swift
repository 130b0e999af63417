import WireFormat

/// The vendors of MAC address prefixes, from the IEEE's list of assignments.
package struct VendorTable: Sendable {
    private let bytes: [UInt8]
    /// The location of each name in the text, by prefix: the prefix bits, with the prefix length in the low bits.
    private var names: [UInt64: Range<Int>] = [:]

    /// The number of assignments.
    package var count: Int { names.count }

    /// Reads a list in any of the usual formats: lines of a prefix (6, 7 or 9 hexadecimal digits, with or without
    /// hyphens or colons), white space, an optional `(hex)` or `(base 16)`, and the name. Other lines are skipped.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if let (key, name) = Self.entry(bytes, start..<end) { names[key] = name }
            start = end + 1
        }
    }

    private static func entry(_ bytes: [UInt8], _ line: Range<Int>) -> (key: UInt64, name: Range<Int>)? {
        var (value, digits) = (UInt64(0), 0)
        var index = line.lowerBound
        func skipBlanks() {
            while index < line.upperBound, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        }
        while index < line.upperBound, digits <= 9 {
            let byte = bytes[index]
            if let digit = byte.hexadecimalDigit {
                value = value << 4 | UInt64(digit)
                digits += 1
            } else if byte != UInt8(ascii: "-"), byte != UInt8(ascii: ":") {
                break
            }
            index += 1
        }
        guard [6, 7, 9].contains(digits) else { return nil }
        skipBlanks()
        // The IEEE's format has `(hex)` or `(base 16)` between prefix and name.
        if index < line.upperBound, bytes[index] == UInt8(ascii: "(") {
            guard let close = bytes[index..<line.upperBound].firstIndex(of: UInt8(ascii: ")")) else { return nil }
            index = close + 1
            skipBlanks()
        }
        var end = line.upperBound
        while end > index, bytes[end - 1] <= 0x20 { end -= 1 }
        guard index < end else { return nil }
        return (key(value, digits), index..<end)
    }

    private static func key(_ prefix: UInt64, _ digits: Int) -> UInt64 { prefix << 4 | UInt64(digits) }

    /// Returns the vendor of an address by longest prefix; nil if there is none, and for locally administered and
    /// multicast addresses.
    package func name(of mac: MACAddress) -> String? {
        guard !mac.isLocallyAdministered, !mac.isMulticast else { return nil }
        for digits in [9, 7, 6] {
            if let range = names[Self.key(mac.rawValue >> (48 - 4 * digits), digits)] {
                return String(decoding: bytes[range], as: UTF8.self)
            }
        }
        return nil
    }
}
