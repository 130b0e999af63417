import COpenSSL
import WireFormat

/// The contents of an X.509 certificate (RFC 5280).
public struct Certificate: Hashable, Sendable {
    /// The distinguished names, in the format of RFC 4514.
    public var subject: String
    public var issuer: String
    /// The subject alternative names: DNS names and IP addresses (section 4.2.1.6).
    public var names: [String]
    /// The validity period, in seconds since 1970; nil if a date is invalid.
    public var notBefore: Int64?
    public var notAfter: Int64?
    /// `rsaEncryption` or `id-ecPublicKey`, and the key length in bits.
    public var keyAlgorithm: String
    public var keyBits: Int
    /// The signature algorithm, such as `sha256WithRSAEncryption`.
    public var signatureAlgorithm: String
    /// The serial number in hexadecimal.
    public var serialNumber: String
    /// The SHA-256 hash of the certificate.
    public var fingerprint: [UInt8]

    init(_ pointer: OpaquePointer) {
        subject = Self.text(of: X509_get_subject_name(pointer))
        issuer = Self.text(of: X509_get_issuer_name(pointer))
        names = Self.names(of: pointer)
        notBefore = Self.seconds(X509_get0_notBefore(pointer))
        notAfter = Self.seconds(X509_get0_notAfter(pointer))
        let key = X509_get0_pubkey(pointer)
        keyAlgorithm = Self.name(EVP_PKEY_get_base_id(key))
        keyBits = Int(EVP_PKEY_get_bits(key))
        signatureAlgorithm = Self.name(X509_get_signature_nid(pointer))
        serialNumber = Self.hexadecimal(X509_get0_serialNumber(pointer))
        fingerprint = [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
            var length: UInt32 = 0
            X509_digest(pointer, copenssl_sha256(), bytes.baseAddress, &length)
            count = Int(length)
        }
    }

    /// Returns the time until the certificate expires, in seconds; negative if it has expired, nil if it has no valid
    /// date.
    /// - Parameter seconds: the current time, in seconds since 1970-01-01 00:00 UTC.
    public func secondsLeft(at seconds: Int64) -> Int64? { notAfter.map { $0 &- seconds } }

    private static func name(_ identifier: Int32) -> String {
        OBJ_nid2ln(identifier).map { String(cString: $0) } ?? "unknown"
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let buffer = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(buffer) }
        X509_NAME_print_ex(buffer, name, 0, copenssl_name_flags)
        let bytes = [UInt8](unsafeUninitializedCapacity: copenssl_pending(buffer)) { bytes, count in
            count = max(Int(BIO_read(buffer, bytes.baseAddress, Int32(clamping: bytes.count))), 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func names(of certificate: OpaquePointer) -> [String] {
        guard let list = copenssl_alternative_names(certificate) else { return [] }
        defer { GENERAL_NAMES_free(list) }
        return (0..<max(copenssl_name_count(list), 0)).compactMap { index in
            var type: Int32 = 0
            guard let value = copenssl_name(list, index, &type) else { return nil }
            let bytes = Array(
                UnsafeBufferPointer(
                    start: ASN1_STRING_get0_data(value), count: max(Int(ASN1_STRING_length(value)), 0)))
            guard type == GEN_IPADD else { return String(decoding: bytes, as: UTF8.self) }
            let number = bytes.reduce(0) { $0 << 8 | UInt128($1) }
            return switch bytes.count {
            case 4: "\(IPAddress(.v4, number: number))"
            case 16: "\(IPAddress(.v6, number: number))"
            default: nil
            }
        }
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var broken = tm()
        guard ASN1_TIME_to_tm(time, &broken) == 1 else { return nil }
        return CivilTime(
            year: Int(broken.tm_year) + 1_900, month: Int(broken.tm_mon) + 1, day: Int(broken.tm_mday),
            hour: Int(broken.tm_hour), minute: Int(broken.tm_min), second: Int(broken.tm_sec)
        ).secondsSince1970
    }

    private static func hexadecimal(_ number: UnsafePointer<ASN1_INTEGER>?) -> String {
        guard let number = ASN1_INTEGER_to_BN(number, nil) else { return "" }
        defer { BN_free(number) }
        guard let text = BN_bn2hex(number) else { return "" }
        defer { CRYPTO_free(text, #file, #line) }
        return String(cString: text).lowercased()
    }
}
