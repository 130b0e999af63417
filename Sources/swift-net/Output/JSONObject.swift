/// One JSON object on one line, its fields in the order they are added (RFC 8259).
struct JSONObject {
    private(set) var text = "{"

    init(type: String) { add("type", type) }
    init() {}

    /// The finished object.
    var line: String { text + "}" }

    private mutating func key(_ name: String) {
        if text.utf8.count > 1 { text += "," }
        text += "\"\(name)\":"
    }

    mutating func add(_ name: String, _ value: String?) {
        key(name)
        text += value.map(Self.quoted) ?? "null"
    }

    mutating func add(_ name: String, _ value: some BinaryInteger) {
        key(name)
        text += String(value)
    }

    mutating func add(_ name: String, _ value: Bool) {
        key(name)
        text += value ? "true" : "false"
    }

    /// A value that is JSON already: a number with its decimals, an object, an array.
    mutating func add(_ name: String, raw: String?) {
        key(name)
        text += raw ?? "null"
    }

    /// Strings in an array.
    mutating func add(_ name: String, _ values: [String]) {
        add(name, raw: Self.array(values.map(Self.quoted)))
    }

    /// An array of values that are JSON already.
    static func array(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

    /// A string with everything escaped that must be, and control characters too.
    static func quoted(_ value: String) -> String {
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case let other where other.value < 0x20 || (0x7F...0x9F).contains(other.value):
                let digits = String(other.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
