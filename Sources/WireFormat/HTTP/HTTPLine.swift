/// One line of a message, and how it ended: kept apart, so that nothing of it is lost.
public struct HTTPLine: Hashable, Sendable {
    /// What ended a line (RFC 9112, section 2.2).
    public enum Ending: String, Hashable, Sendable {
        case crlf
        /// A line feed alone, which the standard lets readers take for an end.
        case bareLineFeed
        /// The bytes ended first.
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
    /// What ended it.
    public var ending: Ending

    /// A line of these bytes, ended by CRLF unless it is said otherwise.
    public init(_ bytes: [UInt8], ending: Ending = .crlf) {
        self.bytes = bytes
        self.ending = ending
    }

    /// A line of these bytes, ended by CRLF unless it is said otherwise.
    public init(_ text: String, ending: Ending = .crlf) { self.init(Array(text.utf8), ending: ending) }

    var byteCount: Int { bytes.count + ending.bytes.count }

    /// The line that begins at `offset`, and where the next begins.
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

    /// The text for people: bytes above 0x7F as UTF-8 where they are, and replaced otherwise.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
