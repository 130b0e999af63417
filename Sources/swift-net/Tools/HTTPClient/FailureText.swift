import SwiftNet

extension HTTPFailure {
    /// The message of the failure.
    var text: String {
        switch self {
        case .name(let failure): failure.message
        case .connection(let failure): failure.description
        case .secure(let failure): "TLS: \(failure.message)"
        case .untrusted(let doubt): "certificate not trusted: \(doubt)"
        case .clientCertificate(let message): message
        case .timeout(let phase): "timeout: \(phase.rawValue)"
        case .closed(let phase): "connection closed by the server: \(phase.rawValue)"
        case .reset(let phase): "connection reset by the server: \(phase.rawValue)"
        case .malformed: "malformed response"
        case .notHTTP(let bytes): "not HTTP: \(Self.opening(bytes))"
        case .http2(let reason): "HTTP/2: \(reason)"
        case .proxy(let proxy, let failure): "proxy \(proxy): \(failure.text)"
        case .redirect(let reason): reason
        case .status(let code): "status \(code)"
        case .expires(let seconds): "the certificate \(Text.expiry(inSeconds: seconds))"
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
        case .clientCertificate: "client_certificate"
        case .timeout: "timeout"
        case .closed: "closed"
        case .reset: "reset"
        case .malformed: "malformed"
        case .notHTTP: "protocol"
        case .http2: "http2"
        case .proxy: "proxy"
        case .redirect: "redirect"
        case .status: "status"
        case .expires: "expiry"
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
        return text + (ForeignProtocol(opening: bytes).map { " (\($0))" } ?? "")
    }
}

extension ProxyFailure {
    /// The message of the failure, without the proxy.
    var text: String {
        switch self {
        case .response(let head, _):
            if case .status(let line) = head.start, let code = line.code {
                "\(code) " + Text.visible(line.reason[...])
            } else {
                "malformed response"
            }
        case .reply(let number, let meaning): "\(meaning) (\(number))"
        case .protocolViolation(let text), .unsupported(let text): text
        case .connection(.closed(let phase)): "connection closed: \(phase.rawValue)"
        case .connection(.reset(let phase)): "connection reset: \(phase.rawValue)"
        case .connection(let failure): failure.text
        }
    }
}

extension HTTPSchemeTry {
    /// The reason for which the other scheme is tried.
    var reason: String { isTLSPort ? "the port uses TLS" : outcome.failure?.text ?? "" }
}
