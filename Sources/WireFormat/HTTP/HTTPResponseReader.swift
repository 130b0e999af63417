/// Parses one response incrementally, in bounded
/// memory: interim responses, the head, the body without its framing, trailers (RFC 9112, section 6).
public struct HTTPResponseReader: Sendable {
    /// The limits after which a response is rejected.
    public struct Limits: Hashable, Sendable {
        /// The maximum length of a head, and of the trailers, in bytes.
        public var head = 256 << 10
        /// The maximum number of interim responses (1xx).
        public var interimResponses = 32
        /// The maximum length of the body, in bytes.
        public var body = Int.max

        /// Creates the default limits.
        public init() {}
    }

    private enum State: Hashable {
        case head
        case data(left: Int)
        case dataUntilEnd
        case chunkSize
        case chunkData(left: Int)
        case chunkEnd
        case trailers
        /// The body of HTTP/2.
        case stream
        /// The response has ended.
        case finished
    }

    private let method: HTTPMethod
    private let limits: Limits
    private var state = State.head
    /// The bytes of an incomplete head, line or trailer section.
    private var pending: [UInt8] = []
    private var scan = HeadScan()
    private var trailersLength = 0

    /// The interim responses, in order; 101 counts as final.
    public private(set) var interim: [HTTPHead] = []
    /// The head of the final response, once complete; an incomplete one if the bytes ended.
    public private(set) var head: HTTPHead?
    /// The framing of the body, once the head is complete.
    public private(set) var framing: HTTPBodyFraming?
    /// The number of body bytes received, without framing.
    public private(set) var bodyLength = 0
    /// The number of bytes of the response received, including framing.
    public private(set) var length = 0
    /// The fields after the last chunk.
    public private(set) var trailers: [HTTPField] = []
    /// The violations of the standard, except those in the lines of heads.
    public private(set) var problems: [HTTPProblem] = []
    /// Whether the response is complete.
    public private(set) var isComplete = false

    /// - Parameter method: the method of the request.
    public init(method: HTTPMethod, limits: Limits = Limits()) {
        self.method = method
        self.limits = limits
    }

    /// Whether no more bytes are accepted: the response is complete or was rejected.
    public var isFinished: Bool { state == .finished }

    /// Whether nothing was received yet.
    public var isEmpty: Bool { length == 0 }

    /// Whether the bytes do not begin like an HTTP/1 response: all of them are then body.
    public var isHeadless: Bool { problems.contains(.noStatusLine) }

    /// The first bytes that were received instead of a response, at most 512; empty if a response began.
    public private(set) var unrecognized: [UInt8] = []

    private static let mostUnrecognized = 512

    /// Parses the bytes that belong to this response.
    /// - Parameter body: called with the body data piece by piece, and the head to which it belongs.
    /// - Returns: the number of bytes that belong to the response.
    public mutating func take(_ bytes: RawSpan, body: (HTTPHead?, RawSpan) -> Void) -> Int {
        var offset = 0
        while offset < bytes.byteCount, state != .finished {
            offset += step(bytes.dropping(offset), body)
        }
        length += offset
        return offset
    }

    /// Reports the end of the connection.
    /// - Parameter isCut: whether the recipient stopped reading, so that an unfinished body is no problem.
    public mutating func end(isCut: Bool = false) {
        switch state {
        case .finished: return
        case .dataUntilEnd: isComplete = true
        case .head:
            guard !pending.isEmpty else { break }
            // Bytes that are not a response, but too few to have been recognized before.
            if !Self.mayBeginHead(pending) || pending.drop(while: \.isLineEnd).count < 5 {
                problems.append(.noStatusLine)
                unrecognized = Array(pending.prefix(Self.mostUnrecognized))
            }
            head = HTTPHead(pending.rawBytes)
        default: if !isCut { problems.append(.unfinishedBody) }
        }
        state = .finished
    }

    /// Parses the next piece; returns its length, at least 1 byte.
    private mutating func step(_ bytes: RawSpan, _ body: (HTTPHead?, RawSpan) -> Void) -> Int {
        switch state {
        case .finished: return 0
        case .head: return takeHead(bytes, body)
        case .data(let left):
            let count = give(bytes.prefix(left), body)
            if state != .finished { if count == left { complete() } else { state = .data(left: left - count) } }
            return count
        case .dataUntilEnd, .stream: return give(bytes, body)
        case .chunkData(let left):
            let count = give(bytes.prefix(left), body)
            if state != .finished { state = count == left ? .chunkEnd : .chunkData(left: left - count) }
            return count
        case .chunkSize, .chunkEnd, .trailers: return takeLine(bytes)
        }
    }

    private mutating func give(_ bytes: RawSpan, _ body: (HTTPHead?, RawSpan) -> Void) -> Int {
        let room = limits.body - bodyLength
        if isHeadless, unrecognized.count < Self.mostUnrecognized {
            unrecognized += bytes.prefix(Self.mostUnrecognized - unrecognized.count).copied()
        }
        let piece = bytes.prefix(room)
        if piece.byteCount > 0 { body(head, piece) }
        bodyLength += piece.byteCount
        if bytes.byteCount > room { giveUp(.bodyTooLong(limit: limits.body)) }
        return bytes.byteCount
    }

    private mutating func complete() {
        isComplete = true
        state = .finished
    }

    private mutating func giveUp(_ problem: HTTPProblem) {
        problems.append(problem)
        state = .finished
    }

    // MARK: Head

    private mutating func takeHead(_ bytes: RawSpan, _ body: (HTTPHead?, RawSpan) -> Void) -> Int {
        let end = scan.end(in: bytes)
        let count = min(end ?? bytes.byteCount, limits.head + 1 - pending.count)
        pending += bytes.prefix(count).copied()
        if !Self.mayBeginHead(pending) {
            problems.append(.noStatusLine)
            framing = .untilClose
            state = .dataUntilEnd
            let all = pending
            pending = []
            _ = give(all.rawBytes, body)
        } else if pending.count > limits.head {
            giveUp(.headTooLong(limit: limits.head))
        } else if end == count {
            finishHead()
        }
        return count
    }

    /// Whether the bytes can be the beginning of a response: empty lines, then `HTTP/` in any case.
    private static func mayBeginHead(_ bytes: [UInt8]) -> Bool {
        let text = bytes.drop(while: \.isLineEnd).prefix(5)
        return text.equalsIgnoringCase("HTTP/".utf8.prefix(text.count))
    }

    private mutating func finishHead() {
        let head = HTTPHead(pending.rawBytes)
        pending = []
        scan = HeadScan()
        guard let framing = accept(head) else { return }
        switch framing {
        case .none, .tunnel, .length(0): complete()
        case .length(let length): state = .data(left: length)
        case .chunked: state = .chunkSize
        case .untilClose, .stream: state = .dataUntilEnd
        // Without its length the response cannot be read (RFC 9112, section 6.3). The head has the problem.
        case .invalid: state = .finished
        }
    }

    /// Returns the framing of the body; nil after an interim response.
    private mutating func accept(_ head: HTTPHead) -> HTTPBodyFraming? {
        if case .status(let line) = head.start, let code = line.code, (100...199).contains(code), code != 101 {
            interim.append(head)
            if interim.count >= limits.interimResponses { giveUp(.endlessInterimResponses(interim.count)) }
            return nil
        }
        self.head = head
        framing = head.responseFraming(to: method)
        return framing
    }

    // MARK: HTTP/2, whose frames have no text

    /// Takes the head of an interim or final HTTP/2 response; its body is passed to `take`.
    public mutating func take(_ head: HTTPHead) {
        guard state != .finished else { return }
        length += head.byteCount
        if accept(head) != nil { state = .stream }
    }

    /// Takes the end of the HTTP/2 stream.
    public mutating func endStream(trailers: [HTTPField]) {
        guard state == .stream else { return }
        self.trailers = trailers
        complete()
    }

    // MARK: Chunks

    private mutating func takeLine(_ bytes: RawSpan) -> Int {
        var count = 0
        while count < bytes.byteCount, bytes.byte(at: count) != 10 { count += 1 }
        let hasEnd = count < bytes.byteCount
        if hasEnd { count += 1 }
        let room = limits.head - pending.count - trailersLength
        pending += bytes.prefix(min(count, room)).copied()
        if count > room {
            giveUp(state == .trailers ? .trailersTooLong(limit: limits.head) : .chunkLineTooLong(limit: limits.head))
        } else if hasEnd {
            finishLine()
        }
        return count
    }

    private mutating func finishLine() {
        let line = HTTPLine.read(pending.rawBytes, at: 0).line
        let length = pending.count
        pending.removeAll(keepingCapacity: true)
        note(.bareLineFeed, if: line.ending == .bareLineFeed)
        if state == .trailers {
            trailersLength += length
            if line.bytes.isEmpty {
                complete()
            } else if line.bytes[0].isBlank, !trailers.isEmpty {
                trailers[trailers.count - 1].fold(line)
            } else {
                trailers.append(HTTPField(line))
            }
        } else if state == .chunkEnd {
            note(.missingChunkEnd, if: !line.bytes.isEmpty)
            state = .chunkSize
        } else if let size = HTTPChunkedBody.size(line) {
            guard size <= HTTPChunkedBody.mostBytes else { return giveUp(.chunkTooLarge) }
            let afterSize = line.bytes.first { $0.hexadecimalDigit == nil }
            note(.whitespaceAfterChunkSize, if: afterSize?.isBlank == true)
            state = size == 0 ? .trailers : .chunkData(left: size)
        } else {
            giveUp(.invalidChunkSize)
        }
    }

    private mutating func note(_ problem: HTTPProblem, if isTrue: Bool) {
        if isTrue, !problems.contains(problem) { problems.append(problem) }
    }
}

extension UInt8 {
    /// Whether this is CR or LF.
    fileprivate var isLineEnd: Bool { self == 13 || self == 10 }
}
