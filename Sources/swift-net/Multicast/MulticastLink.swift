import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The interface on which a command deals with groups.
struct MulticastLink {
    let link: EthernetLink

    /// - Parameters:
    ///   - name: the interface that was asked for; without it the only one, or that of the route.
    ///   - group: where the route leads.
    init(_ name: String?, group: IPAddress) throws {
        let links = name == nil ? try EthernetLink.all() : []
        if links.count > 1, let route = try? RouteTable.route(to: group),
            let found = links.first(where: { $0.interface.index == route.interfaceIndex })
        {
            link = found
        } else {
            link = try EthernetLink.find(name)
        }
    }

    /// Who we are there. IPv6 groups are reported from the link-local address (RFC 3810, section 5).
    var identity: LinkIdentity {
        let linkLocal = link.interface.addresses.lazy.compactMap { entry -> IPv6Address? in
            if case .v6(let address) = entry.address, address.isLinkLocal, !entry.isTentative { address } else { nil }
        }
        return LinkIdentity(
            mac: link.mac, address: link.addresses.first?.address ?? .unspecified,
            linkLocal: linkLocal.first ?? .unspecified)
    }

    /// A port that hears what is for groups, opened with the capability that is given up afterwards.
    /// - Parameters:
    ///   - groups: whose datagrams are wanted beside the messages about them; nil for the messages about all.
    ///   - explained: how many frames each way.
    func port(
        console: Console, hearsOwn: Bool = false, groups: [IPAddress]?, capture: FrameCapture?, explained: Int?,
        reactor: Reactor
    ) throws -> LinkPort {
        guard Privileges.raise() else {
            throw CannotRun(message: "\(console.command) needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        let wanted = GroupTraffic(groups: groups ?? [])
        let explainer = explained.map { Explainer(count: $0, console: console) }
        let port = try LinkPort(
            UnboundPacketSocket(), interface: link.interface.index, hearing: .filtered(.multicast), hearsOwn: hearsOwn,
            frameLength: link.interface.mtu + EthernetView.headerLength, reactor: reactor,
            tap: capture?.tap,
            trace: explainer.map { explainer in
                { if wanted.contains($0.bytes.rawBytes) { explainer.show($0) } }
            })
        try Privileges.dropForGood()
        if let groups {
            for address in Set(groups.map(MACAddress.init(multicast:))) { try port.admit(.group(address)) }
        } else {
            try port.admit(.all)
        }
        try capture?.start(.multicast, interface: link.interface.index) { wanted.contains($0) }
        return port
    }
}

/// Words about groups, turned into values.
enum GroupArgument {
    /// A group that hosts report (RFC 3376, section 6; RFC 3810, section 6).
    static func group(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text), address.isMulticast else {
            throw UsageError("'\(text)' is no group")
        }
        let isUnreported =
            switch address {
            case .v4(let address): address == .allHosts
            case .v6(let address): address == .allNodes || address.high >> 48 & 0xF < 2
            }
        guard !isUnreported else { throw UsageError("\(address) is never reported: every host has it") }
        return address
    }

    /// Somebody who sends to a group.
    static func source(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text), !address.isMulticast, !address.isUnspecified else {
            throw UsageError("--source: '\(text)' is no address of a sender")
        }
        return address
    }

    static func version(_ text: String, family: IPAddress.Family) throws -> MembershipVersion {
        let number = try ArgumentValue.integer("--version", text, in: 1...3)
        guard let version = MembershipVersion(number, family: family) else {
            throw UsageError("--version: there is no version \(number) of MLD, which IPv6 groups need")
        }
        return version
    }
}
