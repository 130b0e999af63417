/// A line of a message and its line ending, so that the original bytes are preserved.
public struct HTTPLine: Hashable, Sendable {
    /// The ending of a line (RFC 9112, section 2.2).
    public enum Ending: String, Hashable, Sendable {
        case crlf
        /// A line feed alone, which recipients may accept as a line ending.
        case bareLineFeed
        /// The bytes ended before a line ending.
        case missing

        var bytes: [UInt8] {
            switch self {
            case .crlf: [13, 10]
            case .bareLineFeed: [10]
            case .missing: []
            }
        }
    }

    /// The line without its ending.
    public var bytes: [UInt8]
    /// The ending of the line.
    public var ending: Ending

    /// Creates a line, by default ended by CRLF.
    public init(_ bytes: [UInt8], ending: Ending = .crlf) {
        self.bytes = bytes
        self.ending = ending
    }

    /// Creates a line, by default ended by CRLF.
    public init(_ text: String, ending: Ending = .crlf) { self.init(Array(text.utf8), ending: ending) }

    var byteCount: Int { bytes.count + ending.bytes.count }

    /// Returns the line that begins at `offset`, and the offset of the next line.
    static func read(_ bytes: RawSpan, at offset: Int) -> (line: HTTPLine, next: Int) {
        var end = offset
        while end < bytes.byteCount, bytes.byte(at: end) != 10 { end += 1 }
        guard end < bytes.byteCount else {
            return (HTTPLine(bytes.dropping(offset).copied(), ending: .missing), end)
        }
        let hasReturn = end > offset && bytes.byte(at: end - 1) == 13
        let text = bytes.extracting(offset..<(hasReturn ? end - 1 : end)).copied()
        return (HTTPLine(text, ending: hasReturn ? .crlf : .bareLineFeed), end + 1)
    }

    /// The text for display: bytes above 0x7F are decoded as UTF-8; invalid ones are replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
