import Diagnostics
import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// The interfaces on which a tool joins groups or queries for members.
final class MulticastLinks {
    /// The links, at least one.
    let all: [EthernetLink]
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
                { if wanted.contains($0.bytes.rawBytes) { show($0) } }
            })
        let admitted: [LinkMulticast] =
            groups.map { Set($0.map(MACAddress.init(multicast:))).map { .group($0) } } ?? [.all]
        for link in links {
            for multicast in admitted { try port.admit(multicast, on: link.index) }
        }
        try session.capture?.start(.multicast, interface: only) {
            indices.contains($0.interfaceIndex) && wanted.contains($0.bytes.rawBytes)
        }
        watch = LinkWatch(links, session)
        all = links
        self.port = port
    }

    private static func find(_ names: [String], _ group: IPAddress) throws -> [EthernetLink] {
        var links: [EthernetLink] = []
        for name in names {
            let link = try EthernetLink.find(name)
            if !links.contains(where: { $0.index == link.index }) { links.append(link) }
        }
        guard links.isEmpty else { return links }
        links = try EthernetLink.all()
        if links.count > 1, let route = try? RouteTable.route(to: group),
            let found = links.first(where: { $0.index == route.interfaceIndex })
        {
            return [found]
        }
        return [try EthernetLink.find(nil)]
    }

    /// This host's addresses on a link. IPv6 groups are reported from the link-local address (RFC 3810, section 5).
    static func identity(on link: EthernetLink) -> LinkIdentity {
        let linkLocal = link.interface.addresses.lazy.compactMap { entry -> IPv6Address? in
            if case .v6(let address) = entry.address, address.isLinkLocal, !entry.isTentative { address } else { nil }
        }
        return LinkIdentity(
            mac: link.mac, address: link.addresses.first?.address ?? .unspecified,
            linkLocal: linkLocal.first ?? .unspecified)
    }

    /// Parses a group that hosts report (RFC 3376, section 6; RFC 3810, section 6).
    static func group(_ text: String) throws(SwiftNetError) -> IPAddress {
        guard let address = IPAddress(text), address.isMulticast else {
            throw SwiftNetError(.invalidArgument, text.isEmpty ? nil : text, "not a multicast group")
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

    static func version(
        _ number: Int, _ family: IPAddress.Family
    ) throws(SwiftNetError) -> MembershipVersion {
        guard let version = MembershipVersion(number, family: family) else {
            throw SwiftNetError(
                .invalidArgument, nil, "invalid value '\(number)' for --version (expected 1 or 2, MLD, for IPv6 groups)"
            )
        }
        return version
    }
}
