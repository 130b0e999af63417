import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// What commands with a host of our own have in common.
enum OwnHost {
    typealias Address = (address: IPv4Address, prefixLength: Int)

    /// What the host hears.
    private static let filter = SocketFilter.etherTypes([.arp, .ipv4])
    /// Segments that the system puts together before it hands them over are longer than the link has them.
    private static let longestFrame = Int(UInt16.max) + EthernetView.headerLength + 4

    /// Throws unless a host can have the address, and the system has it not.
    static func check(_ own: Address, on links: [EthernetLink], _ option: String) throws {
        let (address, length) = own
        guard length > 0, let network = IPv4Network(address, prefixLength: length) else {
            throw UsageError("\(option): \(length) is no length of a prefix")
        }
        let isHost =
            !address.isUnspecified && !address.isMulticast && !address.isLimitedBroadcast && !address.isLoopback
            && (length > 30 || address != network.address && address != network.lastAddress)
        guard isHost else { throw UsageError("\(option): \(address) is no host's address in \(network)") }
        if links.contains(where: { $0.addresses.contains { $0.address == address } }) {
            throw UsageError("\(option): \(address) is the system's own")
        }
    }

    /// The router of an option, in one of the host's networks.
    static func gateway(_ text: String, of addresses: [Address]) throws -> IPv4Address {
        guard let gateway = IPv4Address(text) else { throw UsageError("--gateway: '\(text)' is no IPv4 address") }
        let isNear = addresses.contains {
            IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(gateway) ?? false
        }
        guard isNear else { throw UsageError("--gateway: \(gateway) is in none of the host's networks") }
        return gateway
    }

    /// The host's frames, opened with the capability that is given up afterwards.
    /// - Parameter what: who needs it.
    static func port(
        of configuration: HostConfiguration, on links: [EthernetLink], for what: String,
        signals: consuming SignalSource, bell: Bell, capture: FrameCapture?, explainer: Explainer?
    ) throws -> LinkPort {
        guard Privileges.raise() else {
            throw CannotRun(message: "\(what) needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        let only = links.count == 1 ? links[0].interface.index : 0
        let port = try LinkPort(
            interface: only, hearing: .filtered(filter), frameLength: longestFrame, signals: signals, bell: bell,
            tap: capture?.tap, trace: explainer.map { explainer in { explainer.show($0) } })
        // An interface has to be told to let through what is for another link-layer address than its own.
        for (link, own) in zip(links, configuration.interfaces) where own.mac != link.mac {
            try port.admit(.promiscuous, on: own.index)
        }
        try Privileges.dropForGood()
        try capture?.start(filter, interface: only)
        return port
    }
}
