import WireFormat

/// What one answer shows of its server: everything but names, dates and numbers.
///
/// It is written as one line of words apart by tabs, so that signatures can be read and compared by people:
/// the answer's first line, the fields' names, what became of the connection, the shape of the body, values.
public struct AnswerShape: Hashable, Sendable {
    /// `HTTP/1.1 200 OK` as it came, or the word for what came instead.
    public let opening: String
    /// The names of the fields, as they were written and in their order.
    public let names: [String]
    /// What became of the connection.
    public let ending: Ending
    public let body: BodyShape
    /// Values that say something of the server, their names in lower case.
    public let values: [Value]
    /// What of it is compared.
    let features: AnswerFeatures

    private init(opening: String, names: [String] = [], ending: Ending, body: BodyShape, values: [Value] = []) {
        self.opening = opening
        self.names = names
        self.ending = ending
        self.body = body
        self.values = values
        features = AnswerFeatures(opening: opening, names: names, ending: ending, body: body, values: values)
    }

    /// What became of the connection after the answer, and what the answer had said of it.
    public enum Ending: String, Sendable {
        /// The server would have kept it.
        case kept
        /// It said nothing of an end, and ended it.
        case dropped
        /// It said that it would end, or its answer ends with the connection.
        case closed
        /// It broke it off.
        case reset
        /// Answers came that nobody had asked for.
        case more
    }

    /// A field's value without what changes from one server to the next of the same kind.
    public struct Value: Hashable, Sendable {
        public var name: String
        public var shape: String
    }

    /// What there is instead of a status line.
    enum Opening {
        static let silence = "silence"
        static let closed = "closed"
        static let reset = "reset"
        static let refused = "refused"
        static let text = "text"

        /// The word for nothing at all.
        static func absence(_ failure: HTTPFailure?) -> String {
            switch failure {
            case .timeout: silence
            case .reset: reset
            case .connection: refused
            default: closed
            }
        }
    }

    /// What an outcome shows.
    /// - Parameters:
    ///   - body: the shape of its body.
    ///   - isEndedAfter: the server ended the connection in the time after it.
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
            // What a server serves is nobody's but its owner's; what it says of errors is its own.
            body: shape == .usual || (line.code ?? 0) >= 400 ? shape : .none, values: values)
    }

    private static func code(_ line: HTTPStatusLine) -> String { line.code.map { "\($0)" } ?? "?" }

    /// Of the first interim responses.
    private static func codes(_ heads: [HTTPHead]) -> [String] {
        heads.prefix(3).map { head in
            if case .status(let line) = head.start { code(line) } else { "?" }
        }
    }

    /// The fields whose values are the server's own more than the application's.
    private static let telling: Set<String> = [
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
            guard telling.contains(name) else { return nil }
            return Value(name: name, shape: escaped(shape(of: field.value, named: name), space: false))
        }
    }

    /// A value without its numbers and names.
    private static func shape(of value: String, named name: String) -> String {
        switch name {
        case "etag": return collapsed(value) { $0.isLetter || $0.isNumber ? "x" : nil }
        case "location":
            return value.hasPrefix("/") ? "path" : value.drop { $0 != ":" }.hasPrefix("://") ? "url" : "other"
        case "www-authenticate": return String(value.prefix { $0 != " " })
        case "via", "x-cache", "x-cache-lookup":
            // The pseudonym is the installation's, what stands before it and in the comment the product's.
            return collapsed(value) { $0.isNumber || $0 == "." ? "9" : nil }
                .split(separator: " ", omittingEmptySubsequences: true)
                .enumerated().map {
                    $0.offset == 1 && $0.element != "from" || $0.offset == 2 && name != "via" ? "name" : $0.element
                }
                .joined(separator: " ")
        default: return collapsed(value) { $0.isNumber ? "9" : nil }
        }
    }

    /// Runs of characters of one class as one character.
    private static func collapsed(_ text: String, _ classify: (Character) -> Character?) -> String {
        var result = ""
        for character in text.prefix(200) {
            let shown = classify(character) ?? character
            if classify(character) != nil, result.last == shown { continue }
            result.append(shown)
        }
        return result
    }

    /// A name as one word; what is none is a question mark.
    private static func word(_ name: String) -> String {
        name.isEmpty ? "?" : name == "-" ? "\\x2d" : escaped(name, space: true)
    }

    /// Text in which no tab, no line end and, where it is a word, no space can be.
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

// MARK: The line

extension AnswerShape: CustomStringConvertible {
    public var description: String {
        ([opening, names.isEmpty ? "-" : names.joined(separator: " "), ending.rawValue, body.description]
            + values.map { "\($0.name): \($0.shape)" }).joined(separator: "\t")
    }

    /// Reads the line; nil when it is none.
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
