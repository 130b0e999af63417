import COpenSSL

/// A client's certificate with its chain and its private key.
public struct ClientCertificate: Sendable {
    /// The reasons why a certificate cannot be used.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case noCertificate
        case noKey
        case passphraseRequired
        case wrongPassphrase
        /// The library cannot parse the key, and its message.
        case invalidKey(String)
        /// The certificate has another public key.
        case keyMismatch

        public var description: String {
            switch self {
            case .noCertificate: "no PEM certificate found"
            case .noKey: "no PEM private key found"
            case .passphraseRequired: "the private key is encrypted, and no passphrase is given"
            case .wrongPassphrase: "wrong passphrase"
            case .invalidKey(let reason): "invalid private key: \(reason)"
            case .keyMismatch: "the private key does not match the certificate"
            }
        }

        /// Whether it concerns the private key alone.
        public var isOfKey: Bool { self != .noCertificate && self != .keyMismatch }
    }

    private let certificates: [UInt8]
    private let key: [UInt8]
    private let passphrase: String?

    /// Checks a certificate and its key.
    /// - Parameters:
    ///   - certificates: the client's certificate, then those of the authorities between it and a trusted one, in PEM.
    ///   - key: the private key in PEM, which may be encrypted; nil if it is among the certificates.
    ///   - passphrase: the passphrase of the key, up to 1,023 bytes.
    public init(certificates: [UInt8], key: [UInt8]? = nil, passphrase: String? = nil) throws(Problem) {
        self.certificates = certificates
        self.key = key ?? certificates
        self.passphrase = passphrase
        defer { ERR_clear_error() }
        guard let first = Self.certificates(in: certificates, atMost: 1).first else { throw .noCertificate }
        defer { X509_free(first) }
        let loaded = try loadKey()
        defer { EVP_PKEY_free(loaded) }
        guard X509_check_private_key(first, loaded) == 1 else { throw .keyMismatch }
    }

    private func loadKey() throws(Problem) -> OpaquePointer {
        ERR_clear_error()
        guard Self.contains("PRIVATE KEY-----", in: key) else { throw .noKey }
        // Without a passphrase an empty one is tried: the library would ask on the terminal.
        var phrase = Array((passphrase ?? "").utf8CString)
        guard let loaded = Self.reading(key, { PEM_read_bio_PrivateKey($0, nil, nil, &phrase) }) else {
            if Self.contains("ENCRYPTED", in: key) { throw passphrase == nil ? .passphraseRequired : .wrongPassphrase }
            throw .invalidKey(TLSFailure.last("not understood").message)
        }
        return loaded
    }

    private static func contains(_ text: String, in bytes: [UInt8]) -> Bool {
        let wanted = Array(text.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }

    /// Lets the sessions of a context use it.
    func use(in context: OpaquePointer) -> Bool {
        let chain = Self.certificates(in: certificates)
        defer { for certificate in chain { X509_free(certificate) } }
        guard let first = chain.first, let key = try? loadKey() else { return false }
        defer { EVP_PKEY_free(key) }
        return SSL_CTX_use_certificate(context, first) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1
            && chain.dropFirst().allSatisfy { copenssl_add_chain_certificate(context, $0) == 1 }
    }

    /// Returns the certificates of a PEM text; the caller frees them.
    static func certificates(in text: [UInt8], atMost limit: Int = .max) -> [OpaquePointer] {
        var found: [OpaquePointer] = []
        reading(text) { buffer in
            while found.count < limit, let certificate = PEM_read_bio_X509(buffer, nil, nil, nil) {
                found.append(certificate)
            }
        }
        return found
    }

    private static func reading<Value>(_ text: [UInt8], _ body: (OpaquePointer?) -> Value) -> Value {
        text.withUnsafeBytes { bytes in
            let buffer = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
            defer { BIO_free(buffer) }
            return body(buffer)
        }
    }
}
