/// The start line of a message (RFC 9112, sections 3 and 4), parsed as
/// leniently as servers and clients do: fields are separated by any
/// number of spaces and tabs.
public enum HTTPStartLine: Hashable, Sendable {
    case request(HTTPRequestLine)
    case status(HTTPStatusLine)

    /// Parses a line: one that begins with `HTTP/` in any case is a status line, every other one a request line.
    public init(_ line: [UInt8]) {
        self =
            line.prefix(5).equalsIgnoringCase("HTTP/")
            ? .status(HTTPStatusLine(line)) : .request(HTTPRequestLine(line))
    }

    /// Returns the start line if the bytes look like an HTTP/1
    /// message: a response, or a request with a known method. Nil otherwise.
    @_lifetime(copy bytes)
    public static func recognized(in bytes: RawSpan) -> RawSpan? {
        guard isRecognized(in: bytes) else { return nil }
        let limit = min(bytes.byteCount, 8_192)
        var end = 0
        while end < limit, bytes.byte(at: end) != 10, bytes.byte(at: end) != 13 { end += 1 }
        return bytes.prefix(end)
    }

    /// Whether the bytes look like the beginning of an HTTP/1 message.
    public static func isRecognized(in bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 9 else { return false }
        let word = bytes.bigEndian32(at: 0)
        switch word {
        // "HTTP", "GET ", "POST", "HEAD", "PUT ", "DELE", "TRAC", "CONN", "OPTI", "PATC"
        case 0x4854_5450: return bytes.byte(at: 4) == UInt8(ascii: "/")
        case 0x4745_5420, 0x5055_5420: return true
        case 0x504F_5354, 0x4845_4144: return bytes.byte(at: 4) == 0x20
        case 0x4445_4C45, 0x5452_4143, 0x434F_4E4E, 0x4F50_5449, 0x5041_5443:
            return HTTPMethod.known.contains { method in
                let name = Array(method.name.utf8)
                return bytes.byteCount > name.count && bytes.byte(at: name.count) == 0x20
                    && name.indices.allSatisfy { bytes.byte(at: $0) == name[$0] }
            }
        default: return false
        }
    }
}

/// A request method (RFC 9110, section 9); case-sensitive.
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    /// The method's name.
    public var name: String
    /// Creates a method from its name.
    public init(_ name: String) { self.name = name }

    /// Transfers a representation (RFC 9110, section 9.3.1).
    public static let get = HTTPMethod("GET")
    /// Like GET, but without content in the response (section 9.3.2).
    public static let head = HTTPMethod("HEAD")
    /// Lets the resource process the content (section 9.3.3).
    public static let post = HTTPMethod("POST")
    /// Replaces the resource (section 9.3.4).
    public static let put = HTTPMethod("PUT")
    /// Removes the resource (section 9.3.5).
    public static let delete = HTTPMethod("DELETE")
    /// Establishes a tunnel (section 9.3.6).
    public static let connect = HTTPMethod("CONNECT")
    /// Requests the communication options (section 9.3.7).
    public static let options = HTTPMethod("OPTIONS")
    /// Requests a loop-back of the request (section 9.3.8).
    public static let trace = HTTPMethod("TRACE")
    /// Modifies the resource (RFC 5789).
    public static let patch = HTTPMethod("PATCH")

    /// The methods above.
    public static let known: [HTTPMethod] = [.get, .head, .post, .put, .delete, .connect, .options, .trace, .patch]

    public var description: String { name }

    /// Whether the name can be sent as one word: printable ASCII characters without spaces.
    public var isSendable: Bool { !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}

/// The version, `HTTP/1.1`, as received (RFC 9112, section 2.3).
public struct HTTPVersion: Hashable, Sendable, CustomStringConvertible {
    /// The bytes as received.
    public var bytes: [UInt8]
    /// Creates a version from bytes.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Creates a version from its numbers.
    public init(major: UInt8, minor: UInt8) { bytes = Array("HTTP/\(major).\(minor)".utf8) }

    /// HTTP/1.0 (RFC 1945).
    public static let http10 = HTTPVersion(major: 1, minor: 0)
    /// HTTP/1.1 (RFC 9112).
    public static let http11 = HTTPVersion(major: 1, minor: 1)

    /// HTTP/2 (RFC 9113), as curl writes it; no message contains it.
    public static let http2 = HTTPVersion(bytes: Array("HTTP/2".utf8))

    /// The text after the slash, as received: `1.1`.
    public var number: String { String(description.drop { $0 != "/" }.dropFirst()) }

    /// The version numbers; nil unless the text is exactly `HTTP/`, a digit, a dot and a digit.
    public var numbers: (major: Int, minor: Int)? {
        guard bytes.count == 8, bytes.prefix(5).elementsEqual("HTTP/".utf8), bytes[6] == UInt8(ascii: "."),
            let major = bytes[5].decimalDigit, let minor = bytes[7].decimalDigit
        else { return nil }
        return (Int(major), Int(minor))
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// Method, target and version of a request, as far as present (RFC 9112, section 3).
public struct HTTPRequestLine: Hashable, Sendable {
    /// The method.
    public var method: [UInt8]
    /// The bytes between method and version, including spaces.
    public var target: [UInt8]
    /// The version; nil for HTTP/0.9, which has none.
    public var version: HTTPVersion?
    /// Violations of the standard.
    public var problems: [HTTPProblem] = []

    /// Parses a request line.
    public init(_ line: [UInt8]) {
        let fields = line.split { $0.isBlank }
        method = fields.first.map(Array.init) ?? []
        let last = fields.count > 1 ? fields[fields.count - 1] : []
        let hasVersion = fields.count > 1 && last.prefix(5).equalsIgnoringCase("HTTP/")
        version = hasVersion ? HTTPVersion(bytes: Array(last)) : nil
        if fields.count > (hasVersion ? 2 : 1) {
            let targetFields = fields[1..<(hasVersion ? fields.count - 1 : fields.count)]
            target = Array(
                line[
                    targetFields[targetFields.startIndex].startIndex..<targetFields[targetFields.endIndex - 1].endIndex]
            )
        } else {
            target = []
        }
        if method.isEmpty || !method.allSatisfy(\.isToken) { problems.append(.invalidMethod) }
        if target.isEmpty { problems.append(.missingTarget) }
        if target.contains(where: { $0.isBlank }) { problems.append(.whitespaceInTarget) }
        if version == nil { problems.append(.missingVersion) }
        problems += HTTPProblem.of(version)
        let parts = [method, target, version?.bytes ?? []].filter { !$0.isEmpty }
        if line != Array(parts.joined(separator: [0x20])) { problems.append(.oddWhitespaceInStartLine) }
    }
}

/// Version, status code and reason phrase of a response, as far as present (RFC 9112, section 4).
public struct HTTPStatusLine: Hashable, Sendable {
    /// The version.
    public var version: HTTPVersion
    /// The status code; nil unless it has exactly 3 digits.
    public var code: Int?
    /// The bytes after the code and one space; may be empty.
    public var reason: [UInt8]
    /// Violations of the standard.
    public var problems: [HTTPProblem] = []

    /// Creates the status line of an HTTP/2 response, which has no reason phrase.
    init(http2 code: Int) {
        version = .http2
        self.code = code
        reason = []
    }

    /// Parses a status line.
    public init(_ line: [UInt8]) {
        let fields = line.split(maxSplits: 2, omittingEmptySubsequences: true) { $0.isBlank }
        version = HTTPVersion(bytes: fields.first.map(Array.init) ?? [])
        let digits = fields.count > 1 ? fields[1] : []
        code = digits.count == 3 ? digits.decimalNumber : nil
        reason = fields.count > 2 ? Array(fields[2]) : []
        problems += HTTPProblem.of(version)
        if code == nil {
            problems.append(.invalidStatusCode)
        } else if let code, !(100...599).contains(code) {
            problems.append(.statusCodeOutOfRange(code))
        }
        if reason.contains(where: \.isForbiddenInValue) { problems.append(.controlCharacter) }
        // The space after the code is required even if the reason phrase is empty.
        let codeStart = version.bytes.count + 1
        let reasonStart = codeStart + digits.count + 1
        if line.count != reasonStart + reason.count || line[codeStart - 1] != 0x20 || line[reasonStart - 1] != 0x20 {
            problems.append(.oddWhitespaceInStartLine)
        }
    }
}
