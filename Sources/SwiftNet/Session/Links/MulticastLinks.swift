import Diagnostics
import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// The interfaces on which a tool joins groups or queries for members: Ethernet interfaces, and links whose packets are
/// IP packets without a link header.
final class MulticastLinks {
    /// The links, at least one.
    let all: [Interface]
    let watch: LinkWatch
    var port: PacketSocketPort

    /// Binds a socket that was opened before and begins to receive.
    /// - Parameters:
    ///   - names: the interfaces from `-I`; empty for the only one, or that of the route.
    ///   - group: the destination of the route.
    ///   - groups: the groups whose datagrams are received besides membership messages; nil for messages only.
    init(
        _ names: [String], route group: IPAddress, hearing groups: [IPAddress]?, hearsOwn: Bool = false,
        _ reserve: SocketReserve, _ session: Session
    ) throws {
        let links = try Self.find(names, group)
        let indices = Set(links.map(\.index))
        // A socket can be bound to one interface or to all.
        let only = links.count == 1 ? links[0].index : 0
        let wanted = GroupTraffic(groups: groups ?? [])
        let onPacket = session.options.onPacket
        let port = try PacketSocketPort(
            reserve.packetSocket(), interface: only, hearing: .filtered(.multicast), hearsOwn: hearsOwn,
            frameLength: links.map(\.mtu).reduce(0, max) + EthernetView.headerLength, reactor: session.reactor,
            tap: session.capture?.tap,
            trace: onPacket.map { show in
                { if wanted.contains($0.bytes.rawBytes, hasEthernetHeader: $0.start == .frame) { show($0) } }
            })
        let admitted: [LinkMulticast] =
            groups.map { Set($0.map(MACAddress.init(multicast:))).map { .group($0) } } ?? [.all]
        // Tunnels have no address filter.
        for link in links where link.framing == .ethernet {
            for multicast in admitted { try port.admit(multicast, on: link.index) }
        }
        try session.capture?.start(.multicast, interface: only) {
            indices.contains($0.interfaceIndex)
                && wanted.contains($0.bytes.rawBytes, hasEthernetHeader: $0.hasEthernetHeader)
        }
        watch = LinkWatch(links, session)
        all = links
        self.port = port
    }

    private static func find(_ names: [String], _ group: IPAddress) throws -> [Interface] {
        let interfaces = try Interface.all()
        var links: [Interface] = []
        for name in names {
            let link = try EthernetLink.interface(name, of: interfaces)
            try check(link)
            if !links.contains(where: { $0.index == link.index }) { links.append(link) }
        }
        guard links.isEmpty else { return links }
        links = interfaces.filter { (try? check($0)) != nil }
        if links.count > 1, let route = try? RouteTable.route(to: group),
            let found = links.first(where: { $0.index == route.interfaceIndex })
        {
            return [found]
        }
        // Beside an Ethernet interface, tunnels are not guessed.
        let candidates = links.contains(where: \.hasEthernetHeader) ? links.filter(\.hasEthernetHeader) : links
        guard candidates.count != 1 else { return candidates }
        throw SwiftNetError(
            .interface, nil,
            links.isEmpty
                ? "no interface is up"
                : "several interfaces: use -I (have: \(links.map(\.name).joined(separator: ", ")))")
    }

    /// Throws if no groups can be joined on an interface.
    private static func check(_ interface: Interface) throws(SwiftNetError) {
        switch interface.framing {
        case .datagram?: try EthernetLink.checkState(of: interface)
        case .ethernet?: _ = try EthernetLink(interface)
        case nil:
            throw SwiftNetError(
                .interface, nil,
                "interface \(interface.name) is not supported: \(interface.type) has another link header")
        }
    }

    /// This host's addresses on a link. IPv6 groups are reported from the link-local address (RFC 3810, section 5).
    static func identity(on link: Interface) -> LinkIdentity {
        var identity = LinkIdentity(mac: link.hasEthernetHeader ? link.macAddress : nil)
        for entry in link.addresses {
            switch entry.address {
            case .v4(let address) where identity.address.isUnspecified: identity.address = address
            case .v6(let address)
            where address.isLinkLocal && !entry.isTentative && identity.linkLocal.isUnspecified:
                identity.linkLocal = address
            default: break
            }
        }
        return identity
    }

    /// Parses a group that hosts report (RFC 3376, section 6; RFC 3810, section 6).
    /// - Parameter isOnlyTarget: whether the address may have any form that inet_aton(3) accepts.
    static func group(_ text: String, isOnlyTarget: Bool) throws(SwiftNetError) -> IPAddress {
        let abbreviated = IPAddress(text) == nil ? IPv4Address(inetAton: text) : nil
        guard let address = IPAddress(text) ?? abbreviated.map({ .v4($0) }), address.isMulticast else {
            throw SwiftNetError(.invalidArgument, text.isEmpty ? nil : text, "not a multicast group")
        }
        if let abbreviated, !isOnlyTarget {
            throw SwiftNetError(
                .invalidArgument, text, "\(TargetExpression.Problem.abbreviatedAddress(abbreviated))")
        }
        let isUnreported =
            switch address {
            case .v4(let address): address == .allHosts
            case .v6(let address): address == .allNodes || address.high >> 48 & 0xF < 2
            }
        guard !isUnreported else {
            throw SwiftNetError(
                .invalidArgument, "\(address)", "never reported, because every host is a member")
        }
        return address
    }

    /// Throws if an address cannot be a source of datagrams to a group.
    static func check(source: IPAddress) throws(SwiftNetError) {
        guard !source.isMulticast, !source.isUnspecified else {
            throw SwiftNetError.invalid(source, "--source", expected: "a unicast address")
        }
    }

    static func version(
        _ number: Int, _ family: IPAddress.Family
    ) throws(SwiftNetError) -> MembershipVersion {
        guard let version = MembershipVersion(number, family: family) else {
            let expected = family == .v4 ? "1, 2 or 3" : "1 or 2, MLD, for IPv6 groups"
            throw SwiftNetError.invalid(number, "--version", expected: expected)
        }
        return version
    }
}
