import WireFormat

/// The features of one response that identify its server: everything except names, dates and numbers.
///
/// Its text form is one line of fields separated by tabs, so that people can read and compare signatures: the first
/// line of the response, the field names, the state of the connection, the shape of the body, and values.
public struct AnswerShape: Hashable, Sendable {
    /// The status line as received, such as `HTTP/1.1 200 OK`, or a keyword for what replaced it.
    public let opening: String
    /// The field names as received, in order.
    public let names: [String]
    /// The state of the connection.
    public let ending: Ending
    public let body: BodyShape
    /// Values that identify the server, with their names in lower case.
    public let values: [Value]
    /// The features for comparison.
    let features: AnswerFeatures

    private init(opening: String, names: [String] = [], ending: Ending, body: BodyShape, values: [Value] = []) {
        self.opening = opening
        self.names = names
        self.ending = ending
        self.body = body
        self.values = values
        features = AnswerFeatures(opening: opening, names: names, ending: ending, body: body, values: values)
    }

    /// The state of the connection after the response, compared with what the response announced.
    public enum Ending: String, Sendable {
        /// The server kept it open.
        case kept
        /// The server closed it without announcing that.
        case dropped
        /// The server announced that it would close, or the response ends with the connection.
        case closed
        /// The server reset it.
        case reset
        /// Unsolicited responses were received.
        case more
    }

    /// A field value without the parts that vary between servers of the same kind.
    public struct Value: Hashable, Sendable {
        public var name: String
        public var shape: String
    }

    /// Keywords that replace a status line.
    enum Opening {
        static let silence = "silence"
        static let closed = "closed"
        static let reset = "reset"
        static let refused = "refused"
        static let text = "text"

        /// The keyword for an empty list.
        static func absence(_ failure: HTTPFailure?) -> String {
            switch failure {
            case .timeout: silence
            case .reset: reset
            case .connection: refused
            default: closed
            }
        }
    }

    /// Creates the shape of an outcome.
    /// - Parameters:
    ///   - body: the shape of its body.
    ///   - isEndedAfter: whether the server closed the connection after the response.
    init(_ outcome: HTTPOutcome, body shape: BodyShape, isEndedAfter: Bool) {
        let ending: Ending =
            if outcome.excess > 0 { .more } else {
                switch outcome.ending {
                case .kept: isEndedAfter ? .dropped : .kept
                case .left, .closed, .none: .closed
                case .reset: .reset
                }
            }
        guard let head = outcome.head, case .status(let line) = head.start else {
            let isText = outcome.body.length > 0 || outcome.head != nil
            self.init(
                opening: isText ? Opening.text : Opening.absence(outcome.failure), ending: ending,
                body: isText ? shape : .none)
            return
        }
        let reason = String(decoding: line.reason, as: UTF8.self)
        var values = Self.values(of: head)
        if !outcome.interim.isEmpty {
            values.append(Value(name: "interim", shape: Self.codes(outcome.interim).joined(separator: " ")))
        }
        if case .timeout = outcome.failure { values.append(Value(name: "body", shape: "unfinished")) }
        self.init(
            opening: Self.escaped(
                "\(line.version) \(Self.code(line))" + (reason.isEmpty ? "" : " \(reason)"), space: false),
            names: head.fields.map { Self.word($0.hasColon ? $0.name : "") }, ending: ending,
            // The content of a page depends on its owner; error pages come from the server.
            body: shape == .usual || (line.code ?? 0) >= 400 ? shape : .none, values: values)
    }

    private static func code(_ line: HTTPStatusLine) -> String { line.code.map { "\($0)" } ?? "?" }

    /// The status codes of the first interim responses.
    private static func codes(_ heads: [HTTPHead]) -> [String] {
        heads.prefix(3).map { head in
            if case .status(let line) = head.start { code(line) } else { "?" }
        }
    }

    /// Fields whose values depend on the server more than on the application.
    private static let serverFields: Set<String> = [
        "accept-ranges", "allow", "cache-control", "connection", "content-type", "etag", "keep-alive",
        "last-modified", "location", "proxy-connection", "transfer-encoding", "vary", "via", "www-authenticate",
        "x-cache", "x-cache-lookup", "x-squid-error",
    ]

    private static func values(of head: HTTPHead) -> [Value] {
        head.fields.compactMap { field in
            let name = field.name.lowercased()
            if name == "date" || name == "last-modified" || name == "expires" {
                return (try? HTTPDate(field.valueBytes))?.form == .fixed ? nil : Value(name: name, shape: "odd")
            }
            guard serverFields.contains(name) else { return nil }
            return Value(name: name, shape: escaped(shape(of: field.value, named: name), space: false))
        }
    }

    /// Returns a value without its numbers and names.
    private static func shape(of value: String, named name: String) -> String {
        switch name {
        case "etag": return collapsed(value) { $0.isLetter || $0.isNumber ? "x" : nil }
        case "location":
            return value.hasPrefix("/") ? "path" : value.drop { $0 != ":" }.hasPrefix("://") ? "url" : "other"
        case "www-authenticate": return String(value.prefix { $0 != " " })
        case "via", "x-cache", "x-cache-lookup":
            // The pseudonym varies by installation; the protocol before it and the comment identify the product.
            return collapsed(value) { $0.isNumber || $0 == "." ? "9" : nil }
                .split(separator: " ", omittingEmptySubsequences: true)
                .enumerated().map {
                    $0.offset == 1 && $0.element != "from" || $0.offset == 2 && name != "via" ? "name" : $0.element
                }
                .joined(separator: " ")
        default: return collapsed(value) { $0.isNumber ? "9" : nil }
        }
    }

    /// Replaces each run of characters of one class by one character.
    private static func collapsed(_ text: String, _ classify: (Character) -> Character?) -> String {
        var result = ""
        for character in text.prefix(200) {
            let shown = classify(character) ?? character
            if classify(character) != nil, result.last == shown { continue }
            result.append(shown)
        }
        return result
    }

    /// Returns a name as one word; a question mark if it is not a word.
    private static func word(_ name: String) -> String {
        name.isEmpty ? "?" : name == "-" ? "\\x2d" : escaped(name, space: true)
    }

    /// Escapes tabs, line ends and, if it is to be one word, spaces.
    private static func escaped(_ text: String, space: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(300) {
            if scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\\" || space && scalar == " " {
                result += "\\x" + hexadecimal(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

// MARK: Text form

extension AnswerShape: CustomStringConvertible {
    public var description: String {
        ([opening, names.isEmpty ? "-" : names.joined(separator: " "), ending.rawValue, body.description]
            + values.map { "\($0.name): \($0.shape)" }).joined(separator: "\t")
    }

    /// Parses the text form; nil if it is invalid.
    init?(_ line: ArraySlice<UInt8>) {
        let columns = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard columns.count >= 4, let ending = Ending(rawValue: String(decoding: columns[2], as: UTF8.self)),
            let body = BodyShape(String(decoding: columns[3], as: UTF8.self))
        else { return nil }
        var values: [Value] = []
        for column in columns.dropFirst(4) {
            guard let colon = column.firstIndex(of: UInt8(ascii: ":")), colon + 1 < column.endIndex,
                column[colon + 1] == 0x20
            else { return nil }
            values.append(
                Value(
                    name: String(decoding: column[..<colon], as: UTF8.self),
                    shape: String(decoding: column[(colon + 2)...], as: UTF8.self)))
        }
        self.init(
            opening: String(decoding: columns[0], as: UTF8.self),
            names: columns[1].elementsEqual("-".utf8)
                ? [] : columns[1].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) },
            ending: ending, body: body, values: values)
    }
}
