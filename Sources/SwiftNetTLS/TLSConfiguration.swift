/// How a client's sessions are to be made.
public struct TLSConfiguration: Sendable {
    /// A version of the protocol (RFC 5246, RFC 8446).
    public enum Version: String, Sendable, CaseIterable, Comparable {
        case tls10 = "1.0"
        case tls11 = "1.1"
        case tls12 = "1.2"
        case tls13 = "1.3"

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// The oldest and the newest version to offer; nil leaves it to the library.
    public var minimumVersion: Version?
    public var maximumVersion: Version?
    /// What is spoken inside, the best first (ALPN, RFC 7301).
    public var applicationProtocols: [String]
    /// Certificates of authorities to believe, in PEM; nil for those that the system believes.
    public var authorities: [UInt8]?

    public init(
        minimumVersion: Version? = nil, maximumVersion: Version? = nil, applicationProtocols: [String] = [],
        authorities: [UInt8]? = nil
    ) {
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.applicationProtocols = applicationProtocols
        self.authorities = authorities
    }
}

/// What keeps a session from being, or from going on.
public struct TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The library's words.
    public var message: String
    init(_ message: String) { self.message = message }
    public var description: String { message }
}
