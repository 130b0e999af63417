import PacketEngine
import WireFormat

/// Who a host is on its link, and how long it believes what it hears there.
public struct ARPConfiguration: Sendable {
    public var mac: MACAddress
    /// Addresses that are answered for; the first is the sender of our requests.
    public var addresses: [IPv4Address]
    /// How long an answer is believed (RFC 1122, section 2.3.2.1).
    public var lifetime = Nanoseconds.seconds(20 * 60)
    /// Between two requests for one address: never more often (RFC 1122, section 2.3.2.1).
    public var retryInterval = Nanoseconds.seconds(1)
    /// Requests for an address before its datagrams are given up.
    public var attempts = 5
    /// Addresses that are remembered; who was not used for the longest is forgotten first.
    public var capacity = 1_024
    /// Datagrams that wait for one address; the oldest goes first (RFC 1122, section 2.3.2.2).
    public var queueDepth = 64

    public init(mac: MACAddress, addresses: [IPv4Address]) {
        self.mac = mac
        self.addresses = addresses
    }
}
