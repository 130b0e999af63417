import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A target of `Arping`, and the lookup of its link.
enum ArpingTarget {
    /// A name or an address, with its original text.
    case host(TargetExpression, String)
    /// A host that is pinged by its MAC address.
    case station(MACAddress)

    /// The target, the link to probe and this host's address on it.
    struct Found {
        var link: EthernetLink
        /// The sender address; unspecified if none is needed.
        var source: IPv4Address
        var address: IPv4Address
        var station: MACAddress?
        /// Whether this host has the source address, or it is none.
        var ownsSource = true
    }

    init(_ text: String) throws(SwiftNetError) {
        if let station = MACAddress(text) {
            try SwiftNetError.check(station: station)
            self = .station(station)
        } else {
            self = .host(try SwiftNetError.target(text, isOnlyTarget: true), text)
        }
    }

    func find(_ asked: Arping.Configuration, _ session: Session) throws -> Found {
        switch self {
        case .host(let target, let text):
            let address = try Self.address(of: target, text, asked, session)
            if let source = asked.source, asked.checksUnownedSource, asked.mode == .ask, source.isHostAddress,
                try !Interface.isOwn(.v4(source))
            {
                // There is no route from an address that this host does not have.
                let link = try Self.link(asked.interface, to: address, source: nil)
                return Found(link: link, source: source, address: address, ownsSource: false)
            }
            let link = try Self.link(asked.interface, to: address, source: asked.source)
            return Found(
                link: link, source: try Self.source(on: link, to: address, asked.source, asked.mode), address: address)
        case .station(let station): return try Self.find(station, asked)
        }
    }

    private static func address(
        of target: TargetExpression, _ text: String, _ asked: Arping.Configuration, _ session: Session
    ) throws -> IPv4Address {
        var requirements = Destination.Requirements()
        requirements.families = [.v4]
        requirements.deadline = asked.deadline.map { session.started + $0 }
        let found = try Destination.candidates(target, text: text, requirements, resolver: session.resolver)
        guard case .v4(let address)? = found.answers.first?.address else {
            throw SwiftNetError(.invalidArgument, text, "ARP is for IPv4 only")
        }
        return address
    }

    /// Returns the link of an address.
    /// - Parameter name: the interface from `-I`; nil for that of the route to the address.
    static func link(_ name: String?, to address: IPv4Address, source: IPv4Address?) throws -> EthernetLink {
        let all = try Interface.all()
        if let name { return try EthernetLink(EthernetLink.interface(name, of: all)) }
        // The route to an address of this host is local: it is announced, or probed, on its own interface.
        if let own = all.first(where: { interface in
            interface.hasEthernetHeader && interface.addresses.contains { $0.address == .v4(address) }
        }) {
            return try EthernetLink(own)
        }
        var requirements = Destination.Requirements()
        // 0.0.0.0 and 255.255.255.255 have no route.
        if let source, source != .unspecified, source != .limitedBroadcast { requirements.source = .v4(source) }
        let destination = try Destination.route(
            to: Resolver.Answer(address: .v4(address)), text: "\(address)", requirements)
        guard let interface = all.first(where: { $0.index == destination.route.interfaceIndex }) else {
            throw SwiftNetError(.interface, nil, "no interface for \(address): use -I")
        }
        return try EthernetLink(interface)
    }

    /// Returns the interface of a station, and the destination of its echo requests: the address given, the one in the
    /// kernel's neighbor table, or the broadcast address.
    private static func find(_ station: MACAddress, _ asked: Arping.Configuration) throws -> Found {
        let all = try Interface.all()
        let neighbor = try Neighbor.all().first { neighbor in
            neighbor.macAddress == station && neighbor.address.family == .v4
                && (asked.interface == nil
                    || all.contains { $0.index == neighbor.interfaceIndex && $0.name == asked.interface })
        }
        var address = IPv4Address.limitedBroadcast
        if case .v4(let known)? = neighbor?.address { address = known }
        if let given = asked.targetAddress { address = given }
        let link: EthernetLink
        if asked.interface == nil, let neighbor, let known = all.first(where: { $0.index == neighbor.interfaceIndex }) {
            link = try EthernetLink(known)
        } else if asked.interface == nil, asked.targetAddress != nil {
            link = try Self.link(nil, to: address, source: asked.source)
        } else {
            link = try EthernetLink.find(asked.interface)
        }
        return Found(
            link: link, source: try source(on: link, to: address, asked.source, .ask), address: address,
            station: station)
    }

    /// Returns the sender address as iputils does: the address given; the target itself for an announcement; none for
    /// duplicate address detection; otherwise the address nearest to the target.
    static func source(
        on link: EthernetLink, to address: IPv4Address, _ asked: IPv4Address?, _ mode: ArpingMode
    ) throws -> IPv4Address {
        if mode.isAnnouncement {
            // Other hosts would send this host packets for that address.
            guard try Interface.isOwn(.v4(address)) else {
                throw SwiftNetError(
                    .invalidArgument, nil, "\(address) is not an address of this host (only those can be announced)")
            }
        }
        if let asked {
            guard try asked == .unspecified || asked == .limitedBroadcast || Interface.isOwn(.v4(asked)) else {
                throw SwiftNetError(
                    .invalidArgument, "-s: \(asked)", SystemError.message(SystemError.addressNotAvailable))
            }
            return asked
        }
        switch mode {
        case .detectDuplicates: return .unspecified
        case .announceByRequest, .announceByReply: return address
        case .ask: break
        }
        let own = link.addresses
        let near = own.first { IPv4Network($0.address, prefixLength: $0.prefixLength)?.contains(address) ?? false }
        guard let source = near ?? own.first else {
            throw SwiftNetError(.interface, nil, "interface \(link.name) has no IPv4 address: use -s or -D")
        }
        return source.address
    }
}
