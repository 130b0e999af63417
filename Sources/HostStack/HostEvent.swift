import PacketEngine
import WireFormat

/// What has come up at a host.
public enum HostEvent: Sendable {
    /// Somebody spoke to it.
    case heard(HostContact)
    /// Somebody's connection to a port that is listened at stands.
    case accepted(TCPIdentifier, local: TCPEndpoint, remote: TCPEndpoint)
    /// Something has happened to a connection; why it is over, where it did not end in peace.
    case connection(TCPIdentifier, TCPNotices, TCPFailure?)
    /// Datagrams wait at a port.
    case datagrams(port: UInt16)
    /// Another machine says that it has an address of ours (RFC 5227; RFC 4862, section 5.4).
    case conflict(IPAddress, MACAddress)
}

/// Who spoke, and how.
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
