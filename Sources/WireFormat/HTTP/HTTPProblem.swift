/// A violation of the HTTP standard in a message that was parsed nevertheless.
public enum HTTPProblem: Hashable, Sendable {
    case invalidMethod
    case missingTarget
    case whitespaceInTarget
    case missingVersion
    case malformedVersion([UInt8])
    case unknownMajorVersion(Int)
    case invalidStatusCode
    case statusCodeOutOfRange(Int)
    case oddWhitespaceInStartLine
    case emptyLineBeforeStart
    case bareLineFeed
    case bareCarriageReturn
    case unfinishedHead
    case missingColon(line: Int)
    case emptyFieldName(line: Int)
    case whitespaceBeforeColon(name: String)
    case invalidFieldName(name: String)
    case obsoleteFolding(name: String)
    case whitespaceBeforeFirstField
    case controlCharacter
    case missingHost
    case repeatedField(name: String)
    case invalidContentLength(String)
    case contentLengthWithTransferEncoding
    case chunkedIsNotLast
    case transferEncodingInHTTP10
    case invalidDate(name: String, value: String, HTTPDate.Problem)
    case invalidDirective(String)
    case invalidChunkSize
    case chunkTooLarge
    case chunkLineTooLong(limit: Int)
    case whitespaceAfterChunkSize
    case missingChunkEnd
    case unfinishedBody
    case noStatusLine
    case headTooLong(limit: Int)
    case endlessInterimResponses(Int)
    case trailersTooLong(limit: Int)
    case bodyTooLong(limit: Int)
    case invalidContentCoding(String)
    case unknownContentCoding(String)
    case unknownTransferCoding(String)

    static func of(_ version: HTTPVersion?) -> [HTTPProblem] {
        guard let version else { return [] }
        guard let numbers = version.numbers else { return [.malformedVersion(version.bytes)] }
        return numbers.major == 1 ? [] : [.unknownMajorVersion(numbers.major)]
    }

    /// Whether the response is rejected because of this problem.
    public var isFatal: Bool {
        switch self {
        case .invalidContentLength, .repeatedField(name: "Content-Length"), .invalidChunkSize, .chunkTooLarge,
            .chunkLineTooLong, .headTooLong, .endlessInterimResponses, .trailersTooLong, .bodyTooLong,
            .invalidContentCoding, .unknownTransferCoding:
            true
        default: false
        }
    }

    /// The section of the standard that is violated.
    public var section: String {
        switch self {
        case .invalidMethod: "RFC 9110, section 9.1"
        case .missingTarget, .whitespaceInTarget, .oddWhitespaceInStartLine: "RFC 9112, section 3"
        case .missingVersion, .malformedVersion, .unknownMajorVersion: "RFC 9112, section 2.3"
        case .invalidStatusCode, .statusCodeOutOfRange: "RFC 9110, section 15"
        case .emptyLineBeforeStart, .bareLineFeed, .bareCarriageReturn, .whitespaceBeforeFirstField, .unfinishedHead:
            "RFC 9112, section 2.2"
        case .missingColon, .whitespaceBeforeColon: "RFC 9112, section 5.1"
        case .emptyFieldName, .invalidFieldName: "RFC 9110, section 5.1"
        case .obsoleteFolding: "RFC 9112, section 5.2"
        case .controlCharacter: "RFC 9110, section 5.5"
        case .missingHost: "RFC 9112, section 3.2"
        case .repeatedField: "RFC 9110, section 5.3"
        case .invalidContentLength: "RFC 9110, section 8.6"
        case .contentLengthWithTransferEncoding, .chunkedIsNotLast: "RFC 9112, section 6.3"
        case .transferEncodingInHTTP10: "RFC 9112, section 6.1"
        case .invalidDate: "RFC 9110, section 5.6.7"
        case .invalidDirective: "RFC 9111, section 5.2"
        case .invalidChunkSize, .chunkTooLarge, .chunkLineTooLong, .whitespaceAfterChunkSize, .missingChunkEnd:
            "RFC 9112, section 7.1"
        case .unfinishedBody: "RFC 9112, section 8"
        case .noStatusLine: "RFC 9112, section 4"
        case .headTooLong, .trailersTooLong: "RFC 9110, section 5.4"
        case .endlessInterimResponses: "RFC 9110, section 15.2"
        case .bodyTooLong: "RFC 9110, section 6.4"
        case .invalidContentCoding, .unknownContentCoding: "RFC 9110, section 8.4"
        case .unknownTransferCoding: "RFC 9112, section 7"
        }
    }
}

extension HTTPProblem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidMethod: "the method is not a token"
        case .missingTarget: "the request target is missing"
        case .whitespaceInTarget: "the request target contains a space"
        case .missingVersion: "the HTTP version is missing"
        case .malformedVersion(let bytes): "'\(String(decoding: bytes, as: UTF8.self))' is not an HTTP version"
        case .unknownMajorVersion(let major): "HTTP/\(major) does not use this format"
        case .invalidStatusCode: "the status code is not three digits"
        case .statusCodeOutOfRange(let code): "the status code \(code) is not between 100 and 599"
        case .oddWhitespaceInStartLine: "the fields of the start line are not separated by single spaces"
        case .emptyLineBeforeStart: "an empty line precedes the message"
        case .bareLineFeed: "a line ends with LF alone"
        case .bareCarriageReturn: "a line contains a bare CR"
        case .unfinishedHead: "the head does not end with an empty line"
        case .missingColon(let line): "line \(line) has no colon"
        case .emptyFieldName(let line): "line \(line) has no field name"
        case .whitespaceBeforeColon(let name): "\(name) has a space before its colon"
        case .invalidFieldName(let name): "the field name '\(name)' is not a token"
        case .obsoleteFolding(let name): "\(name) is folded over several lines"
        case .whitespaceBeforeFirstField: "the first field begins with a space"
        case .controlCharacter: "a field value contains control characters"
        case .missingHost: "the Host field is missing"
        case .repeatedField(name: "Content-Length"): "Content-Length has different values"
        case .repeatedField(let name): "\(name) is repeated"
        case .invalidContentLength(let value):
            value.utf8.allSatisfy { $0.decimalDigit != nil }
                ? "Content-Length is too large: \(value)" : "Content-Length is not a number: \(value)"
        case .contentLengthWithTransferEncoding: "both Content-Length and Transfer-Encoding are present"
        case .chunkedIsNotLast: "chunked is not the last transfer coding"
        case .transferEncodingInHTTP10: "Transfer-Encoding in an HTTP/1.0 message"
        case .invalidDate(let name, let value, let problem): "\(name) is not a date: \(value) (\(problem))"
        case .invalidDirective(let text): "Cache-Control: \(text)"
        case .invalidChunkSize: "a chunk size is not a hexadecimal number"
        case .chunkTooLarge: "a chunk is larger than \(HTTPChunkedBody.mostBytes) bytes"
        case .chunkLineTooLong(let limit): "the line of a chunk size is longer than \(limit) bytes"
        case .whitespaceAfterChunkSize: "a chunk size is followed by a space"
        case .missingChunkEnd: "a chunk is longer than its size"
        case .unfinishedBody: "the body ends before it is complete"
        case .noStatusLine: "the response does not begin with HTTP/"
        case .headTooLong(let limit): "the head is longer than \(limit) bytes"
        case .endlessInterimResponses(let count): "\(count) interim responses without a final one"
        case .trailersTooLong(let limit): "the trailers are longer than \(limit) bytes"
        case .bodyTooLong(let limit): "the body is longer than \(limit) bytes"
        case .invalidContentCoding(let text): "the content cannot be decoded: \(text)"
        case .unknownContentCoding(let name): "unsupported content coding \(name)"
        case .unknownTransferCoding(let name): "transfer coding \(name) is not decoded"
        }
    }
}
