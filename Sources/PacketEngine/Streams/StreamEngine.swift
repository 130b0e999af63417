import WireFormat

/// A connection, identified by a number that the engine chose; numbers are not reused.
public struct StreamIdentifier: Hashable, Sendable {
    public var number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// The remote end of a stream.
public enum StreamEndpoint: Hashable, Sendable {
    /// A TCP port; `zone` is the interface index for a link-local address, else 0.
    case tcp(IPAddress, zone: UInt32, port: UInt16)
    /// The path of a Unix socket (unix(7)).
    case local(String)
}

/// A request of an engine to its port.
public enum StreamRequest: Sendable {
    /// Resolve a host name; the result is passed to `resolved`.
    case resolve(String)
    /// Query the HTTPS records of a host name or of a port of it (RFC 9460); the result is passed to `queried`.
    case queryServices(String)
    /// Open a connection; the result is passed to `opened` or `failed`.
    case open(StreamIdentifier, StreamEndpoint)
    /// Send bytes, after those of earlier requests.
    case send(StreamIdentifier, [UInt8])
    /// Close the sending direction (FIN) after all bytes are sent; receiving continues.
    case endSending(StreamIdentifier)
    /// Close the stream in both directions; no more events are reported for it.
    case close(StreamIdentifier)
}

/// The reason for which a stream failed.
public enum StreamFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Connection refused (RST in reply to the SYN).
    case refused
    /// Connection reset (RST).
    case reset
    /// The peer did not reply in time.
    case timedOut
    /// No route to the peer.
    case unreachable
    /// Another failure, with its message.
    case other(String)

    public var description: String {
        switch self {
        case .refused: "connection refused"
        case .reset: "connection reset"
        case .timedOut: "Connection timed out"
        case .unreachable: "No route to host"
        case .other(let message): message
        }
    }
}

/// The properties of an established connection.
public struct StreamOpening: Sendable {
    /// The local end; nil for a Unix socket.
    public var local: (address: IPAddress, port: UInt16)?
    /// The time at which the first packet was sent.
    public var began: Instant

    public init(local: (address: IPAddress, port: UInt16)?, began: Instant) {
        self.local = local
        self.began = began
    }
}

/// An address of a host name, with the zone of a link-local one.
public struct ResolvedAddress: Hashable, Sendable {
    public var address: IPAddress
    /// The interface index, or 0.
    public var zone: UInt32

    public init(_ address: IPAddress, zone: UInt32 = 0) {
        self.address = address
        self.zone = zone
    }
}

/// The HTTPS records of a name (RFC 9460).
public struct ServiceRecords: Hashable, Sendable {
    /// The name that owns the records: the queried one, or that to which CNAME records lead.
    public var owner: String
    /// The data of each record, in the order of the reply; empty if the name has none or does not exist.
    public var data: [[UInt8]]

    public init(owner: String, data: [[UInt8]] = []) {
        self.owner = owner
        self.data = data
    }
}

/// The reason for which a name could not be resolved, as the resolver's message.
public struct NameFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

/// A protocol engine that uses connections instead of packets, without sockets; the counterpart of `Engine`.
///
/// It requests name resolution, connections and transmissions, and is notified of the results and their times. It makes
/// no system call, reads no clock and prints nothing; it works with the kernel's TCP and with the user-space TCP.
public protocol StreamEngine: EventEngine, ~Copyable {
    /// Appends the requests that are due at `now`, in order, and returns the next deadline.
    mutating func advance(_ requests: inout [StreamRequest], at now: Instant) -> Deadline

    /// Passes the addresses of a name, in the order in which to try them.
    /// - Parameter asked: the time of the request.
    mutating func resolved(
        _ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at instant: Instant)

    /// Passes the HTTPS records of a name.
    mutating func queried(_ name: String, _ answer: Result<ServiceRecords, NameFailure>, at instant: Instant)

    /// Reports that a connection was established.
    mutating func opened(_ stream: StreamIdentifier, _ opening: StreamOpening, at instant: Instant)

    /// Processes received bytes; they are valid only during the call.
    mutating func received(_ bytes: RawSpan, on stream: StreamIdentifier, at instant: Instant)

    /// Reports that the peer has closed its sending direction (FIN).
    mutating func ended(_ stream: StreamIdentifier, at instant: Instant)

    /// Reports that a stream failed or could not be opened.
    mutating func failed(_ stream: StreamIdentifier, _ failure: StreamFailure, at instant: Instant)
}
