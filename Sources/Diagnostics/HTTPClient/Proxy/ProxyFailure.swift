import WireFormat

/// The reason for which a proxy does not connect to an origin.
public enum ProxyFailure: Hashable, Sendable {
    /// The response of an HTTP proxy to CONNECT, and the first bytes of its body.
    case response(HTTPHead, body: [UInt8])
    /// The reply of a SOCKS proxy: its number and its meaning.
    case reply(Int, meaning: String)
    /// The reply is not one of the protocol, and what is wrong with it.
    case protocolViolation(String)
    /// The request cannot be expressed in the proxy's protocol, and why.
    case unsupported(String)
    /// The connection to the proxy failed.
    indirect case connection(HTTPFailure)

    /// The status of an HTTP proxy, or the number of a SOCKS reply; nil for other failures.
    public var status: Int? {
        switch self {
        case .response(let head, _): head.statusCode
        case .reply(let number, _): number
        case .protocolViolation, .unsupported, .connection: nil
        }
    }
}
