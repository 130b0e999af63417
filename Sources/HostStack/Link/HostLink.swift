import PacketEngine
import WireFormat

/// One of a host's links: who it is there, and what it knows of its neighbors.
struct HostLink: Sendable {
    let configuration: HostConfiguration.Interface
    private(set) var arp: ARPModule
    private(set) var ndp: NDPModule
    /// What is still to be sent before and after its addresses are its own, a family each.
    private var claim: ClaimSchedule?
    private var detection: ClaimSchedule?
    /// What is said of the groups, a family each.
    private var memberships: [MembershipHost] = []
    /// Groups whose packets are taken.
    private let groups: Set<IPAddress>
    private var hasJoined = false
    /// Frames pass: nothing is claimed or reported on a link that is down.
    private var isConnected = true
    /// Neighbors whose machines somebody else has found out.
    private var told: [IPAddress: MACAddress] = [:]

    init(
        _ configuration: HostConfiguration.Interface, isRouter: Bool, checksAddresses: Bool,
        random: inout SeededGenerator
    ) {
        self.configuration = configuration
        arp = ARPModule(ARPConfiguration(mac: configuration.mac, addresses: configuration.four))
        var discovery = NDPConfiguration(mac: configuration.mac, addresses: configuration.six)
        discovery.isRouter = isRouter
        ndp = NDPModule(discovery)
        if checksAddresses {
            if !configuration.four.isEmpty {
                claim = AddressClaim.schedule(configuration.four, mac: configuration.mac, random: &random)
            }
            if !configuration.six.isEmpty {
                detection = DuplicateAddressDetection.schedule(discovery, random: &random)
            }
        }
        var groups = Set(configuration.groups)
        for (address, _) in configuration.six { groups.insert(.v6(address.solicitedNodeGroup)) }
        if isRouter, !configuration.six.isEmpty { groups.insert(.v6(.allRouters)) }
        for version in [MembershipVersion.igmp3, .mld2]
        where groups.contains(where: { $0.family == version.family }) {
            memberships.append(
                MembershipHost(
                    version: version, packetLength: configuration.mtu, robustness: 2, queryInterval: .seconds(125),
                    seed: random.next()))
        }
        // Nobody reports the group of all (RFC 3810, section 6).
        if !configuration.six.isEmpty { groups.insert(.v6(.allNodes)) }
        self.groups = groups
    }

    /// Its addresses are its own.
    var isUp: Bool { isFourUp && isSixUp }
    var isFourUp: Bool { claim.map(\.isDone) ?? true }
    var isSixUp: Bool { detection.map(\.isDone) ?? true }

    func isOwn(_ address: IPAddress) -> Bool { configuration.addresses.contains { $0.address == address } }

    func hears(_ group: IPAddress) -> Bool { groups.contains(group) }

    /// The one that a next hop sees: of its own network where there is one.
    func source(to hop: IPAddress) -> IPAddress? {
        switch hop {
        case .v4(let hop):
            let near = configuration.addresses.first {
                IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(.v4(hop)) ?? false
            }
            return near?.address ?? configuration.four.first.map { .v4($0) }
        case .v6(let hop): return ndp.configuration.source(to: hop).map { .v6($0) }
        }
    }

    /// The address of IPv6 that others can be told, for a destination beyond the link.
    var globalSource: IPv6Address? { configuration.six.first { !$0.address.isLinkLocal }?.address }

    // MARK: Neighbors

    /// The machine of a next hop, as far as it is known.
    func mac(of hop: IPAddress) -> MACAddress? {
        if !told.isEmpty, let mac = told[hop] { return mac }
        return switch hop {
        case .v4(let hop): arp.mac(of: hop)
        case .v6(let hop): ndp.mac(of: hop)
        }
    }

    /// The same, and whether `resolve` is to be called when something is sent there.
    func way(to hop: IPAddress) -> (mac: MACAddress?, wantsUse: Bool) {
        if !told.isEmpty, let mac = told[hop] { return (mac, false) }
        switch hop {
        case .v4(let hop):
            let mac = arp.mac(of: hop)
            return (mac, mac == nil)
        case .v6(let hop): return (ndp.mac(of: hop), ndp.wantsUse(of: hop))
        }
    }

    /// The machine of a neighbor is known without asking; nil for no longer.
    mutating func tell(_ hop: IPAddress, _ mac: MACAddress?) { told[hop] = mac }

    mutating func resolve(_ hop: IPAddress, at now: Instant) {
        switch hop {
        case .v4(let hop): arp.resolve(hop, at: now)
        case .v6(let hop): ndp.resolve(hop, at: now)
        }
    }

    mutating func doubt(_ hop: IPAddress, at now: Instant) {
        guard told[hop] == nil else { return }
        switch hop {
        case .v4(let hop): arp.doubt(hop, at: now)
        case .v6(let hop): ndp.doubt(hop, at: now)
        }
    }

    mutating func output(_ datagram: [UInt8], to hop: IPAddress, at now: Instant) {
        switch hop {
        case .v4(let hop): arp.output(datagram, to: hop, at: now)
        case .v6(let hop): ndp.output(datagram, to: hop, at: now)
        }
    }

    func frame(_ datagram: RawSpan, _ etherType: EtherType, to mac: MACAddress) -> [UInt8] {
        EthernetFrame.bytes(datagram, etherType, from: configuration.mac, to: mac)
    }

    /// Takes in what is said of addresses.
    mutating func input(_ packet: ARPPacket, at now: Instant) { arp.input(packet, at: now) }
    mutating func input(_ arrived: ReceivedNDP, at now: Instant) { ndp.input(arrived, at: now) }

    mutating func drainARP(_ report: (NeighborEvent<IPv4Address>) -> Void) { arp.drain(report) }
    mutating func drainNDP(_ report: (NeighborEvent<IPv6Address>) -> Void) { ndp.drain(report) }

    // MARK: Groups

    /// Takes in a message about groups.
    mutating func hear(_ message: MembershipMessage, at now: Instant) {
        for index in memberships.indices where memberships[index].newest.family == message.version.family {
            switch message {
            case .query(let query): memberships[index].hear(query, at: now)
            case .report(_, let records): for record in records { memberships[index].hearReport(of: record.group) }
            case .leave: break
            }
        }
    }

    /// Every group is left: who listens for them is told at once.
    mutating func leaveGroups(at now: Instant) {
        for index in memberships.indices { memberships[index].leave(at: now) }
    }

    private mutating func joinGroups(at now: Instant) {
        hasJoined = true
        for group in groups.sorted() where group != .v6(.allNodes) {
            for index in memberships.indices where memberships[index].newest.family == group.family {
                memberships[index].join(group, .all, at: now)
            }
        }
    }

    // MARK: Time

    /// Tells the host that an interface went down or came up. Then its addresses are announced and its groups reported
    /// again, and an address that was still being checked is checked from the beginning.
    mutating func setConnected(_ isConnected: Bool, at now: Instant) {
        defer { self.isConnected = isConnected }
        guard isConnected, !self.isConnected else { return }
        claim?.restart(at: now)
        detection?.restart(at: now)
        for index in memberships.indices { memberships[index].rejoin(at: now) }
    }

    /// A frame could not be sent: an address whose check has not ended is checked from the beginning.
    mutating func sendingFailed(at now: Instant) {
        claim?.sendingFailed(at: now)
        detection?.sendingFailed(at: now)
    }

    var due: Instant? {
        var earliest = Instant.earliest(arp.due, ndp.due)
        guard isConnected else { return earliest }
        earliest = .earliest(earliest, .earliest(claim?.due, detection?.due))
        if !hasJoined, !memberships.isEmpty { return Instant(nanoseconds: 0) }
        for membership in memberships { earliest = .earliest(earliest, membership.due) }
        return earliest
    }

    mutating func control(at now: Instant) {
        arp.control(at: now)
        ndp.control(at: now)
    }

    /// The next frame of those that make addresses and groups known.
    mutating func claimFrame(at now: Instant) -> [UInt8]? {
        guard isConnected else { return nil }
        if !hasJoined { joinGroups(at: now) }
        for index in memberships.indices {
            guard let message = memberships[index].next(at: now) else { continue }
            return MembershipFrame.bytes(message, from: identity)
        }
        return claim?.advance(at: now) ?? detection?.advance(at: now)
    }

    /// Addresses that may be used already.
    private var identity: LinkIdentity {
        LinkIdentity(
            mac: configuration.mac, address: isFourUp ? configuration.four.first ?? .unspecified : .unspecified,
            linkLocal: isSixUp
                ? configuration.six.first { $0.address.isLinkLocal }?.address ?? .unspecified : .unspecified)
    }
}
