import Diagnostics
import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// The interface on which a tool joins groups or asks for their members.
final class MulticastLink {
    let link: EthernetLink
    let watch: LinkWatch
    var port: PacketSocketPort

    /// Opens the link with a socket that was opened before, and begins to receive.
    /// - Parameters:
    ///   - name: the interface that was asked for; without it the only one, or that of the route.
    ///   - group: where the route leads.
    ///   - groups: whose datagrams are wanted beside the messages about them; nil for the messages about all.
    init(
        _ name: String?, route group: IPAddress, hearing groups: [IPAddress]?, hearsOwn: Bool = false,
        _ reserve: SocketReserve, _ session: Session
    ) throws {
        let link = try Self.find(name, group)
        let wanted = GroupTraffic(groups: groups ?? [])
        let onPacket = session.options.onPacket
        let port = try PacketSocketPort(
            reserve.packetSocket(), interface: link.index, hearing: .filtered(.multicast), hearsOwn: hearsOwn,
            frameLength: link.mtu + EthernetView.headerLength, reactor: session.reactor, tap: session.capture?.tap,
            trace: onPacket.map { show in
                { if wanted.contains($0.bytes.rawBytes) { show($0) } }
            })
        if let groups {
            for address in Set(groups.map(MACAddress.init(multicast:))) { try port.admit(.group(address)) }
        } else {
            try port.admit(.all)
        }
        try session.capture?.start(.multicast, interface: link.index) { wanted.contains($0.bytes.rawBytes) }
        watch = LinkWatch([link], session)
        self.link = link
        self.port = port
    }

    private static func find(_ name: String?, _ group: IPAddress) throws -> EthernetLink {
        let links = name == nil ? try EthernetLink.all() : []
        if links.count > 1, let route = try? RouteTable.route(to: group),
            let found = links.first(where: { $0.index == route.interfaceIndex })
        {
            return found
        }
        return try EthernetLink.find(name)
    }

    /// This host's addresses there. IPv6 groups are reported from the link-local address (RFC 3810, section 5).
    var identity: LinkIdentity {
        let linkLocal = link.interface.addresses.lazy.compactMap { entry -> IPv6Address? in
            if case .v6(let address) = entry.address, address.isLinkLocal, !entry.isTentative { address } else { nil }
        }
        return LinkIdentity(
            mac: link.mac, address: link.addresses.first?.address ?? .unspecified,
            linkLocal: linkLocal.first ?? .unspecified)
    }

    /// A group that hosts report (RFC 3376, section 6; RFC 3810, section 6).
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
