/// The configuration of a TLS client.
public struct TLSConfiguration: Sendable {
    /// A TLS version (RFC 5246, RFC 8446).
    public enum Version: String, Sendable, CaseIterable, Comparable {
        case tls10 = "1.0"
        case tls11 = "1.1"
        case tls12 = "1.2"
        case tls13 = "1.3"

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// The minimum and maximum version; nil for the default of the library.
    public var minimumVersion: Version?
    public var maximumVersion: Version?
    /// The application protocols to offer, in order of preference (ALPN, RFC 7301).
    public var applicationProtocols: [String]
    /// The trusted CA certificates, in PEM; nil for those of the system.
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

/// The reason for which a session failed.
public struct TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message of the library.
    public var message: String
    init(_ message: String) { self.message = message }
    public var description: String { message }
}
