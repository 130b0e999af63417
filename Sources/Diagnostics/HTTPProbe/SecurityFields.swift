import WireFormat

/// The security fields of a response.
public struct SecurityFields: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public var name: String
        /// The value; nil if the field is missing.
        public var value: String?
    }

    public var fields: [Field]

    /// - Parameter isSecure: whether TLS is used; Strict-Transport-Security counts only then (RFC 6797, section 8.1).
    init(_ head: HTTPHead, isSecure: Bool) {
        var names = [
            "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
            "Permissions-Policy", "Cross-Origin-Opener-Policy",
        ]
        if isSecure { names.insert("Strict-Transport-Security", at: 0) }
        fields = names.map { Field(name: $0, value: head[$0]) }
    }

    public var missing: [String] { fields.filter { $0.value == nil }.map(\.name) }
}
