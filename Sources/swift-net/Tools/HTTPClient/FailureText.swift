import SwiftNet

extension HTTPFailure {
    /// The message of the failure.
    var text: String {
        switch self {
        case .name(let failure): failure.message
        case .connection(let failure): failure.description
        case .secure(let failure): "TLS: \(failure.message)"
        case .untrusted(let doubt): "certificate not trusted: \(doubt)"
        case .timeout(let phase): "timeout: \(phase.rawValue)"
        case .closed(let phase): "connection closed by the server: \(phase.rawValue)"
        case .reset(let phase): "connection reset by the server: \(phase.rawValue)"
        case .malformed: "malformed response"
        case .notHTTP(let bytes): "not HTTP: \(Self.opening(bytes))"
        case .redirect(let reason): reason
        case .status(let code): "status \(code)"
        case .stopped: "stopped"
        }
    }

    /// The kind in JSON.
    var kind: String {
        switch self {
        case .name, .timeout(.name): "name"
        case .connection: "connection"
        case .secure: "tls"
        case .untrusted: "certificate"
        case .timeout: "timeout"
        case .closed: "closed"
        case .reset: "reset"
        case .malformed: "malformed"
        case .notHTTP: "protocol"
        case .redirect: "redirect"
        case .status: "status"
        case .stopped: "stopped"
        }
    }

    /// Returns the first line of a response that is not HTTP, or its first bytes if they are not text, escaped.
    private static func opening(_ bytes: [UInt8]) -> String {
        let rest = bytes.drop { $0 == 13 || $0 == 10 }
        if rest.isEmpty { return bytes.isEmpty ? "nothing" : "an empty line" }
        let line = rest.prefix { $0 != 10 && $0 != 13 }
        let isText = !line.contains { $0 < 0x20 && $0 != 9 }
        // Binary data may begin with bytes that look like the end of a line.
        let shown = isText ? line : bytes[...]
        let most = isText ? 200 : 24
        let text = Text.visible(shown.prefix(most)) + (shown.count > most ? "..." : "")
        return text + (isText ? "" : protocolName(bytes).map { " (\($0))" } ?? "")
    }

    /// Returns the protocol that binary data looks like; nil if unknown.
    private static func protocolName(_ bytes: [UInt8]) -> String? {
        // A record of TLS: an alert or a handshake message, and its version (RFC 8446, section 5.1).
        if bytes.count >= 2, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 { return "TLS" }
        // A frame of the connection itself: SETTINGS, PING, GOAWAY or WINDOW_UPDATE of stream 0 (RFC 9113, section
        // 4.1).
        if bytes.count >= 9, bytes[0] == 0, [4, 6, 7, 8].contains(bytes[3]), bytes[5...8].allSatisfy({ $0 == 0 }) {
            return "HTTP/2"
        }
        return nil
    }
}
