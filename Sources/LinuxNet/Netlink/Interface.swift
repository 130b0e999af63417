import CLinux
import LinuxProcess
import WireFormat

/// A network interface of this host.
public struct Interface: Sendable, Equatable {
    public var index: UInt32
    public var name: String
    /// The maximum transmission unit: the length of the largest packet without the link header, in bytes.
    public var mtu: Int
    public var isUp: Bool
    /// Whether the link layer is up: a cable is connected and the other end is up (IFF_LOWER_UP).
    public var hasCarrier: Bool
    public var isLoopback: Bool
    public var type: InterfaceType
    /// How packets begin on a packet socket; nil if that is not supported.
    public var framing: LinkFraming?
    /// Whether neighbors are resolved by ARP and neighbor discovery (no IFF_NOARP).
    public var seeksNeighbors: Bool
    public var macAddress: MACAddress?
    /// The addresses with their prefix lengths.
    public var addresses: [Address]

    public struct Address: Sendable, Equatable {
        public var address: IPAddress
        public var prefixLength: Int
        /// Whether duplicate address detection is still running (RFC 4862, section 5.4).
        public var isTentative: Bool
    }

    /// IFF_LOWER_UP, which is missing in `net/if.h`.
    static let lowerUp: UInt32 = 0x10000

    /// Whether frames begin with an Ethernet header.
    public var hasEthernetHeader: Bool { framing == .ethernet }

    /// The state of the interface and its link layer.
    public var state: LinkState { LinkState(isUp: isUp, hasCarrier: hasCarrier) }

    /// Whether an address is configured on this host.
    public static func isOwn(_ address: IPAddress) throws(SystemError) -> Bool {
        try all().contains { $0.addresses.contains { $0.address == address } }
    }

    /// Returns every interface of this network namespace, by index.
    public static func all() throws(SystemError) -> [Interface] {
        var socket = try NetlinkSocket()
        var interfaces: [Interface] = []
        let links = try socket.request(
            Int(RTM_GETLINK), flags: clinux_NLM_F_DUMP, header: ifinfomsg(), "interfaces")
        for link in links {
            guard let fixed = link.header(ifinfomsg.self) else { continue }
            let type = InterfaceType(rawValue: fixed.ifi_type)
            // A GRE tunnel with a multicast group as its peer has both flags.
            let isPointToPoint = fixed.ifi_flags & UInt32(IFF_POINTOPOINT | IFF_BROADCAST) == UInt32(IFF_POINTOPOINT)
            var interface = Interface(
                index: UInt32(bitPattern: fixed.ifi_index), name: "", mtu: 0,
                isUp: fixed.ifi_flags & UInt32(IFF_UP) != 0,
                hasCarrier: fixed.ifi_flags & Self.lowerUp != 0,
                isLoopback: fixed.ifi_flags & UInt32(IFF_LOOPBACK) != 0,
                type: type, framing: type.framing(isPointToPoint: isPointToPoint),
                seeksNeighbors: fixed.ifi_flags & UInt32(IFF_NOARP) == 0,
                macAddress: nil, addresses: [])
            for attribute in link.attributes(after: MemoryLayout<ifinfomsg>.size) {
                switch Int(attribute.type) {
                case Int(IFLA_IFNAME): interface.name = link.string(attribute)
                case Int(IFLA_MTU): interface.mtu = Int(link.uint32(attribute) ?? 0)
                case Int(IFLA_ADDRESS) where attribute.range.count == 6:
                    interface.macAddress = link.bytes.rawBytes.macAddress(at: attribute.range.lowerBound)
                default: break
                }
            }
            interfaces.append(interface)
        }
        let addresses = try socket.request(
            Int(RTM_GETADDR), flags: clinux_NLM_F_DUMP, header: ifaddrmsg(), "addresses")
        for message in addresses {
            guard let fixed = message.header(ifaddrmsg.self),
                let position = interfaces.firstIndex(where: { $0.index == fixed.ifa_index })
            else { continue }
            let attributes = message.attributes(after: MemoryLayout<ifaddrmsg>.size)
            // On point-to-point links IFA_ADDRESS is the peer and IFA_LOCAL this host.
            let own =
                attributes.first { $0.type == UInt16(IFA_LOCAL) } ?? attributes.first { $0.type == UInt16(IFA_ADDRESS) }
            if let own, let address = RouteTable.address(message.bytes[own.range]) {
                interfaces[position].addresses.append(
                    Address(
                        address: address, prefixLength: Int(fixed.ifa_prefixlen),
                        isTentative: UInt32(fixed.ifa_flags) & UInt32(IFA_F_TENTATIVE) != 0))
            }
        }
        return interfaces.sorted { $0.index < $1.index }
    }

    /// Returns the index of an interface, or nil if the name does not exist.
    public static func index(of name: String) -> UInt32? {
        let index = if_nametoindex(name)
        return index == 0 ? nil : index
    }

    /// Returns the name of an interface, or nil if the index does not exist.
    public static func name(of index: UInt32) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(IF_NAMESIZE))
        return buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress, if_indextoname(index, base.assumingMemoryBound(to: CChar.self)) != nil
            else { return nil }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
