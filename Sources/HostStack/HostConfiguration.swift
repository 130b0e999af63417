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
        public var addresses: [(address: IPv4Address, prefixLength: Int)]

        /// - Parameter mac: nil for one of its own: locally administered, and made of its first address, so that
        ///   neighbours know it again whenever it comes back.
        public init(
            index: UInt32, mac: MACAddress?, mtu: Int = 1_500,
            addresses: [(address: IPv4Address, prefixLength: Int)]
        ) {
            self.index = index
            self.mac = mac ?? MACAddress(rawValue: 0x0200_0000_0000 | UInt64(addresses.first?.address.rawValue ?? 0))
            self.mtu = mtu
            self.addresses = addresses
        }
    }

    public var interfaces: [Interface]
    /// The router to everywhere else.
    public var gateway: IPv4Address?
    /// Datagrams for others are passed on between its interfaces.
    public var forwards = false
    /// Its addresses are used only after nobody has claimed them (RFC 5227).
    public var checksAddresses = true
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

    public init() {}
}
