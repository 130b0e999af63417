import SwiftNet

extension HTTPFailure {
    /// The failure in words.
    var text: String {
        switch self {
        case .name(let failure): failure.message
        case .connection(let failure): failure.description
        case .secure(let failure): "TLS: \(failure.message)"
        case .untrusted(let doubt): "certificate not trusted: \(doubt)"
        case .timeout(let phase): "no time left, \(phase.rawValue)"
        case .closed(let phase): "the server ended the connection, \(phase.rawValue)"
        case .reset(let phase): "the server broke off the connection, \(phase.rawValue)"
        case .malformed: "the answer cannot be read to its end"
        case .notHTTP(let bytes): "not HTTP: \(Self.opening(bytes))"
        case .redirect(let reason): reason
        case .status(let code): "the status is \(code)"
        case .stopped: "stopped"
        }
    }

    /// One word for scripts.
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

    /// The first line of what is not HTTP, or the first bytes where they are no text, escaped.
    private static func opening(_ bytes: [UInt8]) -> String {
        let rest = bytes.drop { $0 == 13 || $0 == 10 }
        if rest.isEmpty { return bytes.isEmpty ? "nothing" : "an empty line" }
        let line = rest.prefix { $0 != 10 && $0 != 13 }
        let isText = !line.contains { $0 < 0x20 && $0 != 9 }
        // What is no text may well begin with bytes that look like the end of a line.
        let shown = isText ? line : bytes[...]
        let most = isText ? 200 : 24
        let text = Text.visible(shown.prefix(most)) + (shown.count > most ? "..." : "")
        return text + (isText ? "" : protocolName(bytes).map { " (\($0))" } ?? "")
    }

    /// What bytes that are no text are by their look; nil where they look like nothing known.
    private static func protocolName(_ bytes: [UInt8]) -> String? {
        // A record of TLS: an alert or a handshake message, and its version (RFC 8446, section 5.1).
        if bytes.count >= 2, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 { return "TLS" }
        // A frame of the connection itself: SETTINGS, PING, GOAWAY or WINDOW_UPDATE of stream 0 (RFC 9113, section 4.1).
        if bytes.count >= 9, bytes[0] == 0, [4, 6, 7, 8].contains(bytes[3]), bytes[5...8].allSatisfy({ $0 == 0 }) {
            return "HTTP/2"
        }
        return nil
    }
}
