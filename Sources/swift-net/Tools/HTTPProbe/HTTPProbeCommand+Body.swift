import LinuxProcess
import SwiftNet

/// A field of -H, or the file whose lines are fields.
enum FieldArgument {
    case field(String, String?)
    case file(String)

    /// Returns the fields; those of a file are read.
    func fields() throws -> [(name: String, value: String?)] {
        switch self {
        case .field(let name, let value): return [(name, value)]
        case .file(let path):
            return try TextInput.lines(of: path, for: "-H").filter { !$0.isEmpty }.enumerated().map { number, line in
                do {
                    return try Self.parse(line)
                } catch let error as ValueError {
                    throw UsageError("-H: \(path):\(number + 1): '\(line)': expected \(error.expected)")
                }
            }
        }
    }

    /// Parses `Name: value`, `Name:` and `Name;`, as curl does.
    static func parse(_ text: String) throws -> (name: String, value: String?) {
        guard HTTPField.isSendable(text) else { throw ValueError(expected: "one line; use --raw for others") }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            guard text.hasSuffix(";"), text.count > 1 else {
                throw ValueError(expected: "'Name: value', 'Name:' or 'Name;'")
            }
            return (String(text.dropLast()), "")
        }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        return (String(text[..<colon]), value.isEmpty ? nil : String(value))
    }
}

/// The data of a request's body, in the forms of curl's options.
struct BodyArguments {
    /// How data is read.
    enum Form { case data, raw, binary, urlEncoded, json }

    private var parts: [(form: Form, text: String)] = []
    var form: [FormPart] = []
    /// Whether the data becomes the query of the URL.
    var isQuery = false

    mutating func add(_ form: Form, _ text: String) { parts.append((form, text)) }

    /// Reads the files, and sets the body of a request or the query of its URLs.
    func apply(to request: inout HTTPProbeConfiguration) throws {
        if !form.isEmpty {
            (request.contentType, request.body) = MultipartForm(try form.map { try $0.part() })
                .encoded(seed: request.seed)
            return
        }
        guard !parts.isEmpty else {
            if isQuery { throw UsageError("-G requires -d or --data-urlencode") }
            return
        }
        let isJSON = parts.contains { $0.form == .json }
        let pieces = try parts.map { try Self.bytes($0.text, $0.form) }
        let data = Array(pieces.joined(separator: isJSON ? [] : Array("&".utf8)))
        if isQuery {
            request.addedQuery = data
            return
        }
        request.body = data
        if isJSON {
            request.contentType = "application/json"
            request.accept = "application/json"
        }
    }

    private static func bytes(_ text: String, _ form: Form) throws -> [UInt8] {
        switch form {
        case .raw: return Array(text.utf8)
        case .data:
            let data = try content(text, "-d")
            return text.hasPrefix("@") ? data.filter { $0 != 10 && $0 != 13 && $0 != 0 } : data
        case .binary: return try content(text, "--data-binary")
        case .json: return try content(text, "--json-body")
        case .urlEncoded:
            // NAME=TEXT or NAME@FILE, each with or without a name; as in curl, = decides before @.
            guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "=")) ?? text.utf8.firstIndex(of: UInt8(ascii: "@"))
            else {
                return percentEncoded(Array(text.utf8))
            }
            let isFile = text.utf8[mark] == UInt8(ascii: "@")
            let rest = text[(isFile ? mark : text.utf8.index(after: mark))...]
            let value = isFile ? try content(String(rest), "--data-urlencode") : Array(rest.utf8)
            let name = text[..<mark]
            return (name.isEmpty ? [] : Array("\(name)=".utf8)) + percentEncoded(value)
        }
    }

    /// Returns the text, or the contents of `@FILE`.
    private static func content(_ text: String, _ option: String) throws -> [UInt8] {
        guard text.hasPrefix("@") else { return Array(text.utf8) }
        return try TextInput.bytes(of: String(text.dropFirst()), for: option, limit: TextInput.bodyLimit)
    }

    /// Encodes all but unreserved characters (RFC 3986, section 2.3), and a space as a plus sign, as in forms.
    private static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                [byte]
            case 0x20: [UInt8(ascii: "+")]
            default: Array("%\(hexadecimal(byte).uppercased())".utf8)
            }
        }
    }
}

extension OptionValue where Value == FieldArgument {
    /// `Name: value`, `Name:`, `Name;`, or `@FILE`.
    static var field: Self {
        OptionValue(specification: ValueSpecification(name: "FIELD|@FILE")) { text in
            if text.hasPrefix("@"), text.count > 1 { return .file(String(text.dropFirst())) }
            let field = try FieldArgument.parse(text)
            return .field(field.name, field.value)
        }
    }
}

extension OptionValue where Value == String {
    /// The value of a header field.
    static func fieldValue(_ name: String) -> Self {
        OptionValue(specification: ValueSpecification(name: name)) { text in
            guard HTTPField.isSendable(text) else { throw ValueError(expected: "one line") }
            return text
        }
    }
}

extension OptionValue where Value == (name: String, password: String)? {
    /// `USER:PASSWORD`.
    static var credentials: Self {
        OptionValue(specification: ValueSpecification(name: "USER:PASSWORD")) { text in
            guard let colon = text.firstIndex(of: ":") else { throw ValueError(expected: "USER:PASSWORD") }
            return (String(text[..<colon]), String(text[text.index(after: colon)...]))
        }
    }
}
