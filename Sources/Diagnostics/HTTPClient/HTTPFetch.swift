import PacketEngine
import WireFormat

/// Where a request goes, and whether in the clear.
public struct HTTPOrigin: Hashable, Sendable {
    /// The place to connect to.
    public enum Place: Hashable, Sendable {
        case name(String, port: UInt16)
        case endpoint(StreamEndpoint)
    }

    public var place: Place
    /// The name that the server's certificate must be for; nil for no TLS.
    public var secureName: String?
    /// The name is the text of an address.
    public var isAddress: Bool

    public init(place: Place, secureName: String? = nil, isAddress: Bool = false) {
        self.place = place
        self.secureName = secureName
        self.isAddress = isAddress
    }
}

/// One request: where it goes, its bytes, and what an answer may cost.
public struct HTTPFetch: Sendable {
    public var origin: HTTPOrigin
    /// By which the answer's framing is understood.
    public var method: HTTPMethod
    /// Everything that is sent, as it is sent.
    public var bytes: [UInt8]
    /// What is sent after `bytes` once the server says 100, or has said nothing for `patience` (RFC 9110, section 10.1.1).
    public var heldBody: [UInt8] = []
    /// After the bytes no more is sent, and the other side is told so (FIN).
    public var endsSending = false
    /// An open connection to the same place is used.
    public var mayReuse = false
    /// The connection stays after the answer if the answer lets it.
    public var keepsConnection = false
    /// A certificate that is not to be believed ends it before the request is sent.
    public var demandsTrust = true
    /// What does not begin with a status line that has a code is no answer, and ends it as soon as that is seen.
    public var demandsStatusLine = false
    /// For the answer to be whole, from the start.
    public var timeout = Nanoseconds.seconds(10)
    /// What the answer may have.
    public var limits = HTTPResponseReader.Limits()
    /// So many bytes of the body, and of everything that came, are kept.
    public var keptBody = 0
    public var keptBytes = 0

    /// How long the server may think about `Expect: 100-continue`.
    static let patience = Nanoseconds.seconds(1)
    /// How long more of an unfinished first line is waited for that is no HTTP; half the time for all, if that is less.
    var linePatience: Nanoseconds { min(.seconds(2), Nanoseconds(timeout.count / 2)) }

    public init(origin: HTTPOrigin, method: HTTPMethod, bytes: [UInt8]) {
        self.origin = origin
        self.method = method
        self.bytes = bytes
    }
}
