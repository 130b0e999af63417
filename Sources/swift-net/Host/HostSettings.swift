import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// What the words of `host` mean.
struct HostSettings {
    let links: [EthernetLink]
    /// The VLAN that the host uses.
    let vlan: UInt16?
    var configuration: LivingHostConfiguration

    init(_ command: HostCommand) throws {
        vlan = try command.vlan.map { UInt16(try ArgumentValue.integer("--vlan", $0, in: 1...4_094)) }
        let names = command.interfaces
        links = names.isEmpty ? [try EthernetLink.find(nil)] : try names.map { try EthernetLink.find($0) }
        guard Set(names).count == names.count else { throw UsageError("-I: an interface is named twice") }
        guard !command.addresses.isEmpty else { throw UsageError("--address: which address is it to have?") }
        let links = links
        var addresses = [[OwnHost.Address]](repeating: [], count: links.count)
        for text in command.addresses {
            let (place, address) = try Self.address(text, on: links)
            addresses[place].append(address)
        }
        var groups = [[IPAddress]](repeating: [], count: links.count)
        for text in command.groups {
            let (place, group) = try Self.group(text, on: links)
            groups[place].append(group)
        }
        if let empty = links.indices.first(where: { addresses[$0].isEmpty }) {
            throw UsageError("--address: the host has no address on \(links[empty].interface.name)")
        }
        if command.forward, links.count < 2 { throw UsageError("--forward: a router has two interfaces or more") }
        let macs = try links.map { try Self.mac(command.mac, $0) }
        var random = SystemRandomness()
        var host = HostConfiguration(
            links.indices.map {
                var interface = HostConfiguration.Interface(
                    index: links[$0].interface.index, mac: macs[$0], mtu: links[$0].interface.mtu,
                    addresses: addresses[$0])
                interface.groups = groups[$0]
                return interface
            }, seed: (random.next(), random.next()))
        host.forwards = command.forward
        host.checksAddresses = !command.skipsCheck
        host.gateways = try OwnHost.gateways(command.gateways, of: Array(addresses.joined()))
        configuration = LivingHostConfiguration(host)
        configuration.services = try Self.services(command.serve)
        configuration.duration = try command.deadline.map {
            try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1))
        }
    }

    /// An address, and the place of the interface that it is on.
    private static func address(
        _ text: String, on links: [EthernetLink]
    ) throws -> (Int, OwnHost.Address) {
        let (word, place) = try cut(text, on: links, "--address")
        let words = word.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, let address = IPAddress(words[0]), let length = Int(words[1]) else {
            throw UsageError("--address: '\(text)' is no address with the length of its prefix")
        }
        try OwnHost.check((address, length), on: links, "--address")
        return (place, (address, length))
    }

    /// A group, and the place of the interface that it is joined on.
    private static func group(_ text: String, on links: [EthernetLink]) throws -> (Int, IPAddress) {
        let (word, place) = try cut(text, on: links, "--join")
        guard let group = IPAddress(word), group.isMulticast else { throw UsageError("--join: '\(word)' is no group") }
        return (place, group)
    }

    /// What stands before an `@`, and the place of the interface behind it; without one the first.
    private static func cut(
        _ text: String, on links: [EthernetLink], _ option: String
    ) throws -> (word: Substring, place: Int) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count > 1 else { return (parts[0], 0) }
        guard let found = links.firstIndex(where: { $0.interface.name == parts[1] }) else {
            throw UsageError("\(option): '\(parts[1])' is no interface that -I names")
        }
        return (parts[0], found)
    }

    /// Nil for one of the host's own.
    private static func mac(_ text: String?, _ link: EthernetLink) throws -> MACAddress? {
        guard let text else { return nil }
        if text == "interface" { return link.mac }
        guard let mac = MACAddress(text), !mac.isMulticast, mac.rawValue != 0 else {
            throw UsageError("--mac: '\(text)' is no link-layer address of one machine")
        }
        return mac
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
