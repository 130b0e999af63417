import COpenSSL

/// The shared state of a run's sessions: versions, CA certificates, protocols.
///
/// The system's CA certificates are loaded by the library when a certificate chain needs them; everything else here makes no
/// system call.
package final class TLSContext {
    let pointer: OpaquePointer
    /// The application protocols that its sessions offer.
    let applicationProtocols: [String]
    /// Whether its sessions verify the certificate of the server.
    let verifiesCertificates: Bool

    package init(_ configuration: TLSConfiguration = TLSConfiguration()) throws(TLSFailure) {
        // The system's openssl.cnf may load modules that require the system's own OpenSSL and C library.
        guard OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil) == 1 else { throw .last("no library") }
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .last("no context") }
        pointer = context
        applicationProtocols = configuration.applicationProtocols
        copenssl_set_partial_write(context)
        // An untrusted chain does not end the session: it is reported, and the caller decides.
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        if let version = configuration.minimumVersion,
            copenssl_set_minimum_version(context, Self.number(version)) != 1
        {
            throw .last("TLS \(version.rawValue) is not supported")
        }
        if let version = configuration.maximumVersion,
            copenssl_set_maximum_version(context, Self.number(version)) != 1
        {
            throw .last("TLS \(version.rawValue) is not supported")
        }
        // Old versions need old algorithms, which the library disables by default.
        if let version = configuration.maximumVersion ?? configuration.minimumVersion, version < .tls12 {
            SSL_CTX_set_security_level(context, 0)
        }
        let protocols = configuration.applicationProtocols.flatMap { name -> [UInt8] in
            let bytes = Array(name.utf8.prefix(255))
            return [UInt8(bytes.count)] + bytes
        }
        if !protocols.isEmpty, SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) != 0 {
            throw .last("ALPN")
        }
        verifiesCertificates = configuration.verifiesCertificates
        if !verifiesCertificates {
            copenssl_skip_verification(context)
        } else if let authorities = configuration.authorities {
            try believe(authorities)
        } else {
            guard let store = SystemAuthorities.store else { throw .last("no certificate store") }
            SSL_CTX_set1_cert_store(context, store)
        }
        copenssl_note_certificate_requests(context)
        copenssl_count_tickets(context)
        if let certificate = configuration.clientCertificate {
            // Servers may also request it after the handshake (RFC 8446, section 4.6.2).
            SSL_CTX_set_post_handshake_auth(context, 1)
            guard certificate.use(in: context) else { throw .last("the client certificate cannot be used") }
        }
        ERR_clear_error()
    }

    deinit { SSL_CTX_free(pointer) }

    private func believe(_ text: [UInt8]) throws(TLSFailure) {
        let certificates = ClientCertificate.certificates(in: text)
        for certificate in certificates {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(pointer), certificate)
            X509_free(certificate)
        }
        guard !certificates.isEmpty else { throw TLSFailure("no PEM certificate found") }
    }

    private static func number(_ version: TLSConfiguration.Version) -> Int32 {
        switch version {
        case .tls10: TLS1_VERSION
        case .tls11: TLS1_1_VERSION
        case .tls12: TLS1_2_VERSION
        case .tls13: TLS1_3_VERSION
        }
    }
}

extension TLSFailure {
    /// Returns the oldest error in the library's queue.
    static func last(_ otherwise: String) -> TLSFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return TLSFailure(otherwise) }
        return TLSFailure(reason: ERR_GET_REASON(code), String(cString: reason))
    }
}
