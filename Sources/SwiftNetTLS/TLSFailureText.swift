import COpenSSL

extension TLSFailure {
    /// Describes an error of the library.
    /// - Parameters:
    ///   - reason: its reason code.
    ///   - text: its text, for reasons without a description here.
    init(reason: Int32, _ text: String) {
        // The reason of a received alert is its number, added to an offset.
        let number = reason - SSL_AD_REASON_OFFSET
        if number > 0, let alert = UInt8(exactly: number) {
            self.init("the server ends the session: \(Self.meaning(ofAlert: alert) ?? text)", alert: alert)
        } else {
            self.init(Self.meaning(ofReason: reason) ?? text)
        }
        libraryMessage = text
    }

    /// The meaning of the alert that the server sent, or the message.
    var alertMeaning: String { alert.flatMap(Self.meaning) ?? message }

    /// Returns the meaning of an alert with its name (RFC 8446, section 6.2); nil for an unknown one.
    private static func meaning(ofAlert alert: UInt8) -> String? {
        switch Int32(alert) {
        case SSL_AD_UNEXPECTED_MESSAGE: "it did not expect this message (unexpected_message)"
        case SSL_AD_HANDSHAKE_FAILURE: "no common parameters (handshake_failure)"
        case SSL_AD_BAD_CERTIFICATE: "the certificate is invalid (bad_certificate)"
        case SSL_AD_UNSUPPORTED_CERTIFICATE: "this type of certificate is not supported (unsupported_certificate)"
        case SSL_AD_CERTIFICATE_REVOKED: "the certificate was revoked (certificate_revoked)"
        case SSL_AD_CERTIFICATE_EXPIRED: "the certificate has expired (certificate_expired)"
        case SSL_AD_CERTIFICATE_UNKNOWN: "the certificate is not accepted (certificate_unknown)"
        case SSL_AD_ILLEGAL_PARAMETER: "it rejects a parameter (illegal_parameter)"
        case SSL_AD_UNKNOWN_CA: "the certificate authority is unknown (unknown_ca)"
        case SSL_AD_ACCESS_DENIED: "access denied (access_denied)"
        case SSL_AD_DECODE_ERROR: "it cannot read a message (decode_error)"
        case SSL_AD_DECRYPT_ERROR: "a signature or a checksum is wrong (decrypt_error)"
        case SSL_AD_PROTOCOL_VERSION: "no common TLS version (protocol_version)"
        case SSL_AD_INSUFFICIENT_SECURITY: "it requires stronger cipher suites (insufficient_security)"
        case SSL_AD_INTERNAL_ERROR: "it has an internal error (internal_error)"
        case SSL_AD_UNRECOGNIZED_NAME: "it does not serve this host name (unrecognized_name)"
        case SSL_AD_CERTIFICATE_REQUIRED: "it requires a client certificate (certificate_required)"
        case SSL_AD_NO_APPLICATION_PROTOCOL:
            "no common application protocol (no_application_protocol)"
        default: nil
        }
    }

    /// Returns the meaning of a reason; nil for a rare one.
    private static func meaning(ofReason reason: Int32) -> String? {
        switch reason {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG:
            "the server does not use TLS, or the connection is damaged"
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION:
            "the server selected a TLS version that was not offered"
        case SSL_R_NO_PROTOCOLS_AVAILABLE: "no TLS version can be offered"
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: "connection closed without close_notify"
        case SSL_R_DH_KEY_TOO_SMALL: "the Diffie-Hellman key of the server is too short"
        case SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL: "a key is too short for the security level"
        case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
            "the server does not support secure renegotiation (RFC 5746)"
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: "a received record was damaged"
        default: nil
        }
    }
}
