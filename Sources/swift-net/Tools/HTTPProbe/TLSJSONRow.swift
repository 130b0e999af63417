import LinuxProcess
import SwiftNet
import SwiftNetTLS

/// A TLS session and the certificate of the server.
struct TLSRow: Encodable {
    var version: String
    var cipher: String
    @Null var alpn: String?
    var alpnOffered: [String]
    @Null var subject: String?
    @Null var issuer: String?
    var names: [String]
    @Null var notBefore: String?
    @Null var notAfter: String?
    /// Whole days, counted toward 0; negative after the end.
    @Null var daysLeft: Int64?
    @Null var expired: Bool?
    @Null var key: String?
    @Null var signature: String?
    @Null var serial: String?
    @Null var sha256: String?
    var chain: [CertificateRow]
    var chainLength: Int
    var clientCertificateRequested: Bool
    var verified: Bool
    @Null var doubt: String?

    /// - Parameter start: The time from which the remaining days are counted.
    init(_ facts: TLSFacts, start: Instant) {
        let certificate = facts.certificate
        version = facts.version
        cipher = facts.cipher
        alpn = facts.applicationProtocol
        alpnOffered = facts.offeredProtocols
        subject = certificate?.subject
        issuer = certificate?.issuer
        names = certificate?.names ?? []
        notBefore = certificate?.notBefore.map(WallTime.rfc3339(seconds:))
        notAfter = certificate?.notAfter.map(WallTime.rfc3339(seconds:))
        let secondsLeft = certificate?.secondsLeft(at: WallTime.nanoseconds(start) / 1_000_000_000)
        daysLeft = secondsLeft.map { $0 / 86_400 }
        expired = secondsLeft.map { $0 < 0 }
        key = certificate.map { "\($0.keyAlgorithm) \($0.keyBits)" }
        signature = certificate?.signatureAlgorithm
        serial = certificate?.serialNumber
        sha256 = certificate.map { hexadecimal($0.fingerprint) }
        chain = facts.chain.map(CertificateRow.init)
        chainLength = chain.count
        clientCertificateRequested = facts.requestsCertificate
        verified = facts.doubt == nil
        doubt = facts.doubt
    }
}

/// A certificate of the chain that the server sent.
struct CertificateRow: Encodable {
    var subject: String
    var issuer: String
    @Null var notBefore: String?
    @Null var notAfter: String?
    var key: String
    var signature: String
    var serial: String
    var sha256: String

    init(_ certificate: Certificate) {
        subject = certificate.subject
        issuer = certificate.issuer
        notBefore = certificate.notBefore.map(WallTime.rfc3339(seconds:))
        notAfter = certificate.notAfter.map(WallTime.rfc3339(seconds:))
        key = "\(certificate.keyAlgorithm) \(certificate.keyBits)"
        signature = certificate.signatureAlgorithm
        serial = certificate.serialNumber
        sha256 = hexadecimal(certificate.fingerprint)
    }
}
