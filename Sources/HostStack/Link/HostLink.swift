import PacketEngine
import WireFormat

/// One of a host's links: the host's addresses on it, and its neighbors.
struct HostLink: Sendable {
    private(set) var configuration: HostConfiguration.Interface
    private(set) var arp: ARPModule
    private(set) var ndp: NDPModule
    /// Pending frames of address checks and announcements, by family.
    private var claim: ClaimSchedule?
    private var detection: ClaimSchedule?
    /// The router's advertisements, if it sends any.
    private var advertiser: RouterAdvertiser?
    /// Multicast group membership, by family.
    private var memberships: [MembershipHost] = []
    /// The groups whose packets are accepted.
    private let groups: Set<IPAddress>
    private var hasJoined = false
    /// Whether the link is up. No address is claimed and no group reported while it is down.
    private(set) var isConnected = true
    /// MAC addresses of neighbors that the caller has resolved.
    private var fixedNeighbors: [IPAddress: MACAddress] = [:]
    /// The times at which addresses were last defended.
    private var defenses: [IPAddress: Instant] = [:]

    /// DEFEND_INTERVAL (RFC 5227, section 1.1).
    private static let defendInterval = Nanoseconds.seconds(10)

    init(
        _ configuration: HostConfiguration.Interface, isRouter: Bool, advertises: Bool, checksAddresses: Bool,
        random: inout SeededGenerator
    ) {
        self.configuration = configuration
        arp = ARPModule(ARPConfiguration(mac: configuration.mac, addresses: configuration.ipv4Addresses))
        var discovery = NDPConfiguration(mac: configuration.mac, addresses: configuration.ipv6Addresses)
        discovery.isRouter = isRouter
        ndp = NDPModule(discovery)
        if advertises, !configuration.ipv6Addresses.isEmpty { advertiser = RouterAdvertiser(seed: random.next()) }
        if checksAddresses {
            if !configuration.ipv4Addresses.isEmpty {
                claim = AddressClaim.schedule(configuration.ipv4Addresses, mac: configuration.mac, random: &random)
            }
            if !configuration.ipv6Addresses.isEmpty {
                detection = DuplicateAddressDetection.schedule(discovery, random: &random)
            }
        }
        var groups = Set(configuration.groups)
        for (address, _) in configuration.ipv6Addresses { groups.insert(.v6(address.solicitedNodeGroup)) }
        if isRouter, !configuration.ipv6Addresses.isEmpty { groups.insert(.v6(.allRouters)) }
        for version in [MembershipVersion.igmp3, .mld2]
        where groups.contains(where: { $0.family == version.family }) {
            memberships.append(
                MembershipHost(
                    version: version, packetLength: configuration.mtu,
                    robustness: MembershipQuery.defaultRobustness, queryInterval: MembershipQuery.defaultInterval,
                    seed: random.next()))
        }
        // The all-nodes group is never reported (RFC 3810, section 6).
        if !configuration.ipv6Addresses.isEmpty { groups.insert(.v6(.allNodes)) }
        self.groups = groups
    }

    /// Whether address checks have ended and the host may use its addresses.
    var isUp: Bool { isIPv4Up && isIPv6Up }
    var isIPv4Up: Bool { claim.map(\.isDone) ?? true }
    var isIPv6Up: Bool { detection.map(\.isDone) ?? true }

    func isOwn(_ address: IPAddress) -> Bool { configuration.addresses.contains { $0.address == address } }

    func hears(_ group: IPAddress) -> Bool { groups.contains(group) }

    /// Returns the source address for packets to `hop`: the one in the same network if there is one.
    func source(to hop: IPAddress) -> IPAddress? {
        switch hop {
        case .v4(let hop):
            let near = configuration.addresses.first {
                IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(.v4(hop)) ?? false
            }
            return near?.address ?? configuration.ipv4Addresses.first.map { .v4($0) }
        case .v6(let hop): return ndp.configuration.source(to: hop).map { .v6($0) }
        }
    }

    /// An IPv6 source address that is not link-local, for destinations beyond the link.
    var globalSource: IPv6Address? { configuration.ipv6Addresses.first { !$0.address.isLinkLocal }?.address }

    /// Whether an IPv6 address is in a network of the link.
    func isNeighbor(_ address: IPv6Address) -> Bool {
        configuration.ipv6Addresses.contains {
            IPv6Network($0.address, prefixLength: $0.prefixLength)?.contains(address) ?? false
        }
    }

    // MARK: Neighbors

    /// Returns the MAC address of a next hop, or nil if it is not known.
    func mac(of hop: IPAddress) -> MACAddress? {
        if !fixedNeighbors.isEmpty, let mac = fixedNeighbors[hop] { return mac }
        return switch hop {
        case .v4(let hop): arp.mac(of: hop)
        case .v6(let hop): ndp.mac(of: hop)
        }
    }

    /// Does the same, and also returns whether `resolve` has to be called when a packet is sent.
    func neighbor(to hop: IPAddress) -> (mac: MACAddress?, wantsUse: Bool) {
        if !fixedNeighbors.isEmpty, let mac = fixedNeighbors[hop] { return (mac, false) }
        switch hop {
        case .v4(let hop):
            let mac = arp.mac(of: hop)
            return (mac, mac == nil)
        case .v6(let hop): return (ndp.mac(of: hop), ndp.wantsUse(of: hop))
        }
    }

    /// Sets the MAC address of a neighbor that the caller has resolved; nil removes it.
    mutating func setNeighbor(_ hop: IPAddress, _ mac: MACAddress?) { fixedNeighbors[hop] = mac }

    mutating func resolve(_ hop: IPAddress, at now: Instant) {
        switch hop {
        case .v4(let hop): arp.resolve(hop, at: now)
        case .v6(let hop): ndp.resolve(hop, at: now)
        }
    }

    mutating func doubt(_ hop: IPAddress, at now: Instant) {
        guard fixedNeighbors[hop] == nil else { return }
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

    /// Processes an ARP packet.
    mutating func input(_ packet: ARPPacket, at now: Instant) { arp.input(packet, at: now) }
    mutating func input(_ arrived: ReceivedNDP, at now: Instant) {
        if case .routerSolicitation = arrived.message.kind { advertiser?.solicit(at: now) }
        ndp.input(arrived, at: now)
    }

    mutating func drainARP(_ report: (NeighborEvent<IPv4Address>) -> Void) { arp.drain(report) }
    mutating func drainNDP(_ report: (NeighborEvent<IPv6Address>) -> Void) { ndp.drain(report) }

    // MARK: Conflicts

    /// Returns an announcement of an address that another station claims, or nil if the address was announced less than
    /// DEFEND_INTERVAL ago (RFC 5227, section 2.4).
    mutating func defend(_ address: IPAddress, at now: Instant) -> [UInt8]? {
        if let last = defenses[address], now - last < Self.defendInterval { return nil }
        defenses[address] = now
        switch address {
        case .v4(let address):
            return ARPFrame.bytes(ARPPacket.announcement(of: address, at: configuration.mac), to: .broadcast)
        case .v6(let address): return NDPFrame.announcement(of: address, ndp.configuration)
        }
    }

    /// Removes an address.
    mutating func remove(_ address: IPAddress) {
        configuration.addresses.removeAll { $0.address == address }
        switch address {
        case .v4(let address):
            arp.remove(address)
            claim?.remove(.v4(address))
        case .v6(let address):
            ndp.remove(address)
            detection?.remove(.v6(address))
        }
    }

    // MARK: Groups

    /// Processes a group membership message.
    mutating func hear(_ message: MembershipMessage, at now: Instant) {
        for index in memberships.indices where memberships[index].newest.family == message.version.family {
            switch message {
            case .query(let query): memberships[index].hear(query, at: now)
            case .report(_, let records): for record in records { memberships[index].hearReport(of: record.group) }
            case .leave: break
            }
        }
    }

    /// Leaves every group, so that routers stop forwarding at once.
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

    /// Reports that an interface went down or came up. After it came up, addresses are announced and groups reported
    /// again, and an unfinished address check starts again.
    mutating func setConnected(_ isConnected: Bool, at now: Instant) {
        defer { self.isConnected = isConnected }
        guard isConnected, !self.isConnected else { return }
        claim?.restart(at: now)
        detection?.restart(at: now)
        advertiser?.restart(at: now)
        for index in memberships.indices { memberships[index].rejoin(at: now) }
    }

    /// Sets the maximum packet length, in bytes.
    mutating func setMTU(_ mtu: Int) {
        configuration.mtu = mtu
        for index in memberships.indices { memberships[index].setPacketLength(mtu) }
    }

    /// Reports that a frame could not be sent: an unfinished address check starts again.
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
        if isIPv6Up, let advertiser { earliest = .earliest(earliest, advertiser.due) }
        return earliest
    }

    mutating func control(at now: Instant) {
        arp.control(at: now)
        ndp.control(at: now)
    }

    /// Returns the next frame of address checks, announcements and group reports, if one is due.
    mutating func claimFrame(at now: Instant) -> [UInt8]? {
        guard isConnected else { return nil }
        if !hasJoined { joinGroups(at: now) }
        for index in memberships.indices {
            guard let message = memberships[index].next(at: now) else { continue }
            return MembershipFrame.bytes(message, from: identity)
        }
        if let frame = claim?.advance(at: now) ?? detection?.advance(at: now) { return frame }
        guard isIPv6Up, advertiser?.take(at: now) ?? false else { return nil }
        return RouterAdvertiser.frame(ndp.configuration, mtu: configuration.mtu)
    }

    /// Returns the last router advertisement, which ends the use of the router; nil if it has not sent any.
    mutating func finalAdvertisement() -> [UInt8]? {
        guard isConnected, isIPv6Up, advertiser != nil else { return nil }
        advertiser = nil
        return RouterAdvertiser.frame(ndp.configuration, mtu: configuration.mtu, isFinal: true)
    }

    /// The addresses that may already be used.
    private var identity: LinkIdentity {
        LinkIdentity(
            mac: configuration.mac,
            address: isIPv4Up ? configuration.ipv4Addresses.first ?? .unspecified : .unspecified,
            linkLocal: isIPv6Up
                ? configuration.ipv6Addresses.first { $0.address.isLinkLocal }?.address ?? .unspecified : .unspecified)
    }
}
