/// The members of one JSON object, read from a line that this or another program has written (RFC 8259).
///
/// Strings, numbers, `true`, `false` and `null` are kept as text; nested objects and arrays are skipped. The
/// initializer returns nil if the line is not an object.
struct JSONFields {
    private var fields: [String: String] = [:]

    subscript(name: String) -> String? { fields[name] }

    /// The maximum nesting depth; the program's own objects are less deep.
    private static let maximumDepth = 32

    init?(_ line: some StringProtocol) {
        var reader = Reader(bytes: Array(line.utf8))
        reader.skipBlanks()
        guard reader.take(UInt8(ascii: "{")) else { return nil }
        reader.skipBlanks()
        if reader.take(UInt8(ascii: "}")) { return }
        repeat {
            reader.skipBlanks()
            guard let name = reader.string() else { return nil }
            reader.skipBlanks()
            guard reader.take(UInt8(ascii: ":")) else { return nil }
            reader.skipBlanks()
            guard let value = reader.value(depth: 0) else { return nil }
            if let text = value.text { fields[name] = text }
            reader.skipBlanks()
        } while reader.take(UInt8(ascii: ","))
        guard reader.take(UInt8(ascii: "}")) else { return nil }
        reader.skipBlanks()
        guard reader.isAtEnd else { return nil }
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { index == bytes.count }
        private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func skipBlanks() {
            while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            index += 1
            return true
        }

        /// Reads a value and returns its text, with nil as the text of an object or array; nil if there is no value.
        mutating func value(depth: Int) -> (text: String?, Void)? {
            switch next {
            case UInt8(ascii: "\""): return string().map { ($0, ()) }
            case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested(depth: depth) ? (nil, ()) : nil
            default:
                let start = index
                while let byte = next, !",]} \t\r\n".utf8.contains(byte) { index += 1 }
                return index > start ? (String(decoding: bytes[start..<index], as: UTF8.self), ()) : nil
            }
        }

        private mutating func skipNested(depth: Int) -> Bool {
            guard depth < JSONFields.maximumDepth else { return false }
            let isObject = next == UInt8(ascii: "{")
            let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            index += 1
            skipBlanks()
            if take(close) { return true }
            repeat {
                skipBlanks()
                if isObject {
                    guard string() != nil else { return false }
                    skipBlanks()
                    guard take(UInt8(ascii: ":")) else { return false }
                    skipBlanks()
                }
                guard value(depth: depth + 1) != nil else { return false }
                skipBlanks()
            } while take(UInt8(ascii: ","))
            return take(close)
        }

        /// Reads a string and returns its contents, without quotes and escapes.
        mutating func string() -> String? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            var units: [UInt8] = []
            while let byte = next {
                index += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let scalar = escape() else { return nil }
                    units += Array(String(scalar).utf8)
                default: units.append(byte)
                }
            }
            return nil
        }

        private mutating func escape() -> Unicode.Scalar? {
            guard let byte = next else { return nil }
            index += 1
            switch byte {
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{C}"
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
            case UInt8(ascii: "u"):
                guard let high = codeUnit() else { return nil }
                // A surrogate pair is one scalar above U+FFFF.
                if 0xD800..<0xDC00 ~= high, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = codeUnit(),
                    0xDC00..<0xE000 ~= low
                {
                    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
                }
                return Unicode.Scalar(high) ?? "\u{FFFD}"
            default: return nil
            }
        }

        private mutating func codeUnit() -> UInt32? {
            guard index + 4 <= bytes.count,
                let value = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
            else { return nil }
            index += 4
            return value
        }
    }
}
