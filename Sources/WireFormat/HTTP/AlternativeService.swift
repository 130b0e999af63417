/// An alternative service that a server offers in the field Alt-Svc (RFC 7838, section 3).
public struct AlternativeService: Hashable, Sendable {
    /// The ALPN protocol identifier, such as `h3`, with percent-encoding removed.
    public var protocolName: String
    /// The host; empty for that of the origin.
    public var host: String
    /// The port.
    public var port: UInt16
    /// The number of seconds for which the service may be used (`ma`, by default 24 hours).
    public var maximumAge: Int
    /// Whether it remains valid when the network of the client changes (`persist=1`).
    public var isPersistent: Bool

    /// The default of `maximumAge` (section 3.1).
    public static let defaultMaximumAge = 86_400

    /// Whether it is HTTP/3 (RFC 9114, section 3.1).
    public var isHTTP3: Bool { protocolName == "h3" }

    /// Parses the value of a field, without the entries that are malformed.
    /// - Returns: the services in the order of the server's preference; none for `clear`.
    public static func parse(_ value: String) -> [AlternativeService] {
        parts(of: value[...], separator: ",").compactMap(AlternativeService.init)
    }

    private init?(_ text: Substring) {
        let parameters = Self.parts(of: text, separator: ";").map(Self.nameAndValue)
        guard let first = parameters.first, let authority = first.value,
            let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(authority[authority.utf8.index(after: colon)...]), port > 0,
            let name = try? HTTPURL.decoded(Substring(first.name)), !name.isEmpty
        else { return nil }
        protocolName = name
        host = String(authority[..<colon])
        self.port = port
        func value(_ name: String) -> String? { parameters.dropFirst().first { $0.name.lowercased() == name }?.value }
        maximumAge = value("ma").flatMap(Int.init).map { max($0, 0) } ?? Self.defaultMaximumAge
        isPersistent = value("persist") == "1"
    }

    /// Splits a text at a separator outside quoted strings.
    private static func parts(of text: Substring, separator: Character) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        return text.split { character in
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            }
            return character == separator && !isQuoted
        }
    }

    /// Splits `name=value`; the value may be a quoted string.
    private static func nameAndValue(_ text: Substring) -> (name: String, value: String?) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
        guard parts.count == 2 else { return (parts.first ?? "", nil) }
        let value = parts[1]
        guard value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else { return (parts[0], value) }
        return (parts[0], value.dropFirst().dropLast().filter { $0 != "\\" })
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }
}
