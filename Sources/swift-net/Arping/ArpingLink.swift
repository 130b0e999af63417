import Diagnostics
import LinuxNet
import LinuxProcess
import SwiftNet
import WireFormat

/// The interface that a target is asked on, and who we are there.
struct ArpingLink {
    var interface: Interface
    var mac: MACAddress
    /// Unspecified where none is needed.
    var source: IPv4Address

    /// - Parameter name: the interface that was asked for; without it that of the route to the target.
    static func find(
        _ name: String?, target: IPv4Address, source: IPv4Address?, mode: ArpingMode
    ) throws -> ArpingLink {
        let all = try Interface.all()
        let interface: Interface
        if let name {
            interface = try EthernetLink.interface(name, of: all)
        } else if let own = all.first(where: { interface in
            interface.hasEthernetHeader && interface.addresses.contains { $0.address == .v4(target) }
        }) {
            // Our own address is announced, or looked for, where it is; the route to it ends in this host.
            interface = own
        } else {
            var requirements = Destination.Requirements()
            requirements.source = source.map { .v4($0) }
            let destination = try Destination.route(
                to: Resolver.Answer(address: .v4(target)), text: "\(target)", requirements)
            guard let found = all.first(where: { $0.index == destination.route.interfaceIndex }) else {
                throw CannotRun(message: "no interface for \(target): use -I")
            }
            interface = found
        }
        let link = try EthernetLink(interface)
        return ArpingLink(
            interface: interface, mac: link.mac,
            source: try Self.source(on: interface, target: target, asked: source, mode: mode))
    }

    /// The interface of a machine that is pinged, and the address its echo
    /// requests go to: what was asked for, what the kernel knows it by, or everybody's.
    static func find(
        _ name: String?, station: MACAddress, address: IPv4Address?, source: IPv4Address?
    ) throws -> (link: ArpingLink, address: IPv4Address) {
        let all = try Interface.all()
        let known = try Neighbor.all().filter { $0.macAddress == station && $0.address.family == .v4 }
        let neighbor = known.first { neighbor in
            name == nil || all.contains { $0.index == neighbor.interfaceIndex && $0.name == name }
        }
        var target = IPv4Address.limitedBroadcast
        if case .v4(let found)? = neighbor?.address { target = found }
        if let address { target = address }
        let interface: Interface
        if name == nil, let index = neighbor?.interfaceIndex, let found = all.first(where: { $0.index == index }) {
            interface = found
        } else if name == nil, let address {
            return (try find(nil, target: address, source: source, mode: .ask), target)
        } else {
            interface = try EthernetLink.find(name).interface
        }
        let link = try EthernetLink(interface)
        let own = try Self.source(on: interface, target: target, asked: source, mode: .ask)
        return (ArpingLink(interface: interface, mac: link.mac, source: own), target)
    }

    /// iputils' choice: what was asked for; the target itself to announce it;
    /// none to look for duplicates; otherwise the address that is nearest to the target.
    private static func source(
        on interface: Interface, target: IPv4Address, asked: IPv4Address?, mode: ArpingMode
    ) throws -> IPv4Address {
        if mode == .announceByRequest || mode == .announceByReply {
            // Whoever heard it would send to us what is for another.
            guard try Interface.isOwn(.v4(target)) else {
                throw CannotRun(message: "\(target) is no address of this host: only its own are announced")
            }
        }
        if let asked {
            guard try asked == .unspecified || asked == .limitedBroadcast || Interface.isOwn(.v4(asked)) else {
                throw CannotRun(message: "-s: \(asked): \(SystemError.message(SystemError.addressNotAvailable))")
            }
            return asked
        }
        switch mode {
        case .detectDuplicates: return .unspecified
        case .announceByRequest, .announceByReply: return target
        case .ask: break
        }
        let own = try EthernetLink(interface).addresses
        let near = own.first { IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(target) ?? false }
        guard let source = near ?? own.first else {
            throw CannotRun(message: "interface \(interface.name) has no IPv4 address: use -s or -D")
        }
        return source.address
    }
}
