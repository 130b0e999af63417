import HostStack
import PacketEngine
import WireFormat

/// A member of multicast groups on one or more links: reports them, answers each link's querier, counts received
/// datagrams, and leaves.
public struct IGMPJoinEngine: Engine, ~Copyable {
    public typealias Event = IGMPJoinEvent

    /// The maximum number of flows counted separately, a bound against floods.
    private static let mostFlows = 4_096

    private struct Flow: Hashable {
        var link: Int
        var group: IPAddress
        var source: IPAddress
    }

    /// The protocol state of one address family on one link.
    private struct Member {
        let link: Int
        var host: MembershipHost
    }

    /// The state of a group on the link.
    private enum Stage { case joining, joined, left }

    private let configuration: IGMPJoinConfiguration
    private let filters: [IPAddress: SourceFilter]
    private var members: [Member] = []
    /// The states of the groups on each link.
    private var stages: [[IPAddress: Stage]]
    private var flows: [Flow: Int] = [:]
    /// The loss trackers of the flows, in the same order; the first port received counts.
    private var streams: [(ports: UInt32, stream: NumberedStream)] = []
    private var inFlight: [UInt64: (link: Int, message: MembershipMessage)] = [:]
    private var nextToken: UInt64 = 0
    private var start: Instant?
    private var end: Instant?
    private var isLeaving = false
    private var isOver = false
    /// Whether each interface is running; no report can be sent on one that is not.
    private var isConnected: [Bool]
    private var events: [IGMPJoinEvent] = []
    private var result = IGMPJoinSummary()

    public init(_ configuration: IGMPJoinConfiguration) {
        self.configuration = configuration
        filters = Dictionary(
            configuration.memberships.map { ($0.group, $0.filter) }, uniquingKeysWith: { first, _ in first })
        let families: [IPAddress.Family] = [.v4, .v6].filter { family in
            configuration.memberships.contains { $0.group.family == family }
        }
        stages = configuration.links.map { _ in [:] }
        isConnected = configuration.links.map { _ in true }
        for (index, link) in configuration.links.enumerated() {
            members += families.map { family in
                Member(
                    link: index,
                    host: MembershipHost(
                        version: configuration.version(family), packetLength: link.mtu,
                        robustness: configuration.robustness, queryInterval: configuration.queryInterval,
                        seed: configuration.seed &+ UInt64(index)))
            }
        }
        result.groups = filters.count
    }

    public var maximumPacketLength: Int {
        EthernetView.headerLength + (configuration.links.map(\.mtu) + [1_280]).reduce(0, max)
    }
    public var batchCapacity: Int { 64 }
    public var wantsExactTimes: Bool { false }

    public var summary: IGMPJoinSummary {
        var summary = result
        for index in summary.flows.indices { summary.flows[index].count = streams[index].stream.count }
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        return summary
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { begin(at: now) }
        let deadline = start.flatMap { start in configuration.duration.map { start + $0 } }
        if deadline.map({ $0 <= now }) ?? false { leave(at: now) }
        // While a link is down, leaves cannot be sent.
        if isOver || isLeaving && !isConnected.contains(true) { return finish(at: now) }
        guard isConnected.contains(true) else { return deadline.map { .at($0) } ?? .never }
        var due: Instant?
        for index in members.indices where isConnected[members[index].link] {
            let link = members[index].link
            let version = members[index].host.version
            while batch.room > 0, let message = members[index].host.next(at: now) {
                let sender = configuration.links[link]
                if batch.append(message, from: sender.identity, token: nextToken, interface: sender.index) {
                    inFlight[nextToken] = (link, message)
                }
                nextToken += 1
            }
            reportVersion(of: members[index], before: version, at: now)
            if let next = members[index].host.due { due = due.map { min($0, next) } ?? next }
        }
        guard batch.isEmpty else { return .at(now) }
        if isLeaving, inFlight.isEmpty, members.allSatisfy({ $0.host.isIdle || !isConnected[$0.link] }) {
            return finish(at: now)
        }
        if !isLeaving, let deadline { due = due.map { min($0, deadline) } ?? deadline }
        return due.map { .at($0) } ?? .never
    }

    private mutating func add(_ kind: IGMPJoinEvent.Kind, on link: Int) {
        events.append(IGMPJoinEvent(interface: configuration.links[link].index, kind: kind))
    }

    private mutating func reportVersion(of member: Member, before: MembershipVersion, at now: Instant) {
        if member.host.version != before { add(.versionChanged(member.host.version, at: now), on: member.link) }
    }

    private mutating func begin(at now: Instant) {
        start = now
        for link in stages.indices {
            for membership in configuration.memberships where stages[link][membership.group] == nil {
                stages[link][membership.group] = .joining
                if configuration.isJoinedBySystem {
                    enter(membership.group, on: link, at: now)
                } else {
                    join(membership, on: link, at: now)
                }
            }
        }
    }

    private mutating func join(_ membership: IGMPJoinConfiguration.Membership, on link: Int, at now: Instant) {
        for index in members.indices
        where members[index].link == link && members[index].host.newest.family == membership.group.family {
            members[index].host.join(membership.group, membership.filter, at: now)
        }
    }

    private mutating func leave(at now: Instant) {
        guard !isLeaving else { return }
        isLeaving = true
        end = now
        if !configuration.isJoinedBySystem {
            for index in members.indices { members[index].host.leave(at: now) }
        }
    }

    private mutating func finish(at now: Instant) -> Deadline {
        if end == nil { end = now }
        isOver = true
        for link in stages.indices {
            for membership in configuration.memberships { exit(membership.group, on: link, at: now) }
        }
        return .finished
    }

    private func version(of group: IPAddress, on link: Int) -> MembershipVersion {
        members.first { $0.link == link && $0.host.version.family == group.family }?.host.version
            ?? .newest(group.family)
    }

    private mutating func enter(_ group: IPAddress, on link: Int, at now: Instant) {
        guard stages[link][group] == .joining, let filter = filters[group] else { return }
        stages[link][group] = .joined
        add(.joined(.init(group: group, filter: filter), version(of: group, on: link), at: now), on: link)
    }

    private mutating func exit(_ group: IPAddress, on link: Int, at now: Instant) {
        guard stages[link][group] == .joined else { return }
        stages[link][group] = .left
        add(.left(group, version(of: group, on: link), at: now), on: link)
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard let (link, message) = inFlight.removeValue(forKey: token) else { return }
        result.reports += 1
        if case .report(_, let records) = message {
            for record in records where record.filter != nil { enter(record.group, on: link, at: instant) }
        }
        add(.sent(message, at: instant), on: link)
        switch message {
        case .leave(_, let group): exit(group, on: link, at: instant)
        case .report(_, let records):
            for record in records where record.filter == nil { exit(record.group, on: link, at: instant) }
        case .query: break
        }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        // The report is repeated when the interface is up.
        guard let (link, _) = inFlight.removeValue(forKey: token), !failure.isOfInterface else { return }
        add(.failed(failure), on: link)
        result.failure = failure
        if !isLeaving { end = instant }
        isOver = true
    }

    // MARK: Receiving

    /// The index of the link; nil if the interface is not the run's.
    private func link(of interface: UInt32) -> Int? {
        configuration.links.count == 1 ? 0 : configuration.links.firstIndex { $0.index == interface }
    }

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard !isOver, let link = link(of: packet.interfaceIndex),
            let received = ReceivedMulticast(packet, on: configuration.links[link].identity)
        else { return }
        let isOwn = packet.isOutbound || configuration.links[link].identity.sent(received.frameSource)
        if let membership = ReceivedMembership(received) {
            receive(membership, isOwn: isOwn, on: link, at: packet.arrival)
        } else if !isOwn {
            count(received, on: link, at: packet.arrival)
        }
    }

    private mutating func receive(_ received: ReceivedMembership, isOwn: Bool, on link: Int, at now: Instant) {
        let family = received.message.version.family
        let own = members.indices.filter { members[$0].link == link && members[$0].host.newest.family == family }
        // Ignore the other address family.
        guard !own.isEmpty else { return }
        // Packets of this host's kernel do not count as another host's.
        if isOwn {
            guard configuration.isJoinedBySystem else { return }
            if case .query = received.message { return }
            result.reports += 1
            return add(.sent(received.message, at: now), on: link)
        }
        switch received.message {
        case .query(let query):
            result.queries += 1
            add(.query(query, from: received.source, at: now), on: link)
            guard !configuration.isJoinedBySystem else { return }
            for index in own {
                let version = members[index].host.version
                members[index].host.hear(query, at: now)
                reportVersion(of: members[index], before: version, at: now)
            }
        case .report(let version, let records):
            add(.heard(received.message, from: received.source, at: now), on: link)
            // The newest version's reports suppress no others (RFC 3376, section 7.2.2).
            guard !version.hasSources else { return }
            for record in records {
                for index in own { members[index].host.hearReport(of: record.group) }
            }
        case .leave: add(.heard(received.message, from: received.source, at: now), on: link)
        }
    }

    private mutating func count(_ received: borrowing ReceivedMulticast, on link: Int, at now: Instant) {
        guard !isLeaving, !received.isAboutGroups, let filter = filters[received.destination] else { return }
        guard filter.admits(received.source) else {
            result.unwanted += 1
            return
        }
        let bytes = received.dataLength
        result.datagrams += 1
        result.bytes += bytes
        let flow = Flow(link: link, group: received.destination, source: received.source)
        var isFirst = false
        if let index = flows[flow] {
            result.flows[index].take(bytes: bytes, at: now)
            number(received, in: index, at: now)
        } else if result.flows.count < Self.mostFlows {
            isFirst = true
            flows[flow] = result.flows.count
            result.flows.append(
                MulticastFlow(
                    interface: configuration.links[link].index, group: flow.group, source: flow.source, at: now))
            result.flows[result.flows.count - 1].take(bytes: bytes, at: now)
            streams.append((received.ports, NumberedStream()))
            number(received, in: streams.count - 1, at: now)
        } else {
            result.otherDatagrams += 1
        }
        add(
            .datagram(
                MulticastDatagram(
                    group: flow.group, source: flow.source, port: received.destinationPort, bytes: bytes,
                    hopLimit: received.hopLimit, isFirst: isFirst, arrival: now)), on: link)
        if let count = configuration.count, result.datagrams >= count { leave(at: now) }
    }

    private mutating func number(_ received: borrowing ReceivedMulticast, in index: Int, at now: Instant) {
        guard received.protocol == .udp, received.ports == streams[index].ports else { return }
        streams[index].stream.take(received.payload.dropping(UDPView.headerLength), at: now)
    }

    /// Notes that an interface went down or came up; in the latter case the groups are reported there again.
    public mutating func setLink(_ interface: UInt32, isConnected: Bool, at now: Instant) {
        guard let link = link(of: interface) else { return }
        let wasConnected = self.isConnected[link]
        self.isConnected[link] = isConnected
        guard isConnected, !wasConnected, !configuration.isJoinedBySystem else { return }
        for index in members.indices where members[index].link == link { members[index].host.rejoin(at: now) }
    }

    /// Leaves the groups; the second call ends the run at once.
    public mutating func stop(at now: Instant) {
        if isLeaving { isOver = true } else { leave(at: now) }
    }

    public mutating func drain(_ report: (IGMPJoinEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
