import PacketEngine
import WireFormat

/// A group membership message in a received frame.
package struct ReceivedMembership {
    package var message: MembershipMessage
    package var source: IPAddress
    /// Nil without an Ethernet header.
    package var frameSource: MACAddress?

    /// Returns nil for other packets and for messages that must be ignored: truncated, with a wrong
    /// checksum, from beyond the link (RFC 3376, section 4; RFC 3810, sections 5.1.14 and 6.2), or with
    /// an address that is not a multicast group.
    package init?(_ packet: borrowing ReceivedMulticast) {
        frameSource = packet.frameSource
        source = packet.source
        switch packet.source {
        case .v4(let address):
            guard packet.protocol == .igmp, packet.hopLimit == 1, !address.isMulticast, !address.isLimitedBroadcast,
                let view = try? IGMPView(packet.payload), view.checksumState == .correct,
                let message = MembershipMessage(IGMPMessage(view), view.queryVersion)
            else { return nil }
            self.message = message
        case .v6(let address):
            guard packet.protocol == .icmpv6, packet.hopLimit == 1, packet.hasRouterAlert,
                address.isLinkLocal || address.isUnspecified, case .v6(let destination) = packet.destination,
                let view = try? ICMPv6View(packet.payload),
                view.checksumState(source: address, destination: destination) == .correct, view.code == 0,
                case .multicastListener(let mld) = ICMPv6Message(view).body, let message = MembershipMessage(mld)
            else { return nil }
            // Hosts without an address may send reports, but queriers always have one.
            if address.isUnspecified, case .query = message { return nil }
            self.message = message
        }
    }
}

extension MembershipMessage {
    fileprivate init?(_ message: IGMPMessage, _ queryVersion: Int?) {
        switch message.body {
        case .membershipQuery(let group, let sources):
            guard let version = queryVersion.flatMap({ MembershipVersion($0, family: .v4) }) else { return nil }
            // IGMPv1 does not use the field; the response time is 10 s (RFC 2236, section 4).
            let tenths =
                switch version {
                case .igmp1: 100
                case .igmp2: Int(message.code)
                default: TimeCode8(rawValue: message.code).value
                }
            guard group.isUnspecified || group.isMulticast else { return nil }
            var query = MembershipQuery(
                version: version, group: group.isUnspecified ? nil : .v4(group),
                maximumResponse: .milliseconds(Int64(tenths) * 100))
            query.take(sources, as: IPAddress.v4)
            self = .query(query)
        case .version1Report(let group):
            guard group.isMulticast else { return nil }
            self = .report(.igmp1, [MembershipRecord(.modeIsExclude, .v4(group))])
        case .version2Report(let group):
            guard group.isMulticast else { return nil }
            self = .report(.igmp2, [MembershipRecord(.modeIsExclude, .v4(group))])
        case .leaveGroup(let group):
            guard group.isMulticast else { return nil }
            self = .leave(.igmp2, .v4(group))
        case .version3Report(_, let records):
            self = .report(.igmp3, MembershipRecord.list(records, as: IPAddress.v4))
        case .unknown: return nil
        }
    }

    fileprivate init?(_ message: MLDMessage) {
        switch message.kind {
        case .query(let group, let sources):
            // A length between those of version 1 and version 2 is invalid (RFC 3810, section 8.1).
            guard group.isUnspecified || group.isMulticast, sources != nil || message.trailing.isEmpty else {
                return nil
            }
            var query = MembershipQuery(
                version: sources == nil ? .mld1 : .mld2, group: group.isUnspecified ? nil : .v6(group),
                maximumResponse: .milliseconds(Int64(message.maximumResponseTime)))
            query.take(sources, as: IPAddress.v6)
            self = .query(query)
        case .version1Report(let group):
            guard group.isMulticast else { return nil }
            self = .report(.mld1, [MembershipRecord(.modeIsExclude, .v6(group))])
        case .done(let group):
            guard group.isMulticast else { return nil }
            self = .leave(.mld1, .v6(group))
        case .version2Report(let records):
            self = .report(.mld2, MembershipRecord.list(records, as: IPAddress.v6))
        }
    }
}

extension MembershipQuery {
    /// Copies the fields that only the newest version's query has.
    fileprivate mutating func take<Address>(_ part: SourceQuery<Address>?, as address: (Address) -> IPAddress) {
        guard let part else { return }
        sources = group == nil ? [] : part.sources.map(address)
        robustness = Int(part.robustness)
        interval = .seconds(Int64(part.queryInterval.value))
        suppressesRouters = part.suppressesRouterProcessing
    }
}

extension MembershipRecord {
    /// Returns the records whose group is a multicast address.
    fileprivate static func list<Address>(
        _ records: [GroupRecord<Address>], as address: (Address) -> IPAddress
    ) -> [MembershipRecord] {
        records.compactMap { record in
            let group = address(record.group)
            return group.isMulticast ? MembershipRecord(record.type, group, record.sources.map(address)) : nil
        }
    }
}

/// A filter for group membership traffic.
public struct GroupTraffic: Sendable {
    private let groups: Set<IPAddress>

    /// - Parameter groups: the groups whose datagrams match. Membership messages of all groups match.
    public init(groups: [IPAddress]) { self.groups = Set(groups) }

    /// Whether a frame contains a membership message or a datagram to one of the groups.
    /// - Parameter hasEthernetHeader: whether it begins with an Ethernet header rather than the IP header.
    public func contains(_ frame: RawSpan, hasEthernetHeader: Bool = true) -> Bool {
        guard let packet = ReceivedMulticast(frame, hasEthernetHeader: hasEthernetHeader) else { return false }
        return groups.contains(packet.destination) || ReceivedMembership(packet) != nil
    }
}
