import Diagnostics
import LinuxNet
import PacketEngine

/// The interfaces of a RARP server.
struct RARPServerLinks {
    private(set) var all: [EthernetLink]
    /// The current names of the interfaces given; empty for all that have an IPv4 address.
    private var names: [String]

    init(names: [String]) throws(SwiftNetError) {
        self.names = names
        guard !names.isEmpty else {
            all = try EthernetLink.all().filter { !$0.addresses.isEmpty }
            guard !all.isEmpty else {
                throw SwiftNetError(
                    .interface, nil, "no Ethernet interface is up and has an IPv4 address")
            }
            return
        }
        all = []
        for name in names { all.append(try EthernetLink.find(name)) }
        if let link = all.first(where: { $0.addresses.isEmpty }) {
            throw SwiftNetError(.interface, nil, "interface \(link.name) has no IPv4 address")
        }
    }

    var configurations: [UInt32: RARPServerConfiguration.Link] {
        var links: [UInt32: RARPServerConfiguration.Link] = [:]
        for link in all { links[link.index] = RARPServerConfiguration.Link(mac: link.mac, addresses: link.addresses) }
        return links
    }

    /// Finds the interfaces again. If one cannot be used, nothing changes.
    /// - Parameter awaited: interfaces that are down and will be served when they are up.
    /// - Returns: whether they were found.
    mutating func update(keeping awaited: Set<UInt32>) -> Bool {
        guard var links = try? RARPServerLinks(names: names) else { return false }
        for link in all where awaited.contains(link.index) && !links.all.contains(where: { $0.index == link.index }) {
            links.all.append(link)
        }
        self = links
        return true
    }

    /// Notes that an interface was renamed.
    mutating func rename(_ change: LinkChange, from former: String) {
        for index in all.indices where all[index].index == change.index { all[index].interface.name = change.name }
        for index in names.indices where names[index] == former { names[index] = change.name }
    }
}
