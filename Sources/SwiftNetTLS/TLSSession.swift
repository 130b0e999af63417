import COpenSSL
import WireFormat

/// One client's session, without sockets: ciphertext in and out, text in and out (RFC 8446).
package struct TLSSession: ~Copyable {
    /// What a reading brought.
    package enum Reading: Equatable, Sendable {
        /// So many bytes of text.
        case bytes(Int)
        /// Nothing until more ciphertext comes.
        case starved
        /// The other side has said that it sends no more (close_notify).
        case ended
    }

    private let pointer: OpaquePointer
    /// Ciphertext that came, and ciphertext to be sent.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// The two sides have agreed.
    package private(set) var isEstablished = false

    /// Begins a session; `advance` makes its first message.
    /// - Parameters:
    ///   - host: the name that the certificate must be for, or the text of an address.
    ///   - isAddress: an address is not sent as the server's name (RFC 6066, section 3).
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
        self.incoming = incoming
        self.outgoing = outgoing
    }

    // The buffers belong to the session.
    deinit { SSL_free(pointer) }

    /// Ciphertext from the other side.
    package mutating func receive(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { _ = BIO_write(incoming, $0.baseAddress, Int32(clamping: $0.count)) }
    }

    /// The other side sends no ciphertext any more.
    package mutating func endReceiving() { BIO_ctrl(incoming, BIO_C_SET_BUF_MEM_EOF_RETURN, 0, nil) }

    /// Goes on with the handshake as far as what came allows.
    package mutating func advance() throws(TLSFailure) {
        guard !isEstablished else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(pointer)
        if result == 1 {
            isEstablished = true
            return
        }
        guard SSL_get_error(pointer, result) == SSL_ERROR_WANT_READ else {
            throw .last("the connection ended in the handshake")
        }
    }

    /// Text to be sent, once the session is established.
    package mutating func write(_ bytes: [UInt8]) throws(TLSFailure) {
        var offset = 0
        while offset < bytes.count {
            ERR_clear_error()
            let count = bytes.withUnsafeBytes { bytes in
                bytes.baseAddress.map {
                    SSL_write(pointer, $0 + offset, Int32(clamping: min(bytes.count - offset, 1 << 20)))
                } ?? 0
            }
            guard count > 0 else { throw .last("the session takes no more") }
            offset += Int(count)
        }
    }

    /// Says that no more is sent (close_notify).
    package mutating func endSending() {
        ERR_clear_error()
        SSL_shutdown(pointer)
    }

    /// Text that came, into the start of `buffer`.
    package mutating func read(into buffer: inout [UInt8]) throws(TLSFailure) -> Reading {
        ERR_clear_error()
        let count = buffer.withUnsafeMutableBytes { SSL_read(pointer, $0.baseAddress, Int32(clamping: $0.count)) }
        if count > 0 { return .bytes(Int(count)) }
        switch SSL_get_error(pointer, count) {
        case SSL_ERROR_WANT_READ: return .starved
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw .last("the connection ended without a word")
        }
    }

    /// Ciphertext to be sent; it is not given twice.
    package mutating func takeOutput() -> [UInt8] {
        let count = copenssl_pending(outgoing)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
            written = max(Int(BIO_read(outgoing, bytes.baseAddress, Int32(clamping: count))), 0)
        }
    }

    /// What was agreed on and how the other side showed itself; nil before that.
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
        let certificate = SSL_get1_peer_certificate(pointer).map { pointer in
            defer { X509_free(pointer) }
            return Certificate(pointer)
        }
        return TLSFacts(
            version: version.hasPrefix("TLSv") ? String(version.dropFirst(4)) : version, cipher: cipher,
            applicationProtocol: applicationProtocol, certificate: certificate,
            chainLength: Int(copenssl_chain_count(pointer)),
            doubt: result == X509_V_OK ? nil : String(cString: X509_verify_cert_error_string(result)),
            isResumed: SSL_session_reused(pointer) == 1)
    }
}

/// What a session agreed on, and who the other side says to be.
public struct TLSFacts: Hashable, Sendable {
    /// `1.3`.
    public var version: String
    /// By its name in OpenSSL.
    public var cipher: String
    /// What was chosen of the protocols that were offered (RFC 7301).
    public var applicationProtocol: String?
    /// Of the server itself.
    public var certificate: Certificate?
    /// Certificates that the server sent.
    public var chainLength: Int
    /// Why the certificate is not to be believed; nil when it is.
    public var doubt: String?
    /// It goes on from an earlier session.
    public var isResumed: Bool
}
