import PacketEngine
import WireFormat

/// A message about groups in a frame that arrived.
package struct ReceivedMembership {
    package var message: MembershipMessage
    package var source: IPAddress
    package var frameSource: MACAddress

    /// Nil for everything else, and for messages that a host or querier must
    /// not believe: with a wrong checksum, cut, from beyond the link (RFC 3376,
    /// section 4; RFC 3810, sections 5.1.14 and 6.2), or about what is no group.
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
            // Hosts without an address report, but no querier is without one.
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
            // In version 1 the field says nothing, and answers take ten seconds (RFC 2236, section 4).
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
            // A length between the two versions' is of neither (RFC 3810, section 8.1).
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
    /// What a query of the newest version says beyond the group.
    fileprivate mutating func take<Address>(_ part: SourceQuery<Address>?, as address: (Address) -> IPAddress) {
        guard let part else { return }
        sources = group == nil ? [] : part.sources.map(address)
        robustness = Int(part.robustness)
        interval = .seconds(Int64(part.queryInterval.value))
        suppressesRouters = part.suppressesRouterProcessing
    }
}

extension MembershipRecord {
    /// Records of what is no group are left out.
    fileprivate static func list<Address>(
        _ records: [GroupRecord<Address>], as address: (Address) -> IPAddress
    ) -> [MembershipRecord] {
        records.compactMap { record in
            let group = address(record.group)
            return group.isMulticast ? MembershipRecord(record.type, group, record.sources.map(address)) : nil
        }
    }
}

/// Which frames are about groups.
public struct GroupTraffic: Sendable {
    private let groups: Set<IPAddress>

    /// - Parameter groups: whose datagrams count, beside the messages about whatever group.
    public init(groups: [IPAddress]) { self.groups = Set(groups) }

    /// Whether a frame is a message about groups, or a datagram to one of these.
    public func contains(_ frame: RawSpan) -> Bool {
        guard let packet = ReceivedMulticast(frame) else { return false }
        return groups.contains(packet.destination) || ReceivedMembership(packet) != nil
    }
}
