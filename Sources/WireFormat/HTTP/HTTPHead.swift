/// The head of an HTTP/1 message: its start line, its fields and the following empty
/// line, with every byte as received (RFC 9112, section 2.1).
///
/// Any bytes are accepted; `problems` returns the violations of the
/// standard. Writing gives the same bytes.
public struct HTTPHead: Hashable, Sendable, WireEncodable {
    /// The empty lines before the start line (RFC 9112, section 2.2).
    public var leadingLines: [HTTPLine]
    /// The request line or status line.
    public var startLine: HTTPLine {
        didSet { start = HTTPStartLine(startLine.bytes) }
    }
    /// The parsed start line.
    public private(set) var start: HTTPStartLine
    /// The fields, in order.
    public var fields: [HTTPField]
    /// The empty line that ends the head; nil if the bytes ended before it.
    public var end: HTTPLine?

    /// Creates a head with a start line, fields and the empty line at the end.
    public init(startLine: String, fields: [HTTPField] = []) {
        leadingLines = []
        self.startLine = HTTPLine(startLine)
        start = HTTPStartLine(self.startLine.bytes)
        self.fields = fields
        end = HTTPLine([])
    }

    /// Creates the head of an HTTP/2 response (RFC 9113, section 8.3.2).
    /// - Parameter status: the value of `:status`.
    public init(http2Status status: Int, fields: [HTTPField]) {
        leadingLines = []
        startLine = HTTPLine("\(HTTPVersion.http2) \(status)")
        start = .status(HTTPStatusLine(http2: status))
        self.fields = fields
        end = HTTPLine([])
    }

    /// Returns a valid request.
    public static func request(
        _ method: HTTPMethod, _ target: String, version: HTTPVersion = .http11, fields: [HTTPField] = []
    ) -> HTTPHead {
        HTTPHead(startLine: "\(method) \(target) \(version)", fields: fields)
    }

    /// Returns a valid response.
    public static func response(
        _ code: Int, _ reason: String, version: HTTPVersion = .http11, fields: [HTTPField] = []
    ) -> HTTPHead {
        HTTPHead(startLine: "\(version) \(code) \(reason)", fields: fields)
    }

    /// Parses a head from the start of `bytes`; the body follows it.
    public init(_ bytes: RawSpan) {
        leadingLines = []
        startLine = HTTPLine([], ending: .missing)
        start = HTTPStartLine([])
        fields = []
        var offset = 0
        while offset < bytes.byteCount {
            let (line, next) = HTTPLine.read(bytes, at: offset)
            offset = next
            guard line.bytes.isEmpty, line.ending != .missing else {
                startLine = line
                // Property observers are not called in an initializer.
                start = HTTPStartLine(line.bytes)
                break
            }
            leadingLines.append(line)
        }
        while offset < bytes.byteCount {
            let (line, next) = HTTPLine.read(bytes, at: offset)
            offset = next
            if line.bytes.isEmpty {
                end = line
                return
            }
            if line.bytes[0].isBlank, !fields.isEmpty {
                fields[fields.count - 1].fold(line)
            } else {
                fields.append(HTTPField(line))
            }
        }
    }

    /// Whether `bytes` contains the empty line that ends the head.
    public static func isComplete(_ bytes: RawSpan) -> Bool {
        var scan = HeadScan()
        return scan.end(in: bytes) != nil
    }

    /// Returns the values of every field with this name, in order.
    public func values(_ name: String) -> [String] { fields.filter { $0.isNamed(name) }.map(\.value) }

    /// Returns the number of fields with this name.
    func count(of name: String) -> Int { fields.count { $0.isNamed(name) } }

    /// The value of the first field with this name.
    public subscript(name: String) -> String? { fields.first { $0.isNamed(name) }?.value }

    /// Returns the members of a list field from all its lines, without empty ones (RFC 9110, section 5.6.1).
    public func list(_ name: String) -> [String] {
        fields.filter { $0.isNamed(name) }.flatMap { field in
            HTTPList.members(field.valueBytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Calls `body` with every line of the head, in order.
    func forEachLine<Failure: Error>(_ body: (HTTPLine) throws(Failure) -> Void) throws(Failure) {
        for line in leadingLines { try body(line) }
        try body(startLine)
        for field in fields {
            for line in field.lines { try body(line) }
        }
        if let end { try body(end) }
    }

    public var byteCount: Int {
        var count = 0
        forEachLine { count += $0.byteCount }
        return count
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        var position = offset
        for line in leadingLines { bytes.copy(line, at: &position) }
        bytes.copy(startLine, at: &position)
        for field in fields {
            for line in field.lines { bytes.copy(line, at: &position) }
        }
        if let end { bytes.copy(end, at: &position) }
    }
}

/// Finds the empty line that ends a head, incrementally: each byte is examined once.
struct HeadScan: Sendable {
    private var hasText = false
    private var lineLength = 0
    private var endsWithReturn = false

    /// Returns the number of bytes up to and including the line feed that ends the head, or nil if it is not in
    /// `bytes`.
    mutating func end(in bytes: RawSpan) -> Int? {
        for offset in 0..<bytes.byteCount {
            let byte = bytes.byte(at: offset)
            if byte == 10 {
                if lineLength > (endsWithReturn ? 1 : 0) {
                    hasText = true
                } else if hasText {
                    return offset + 1
                }
                lineLength = 0
                endsWithReturn = false
            } else {
                lineLength += 1
                endsWithReturn = byte == 13
            }
        }
        return nil
    }
}

/// Splits comma-separated values, keeping quoted strings whole (RFC 9110, sections 5.6.1 and 5.6.4).
enum HTTPList {
    static func members(_ value: [UInt8]) -> [ArraySlice<UInt8>] {
        var members: [ArraySlice<UInt8>] = []
        var start = 0
        var isQuoted = false
        var index = 0
        while index < value.count {
            switch value[index] {
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                members.append(value[start..<index].trimmingBlanks)
                start = index + 1
            default: break
            }
            index += 1
        }
        members.append(value[start...].trimmingBlanks)
        return members.filter { !$0.isEmpty }
    }
}
