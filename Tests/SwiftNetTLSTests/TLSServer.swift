import COpenSSL

/// A self-signed certificate with its Ed25519 key.
final class SelfSignedCertificate {
    let certificate: OpaquePointer
    let key: OpaquePointer

    /// - Parameters:
    ///   - names: subject alternative names, as OpenSSL's configuration has them.
    ///   - end: the end of its validity, in seconds from now.
    init(names: String = "DNS:server.example,IP:192.0.2.1", end: Int = 3_600) throws {
        let generator = EVP_PKEY_CTX_new_id(NID_ED25519, nil)
        defer { EVP_PKEY_CTX_free(generator) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(generator) == 1, EVP_PKEY_keygen(generator, &key) == 1, let key,
            let certificate = X509_new()
        else { throw TLSServerError.library }
        self.key = key
        self.certificate = certificate
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234)
        X509_gmtime_adj(X509_getm_notBefore(certificate), -7_200)
        X509_gmtime_adj(X509_getm_notAfter(certificate), end)
        X509_set_pubkey(certificate, key)
        let name = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(name, "CN", 0x1001, Array("server.example".utf8), -1, -1, 0)
        X509_set_issuer_name(certificate, name)
        guard let alternatives = X509V3_EXT_conf_nid(nil, nil, NID_subject_alt_name, names) else {
            throw TLSServerError.library
        }
        defer { X509_EXTENSION_free(alternatives) }
        guard X509_add_ext(certificate, alternatives, -1) == 1, X509_sign(certificate, key, nil) > 0 else {
            throw TLSServerError.library
        }
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// The private key in PEM.
    /// - Parameter passphrase: nil for a key that is not encrypted.
    func keyText(passphrase: String? = nil) -> [UInt8] {
        guard let buffer = BIO_new(BIO_s_mem()) else { return [] }
        defer { BIO_free(buffer) }
        let phrase = Array((passphrase ?? "").utf8)
        PEM_write_bio_PKCS8PrivateKey(
            buffer, key, passphrase == nil ? nil : EVP_aes_128_cbc(), phrase.map { CChar(bitPattern: $0) },
            Int32(phrase.count), nil, nil)
        return TLSServer.take(buffer)
    }

    /// The certificate in PEM.
    var text: [UInt8] {
        guard let buffer = BIO_new(BIO_s_mem()) else { return [] }
        defer { BIO_free(buffer) }
        PEM_write_bio_X509(buffer, certificate)
        return TLSServer.take(buffer)
    }
}

enum TLSServerError: Error { case library }

/// The server's side of a TLS session in memory, by OpenSSL itself.
final class TLSServer {
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    /// - Parameters:
    ///   - selectsHTTP2: whether the server selects the application protocol `h2`.
    ///   - client: the client certificate that the server requires; nil for none.
    init(
        _ identity: SelfSignedCertificate, selectsHTTP2: Bool = false, client: SelfSignedCertificate? = nil
    ) throws {
        guard let context = SSL_CTX_new(TLS_server_method()),
            SSL_CTX_use_certificate(context, identity.certificate) == 1,
            SSL_CTX_use_PrivateKey(context, identity.key) == 1
        else { throw TLSServerError.library }
        if let client {
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), client.certificate)
        }
        if selectsHTTP2 {
            SSL_CTX_set_alpn_select_cb(
                context,
                { _, selected, length, offered, count, _ in
                    // The list is of lengths, each before its name.
                    var index = 0
                    while let offered, index < Int(count) {
                        let name = UnsafeBufferPointer(start: offered + index + 1, count: Int(offered[index]))
                        if name.elementsEqual("h2".utf8) {
                            selected?.pointee = name.baseAddress
                            length?.pointee = offered[index]
                            return SSL_TLSEXT_ERR_OK
                        }
                        index += 1 + name.count
                    }
                    return SSL_TLSEXT_ERR_NOACK
                }, nil)
        }
        guard let session = SSL_new(context), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { throw TLSServerError.library }
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_accept_state(session)
        (self.context, self.session, self.incoming, self.outgoing) = (context, session, incoming, outgoing)
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    /// Takes ciphertext, continues the handshake, and returns ciphertext.
    func respond(to bytes: [UInt8]) -> [UInt8] {
        _ = BIO_write(incoming, bytes, Int32(bytes.count))
        SSL_do_handshake(session)
        return Self.take(outgoing)
    }

    /// Encrypts plaintext.
    func send(_ bytes: [UInt8]) -> [UInt8] {
        _ = SSL_write(session, bytes, Int32(bytes.count))
        return Self.take(outgoing)
    }

    /// Closes the sending direction.
    func end() -> [UInt8] {
        SSL_shutdown(session)
        return Self.take(outgoing)
    }

    /// The plaintext of all ciphertext received.
    func read() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = SSL_read(session, &buffer, Int32(buffer.count))
            guard count > 0 else { return all }
            all += buffer.prefix(Int(count))
        }
    }

    /// Whether the client has closed its sending direction.
    var isEnded: Bool { SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 }

    static func take(_ buffer: OpaquePointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: copenssl_pending(buffer)) { bytes, count in
            count = max(Int(BIO_read(buffer, bytes.baseAddress, Int32(clamping: bytes.count))), 0)
        }
    }
}
