import PacketEngine
import SwiftNetHTTP2
import SwiftNetTLS
import WireFormat

/// The timings of a fetch.
public struct HTTPTimings: Hashable, Sendable {
    public var start: Instant
    /// The duration of each phase; nil for a phase that was not needed or not reached.
    public var name: Nanoseconds?
    public var connect: Nanoseconds?
    /// The time from the connection to a proxy until that has connected to the origin.
    public var proxy: Nanoseconds?
    public var secure: Nanoseconds?
    /// The times from the start to the first and to the last byte of the response.
    public var firstByte: Nanoseconds?
    public var total = Nanoseconds.zero

    init(start: Instant) { self.start = start }
}

/// The reason why there is no complete response.
public enum HTTPFailure: Hashable, Sendable {
    /// The phase in which a timeout or a disconnect occurred.
    public enum Phase: String, Sendable {
        case name = "looking up the name"
        case connect = "connecting"
        case secure = "in the TLS handshake"
        case proxy = "in the proxy handshake"
        case answer = "waiting for the response"
        case body = "reading the response"
    }

    case name(NameFailure)
    case connection(StreamFailure)
    case secure(TLSFailure)
    /// The certificate is not trusted, and the reason.
    case untrusted(String)
    /// The server requires a client certificate, or rejects the one it received: the message.
    case clientCertificate(String)
    case timeout(Phase)
    /// The server closed the connection before the response was complete.
    case closed(Phase)
    case reset(Phase)
    /// The response exceeded a limit, violates the grammar or cannot be decoded; `HTTPOutcome.rejection` has the
    /// reason.
    case malformed
    /// The data received is not HTTP/1: its beginning.
    case notHTTP([UInt8])
    /// HTTP/2 is not possible, or a stream or connection failed, and the reason with the name of the error code.
    case http2(String)
    /// The proxy did not connect to the origin, or could not be reached.
    case proxy(HTTPProxy, ProxyFailure)
    /// A redirect cannot be followed, and the reason.
    case redirect(String)
    /// The response is complete, but its status counts as a failure.
    case status(Int)
    /// The response is complete, but the certificate expires too soon: the seconds left, negative after the end.
    case expires(inSeconds: Int64)
    case stopped

    /// Whether it is a timeout.
    var isTimeout: Bool {
        if case .timeout = self { true } else { false }
    }

    /// Whether this client stopped reading.
    var isCut: Bool { isTimeout || self == .stopped }

    /// Whether the host name has no address, or its lookup timed out.
    public var isNameFailure: Bool {
        switch self {
        case .name, .timeout(.name): true
        case .proxy(_, .connection(let failure)): failure.isNameFailure
        default: false
        }
    }

    /// Whether the response itself is complete.
    public var leavesAnswerWhole: Bool {
        switch self {
        case .redirect, .status, .expires, .proxy(_, .response): true
        default: false
        }
    }
}

/// The state of the connection after a fetch.
public enum HTTPEnding: Hashable, Sendable {
    /// Still open.
    case kept
    /// Closed by this client.
    case left
    /// Closed or reset by the server.
    case closed
    case reset
    /// There was no connection.
    case none
}

/// A body as received and as decoded.
public struct HTTPBody: Hashable, Sendable {
    /// The number of bytes received, without chunk framing.
    public var length = 0
    /// The SHA-256 hash; empty if it is not wanted.
    public var sha256: [UInt8] = []
    /// The first bytes, up to the limit to keep.
    public var kept: [UInt8] = []
    /// The decoded bytes that the sink of the engine did not get, because the response might not have been the last one.
    public var withheld: [UInt8] = []
    /// The body without its content coding; nil if it has none or an unknown one.
    public var decoded: Decoded?

    /// The decoded content.
    public struct Decoded: Hashable, Sendable {
        public var coding: String
        public var length = 0
        public var sha256: [UInt8] = []
        public var kept: [UInt8] = []
    }
}

/// The result of a fetch: the response, or how far it got.
public struct HTTPOutcome: Sendable {
    public var fetch: HTTPFetch
    /// The remote endpoint; nil without a connection.
    public var endpoint: StreamEndpoint?
    /// The local port and address; nil for a Unix socket.
    public var localPort: UInt16?
    public var localAddress: IPAddress?
    /// The attempts to connect, in the order of their SYNs; none on a reused connection.
    public var attempts: [ConnectAttempt] = []
    /// Whether an open connection was reused.
    public var isReused = false
    public var timings: HTTPTimings
    public var tls: TLSFacts?
    /// The number of sessions that the server offered to resume: with TLS 1.3, of its tickets.
    public var ticketCount = 0
    /// The messages by which a proxy connected to the origin, or challenged the request.
    public var proxyMessages: [ProxyMessage] = []
    /// The status of the proxy's response to CONNECT, or the number of its SOCKS reply; nil without one.
    public var proxyStatus: Int?
    /// Interim responses (1xx).
    public var interim: [HTTPHead] = []
    public var head: HTTPHead?
    public var framing: HTTPBodyFraming?
    public var body = HTTPBody()
    public var trailers: [HTTPField] = []
    /// The frames of HTTP/2, at most 1,000, if received bytes are kept.
    public var frames: [HTTP2Frame] = []
    /// The bytes received, up to the limit to keep, and their total number.
    public var received: [UInt8] = []
    public var receivedCount = 0
    /// Bytes received after the response that do not belong to it.
    public var excess = 0
    /// Violations of the standard beyond those in single header lines.
    public var problems: [HTTPProblem] = []
    /// The failure; nil if the response is complete.
    public var failure: HTTPFailure?
    /// The problem because of which the response was rejected; nil unless the failure is `malformed`.
    public var rejection: HTTPProblem? {
        guard failure == .malformed else { return nil }
        return problems.last(where: \.isFatal) ?? head?.problems().first(where: \.isFatal) ?? problems.last
    }
    public var ending = HTTPEnding.none

    /// Whether the request, or a part of it, was sent.
    public var isSent: Bool {
        switch failure {
        case .name, .untrusted: false
        case .timeout(let phase), .closed(let phase), .reset(let phase): phase == .answer || phase == .body
        // A proxy that forwards requests responds to them.
        case .proxy: head != nil
        default: isReused || timings.connect != nil && (fetch.origin.secureName == nil || tls != nil)
        }
    }

    /// Whether any part of a response was received.
    public var hasResponse: Bool { head != nil || body.length > 0 }

    /// Whether the status is that of an error: 400 or more (RFC 9110, section 15), or missing.
    public var isError: Bool { status.map { $0 >= 400 } ?? true }

    /// The status code; nil without a status line that has one.
    public var status: Int? { head?.statusCode }
    /// The target of a redirect (3xx with a Location field; RFC 9110, section 10.2.2).
    public var location: String? { status.map { 300..<400 ~= $0 } == true ? head?["Location"] : nil }
}

extension HTTPHead {
    /// The status code; nil without a status line that has one.
    public var statusCode: Int? {
        if case .status(let line) = start { line.code } else { nil }
    }
}
