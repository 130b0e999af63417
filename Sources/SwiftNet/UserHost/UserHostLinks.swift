import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// The addresses and frames of a user-space host on this host's interfaces.
enum UserHostLinks {
    typealias Address = (address: IPAddress, prefixLength: Int)

    private static let filter = SocketFilter.etherTypes([.arp, .reverseARP, .ipv4, .ipv6])
    /// The maximum frame length: segments that the kernel merges on receipt exceed the MTU.
    private static let longestFrame = Int(UInt16.max) + EthernetView.headerLength + 4

    /// Throws unless a host can have the address and this system does not.
    static func check(_ own: Address, on links: [EthernetLink], _ option: String) throws(SwiftNetError) {
        let (address, length) = own
        guard length > 0, let network = IPNetwork(address, prefixLength: length) else {
            throw SwiftNetError(.invalidArgument, option, "invalid prefix length \(length)")
        }
        guard network.hasHostAddress(address) else {
            throw SwiftNetError(.invalidArgument, option, "\(address) is not a host address in \(network)")
        }
        if links.contains(where: { $0.interface.addresses.contains { $0.address == address } }) {
            throw SwiftNetError(.invalidArgument, option, "\(address) is in use by this system")
        }
    }

    /// Returns the routers of a host, one per family, each in one of its networks.
    static func gateways(_ asked: [IPAddress], of addresses: [Address]) throws(SwiftNetError) -> [IPAddress] {
        var gateways: [IPAddress] = []
        for gateway in asked {
            // An IPv6 host also has a link-local address.
            let isNear =
                gateway.needsZone && addresses.contains { $0.address.family == .v6 }
                || addresses.contains {
                    IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(gateway) ?? false
                }
            let problem: String? =
                if !isNear {
                    "\(gateway) is not in a network of the host"
                } else if addresses.contains(where: { $0.address == gateway }) {
                    "\(gateway) is the host itself"
                } else if gateways.contains(where: { $0.family == gateway.family }) {
                    "only one per family allowed: \(gateway)"
                } else {
                    nil
                }
            if let problem { throw SwiftNetError(.invalidArgument, "--gateway", problem) }
            gateways.append(gateway)
        }
        return gateways
    }

    /// Opens the host's frames on a socket that was opened with CAP_NET_RAW.
    /// - Parameters:
    ///   - vlan: the VLAN of the host; nil for untagged frames.
    ///   - beginsCapture: whether the run begins; otherwise its capture file is not touched until it does.
    static func port(
        _ socket: consuming UnboundPacketSocket, of configuration: HostConfiguration, on links: [EthernetLink],
        vlan: UInt16? = nil, beginsCapture: Bool = true, _ session: Session
    ) throws -> PacketSocketPort {
        let only = links.count == 1 ? links[0].index : 0
        let port = try PacketSocketPort(
            socket, interface: only, hearing: .filtered(filter), vlan: vlan, tagsFrames: true,
            frameLength: longestFrame, reactor: session.reactor, tap: session.capture?.tap,
            trace: session.options.onPacket)
        // Without promiscuous mode an interface drops frames to other MAC addresses.
        for (link, own) in zip(links, configuration.interfaces) {
            if own.mac != link.mac {
                try port.admit(.promiscuous, on: own.index)
            } else if own.hasGroups {
                try port.admit(.all, on: own.index)
            }
        }
        try session.capture?.start(filter, interface: only, vlan: vlan, beginsFile: beginsCapture)
        return port
    }
}
