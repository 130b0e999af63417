import PacketEngine
import WireFormat

/// The destination of a request, and whether it uses TLS.
public struct HTTPOrigin: Hashable, Sendable {
    /// The endpoint to connect to.
    public enum Endpoint: Hashable, Sendable {
        case name(String, port: UInt16)
        case endpoint(StreamEndpoint)
        /// The endpoints of a host, which are tried like those of a name.
        case endpoints([StreamEndpoint])
    }

    public var endpoint: Endpoint
    /// The name that the server's certificate must match; nil for no TLS.
    public var secureName: String?
    /// Whether the name is the text of an address.
    public var isAddress: Bool
    /// The proxy of the connection; nil for a direct one.
    public var proxy: ProxyRoute?

    public init(endpoint: Endpoint, secureName: String? = nil, isAddress: Bool = false) {
        self.endpoint = endpoint
        self.secureName = secureName
        self.isAddress = isAddress
    }
}

/// The use of HTTP/2 for a request.
public enum HTTP2Use: Hashable, Sendable {
    /// If the server selects it in the TLS handshake (ALPN).
    case negotiated
    /// Over TLS always: the fetch fails if the server does not select it.
    case required
    /// Always, without TLS too (prior knowledge, RFC 9113, section 3.3).
    case assumed
}

/// One request: its destination, its bytes, and the limits of its response.
public struct HTTPFetch: Sendable {
    public var origin: HTTPOrigin
    /// The request method, on which the framing of the response depends.
    public var method: HTTPMethod
    /// Whether to send the request by HTTP/2.
    public var http2 = HTTP2Use.negotiated
    /// The application protocols to offer in the TLS handshake (ALPN); nil for those of the run.
    public var applicationProtocols: [String]?
    /// The bytes of the request in the format of HTTP/1.
    public var bytes: [UInt8]
    /// Scheme and authority, which precede the path in a request to a proxy that forwards it; nil for other requests.
    public var absolutePrefix: String?
    /// The User-Agent field of CONNECT; nil for none.
    public var userAgent: String?
    /// The bytes sent after `bytes` once the server sends 100, or has not replied for `patience` (RFC 9110, section
    /// 10.1.1).
    public var heldBody: [UInt8] = []
    /// Whether to send a FIN after the bytes.
    public var endsSending = false
    /// Whether to reuse an open connection to the same endpoint.
    public var mayReuse = false
    /// Whether the addresses of a name that the last connection looked up are used again.
    public var reusesLookups = false
    /// Whether requests of other plans may use the same HTTP/2 connection at the same time.
    public var sharesConnection = false
    /// Whether to keep the connection open after the response if the server allows it.
    public var keepsConnection = false
    /// Whether an untrusted certificate ends the fetch before the request is sent.
    public var demandsTrust = true
    /// Whether a response without a status line and code ends the fetch as soon as it is detected.
    public var demandsStatusLine = false
    /// The time limit for the complete response, from the start.
    public var timeout = Nanoseconds.seconds(10)
    /// The time limit for the connection, from the start; nil for `timeout`.
    public var connectTimeout: Nanoseconds?
    /// The limits of the response.
    public var limits = HTTPResponseReader.Limits()
    /// The maximum number of bytes to keep, of the body and of all data received.
    public var keptBody = 0
    public var keptBytes = 0
    /// Whether the body is hashed.
    public var hashesBody = true

    /// Whether the decoded body goes to the sink of the engine; nil if not.
    var delivery: HTTPBodyDelivery?

    /// The time to wait for `100 Continue`.
    static let patience = Nanoseconds.seconds(1)
    /// The time to wait for the rest of a first line that is not HTTP; at most half of `timeout`.
    var linePatience: Nanoseconds { min(.seconds(2), Nanoseconds(timeout.count / 2)) }

    public init(origin: HTTPOrigin, method: HTTPMethod, bytes: [UInt8]) {
        self.origin = origin
        self.method = method
        self.bytes = bytes
    }
}
