import SwiftNet

extension HTTPFailure {
    /// Why there is no response that counts, as the page shows it.
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
        case .notHTTP: "not HTTP"
        case .http2(let reason): "HTTP/2: \(reason)"
        case .proxy(let proxy, _): "proxy \(proxy)"
        case .redirect(let reason): reason
        case .status(let code): "status \(code)"
        case .expires: "the certificate ends soon"
        case .stopped: "stopped"
        }
    }
}
