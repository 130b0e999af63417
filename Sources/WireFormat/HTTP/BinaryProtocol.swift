/// A protocol whose binary messages are recognized where HTTP/1 is expected.
public enum BinaryProtocol: Sendable {
    /// TLS on a port without it (RFC 8446).
    case tls
    /// HTTP/2 without its negotiation (RFC 9113).
    case http2

    /// Recognizes a protocol by its first bytes; nil if they are of none of these.
    public init?(opening bytes: [UInt8]) {
        // A record of an alert or a handshake message, and its version (RFC 8446, section 5.1).
        if bytes.count >= 2, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 {
            self = .tls
            return
        }
        // A frame of the connection itself: SETTINGS, PING, GOAWAY or WINDOW_UPDATE of stream 0 (RFC 9113, section
        // 4.1).
        if bytes.count >= 9, bytes[0] == 0, [4, 6, 7, 8].contains(bytes[3]), bytes[5...8].allSatisfy({ $0 == 0 }) {
            self = .http2
            return
        }
        return nil
    }
}

extension BinaryProtocol: CustomStringConvertible {
    /// The name: `TLS`, `HTTP/2`.
    public var description: String {
        switch self {
        case .tls: "TLS"
        case .http2: "HTTP/2"
        }
    }
}
