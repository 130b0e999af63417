import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// What commands with a host of our own have in common.
enum OwnHost {
    typealias Address = (address: IPAddress, prefixLength: Int)

    /// What the host hears.
    private static let filter = SocketFilter.etherTypes([.arp, .reverseARP, .ipv4, .ipv6])
    /// Segments that the system puts together before it hands them over are longer than the link has them.
    private static let longestFrame = Int(UInt16.max) + EthernetView.headerLength + 4

    /// Throws unless a host can have the address, and the system has it not.
    static func check(_ own: Address, on links: [EthernetLink], _ option: String) throws {
        let (address, length) = own
        guard length > 0, let network = IPNetwork(address, prefixLength: length) else {
            throw UsageError("\(option): \(length) is no length of a prefix")
        }
        guard isHost(address, in: network) else {
            throw UsageError("\(option): \(address) is no host's address in \(network)")
        }
        if links.contains(where: { $0.interface.addresses.contains { $0.address == address } }) {
            throw UsageError("\(option): \(address) is the system's own")
        }
    }

    /// Whether a host can have the address there.
    static func isHost(_ address: IPAddress, in network: IPNetwork) -> Bool {
        switch (address, network) {
        case (.v4(let address), .v4(let network)):
            network.contains(address) && !address.isUnspecified && !address.isMulticast && !address.isLimitedBroadcast
                && !address.isLoopback
                && (network.prefixLength > 30 || address != network.address && address != network.lastAddress)
        case (.v6(let address), .v6(let network)):
            network.contains(address)
                // The lowest address is that of every router (RFC 4291, section 2.6.1).
                && !address.isUnspecified && !address.isMulticast && !address.isLoopback
                && (network.prefixLength > 126 || address != network.address)
        default: false
        }
    }

    /// The routers of an option, one of a family, each in one of the host's networks.
    static func gateways(_ texts: [String], of addresses: [Address]) throws -> [IPAddress] {
        var gateways: [IPAddress] = []
        for text in texts {
            guard let gateway = IPAddress(text) else { throw UsageError("--gateway: '\(text)' is no address") }
            // Every host of IPv6 has a link-local address too.
            let isNear =
                gateway.needsZone && addresses.contains { $0.address.family == .v6 }
                || addresses.contains {
                    IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(gateway) ?? false
                }
            guard isNear else { throw UsageError("--gateway: \(gateway) is in none of the host's networks") }
            guard !addresses.contains(where: { $0.address == gateway }) else {
                throw UsageError("--gateway: \(gateway) is the host itself")
            }
            guard !gateways.contains(where: { $0.family == gateway.family }) else {
                throw UsageError("--gateway: one of a family, and \(gateway) is the second")
            }
            gateways.append(gateway)
        }
        return gateways
    }

    /// The host's frames, opened with the capability that is given up afterwards.
    /// - Parameters:
    ///   - what: who needs it.
    ///   - vlan: the VLAN that it uses; nil for untagged frames.
    static func port(
        of configuration: HostConfiguration, on links: [EthernetLink], vlan: UInt16? = nil,
        for what: String, reactor: Reactor, capture: FrameCapture?, explainer: Explainer?
    ) throws -> LinkPort {
        guard Privileges.raise() else {
            throw CannotRun(message: "\(what) needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        let only = links.count == 1 ? links[0].interface.index : 0
        let port = try LinkPort(
            UnboundPacketSocket(), interface: only, hearing: .filtered(filter), vlan: vlan, tagsFrames: true,
            frameLength: longestFrame,
            reactor: reactor,
            tap: capture?.tap, trace: explainer.map { explainer in { explainer.show($0) } })
        // An interface has to be told to let through what is for another link-layer address than its own.
        for (link, own) in zip(links, configuration.interfaces) {
            if own.mac != link.mac {
                try port.admit(.promiscuous, on: own.index)
            } else if own.hasGroups {
                try port.admit(.all, on: own.index)
            }
        }
        try Privileges.dropForGood()
        try capture?.start(filter, interface: only)
        return port
    }
}
