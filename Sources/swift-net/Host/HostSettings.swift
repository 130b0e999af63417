import Diagnostics
import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// What the words of `host` mean.
struct HostSettings {
    let links: [EthernetLink]
    var configuration: LivingHostConfiguration
    /// It has another link-layer address than the interface, which must let it through.
    let isPromiscuous: Bool

    init(_ command: HostCommand) throws {
        let names = command.interfaces
        links = names.isEmpty ? [try EthernetLink.find(nil)] : try names.map { try EthernetLink.find($0) }
        guard Set(names).count == names.count else { throw UsageError("-I: an interface is named twice") }
        guard !command.addresses.isEmpty else { throw UsageError("--address: which address is it to have?") }
        let links = links
        var addresses = [[(address: IPv4Address, prefixLength: Int)]](repeating: [], count: links.count)
        for text in command.addresses {
            let (place, address) = try Self.address(text, on: links)
            addresses[place].append(address)
        }
        if let empty = links.indices.first(where: { addresses[$0].isEmpty }) {
            throw UsageError("--address: the host has no address on \(links[empty].interface.name)")
        }
        if command.forward, links.count < 2 { throw UsageError("--forward: a router has two interfaces or more") }
        var macs: [MACAddress] = []
        for (link, own) in zip(links, addresses) { macs.append(try Self.mac(command.mac, link, own[0].address)) }
        isPromiscuous = zip(links, macs).contains { $0.mac != $1 }
        var random = SystemRandomness()
        var host = HostConfiguration(
            links.indices.map {
                HostConfiguration.Interface(
                    index: links[$0].interface.index, mac: macs[$0], mtu: links[$0].interface.mtu,
                    addresses: addresses[$0])
            }, seed: (random.next(), random.next()))
        host.forwards = command.forward
        host.checksAddresses = !command.skipsCheck
        host.tcp.maximumSegmentSize = max((links.map(\.interface.mtu).min() ?? 1_500) - 40, 536)
        if let text = command.gateway {
            guard let gateway = IPv4Address(text) else { throw UsageError("--gateway: '\(text)' is no IPv4 address") }
            guard
                addresses.joined().contains(where: {
                    IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(gateway) ?? false
                })
            else {
                throw UsageError("--gateway: \(gateway) is in none of the host's networks")
            }
            host.gateway = gateway
        }
        configuration = LivingHostConfiguration(host)
        configuration.services = try Self.services(command.serve)
        configuration.duration = try command.deadline.map {
            try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1))
        }
    }

    /// An address, and the place of the interface that it is on.
    private static func address(
        _ text: String, on links: [EthernetLink]
    ) throws -> (Int, (address: IPv4Address, prefixLength: Int)) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        var place = 0
        if parts.count > 1 {
            guard let found = links.firstIndex(where: { $0.interface.name == parts[1] }) else {
                throw UsageError("--address: '\(parts[1])' is no interface that -I names")
            }
            place = found
        }
        let words = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, let address = IPv4Address(words[0]), let length = Int(words[1]),
            let network = IPv4Network(address, prefixLength: length), length > 0
        else { throw UsageError("--address: '\(text)' is no IPv4 address with the length of its prefix") }
        let isHost =
            !address.isUnspecified && !address.isMulticast && !address.isLimitedBroadcast
            && address.rawValue >> 24 != 127
            && (length > 30 || address != network.address && address != network.lastAddress)
        guard isHost else { throw UsageError("--address: \(address) is no host's address in \(network)") }
        if links.contains(where: { $0.addresses.contains { $0.address == address } }) {
            throw UsageError("--address: \(address) is the system's own")
        }
        return (place, (address, length))
    }

    private static func mac(_ text: String?, _ link: EthernetLink, _ address: IPv4Address) throws -> MACAddress {
        switch text {
        // Locally administered, and the same whenever the host comes back: neighbours remember it.
        case nil: MACAddress(rawValue: 0x0200_0000_0000 | UInt64(address.rawValue))
        case "interface"?: link.mac
        case let text?:
            if let mac = MACAddress(text), !mac.isMulticast, mac.rawValue != 0 {
                mac
            } else {
                throw UsageError("--mac: '\(text)' is no link-layer address of one machine")
            }
        }
    }

    private static func services(_ text: String?) throws -> Set<HostService> {
        var services: Set<HostService> = []
        for word in (text ?? "").split(separator: ",", omittingEmptySubsequences: false) where text != nil {
            guard let service = HostService(rawValue: String(word)) else {
                throw UsageError("--serve: '\(word)' is none of echo, discard and http")
            }
            services.insert(service)
        }
        return services
    }
}
