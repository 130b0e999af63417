import WireFormat

/// A host's addresses on its link.
public struct LinkIdentity: Hashable, Sendable {
    /// Nil if the link has no link header; then messages are sent as IP packets.
    public var mac: MACAddress?
    /// Unspecified if the host has none. Reports may be sent from it (RFC 3376, section 4.2.13).
    public var address: IPv4Address
    /// Link-local, or unspecified if the host has none (RFC 3590).
    public var linkLocal: IPv6Address

    public init(mac: MACAddress?, address: IPv4Address = .unspecified, linkLocal: IPv6Address = .unspecified) {
        self.mac = mac
        self.address = address
        self.linkLocal = linkLocal
    }
}

/// Builds group membership messages, in Ethernet frames if the link has them: time to live 1, the Router Alert option
/// (RFC 3376, section 4; RFC 3810, section 5), and the MAC address of the destination group.
package enum MembershipFrame {
    /// The bytes of a report other than its records: IP header, Router Alert option and message header.
    static func overhead(_ family: IPAddress.Family) -> Int { family == .v4 ? 24 + 8 : 40 + 8 + 8 }

    package static func bytes(_ message: MembershipMessage, from identity: LinkIdentity) -> [UInt8] {
        let destination = message.destination
        let (etherType, packet): (EtherType, [UInt8]) =
            switch destination {
            case .v4(let group): (.ipv4, datagram(message, from: identity.address, to: group))
            case .v6(let group): (.ipv6, datagram(message, from: identity.linkLocal, to: group))
            }
        guard let mac = identity.mac else { return packet }
        return EthernetHeader.padded(
            EthernetHeader(
                destination: MACAddress(multicast: destination), source: mac, etherType: etherType
            ).encoded() + packet)
    }

    private static func datagram(
        _ message: MembershipMessage, from source: IPv4Address, to group: IPv4Address
    ) -> [UInt8] {
        let igmp = IGMPMessage(message)
        // Internetwork control precedence (RFC 3376, section 4); never fragmented, so no identification (RFC 6864).
        let header = IPv4Header(
            source: source, destination: group, protocol: .igmp, payloadLength: igmp.byteCount, timeToLive: 1,
            typeOfService: 0xC0, dontFragment: true, options: IPv4Options([.routerAlert(value: 0)]))
        return header.encoded() + igmp.encoded()
    }

    private static func datagram(_ message: MembershipMessage, from source: IPv6Address, to group: IPv6Address)
        -> [UInt8]
    {
        let icmp = ICMPv6Message(.multicastListener(MLDMessage(message)), source: source, destination: group)
        // Value 0: a Multicast Listener Discovery message (RFC 2711, section 2.1).
        let options = IPv6ExtensionHeader.hopByHopOptions([.routerAlert(0)])
        let header = IPv6Header(
            source: source, destination: group, nextHeader: .hopByHopOptions,
            payloadLength: options.byteCount + icmp.byteCount, hopLimit: 1)
        return header.encoded() + options.encoded(nextHeader: .icmpv6) + icmp.encoded()
    }
}

// MARK: Conversion to IGMP and MLD records

extension IGMPMessage {
    fileprivate init(_ message: MembershipMessage) {
        switch message {
        case .query(let query):
            let tenths = Int(query.maximumResponse.wholeMilliseconds / 100)
            let group = query.group?.v4 ?? .unspecified
            switch query.version {
            case .igmp1: self = .query(group: group, maximumResponseTime: 0)
            case .igmp2: self = .query(group: group, maximumResponseTime: UInt8(clamping: max(tenths, 1)))
            default:
                self = .version3Query(
                    group: group, maximumResponseTime: tenths, SourceQuery(query, query.sources.compactMap(\.v4)))
            }
        case .report(let version, let records):
            let group = records.first?.group.v4 ?? .unspecified
            switch version {
            case .igmp1: self.init(.version1Report(group: group))
            case .igmp2: self.init(.version2Report(group: group))
            default: self.init(.version3Report(reserved: 0, records.map { GroupRecord($0, \.v4, .unspecified) }))
            }
        case .leave(_, let group): self.init(.leaveGroup(group: group.v4 ?? .unspecified))
        }
    }
}

extension MLDMessage {
    fileprivate init(_ message: MembershipMessage) {
        switch message {
        case .query(let query):
            let group = query.group?.v6 ?? .unspecified
            let milliseconds = Int(query.maximumResponse.wholeMilliseconds)
            if query.version == .mld1 {
                self.init(.query(group: group, nil), maximumResponseCode: UInt16(clamping: milliseconds))
            } else {
                self.init(
                    .query(group: group, SourceQuery(query, query.sources.compactMap(\.v6))),
                    maximumResponseCode: TimeCode16(atMost: milliseconds).rawValue)
            }
        case .report(.mld1, let records): self.init(.version1Report(group: records.first?.group.v6 ?? .unspecified))
        case .report(_, let records): self.init(.version2Report(records.map { GroupRecord($0, \.v6, .unspecified) }))
        case .leave(_, let group): self.init(.done(group: group.v6 ?? .unspecified))
        }
    }
}

extension SourceQuery {
    fileprivate init(_ query: MembershipQuery, _ sources: [Address]) {
        self.init(
            suppressesRouterProcessing: query.suppressesRouters, robustness: UInt8(clamping: query.robustness),
            queryInterval: TimeCode8(atMost: Int(query.interval.seconds)), sources: sources)
    }
}

extension GroupRecord {
    fileprivate init(_ record: MembershipRecord, _ part: (IPAddress) -> Address?, _ none: Address) {
        self.init(record.type, group: part(record.group) ?? none, sources: record.sources.compactMap(part))
    }
}
