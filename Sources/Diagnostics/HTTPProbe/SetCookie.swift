import WireFormat

/// A cookie in Set-Cookie (RFC 6265, section 4.1).
public struct SetCookie: Hashable, Sendable {
    public var name: String
    public var value: String
    /// The attributes in order, names in lower case.
    public var attributes: [Attribute] = []

    public struct Attribute: Hashable, Sendable {
        public var name: String
        public var value: String?
    }

    /// Parses a field value; nil if it has no cookie name.
    init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
        let pair = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, !pair[0].isEmpty else { return nil }
        name = Self.trimmed(pair[0])
        value = Self.trimmed(pair[1])
        for part in parts.dropFirst() where !part.isEmpty {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            attributes.append(
                Attribute(
                    name: Self.trimmed(pair[0]).lowercased(), value: pair.count > 1 ? Self.trimmed(pair[1]) : nil))
        }
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(text[...last].drop(while: isBlank))
    }

    /// Whether it is sent only over TLS.
    public var isSecure: Bool { has("secure") }
    /// Whether scripts cannot read it.
    public var isHTTPOnly: Bool { has("httponly") }
    /// The value of SameSite; nil without it.
    public var sameSite: String? { self["samesite"] }
    /// The value of Domain; nil without it.
    public var domain: String? { self["domain"] }
    /// The value of Path; nil without it.
    public var path: String? { self["path"] }
    /// The value of Expires, which may not be a date; nil without it.
    public var expires: String? { self["expires"] }
    /// The value of Max-Age, which may not be a number; nil without it.
    public var maximumAge: String? { self["max-age"] }

    private func has(_ attribute: String) -> Bool { attributes.contains { $0.name == attribute } }

    /// The value of the last attribute of this name, which is the one that counts (RFC 6265, section 5.3); empty if it has
    /// none, and nil without such an attribute.
    private subscript(attribute: String) -> String? {
        attributes.last { $0.name == attribute }.map { $0.value ?? "" }
    }

    /// Returns the values of every attribute of this name, in order.
    func values(_ attribute: String) -> [String] { attributes.filter { $0.name == attribute }.map { $0.value ?? "" } }

    /// Returns attributes that are missing or invalid.
    func problems(isSecure: Bool) -> [String] {
        var problems: [String] = []
        if isSecure, !self.isSecure { problems.append("cookie \(name) lacks Secure") }
        if !isHTTPOnly { problems.append("cookie \(name) lacks HttpOnly") }
        if sameSite?.lowercased() == "none", !self.isSecure {
            problems.append("cookie \(name) has SameSite=None without Secure, which browsers reject")
        }
        if name.hasPrefix("__Secure-"), !self.isSecure { problems.append("cookie \(name) must have Secure") }
        if name.hasPrefix("__Host-"), !self.isSecure || domain != nil || path != "/" {
            problems.append("cookie \(name) must have Secure and Path=/ and no Domain")
        }
        if let expires, HTTPDate.problem(Array(expires.utf8)) != nil,
            HTTPDate.problem(expires.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: " ") : $0 }) != nil
        {
            problems.append("cookie \(name) has an Expires that is not a date: \(expires)")
        }
        return problems
    }
}
