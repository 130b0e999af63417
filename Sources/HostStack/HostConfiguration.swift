import PacketEngine
import WireFormat

/// Who a host is on its links.
public struct HostConfiguration: Sendable {
    /// One of its interfaces.
    public struct Interface: Sendable {
        /// The system's number of it.
        public var index: UInt32
        public var mac: MACAddress
        public var mtu: Int
        /// The host's addresses there; none are the system's.
        public let addresses: [(address: IPAddress, prefixLength: Int)]
        /// Groups that it listens to, beside those that it must.
        public var groups: [IPAddress] = []

        /// - Parameters:
        ///   - mac: nil for one of its own: locally administered, and made of its first address, so that
        ///     neighbors know it again whenever it comes back.
        ///   - addsLinkLocal: where an address is of IPv6, a link-local one is added (RFC 4291, section 2.8); not where
        ///     the machine is the system's, which has one already.
        public init(
            index: UInt32, mac: MACAddress?, mtu: Int = 1_500, addresses: [(address: IPAddress, prefixLength: Int)],
            addsLinkLocal: Bool = true
        ) {
            self.index = index
            let own = mac ?? Self.mac(of: addresses.first?.address)
            self.mac = own
            self.mtu = mtu
            var all = addresses
            let six = addresses.compactMap(\.address.v6)
            if addsLinkLocal, !six.isEmpty, !six.contains(where: \.isLinkLocal) {
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

        /// It listens to groups on the link.
        public var hasGroups: Bool { !groups.isEmpty || !six.isEmpty }

        var four: [IPv4Address] { addresses.compactMap(\.address.v4) }
        var six: [(address: IPv6Address, prefixLength: Int)] {
            addresses.compactMap { own in own.address.v6.map { ($0, own.prefixLength) } }
        }
    }

    public var interfaces: [Interface]
    /// The routers to everywhere else, one of a family.
    public var gateways: [IPAddress] = []
    /// Datagrams for others are passed on between its interfaces.
    public var forwards = false
    /// Its addresses are used only after nobody has claimed them (RFC 5227; RFC 4862, section 5.4).
    public var checksAddresses = true
    /// Machines that are told their addresses by RARP (RFC 903).
    public var machines: [MACAddress: IPv4Address] = [:]
    public var tcp = TCPConfiguration()
    /// Random bits: numbers that nobody is to guess are made of them.
    public var seed: (UInt64, UInt64)

    public init(_ interfaces: [Interface], seed: (UInt64, UInt64)) {
        self.interfaces = interfaces
        self.seed = seed
        let headers = IPv4View.minimumHeaderLength + TCPView.minimumHeaderLength
        tcp.maximumSegmentSize = max((interfaces.map(\.mtu).min() ?? 1_500) - headers, 536)
    }

    /// Bytes of the longest frame that the host sends.
    public var frameLength: Int { (interfaces.map(\.mtu).max() ?? 1_500) + EthernetView.headerLength }
}

/// What a host has done, in datagrams but where it says something else.
public struct HostCounters: Hashable, Sendable {
    /// Frames.
    public var received: UInt64 = 0
    public var sent: UInt64 = 0
    /// What could not be read, or had a wrong checksum.
    public var malformed: UInt64 = 0
    public var delivered: UInt64 = 0
    public var forwarded: UInt64 = 0
    public var fragmented: UInt64 = 0
    public var reassembled: UInt64 = 0
    /// There was no way, or no answer from the next hop.
    public var unreachable: UInt64 = 0
    /// The output queue was full.
    public var dropped: UInt64 = 0
    /// ICMP errors.
    public var errorsSent: UInt64 = 0

    init() {}
}
