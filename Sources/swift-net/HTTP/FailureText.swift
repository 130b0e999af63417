import Diagnostics
import PacketEngine

extension HTTPFailure {
    /// The failure in words.
    var text: String {
        switch self {
        case .name(let failure): failure.message
        case .connection(.refused): "connection refused"
        case .connection(.reset): "connection reset"
        case .connection(.system(_, let message)): message
        case .secure(let failure): "TLS: \(failure.message)"
        case .untrusted(let doubt): "the certificate is not to be believed: \(doubt)"
        case .timeout(let phase): "no time left, \(phase.rawValue)"
        case .closed(let phase): "the server ended the connection, \(phase.rawValue)"
        case .reset(let phase): "the server broke off the connection, \(phase.rawValue)"
        case .malformed: "the answer cannot be read to its end"
        case .redirect(let reason): reason
        case .status(let code): "the status is \(code)"
        case .stopped: "stopped"
        }
    }

    /// One word for scripts.
    var kind: String {
        switch self {
        case .name: "name"
        case .connection: "connection"
        case .secure: "tls"
        case .untrusted: "certificate"
        case .timeout: "timeout"
        case .closed: "closed"
        case .reset: "reset"
        case .malformed: "malformed"
        case .redirect: "redirect"
        case .status: "status"
        case .stopped: "stopped"
        }
    }
}
