/// The first line of a message (RFC 9112, sections 3 and 4), read as
/// tolerantly as servers and clients do: words apart from each other by any
/// run of spaces and tabs.
public enum HTTPStartLine: Hashable, Sendable {
    case request(HTTPRequestLine)
    case status(HTTPStatusLine)

    /// A line that begins with `HTTP/` in any case is a status line, every other one a request line.
    public init(_ line: [UInt8]) {
        self =
            line.prefix(5).equalsIgnoringCase("HTTP/")
            ? .status(HTTPStatusLine(line)) : .request(HTTPRequestLine(line))
    }

    /// The first line of what is, by its look, the beginning of an HTTP/1
    /// message: a response, or a request with one of the known methods. Nil for everything else.
    @_lifetime(copy bytes)
    public static func recognized(in bytes: RawSpan) -> RawSpan? {
        guard isRecognized(in: bytes) else { return nil }
        let limit = min(bytes.byteCount, 8_192)
        var end = 0
        while end < limit, bytes.byte(at: end) != 10, bytes.byte(at: end) != 13 { end += 1 }
        return bytes.prefix(end)
    }

    /// Whether bytes are, by their look, the beginning of an HTTP/1 message.
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

/// A method's name (RFC 9110, section 9); case matters.
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    /// The method's name.
    public var name: String
    /// Reads it from the bytes or numbers given.
    public init(_ name: String) { self.name = name }

    /// Transfer a representation (RFC 9110, section 9.3.1).
    public static let get = HTTPMethod("GET")
    /// The same without the content (section 9.3.2).
    public static let head = HTTPMethod("HEAD")
    /// Let the resource process the content (section 9.3.3).
    public static let post = HTTPMethod("POST")
    /// Replace the resource (section 9.3.4).
    public static let put = HTTPMethod("PUT")
    /// Remove the resource (section 9.3.5).
    public static let delete = HTTPMethod("DELETE")
    /// Make a tunnel (section 9.3.6).
    public static let connect = HTTPMethod("CONNECT")
    /// Ask what is possible (section 9.3.7).
    public static let options = HTTPMethod("OPTIONS")
    /// Send the request back (section 9.3.8).
    public static let trace = HTTPMethod("TRACE")
    /// RFC 5789.
    public static let patch = HTTPMethod("PATCH")

    /// The methods above.
    public static let known: [HTTPMethod] = [.get, .head, .post, .put, .delete, .connect, .options, .trace, .patch]

    public var description: String { name }
}

/// `HTTP/1.1` as it was written (RFC 9112, section 2.3).
public struct HTTPVersion: Hashable, Sendable, CustomStringConvertible {
    /// The word as it was written.
    public var bytes: [UInt8]
    /// Reads it from the bytes or numbers given.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads it from the bytes or numbers given.
    public init(major: UInt8, minor: UInt8) { bytes = Array("HTTP/\(major).\(minor)".utf8) }

    /// HTTP/1.0 (RFC 1945).
    public static let http10 = HTTPVersion(major: 1, minor: 0)
    /// HTTP/1.1 (RFC 9112).
    public static let http11 = HTTPVersion(major: 1, minor: 1)

    /// The two numbers; nil unless the word is exactly `HTTP/`, a digit, a point and a digit.
    public var numbers: (major: Int, minor: Int)? {
        guard bytes.count == 8, bytes.prefix(5).elementsEqual("HTTP/".utf8), bytes[6] == UInt8(ascii: "."),
            let major = bytes[5].decimalDigit, let minor = bytes[7].decimalDigit
        else { return nil }
        return (Int(major), Int(minor))
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// Method, target and version of a request, as far as they are there (RFC 9112, section 3).
public struct HTTPRequestLine: Hashable, Sendable {
    /// The first word.
    public var method: [UInt8]
    /// Everything between method and version, spaces within it too.
    public var target: [UInt8]
    /// Nil in a request of HTTP/0.9, which has none.
    public var version: HTTPVersion?
    /// What the standard thinks of the line.
    public var problems: [HTTPProblem] = []

    /// Reads it from the bytes or numbers given.
    public init(_ line: [UInt8]) {
        let words = line.split { $0.isBlank }
        method = words.first.map(Array.init) ?? []
        let last = words.count > 1 ? words[words.count - 1] : []
        let hasVersion = words.count > 1 && last.prefix(5).equalsIgnoringCase("HTTP/")
        version = hasVersion ? HTTPVersion(bytes: Array(last)) : nil
        if words.count > (hasVersion ? 2 : 1) {
            let targetWords = words[1..<(hasVersion ? words.count - 1 : words.count)]
            target = Array(
                line[targetWords[targetWords.startIndex].startIndex..<targetWords[targetWords.endIndex - 1].endIndex])
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

/// Version, status code and reason of a response, as far as they are there (RFC 9112, section 4).
public struct HTTPStatusLine: Hashable, Sendable {
    /// The first word.
    public var version: HTTPVersion
    /// Three digits; nil when the second word is anything else.
    public var code: Int?
    /// Everything after the code and one space: perhaps nothing.
    public var reason: [UInt8]
    /// What the standard thinks of the line.
    public var problems: [HTTPProblem] = []

    /// Reads it from the bytes or numbers given.
    public init(_ line: [UInt8]) {
        let words = line.split(maxSplits: 2, omittingEmptySubsequences: true) { $0.isBlank }
        version = HTTPVersion(bytes: words.first.map(Array.init) ?? [])
        let digits = words.count > 1 ? words[1] : []
        code = digits.count == 3 ? digits.decimalNumber : nil
        reason = words.count > 2 ? Array(words[2]) : []
        problems += HTTPProblem.of(version)
        if code == nil {
            problems.append(.invalidStatusCode)
        } else if let code, !(100...599).contains(code) {
            problems.append(.statusCodeOutOfRange(code))
        }
        if reason.contains(where: \.isForbiddenInValue) { problems.append(.controlCharacter) }
        // The space after the code must be there even when no reason follows it.
        let codeStart = version.bytes.count + 1
        let reasonStart = codeStart + digits.count + 1
        if line.count != reasonStart + reason.count || line[codeStart - 1] != 0x20 || line[reasonStart - 1] != 0x20 {
            problems.append(.oddWhitespaceInStartLine)
        }
    }
}
