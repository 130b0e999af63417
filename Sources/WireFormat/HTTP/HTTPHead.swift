/// The head of an HTTP/1 message: its first line, its fields and the empty
/// line after them, every byte as it came (RFC 9112, section 2.1).
///
/// Whatever the bytes, they are read; `problems` says what the standard
/// thinks of them. Writing gives the same bytes.
public struct HTTPHead: Hashable, Sendable, WireEncodable {
    /// Empty lines before the first one that is not (RFC 9112, section 2.2).
    public var leadingLines: [HTTPLine]
    /// The request line or status line.
    public var startLine: HTTPLine {
        didSet { start = HTTPStartLine(startLine.bytes) }
    }
    /// What the first line says.
    public private(set) var start: HTTPStartLine
    /// The fields, in their order.
    public var fields: [HTTPField]
    /// The empty line that ends the head; nil when the bytes ended first.
    public var end: HTTPLine?

    /// A head of this first line and these fields, ended by an empty line.
    public init(startLine: String, fields: [HTTPField] = []) {
        leadingLines = []
        self.startLine = HTTPLine(startLine)
        start = HTTPStartLine(self.startLine.bytes)
        self.fields = fields
        end = HTTPLine([])
    }

    /// A request as it should be written.
    public static func request(
        _ method: HTTPMethod, _ target: String, version: HTTPVersion = .http11, fields: [HTTPField] = []
    ) -> HTTPHead {
        HTTPHead(startLine: "\(method) \(target) \(version)", fields: fields)
    }

    /// A response as it should be written.
    public static func response(
        _ code: Int, _ reason: String, version: HTTPVersion = .http11, fields: [HTTPField] = []
    ) -> HTTPHead {
        HTTPHead(startLine: "\(version) \(code) \(reason)", fields: fields)
    }

    /// Reads a head from the start of `bytes`; what follows it is the body.
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
                // Observers of properties sleep in an initializer.
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

    /// Whether the empty line that ends the head is in `bytes`: until then more may come.
    public static func isComplete(_ bytes: RawSpan) -> Bool {
        var scan = HeadScan()
        return scan.end(in: bytes) != nil
    }

    /// The values of every field of this name, in their order.
    public func values(_ name: String) -> [String] { fields.filter { $0.isNamed(name) }.map(\.value) }

    /// How many fields have this name.
    func count(of name: String) -> Int { fields.count { $0.isNamed(name) } }

    /// The value of the first field of this name.
    public subscript(name: String) -> String? { fields.first { $0.isNamed(name) }?.value }

    /// The members of a field that is a list, from all its lines, empty ones left out (RFC 9110, section 5.6.1).
    public func list(_ name: String) -> [String] {
        fields.filter { $0.isNamed(name) }.flatMap { field in
            HTTPList.members(field.valueBytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Every line of the head, in order.
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

/// Members of comma-separated values, quoted strings kept whole (RFC 9110, sections 5.6.1 and 5.6.4).
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
