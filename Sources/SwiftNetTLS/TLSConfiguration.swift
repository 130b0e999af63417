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
    /// Whether certificates are verified. Without that no CA certificate is read, and every certificate is one that is not
    /// trusted.
    public var verifiesCertificates = true
    /// The certificate for servers that request one; nil for none.
    public var clientCertificate: ClientCertificate?

    public init(
        minimumVersion: Version? = nil, maximumVersion: Version? = nil, applicationProtocols: [String] = [],
        authorities: [UInt8]? = nil, clientCertificate: ClientCertificate? = nil
    ) {
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.applicationProtocols = applicationProtocols
        self.authorities = authorities
        self.clientCertificate = clientCertificate
    }
}

/// The reason for which a session failed.
public struct TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message, in plain English for common reasons.
    public var message: String
    /// The text of the library; nil if the failure is not one of it.
    public var libraryMessage: String?
    /// The alert that the server sent (RFC 8446, section 6); nil if it sent none.
    public var alert: UInt8?
    /// Whether the first bytes of the peer are not a TLS record.
    public var isForeign = false
    init(_ message: String, alert: UInt8? = nil) {
        self.message = message
        self.alert = alert
    }
    public var description: String { message }
}
