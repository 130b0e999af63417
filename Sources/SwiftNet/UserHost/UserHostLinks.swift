import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// A user-space host's addresses and frames on this host's interfaces.
enum UserHostLinks {
    typealias Address = (address: IPAddress, prefixLength: Int)

    private static let filter = SocketFilter.etherTypes([.arp, .reverseARP, .ipv4, .ipv6])
    /// Segments that the kernel merges before it hands them over are longer than the link has them.
    private static let longestFrame = Int(UInt16.max) + EthernetView.headerLength + 4

    /// Throws unless a host can have the address, and this host has it not.
    static func check(_ own: Address, on links: [EthernetLink], _ option: String) throws(SwiftNetError) {
        let (address, length) = own
        guard length > 0, let network = IPNetwork(address, prefixLength: length) else {
            throw SwiftNetError(.invalidArgument, option, "\(length) is no length of a prefix")
        }
        guard network.hasHostAddress(address) else {
            throw SwiftNetError(.invalidArgument, option, "\(address) is no host's address in \(network)")
        }
        if links.contains(where: { $0.interface.addresses.contains { $0.address == address } }) {
            throw SwiftNetError(.invalidArgument, option, "\(address) is the system's own")
        }
    }

    /// The routers of a host, one per family, each in one of its networks.
    static func gateways(_ asked: [IPAddress], of addresses: [Address]) throws(SwiftNetError) -> [IPAddress] {
        var gateways: [IPAddress] = []
        for gateway in asked {
            // Every host of IPv6 has a link-local address too.
            let isNear =
                gateway.needsZone && addresses.contains { $0.address.family == .v6 }
                || addresses.contains {
                    IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(gateway) ?? false
                }
            let problem: String? =
                if !isNear {
                    "\(gateway) is in none of the host's networks"
                } else if addresses.contains(where: { $0.address == gateway }) {
                    "\(gateway) is the host itself"
                } else if gateways.contains(where: { $0.family == gateway.family }) {
                    "one of a family, and \(gateway) is the second"
                } else {
                    nil
                }
            if let problem { throw SwiftNetError(.invalidArgument, "--gateway", problem) }
            gateways.append(gateway)
        }
        return gateways
    }

    /// The host's frames, by a socket that was opened while CAP_NET_RAW was effective.
    /// - Parameters:
    ///   - vlan: the VLAN that the host uses; nil for untagged frames.
    ///   - beginsCapture: the run begins; otherwise its capture's file is left alone until that begins.
    static func port(
        _ socket: consuming UnboundPacketSocket, of configuration: HostConfiguration, on links: [EthernetLink],
        vlan: UInt16? = nil, beginsCapture: Bool = true, _ session: Session
    ) throws -> PacketSocketPort {
        let only = links.count == 1 ? links[0].index : 0
        let port = try PacketSocketPort(
            socket, interface: only, hearing: .filtered(filter), vlan: vlan, tagsFrames: true,
            frameLength: longestFrame, reactor: session.reactor, tap: session.capture?.tap,
            trace: session.options.onPacket)
        // Without this an interface drops frames to other MAC addresses than its own.
        for (link, own) in zip(links, configuration.interfaces) {
            if own.mac != link.mac {
                try port.admit(.promiscuous, on: own.index)
            } else if own.hasGroups {
                try port.admit(.all, on: own.index)
            }
        }
        try session.capture?.start(filter, interface: only, beginsFile: beginsCapture)
        return port
    }
}
