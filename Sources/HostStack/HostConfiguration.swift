import PacketEngine
import WireFormat

/// The configuration of a user-space host.
public struct HostConfiguration: Sendable {
    /// The configuration of one interface.
    public struct Interface: Sendable {
        /// The interface index (if_nametoindex(3)).
        public var index: UInt32
        public var mac: MACAddress
        public var mtu: Int
        /// The host's addresses on this interface; they must not be addresses of the kernel.
        public internal(set) var addresses: [(address: IPAddress, prefixLength: Int)]
        /// The multicast groups to join, in addition to the mandatory ones.
        public var groups: [IPAddress] = []

        /// - Parameters:
        ///   - mac: the MAC address; nil for a locally administered one derived from the first address, so that it is
        ///     the
        ///     same in every run.
        ///   - addsLinkLocal: whether a link-local address is added if an address is IPv6 (RFC 4291, section 2.8).
        ///     False if
        ///     the MAC address is the kernel's, which already has a link-local address.
        public init(
            index: UInt32, mac: MACAddress?, mtu: Int = 1_500, addresses: [(address: IPAddress, prefixLength: Int)],
            addsLinkLocal: Bool = true
        ) {
            self.index = index
            let own = mac ?? Self.mac(of: addresses.first?.address)
            self.mac = own
            self.mtu = mtu
            var all = addresses
            let ipv6Addresses = addresses.compactMap(\.address.v6)
            if addsLinkLocal, !ipv6Addresses.isEmpty, !ipv6Addresses.contains(where: \.isLinkLocal) {
                all.append((.v6(own.linkLocalAddress), 64))
            }
            self.addresses = all
        }

        private static func mac(of address: IPAddress?) -> MACAddress {
            switch address {
            case .v4(let address)?: MACAddress(rawValue: 0x0200_0000_0000 | UInt64(address.rawValue))
            case .v6(let address)?: MACAddress(rawValue: 0x0206_0000_0000 | address.low & 0xFFFF_FFFF)
            case nil: MACAddress(rawValue: 0x0200_0000_0000)
            }
        }

        /// Whether the host is a member of any group on the link.
        public var hasGroups: Bool { !groups.isEmpty || !ipv6Addresses.isEmpty }

        var ipv4Addresses: [IPv4Address] { addresses.compactMap(\.address.v4) }
        var ipv6Addresses: [(address: IPv6Address, prefixLength: Int)] {
            addresses.compactMap { own in own.address.v6.map { ($0, own.prefixLength) } }
        }
    }

    public var interfaces: [Interface]
    /// The default gateways, at most one per address family.
    public var gateways: [IPAddress] = []
    /// Whether the host forwards datagrams between its interfaces.
    public var forwards = false
    /// Whether a router sends router advertisements on its links with IPv6 addresses (RFC 4861, section 6.2).
    public var advertises = false
    /// Whether addresses are checked for duplicates before use (RFC 5227; RFC 4862, section 5.4).
    public var checksAddresses = true
    /// Whether an address that another station claims is kept in any case. If false, it is given up at the second
    /// conflict within 10 s (RFC 5227, section 2.4, c and b).
    public var keepsAddresses = true
    /// The RARP server's table of client addresses (RFC 903).
    public var rarpTable: [MACAddress: IPv4Address] = [:]
    public var tcp = TCPConfiguration()
    /// The time at instant 0, in nanoseconds since 1970-01-01 00:00 UTC, for timestamp options; nil if unknown.
    public var universalTime: Int64?
    /// Random bits for numbers that must not be predictable, such as initial sequence numbers.
    public var seed: (UInt64, UInt64)

    public init(_ interfaces: [Interface], seed: (UInt64, UInt64)) {
        self.interfaces = interfaces
        self.seed = seed
        tcp.maximumSegmentSize = Self.maximumSegmentSize(interfaces.map(\.mtu))
    }

    /// Returns the maximum segment size for IPv4 on links with these MTUs.
    static func maximumSegmentSize(_ mtus: [Int]) -> Int {
        max((mtus.min() ?? 1_500) - IPv4View.minimumHeaderLength - TCPView.minimumHeaderLength, 48)
    }

    /// The maximum length of a sent frame, in bytes.
    public var frameLength: Int { (interfaces.map(\.mtu).max() ?? 1_500) + EthernetView.headerLength }
}

/// Counters of a host, in datagrams unless noted.
public struct HostCounters: Hashable, Sendable {
    /// In frames.
    public var received: UInt64 = 0
    public var sent: UInt64 = 0
    /// Datagrams that could not be parsed or had a wrong checksum.
    public var malformed: UInt64 = 0
    public var delivered: UInt64 = 0
    public var forwarded: UInt64 = 0
    public var fragmented: UInt64 = 0
    public var reassembled: UInt64 = 0
    /// Datagrams without a route or without a reply from the next hop.
    public var unreachable: UInt64 = 0
    /// Datagrams and frames dropped because the output queue was full or a link was down.
    public var dropped: UInt64 = 0
    /// ICMP errors that were sent.
    public var errorsSent: UInt64 = 0
    /// Redirects that were sent.
    public var redirectsSent: UInt64 = 0

    init() {}
}
