import WireFormat

/// A connection, by the number that the engine gave it; a number is used once.
public struct StreamIdentifier: Hashable, Sendable {
    public var number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// Where a stream leads.
public enum StreamEndpoint: Hashable, Sendable {
    /// A TCP port; `zone` is the interface index that a link-local address needs, 0 otherwise.
    case tcp(IPAddress, zone: UInt32, port: UInt16)
    /// A socket of this machine, by its path (unix(7)).
    case local(String)
}

/// What an engine wants of its port.
public enum StreamRequest: Sendable {
    /// The addresses of a name; `resolved` answers.
    case resolve(String)
    /// A connection; `opened` or `failed` answers.
    case open(StreamIdentifier, StreamEndpoint)
    /// Bytes, after all that were handed over before.
    case send(StreamIdentifier, [UInt8])
    /// No more is sent (FIN), once everything is; the other side may go on.
    case endSending(StreamIdentifier)
    /// The end, in both directions; nothing is heard of the stream any more.
    case close(StreamIdentifier)
}

/// Why there is no stream, or none any more.
public enum StreamFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nobody listens (RST to our SYN).
    case refused
    /// The other side broke it off (RST).
    case reset
    /// The system gave up, or refused, in its words.
    case system(code: Int32, message: String)

    public var description: String {
        switch self {
        case .refused: "connection refused"
        case .reset: "connection reset"
        case .system(_, let message): message
        }
    }
}

/// How a connection came to be.
public struct StreamOpening: Sendable {
    /// Our end of it; nil for a socket of this machine.
    public var local: (address: IPAddress, port: UInt16)?
    /// When the first word of it was sent.
    public var began: Instant

    public init(local: (address: IPAddress, port: UInt16)?, began: Instant) {
        self.local = local
        self.began = began
    }
}

/// An address of a name, with the zone that a link-local one needs.
public struct ResolvedAddress: Hashable, Sendable {
    public var address: IPAddress
    /// An interface's index, or 0.
    public var zone: UInt32

    public init(_ address: IPAddress, zone: UInt32 = 0) {
        self.address = address
        self.zone = zone
    }
}

/// Why a name has no address, in the resolver's words.
public struct NameFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

/// A tool that speaks over connections, without sockets: what `Engine` is for packets.
///
/// It asks for names, connections and bytes to be sent, and is told what came
/// of it and when. It makes no system call, reads no clock and prints nothing;
/// the kernel's TCP and one of our own serve it alike.
public protocol StreamEngine: ~Copyable {
    associatedtype Event: Sendable

    /// Appends what is to be done at `now`, in order, and says when to be asked again.
    mutating func advance(_ requests: inout [StreamRequest], at now: Instant) -> Deadline

    /// What a name has for addresses, in the order to try them.
    /// - Parameter asked: when the question was put.
    mutating func resolved(
        _ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at instant: Instant)

    /// The connection stands.
    mutating func opened(_ stream: StreamIdentifier, _ opening: StreamOpening, at instant: Instant)

    /// Bytes came; they are valid for the call.
    mutating func received(_ bytes: RawSpan, on stream: StreamIdentifier, at instant: Instant)

    /// The other side sends no more (FIN).
    mutating func ended(_ stream: StreamIdentifier, at instant: Instant)

    /// The stream is gone, or never was.
    mutating func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at instant: Instant)

    /// The user wants it to end: nothing new, and the result so far.
    mutating func stop(at now: Instant)

    /// Hands over the events that have come up since the last call, in their order.
    mutating func drain(_ report: (Event) -> Void)
}
