/// A chunked body with every byte as received (RFC 9112, section 7.1).
public struct HTTPChunkedBody: Hashable, Sendable, WireEncodable {
    /// A chunk with data: its size line, the data, and the following line end.
    public struct Chunk: Hashable, Sendable {
        /// The size in hexadecimal and the extensions.
        public var sizeLine: HTTPLine
        /// The chunk's data.
        public var data: [UInt8]
        /// The bytes between the data and the next chunk: only a line end if the chunk is valid.
        public var end: HTTPLine?

        /// Creates a valid chunk.
        public init(_ data: [UInt8], extensions: String = "") {
            sizeLine = HTTPLine(Array((String(data.count, radix: 16) + extensions).utf8))
            self.data = data
            end = HTTPLine([])
        }

        init(sizeLine: HTTPLine, data: [UInt8], end: HTTPLine?) {
            self.sizeLine = sizeLine
            self.data = data
            self.end = end
        }

        /// The bytes after the size: `;name=value`.
        public var extensions: [UInt8] {
            Array(sizeLine.bytes.drop { $0.hexadecimalDigit != nil })
        }

        var byteCount: Int { sizeLine.byteCount + data.count + (end?.byteCount ?? 0) }
    }

    /// The chunks with data.
    public var chunks: [Chunk]
    /// The last chunk line, of size 0; nil if the bytes ended or were invalid before it.
    public var lastLine: HTTPLine?
    /// The fields after the last chunk (RFC 9112, section 7.1.2).
    public var trailers: [HTTPField]
    /// The empty line after the trailers; nil if the bytes ended before it.
    public var end: HTTPLine?
    /// The bytes from the first invalid chunk size on.
    public var rest: [UInt8]
    /// Violations of the standard, in order.
    public private(set) var problems: [HTTPProblem]

    /// Creates a body with chunks of at most `size` bytes.
    public init(_ data: [UInt8], chunkSize size: Int, trailers: [HTTPField] = []) {
        chunks = stride(from: 0, to: data.count, by: max(size, 1)).map {
            Chunk(Array(data[$0..<min($0 + max(size, 1), data.count)]))
        }
        lastLine = HTTPLine("0")
        self.trailers = trailers
        end = HTTPLine([])
        rest = []
        problems = []
    }

    /// Parses chunks from the start of `bytes`; `byteCount` is the number of bytes parsed.
    public init(_ bytes: RawSpan) {
        chunks = []
        trailers = []
        rest = []
        problems = []
        var offset = 0
        while offset < bytes.byteCount {
            let start = offset
            let (line, next) = HTTPLine.read(bytes, at: offset)
            let size = Self.size(line)
            guard let size, size <= Self.mostBytes, line.ending != .missing else {
                problems.append(
                    line.ending == .missing ? .unfinishedBody : size == nil ? .invalidChunkSize : .chunkTooLarge)
                rest = bytes.dropping(start).copied()
                return
            }
            note(line)
            offset = next
            if size == 0 {
                lastLine = line
                readTrailers(bytes, from: offset)
                return
            }
            let data = bytes.dropping(offset).prefix(size).copied()
            offset += data.count
            guard data.count == size, offset < bytes.byteCount else {
                chunks.append(Chunk(sizeLine: line, data: data, end: nil))
                problems.append(.unfinishedBody)
                return
            }
            let (end, afterEnd) = HTTPLine.read(bytes, at: offset)
            if !end.bytes.isEmpty { problems.append(.missingChunkEnd) }
            if end.ending == .bareLineFeed { problems.append(.bareLineFeed) }
            chunks.append(Chunk(sizeLine: line, data: data, end: end))
            offset = afterEnd
        }
        problems.append(.unfinishedBody)
    }

    private mutating func readTrailers(_ bytes: RawSpan, from start: Int) {
        var offset = start
        while offset < bytes.byteCount {
            let (line, next) = HTTPLine.read(bytes, at: offset)
            offset = next
            if line.bytes.isEmpty, line.ending != .missing {
                end = line
                return
            }
            if let first = line.bytes.first, first.isBlank, !trailers.isEmpty {
                trailers[trailers.count - 1].fold(line)
            } else {
                trailers.append(HTTPField(line))
            }
        }
        problems.append(.unfinishedBody)
    }

    private mutating func note(_ line: HTTPLine) {
        if line.ending == .bareLineFeed { problems.append(.bareLineFeed) }
        if line.bytes.drop(while: { $0.hexadecimalDigit != nil }).first?.isBlank == true {
            problems.append(.whitespaceAfterChunkSize)
        }
    }

    /// The maximum size of a chunk.
    static let mostBytes = 1 << 31

    /// Returns the size in a chunk line, at most `mostBytes` + 1; nil if there is none, or if it is followed by anything
    /// but spaces or an extension.
    static func size(_ line: HTTPLine) -> Int? {
        let digits = line.bytes.prefix { $0.hexadecimalDigit != nil }
        let after = line.bytes.dropFirst(digits.count).drop { $0.isBlank }
        guard !digits.isEmpty, after.isEmpty || after.first == UInt8(ascii: ";") else { return nil }
        var size = 0
        for digit in digits {
            size = min(size << 4 | Int(digit.hexadecimalDigit ?? 0), mostBytes + 1)
        }
        return size
    }

    /// The data of all chunks.
    public var data: [UInt8] { chunks.flatMap(\.data) }

    /// Whether the last chunk and the following empty line are present.
    public var isComplete: Bool { lastLine != nil && end != nil }

    public var byteCount: Int {
        chunks.reduce(0) { $0 + $1.byteCount } + (lastLine?.byteCount ?? 0)
            + trailers.reduce(0) { $0 + $1.byteCount } + (end?.byteCount ?? 0) + rest.count
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        var position = offset
        for chunk in chunks {
            bytes.copy(chunk.sizeLine, at: &position)
            bytes.copy(chunk.data, at: position)
            position += chunk.data.count
            if let end = chunk.end { bytes.copy(end, at: &position) }
        }
        if let lastLine { bytes.copy(lastLine, at: &position) }
        for line in trailers.flatMap(\.lines) { bytes.copy(line, at: &position) }
        if let end { bytes.copy(end, at: &position) }
        bytes.copy(rest, at: position)
    }
}

extension MutableRawSpan {
    /// Copies a line with its ending to `offset`, and advances `offset`.
    @_lifetime(self: copy self)
    mutating func copy(_ line: HTTPLine, at offset: inout Int) {
        copy(line.bytes, at: offset)
        copy(line.ending.bytes, at: offset + line.bytes.count)
        offset += line.byteCount
    }
}
