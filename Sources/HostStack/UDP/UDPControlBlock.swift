import WireFormat

/// Identifies an open UDP port. The identifier of a closed port is never valid again.
public struct UDPIdentifier: Hashable, Sendable {
    let index: Int
    let generation: UInt32
}

/// The application that has opened a UDP port, the counterpart of a process ID.
public struct UDPOwner: Hashable, Sendable {
    public var number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// The services of the host.
    public static let services = UDPOwner(0)
    /// The stub resolver.
    public static let resolver = UDPOwner(1)
}

/// An entry of the control-block table.
struct UDPControlBlock: Sendable {
    enum State: Sendable {
        case free, inUse
    }

    var state = State.inUse
    var owner: UDPOwner
    var port: UInt16
    /// The only local address of the port; nil for all addresses of the host.
    var address: IPAddress?
    /// The only peer of the port; nil for any.
    var remote: TCPEndpoint?
    /// The number of the input queue; nil until the first datagram is received.
    var queue: Int?
    var generation: UInt32 = 0

    init(_ owner: UDPOwner, port: UInt16, address: IPAddress? = nil, remote: TCPEndpoint? = nil) {
        self.owner = owner
        self.port = port
        self.address = address
        self.remote = remote
    }

    /// Whether a datagram for the port is for this block.
    func accepts(from source: TCPEndpoint, to destination: IPAddress) -> Bool {
        (address.map { $0 == destination } ?? true) && (remote.map { $0 == source } ?? true)
    }

    /// How specific the block is: of several that accept a datagram, the most specific gets it.
    var specificity: Int { (remote == nil ? 0 : 2) + (address == nil ? 0 : 1) }
}

/// The reason for which a UDP port cannot be opened, or a datagram cannot be sent.
public enum UDPFailure: Error, Hashable, Sendable {
    /// Another application has the port.
    case portInUse
    /// Port 0 is reserved (RFC 6335, section 6).
    case invalidPort
    /// No ephemeral port is free.
    case noEphemeralPort
    /// The control-block table is full.
    case tableFull
    /// The host does not have the local address.
    case notOwnAddress
    /// The port was closed.
    case closed
    /// There is no peer to send to.
    case noPeer
    /// There is no route to the peer, or no source address for it.
    case noRoute
    /// The data does not fit into an IP packet.
    case tooLong
}

/// An ICMP error about a datagram that was sent from a port (RFC 1122, section 4.1.3.3).
public enum UDPError: Hashable, Sendable {
    /// The peer has no such port.
    case portUnreachable
    /// The host or network is unreachable, or the next hop does not reply.
    case unreachable
}
