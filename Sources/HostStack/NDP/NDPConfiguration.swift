import PacketEngine
import WireFormat

/// Who a host is on its link, and how long it believes what it hears there (RFC 4861, section 10).
public struct NDPConfiguration: Sendable {
    public var mac: MACAddress
    /// Addresses that are answered for, with the lengths of their prefixes; the link-local one among them.
    public var addresses: [(address: IPv6Address, prefixLength: Int)]
    /// It passes on what is for others, and says so.
    public var isRouter = false
    /// Between two solicitations (RetransTimer).
    public var retransmissionTimer = Nanoseconds.seconds(1)
    /// Solicitations to the group before the address is given up (MAX_MULTICAST_SOLICIT).
    public var multicastAttempts = 3
    /// Solicitations to the machine itself before it is forgotten (MAX_UNICAST_SOLICIT).
    public var unicastAttempts = 3
    /// How long a machine that has answered is believed to be there (ReachableTime).
    public var reachableTime = Nanoseconds.seconds(30)
    /// After the first use of what is old, before it is asked (DELAY_FIRST_PROBE_TIME).
    public var firstProbeDelay = Nanoseconds.seconds(5)
    /// Addresses that are remembered; who was not used for the longest is forgotten first.
    public var capacity = 1_024
    /// Packets that wait for one address; the oldest goes first (RFC 4861, section 7.2.2).
    public var queueDepth = 64

    public init(mac: MACAddress, addresses: [(address: IPv6Address, prefixLength: Int)]) {
        self.mac = mac
        self.addresses = addresses
    }

    /// The address that a neighbor sees: one of its own network, or the link-local one.
    func source(to neighbor: IPv6Address) -> IPv6Address? {
        let near = addresses.first {
            IPv6Network($0.address, prefixLength: $0.prefixLength)?.contains(neighbor) ?? false
        }
        return (near ?? addresses.first { $0.address.isLinkLocal } ?? addresses.first)?.address
    }

    func isOwn(_ address: IPv6Address) -> Bool { addresses.contains { $0.address == address } }
}
