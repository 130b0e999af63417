/// The directives of a Cache-Control field, in order, including unknown ones (RFC 9111, section 5.2).
public struct CacheControl: Hashable, Sendable {
    /// A directive with its argument, if any.
    public struct Directive: Hashable, Sendable {
        /// The name in lowercase.
        public var name: String
        /// The argument without quotes; nil if there is none.
        public var argument: String?
        /// Whether the argument was quoted.
        public var isQuoted: Bool
    }

    /// Every directive that could be parsed.
    public var directives: [Directive]
    /// Violations of the standard, as text.
    public private(set) var problems: [String] = []

    /// Parses the value of the field.
    public init(_ value: [UInt8]) {
        directives = []
        for member in HTTPList.members(value) { read(member) }
        for name in ["max-age", "s-maxage", "no-store", "no-cache"]
        where directives.count(where: { $0.name == name }) > 1 {
            problems.append("\(name) is repeated")
        }
    }

    private mutating func read(_ member: ArraySlice<UInt8>) {
        let equals = member.firstIndex(of: UInt8(ascii: "="))
        let name = member[..<(equals ?? member.endIndex)]
        let text = String(decoding: name.map(\.lowercased), as: UTF8.self)
        guard !name.isEmpty, name.allSatisfy(\.isToken) else {
            problems.append("'\(String(decoding: member, as: UTF8.self))' is not a directive")
            return
        }
        var directive = Directive(name: text, argument: nil, isQuoted: false)
        if let equals {
            let raw = member[(equals + 1)...]
            if raw.first == UInt8(ascii: "\"") {
                directive.isQuoted = true
                directive.argument = unquoted(raw, of: text)
            } else {
                directive.argument = String(decoding: raw, as: UTF8.self)
                if raw.isEmpty || !raw.allSatisfy(\.isToken) {
                    problems.append("\(text) has an argument that is not a token")
                }
            }
        }
        if Self.withSeconds.contains(text) {
            if directive.argument == nil, text != "max-stale" {
                problems.append("\(text) has no number of seconds")
            } else if let argument = directive.argument, Self.number(argument) == nil {
                problems.append("\(text) is not a number of seconds: \(argument)")
            }
        }
        directives.append(directive)
    }

    private mutating func unquoted(_ raw: ArraySlice<UInt8>, of name: String) -> String {
        var bytes: [UInt8] = []
        var rest = raw.dropFirst()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") {
                if !rest.isEmpty { problems.append("\(name) has text after its closing quote") }
                return String(decoding: bytes, as: UTF8.self)
            }
            bytes.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
        }
        problems.append("\(name) has no closing quote")
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let withSeconds: Set<String> = [
        "max-age", "s-maxage", "max-stale", "min-fresh", "stale-while-revalidate", "stale-if-error",
    ]

    /// Whether the directive is present, with or without an argument.
    public func has(_ name: String) -> Bool { directives.contains { $0.name == name } }

    /// Returns the number of seconds in a directive, at most 2^31 (RFC 9111, section 1.2.2).
    public func seconds(of name: String) -> Int? {
        directives.first { $0.name == name }?.argument.flatMap(Self.number)
    }

    private static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0.decimalDigit != nil }) else { return nil }
        return min(Array(text.utf8).decimalNumber ?? .max, 1 << 31)
    }

    /// The freshness lifetime, in seconds (section 5.2.2.1).
    public var maximumAge: Int? { seconds(of: "max-age") }
    /// The freshness lifetime for shared caches, in seconds (section 5.2.2.10).
    public var sharedMaximumAge: Int? { seconds(of: "s-maxage") }
    /// Whether the response must not be stored (section 5.2.2.5).
    public var forbidsStoring: Bool { has("no-store") }
    /// Whether the response must be validated before every use (section 5.2.2.4).
    public var forbidsCaching: Bool { has("no-cache") }
    /// Whether only a private cache may store the response (section 5.2.2.7).
    public var isPrivate: Bool { has("private") }
    /// Whether any cache may store the response (section 5.2.2.9).
    public var isPublic: Bool { has("public") }
    /// Whether a stale response must not be used without validation (section 5.2.2.2).
    public var mustRevalidate: Bool { has("must-revalidate") }
    /// Whether the response does not change while it is fresh (RFC 8246).
    public var isImmutable: Bool { has("immutable") }
}
