import PacketEngine
import WireFormat

/// A host's addresses, timers and limits of neighbor discovery on one link (RFC 4861, section 10).
public struct NDPConfiguration: Sendable {
    public var mac: MACAddress
    /// The host's own addresses with their prefix lengths, including the link-local one.
    public var addresses: [(address: IPv6Address, prefixLength: Int)]
    /// Whether the host forwards packets and sets the Router flag.
    public var isRouter = false
    /// The time between two solicitations (RetransTimer).
    public var retransmissionTimer = Nanoseconds.seconds(1)
    /// The number of multicast solicitations before the queued packets are dropped (MAX_MULTICAST_SOLICIT).
    public var multicastAttempts = 3
    /// The number of unicast solicitations before the entry is removed (MAX_UNICAST_SOLICIT).
    public var unicastAttempts = 3
    /// The time for which a neighbor counts as reachable after it replied (ReachableTime).
    public var reachableTime = Nanoseconds.seconds(30)
    /// The delay between the first use of a stale entry and its first probe (DELAY_FIRST_PROBE_TIME).
    public var firstProbeDelay = Nanoseconds.seconds(5)
    /// The maximum number of cache entries; the least recently used one is evicted first.
    public var capacity = 1_024
    /// The maximum number of packets queued for one address; the oldest is dropped first (RFC 4861, section 7.2.2).
    public var queueDepth = 64

    public init(mac: MACAddress, addresses: [(address: IPv6Address, prefixLength: Int)]) {
        self.mac = mac
        self.addresses = addresses
    }

    /// Returns the source address for packets to `neighbor`: the one in the same network, or the link-local one.
    func source(to neighbor: IPv6Address) -> IPv6Address? {
        let near = addresses.first {
            IPv6Network($0.address, prefixLength: $0.prefixLength)?.contains(neighbor) ?? false
        }
        return (near ?? addresses.first { $0.address.isLinkLocal } ?? addresses.first)?.address
    }

    func isOwn(_ address: IPv6Address) -> Bool { addresses.contains { $0.address == address } }
}
