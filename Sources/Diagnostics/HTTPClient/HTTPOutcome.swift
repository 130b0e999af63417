import PacketEngine
import SwiftNetTLS
import WireFormat

/// Where a fetch spent its time.
public struct HTTPTimings: Hashable, Sendable {
    public var start: Instant
    /// How long each phase took; nil for one that was not needed, or not reached.
    public var name: Nanoseconds?
    public var connect: Nanoseconds?
    public var secure: Nanoseconds?
    /// From the start to the first byte of the answer, and to its last.
    public var firstByte: Nanoseconds?
    public var total = Nanoseconds.zero

    init(start: Instant) { self.start = start }
}

/// Why there is no whole answer.
public enum HTTPFailure: Hashable, Sendable {
    /// What was going on when time ran out or the other side went.
    public enum Phase: String, Sendable {
        case name = "looking up the name"
        case connect = "connecting"
        case secure = "the TLS handshake"
        case answer = "waiting for the answer"
        case body = "reading the answer"
    }

    case name(NameFailure)
    case connection(StreamFailure)
    case secure(TLSFailure)
    /// The certificate is not to be believed, and why.
    case untrusted(String)
    case timeout(Phase)
    /// The other side went before the answer was whole.
    case closed(Phase)
    case reset(Phase)
    /// The answer broke a limit or the grammar; the problems say how.
    case malformed
    /// What came is not HTTP/1: its beginning.
    case notHTTP([UInt8])
    /// A redirect cannot be followed, and why.
    case redirect(String)
    /// The answer is whole, and not one that was wanted.
    case status(Int)
    case stopped

    /// Time ran out.
    var isTimeout: Bool {
        if case .timeout = self { true } else { false }
    }

    /// The host's name has no address, or none in time.
    public var isNameFailure: Bool {
        switch self {
        case .name, .timeout(.name): true
        default: false
        }
    }

    /// The answer itself is whole.
    public var leavesAnswerWhole: Bool {
        switch self {
        case .redirect, .status: true
        default: false
        }
    }
}

/// What became of the connection.
public enum HTTPEnding: Hashable, Sendable {
    /// It stands.
    case kept
    /// We ended it.
    case left
    /// The other side ended it, or broke it off.
    case closed
    case reset
    /// There was none.
    case none
}

/// A body as it came, and as it was meant.
public struct HTTPBody: Hashable, Sendable {
    /// Bytes that came, without the framing of chunks.
    public var length = 0
    public var sha256: [UInt8] = []
    /// As many of them as were to be kept.
    public var kept: [UInt8] = []
    /// Without its content coding; nil when it has none that is known here.
    public var decoded: Decoded?

    /// The text that was coded.
    public struct Decoded: Hashable, Sendable {
        public var coding: String
        public var length = 0
        public var sha256: [UInt8] = []
        public var kept: [UInt8] = []
    }
}

/// What came of a fetch: the answer, or how far it got.
public struct HTTPOutcome: Sendable {
    public var fetch: HTTPFetch
    /// The other end, once there was one.
    public var endpoint: StreamEndpoint?
    /// Our end.
    public var localPort: UInt16?
    /// An open connection was used.
    public var isReused = false
    public var timings: HTTPTimings
    public var tls: TLSFacts?
    /// Interim responses (1xx).
    public var interim: [HTTPHead] = []
    public var head: HTTPHead?
    public var framing: HTTPBodyFraming?
    public var body = HTTPBody()
    public var trailers: [HTTPField] = []
    /// What came, as it came, as much as was to be kept; and how much it was.
    public var received: [UInt8] = []
    public var receivedCount = 0
    /// Bytes that came after the answer, which belong to nothing.
    public var excess = 0
    /// What the standard thinks of the answer beyond its head's own lines.
    public var problems: [HTTPProblem] = []
    /// Nil when the answer is whole.
    public var failure: HTTPFailure?
    public var ending = HTTPEnding.none

    /// The status code; nil without a status line that has one.
    public var status: Int? {
        guard let head, case .status(let line) = head.start else { return nil }
        return line.code
    }
}
