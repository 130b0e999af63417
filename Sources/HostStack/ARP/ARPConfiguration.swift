import PacketEngine
import WireFormat

/// A host's ARP addresses, timers and limits on one link.
public struct ARPConfiguration: Sendable {
    public var mac: MACAddress
    /// The host's own addresses; requests are sent from the first.
    public var addresses: [IPv4Address]
    /// The lifetime of a cache entry (RFC 1122, section 2.3.2.1).
    public var lifetime = Nanoseconds.seconds(20 * 60)
    /// The minimum time between two requests for one address (RFC 1122, section 2.3.2.1).
    public var retryInterval = Nanoseconds.seconds(1)
    /// The number of requests for an address before its queued datagrams are dropped.
    public var attempts = 5
    /// The maximum number of cache entries; the least recently used one is evicted first.
    public var capacity = 1_024
    /// The maximum number of datagrams queued for one address; the oldest is dropped first (RFC 1122, section 2.3.2.2).
    public var queueDepth = 64

    public init(mac: MACAddress, addresses: [IPv4Address]) {
        self.mac = mac
        self.addresses = addresses
    }
}
