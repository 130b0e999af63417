import COpenSSL
import WireFormat

/// A TLS client session without sockets: it converts between ciphertext and plaintext (RFC 8446).
package struct TLSSession: ~Copyable {
    /// The result of a read.
    package enum Reading: Equatable, Sendable {
        /// The number of plaintext bytes.
        case bytes(Int)
        /// More ciphertext is needed.
        case starved
        /// The peer has closed its sending direction (close_notify).
        case ended
    }

    private let pointer: OpaquePointer
    private let offeredProtocols: [String]
    private let verifiesCertificate: Bool
    /// Whether the first byte received is that of an alert or of a handshake message (RFC 8446, section 5.1).
    private var beginsAsTLS: Bool?
    /// The buffers of received ciphertext and of ciphertext to send.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Whether the handshake is complete.
    package private(set) var isEstablished = false

    /// Creates a session; `advance` produces its first message.
    /// - Parameters:
    ///   - host: the name for which the certificate must be valid, or an address as text.
    ///   - isAddress: whether `host` is an address, which is not sent as server name (RFC 6066, section 3).
    package init(_ context: TLSContext, host: String, isAddress: Bool) throws(TLSFailure) {
        guard let session = SSL_new(context.pointer) else { throw .last("no session") }
        guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            SSL_free(session)
            throw .last("memory")
        }
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_connect_state(session)
        let parameters = SSL_get0_param(session)
        if isAddress {
            X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
        } else {
            copenssl_set_server_name(session, host)
            X509_VERIFY_PARAM_set1_host(parameters, host, 0)
        }
        pointer = session
        offeredProtocols = context.applicationProtocols
        verifiesCertificate = context.verifiesCertificates
        self.incoming = incoming
        self.outgoing = outgoing
    }

    // The session owns the buffers.
    deinit { SSL_free(pointer) }

    /// Processes received ciphertext.
    package mutating func receive(_ bytes: RawSpan) {
        if beginsAsTLS == nil, let first = bytes.prefix(1).copied().first {
            beginsAsTLS = (0x15...0x16).contains(first)
        }
        bytes.withUnsafeBytes { _ = BIO_write(incoming, $0.baseAddress, Int32(clamping: $0.count)) }
    }

    /// Reports the end of the received ciphertext.
    package mutating func endReceiving() { BIO_ctrl(incoming, BIO_C_SET_BUF_MEM_EOF_RETURN, 0, nil) }

    /// Continues the handshake as far as the received ciphertext allows.
    package mutating func advance() throws(TLSFailure) {
        guard !isEstablished else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(pointer)
        if result == 1 {
            isEstablished = true
            return
        }
        guard SSL_get_error(pointer, result) == SSL_ERROR_WANT_READ else {
            var failure = TLSFailure.last("connection closed during the TLS handshake")
            failure.isForeign = beginsAsTLS == false
            if failure.isForeign { failure.message = "the server does not use TLS" }
            throw failure
        }
    }

    /// Encrypts plaintext; the session must be established.
    package mutating func write(_ bytes: [UInt8]) throws(TLSFailure) {
        var offset = 0
        while offset < bytes.count {
            ERR_clear_error()
            let count = bytes.withUnsafeBytes { bytes in
                bytes.baseAddress.map {
                    SSL_write(pointer, $0 + offset, Int32(clamping: min(bytes.count - offset, 1 << 20)))
                } ?? 0
            }
            guard count > 0 else { throw .last("TLS write failed") }
            offset += Int(count)
        }
    }

    /// Returns the message of a failure for which the lack of a client certificate, or its rejection, is the reason; nil
    /// for another one.
    package func certificateFailure(_ failure: TLSFailure) -> String? {
        guard copenssl_requests_certificate(pointer) != 0, let alert = failure.alert.map(Int32.init) else { return nil }
        // Before TLS 1.3 there is no alert for a missing certificate alone (RFC 5246, section 7.4.6).
        let isAboutCertificate = [
            SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
            SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_ACCESS_DENIED,
            SSL_AD_CERTIFICATE_REQUIRED,
        ].contains(alert)
        if copenssl_has_certificate(pointer) != 0 {
            return isAboutCertificate ? "the server rejects the client certificate: \(failure.alertMeaning)" : nil
        }
        return isAboutCertificate || alert == SSL_AD_HANDSHAKE_FAILURE
            ? "the server requires a client certificate" : nil
    }

    /// Closes the sending direction (close_notify).
    package mutating func endSending() {
        ERR_clear_error()
        SSL_shutdown(pointer)
    }

    /// Decrypts received data into the start of `buffer`.
    package mutating func read(into buffer: inout [UInt8]) throws(TLSFailure) -> Reading {
        ERR_clear_error()
        let count = buffer.withUnsafeMutableBytes { SSL_read(pointer, $0.baseAddress, Int32(clamping: $0.count)) }
        if count > 0 { return .bytes(Int(count)) }
        switch SSL_get_error(pointer, count) {
        case SSL_ERROR_WANT_READ: return .starved
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw .last("connection closed without close_notify")
        }
    }

    /// Returns and removes the ciphertext to send.
    package mutating func takeOutput() -> [UInt8] {
        let count = copenssl_pending(outgoing)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
            written = max(Int(BIO_read(outgoing, bytes.baseAddress, Int32(clamping: count))), 0)
        }
    }

    /// The number of sessions that the server has offered to resume so far: with TLS 1.3, of its tickets.
    package var ticketCount: Int { Int(copenssl_ticket_count(pointer)) }

    /// The negotiated parameters and the peer's certificate; nil before the handshake is complete.
    package var facts: TLSFacts? {
        guard isEstablished else { return nil }
        let version = SSL_get_version(pointer).map { String(cString: $0) } ?? ""
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(pointer)).map { String(cString: $0) } ?? ""
        var selected: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(pointer, &selected, &length)
        let applicationProtocol = selected.map {
            String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self)
        }
        let result = SSL_get_verify_result(pointer)
        return TLSFacts(
            version: version.hasPrefix("TLSv") ? String(version.dropFirst(4)) : version, cipher: cipher,
            applicationProtocol: applicationProtocol, offeredProtocols: offeredProtocols,
            chain: (0..<copenssl_chain_count(pointer)).compactMap {
                copenssl_chain_certificate(pointer, $0).map(Certificate.init)
            },
            requestsCertificate: copenssl_requests_certificate(pointer) != 0,
            doubtCode: Int(result),
            doubt: !verifiesCertificate
                ? "not verified" : result == X509_V_OK ? nil : String(cString: X509_verify_cert_error_string(result)),
            isVerified: verifiesCertificate,
            isResumed: SSL_session_reused(pointer) == 1)
    }
}

/// The negotiated parameters of a session and the peer's certificate.
public struct TLSFacts: Hashable, Sendable {
    /// The TLS version, such as `1.3`.
    public var version: String
    /// The cipher suite, by its OpenSSL name.
    public var cipher: String
    /// The application protocol that the server selected (ALPN, RFC 7301).
    public var applicationProtocol: String?
    /// The application protocols that the client offered.
    public var offeredProtocols: [String]
    /// The certificates that the server sent, its own first.
    public var chain: [Certificate]
    /// Whether the server requested a certificate of the client in the handshake.
    public var requestsCertificate: Bool
    /// The result of the certificate's verification, a code of OpenSSL's X509_V_ERR; 0 if it is trusted.
    public var doubtCode: Int
    /// The reason for which the certificate is not trusted; nil if it is trusted.
    public var doubt: String?
    /// Whether the certificate was verified (`TLSConfiguration.verifiesCertificates`).
    public var isVerified: Bool
    /// Whether an earlier session was resumed.
    public var isResumed: Bool

    /// The server's own certificate.
    public var certificate: Certificate? { chain.first }
}
