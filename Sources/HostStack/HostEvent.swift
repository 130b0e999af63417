import PacketEngine
import WireFormat

/// An event of a user-space host.
public enum HostEvent: Sendable {
    /// A peer contacted the host.
    case heard(HostContact)
    /// A listener's connection was established.
    case accepted(TCPIdentifier, local: TCPEndpoint, remote: TCPEndpoint)
    /// A connection changed state; the failure is set if it was not closed normally.
    case connection(TCPIdentifier, TCPEvents, TCPFailure?)
    /// The first datagram was put into the empty queue of a UDP port.
    case datagrams(UDPIdentifier, port: UInt16)
    /// A datagram from a UDP port to `remote` was not delivered.
    case datagramError(UDPIdentifier, UDPError, remote: TCPEndpoint)
    /// Another station has an address that this host was checking (RFC 5227, section 2.1; RFC 4862, section 5.4).
    case conflict(IPAddress, MACAddress)
    /// An address in use was announced because another station claims it (RFC 5227, section 2.4).
    case defended(IPAddress, MACAddress)
    /// An address in use was given up because another station claims it.
    case relinquished(IPAddress, MACAddress)
}

/// A peer that contacted the host, and the protocol it used.
public struct HostContact: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case arp
        case neighborDiscovery
        case rarp
        case echo
        case udp(UInt16)
        case tcp(UInt16)
        case other(IPProtocol)
    }

    public var address: IPAddress
    public var mac: MACAddress
    public var kind: Kind
    public var interface: UInt32
}
