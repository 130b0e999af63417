import HostStack
import PacketEngine
import WireFormat

/// Is a member of groups: reports them, answers the link's querier, counts what
/// arrives for them, and leaves.
public struct IGMPJoinEngine: Engine, ~Copyable {
    public typealias Event = IGMPJoinEvent

    /// Sources that are told apart: a flood of them is not.
    private static let mostFlows = 4_096

    private struct Flow: Hashable {
        var group: IPAddress
        var source: IPAddress
    }

    /// How far a group has got, as the link knows it.
    private enum Stage { case joining, joined, left }

    private let configuration: IGMPJoinConfiguration
    private let filters: [IPAddress: SourceFilter]
    private var hosts: [MembershipHost]
    private var stages: [IPAddress: Stage] = [:]
    private var flows: [Flow: Int] = [:]
    /// Of each flow, in the same order; the first port that is heard counts.
    private var streams: [(ports: UInt32, stream: NumberedStream)] = []
    private var inFlight: [UInt64: MembershipMessage] = [:]
    private var nextToken: UInt64 = 0
    private var start: Instant?
    private var end: Instant?
    private var isLeaving = false
    private var isOver = false
    /// Frames pass the interface: on one that is down nothing is reported.
    private var isConnected = true
    private var events: [IGMPJoinEvent] = []
    private var result = IGMPJoinSummary()

    public init(_ configuration: IGMPJoinConfiguration) {
        self.configuration = configuration
        filters = Dictionary(
            configuration.memberships.map { ($0.group, $0.filter) }, uniquingKeysWith: { first, _ in first })
        let families: [IPAddress.Family] = [.v4, .v6].filter { family in
            configuration.memberships.contains { $0.group.family == family }
        }
        hosts = families.map { family in
            MembershipHost(
                version: configuration.version(family), packetLength: configuration.mtu,
                robustness: configuration.robustness, queryInterval: configuration.queryInterval,
                seed: configuration.seed)
        }
        result.groups = filters.count
    }

    public var maximumPacketLength: Int { EthernetView.headerLength + max(configuration.mtu, 1_280) }
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
        // While the link is down, leaves cannot be sent.
        if isOver || isLeaving && !isConnected { return finish(at: now) }
        guard isConnected else { return deadline.map { .at($0) } ?? .never }
        var due: Instant?
        for index in hosts.indices {
            let version = hosts[index].version
            while batch.room > 0, let message = hosts[index].next(at: now) {
                let frame = MembershipFrame.bytes(message, from: configuration.identity)
                if batch.append(frame: frame, token: nextToken) { inFlight[nextToken] = message }
                nextToken += 1
            }
            if hosts[index].version != version { events.append(.versionChanged(hosts[index].version, at: now)) }
            if let next = hosts[index].due { due = due.map { min($0, next) } ?? next }
        }
        guard batch.isEmpty else { return .at(now) }
        if isLeaving, inFlight.isEmpty, hosts.allSatisfy(\.isIdle) { return finish(at: now) }
        if !isLeaving, let deadline { due = due.map { min($0, deadline) } ?? deadline }
        return due.map { .at($0) } ?? .never
    }

    private mutating func begin(at now: Instant) {
        start = now
        for membership in configuration.memberships where stages[membership.group] == nil {
            stages[membership.group] = .joining
            if configuration.isJoinedBySystem {
                enter(membership.group, at: now)
            } else {
                join(membership, at: now)
            }
        }
    }

    private mutating func join(_ membership: IGMPJoinConfiguration.Membership, at now: Instant) {
        for index in hosts.indices where hosts[index].newest.family == membership.group.family {
            hosts[index].join(membership.group, membership.filter, at: now)
        }
    }

    private mutating func leave(at now: Instant) {
        guard !isLeaving else { return }
        isLeaving = true
        end = now
        if !configuration.isJoinedBySystem {
            for index in hosts.indices { hosts[index].leave(at: now) }
        }
    }

    private mutating func finish(at now: Instant) -> Deadline {
        if end == nil { end = now }
        isOver = true
        for membership in configuration.memberships { exit(membership.group, at: now) }
        return .finished
    }

    private func version(of group: IPAddress) -> MembershipVersion {
        hosts.first { $0.version.family == group.family }?.version ?? .newest(group.family)
    }

    private mutating func enter(_ group: IPAddress, at now: Instant) {
        guard stages[group] == .joining, let filter = filters[group] else { return }
        stages[group] = .joined
        events.append(.joined(.init(group: group, filter: filter), version(of: group), at: now))
    }

    private mutating func exit(_ group: IPAddress, at now: Instant) {
        guard stages[group] == .joined else { return }
        stages[group] = .left
        events.append(.left(group, version(of: group), at: now))
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard let message = inFlight.removeValue(forKey: token) else { return }
        result.reports += 1
        if case .report(_, let records) = message {
            for record in records where record.filter != nil { enter(record.group, at: instant) }
        }
        events.append(.sent(message, at: instant))
        switch message {
        case .leave(_, let group): exit(group, at: instant)
        case .report(_, let records):
            for record in records where record.filter == nil { exit(record.group, at: instant) }
        case .query: break
        }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        inFlight[token] = nil
        // The report is repeated when the interface is up.
        guard !failure.isOfInterface else { return }
        events.append(.failed(failure))
        result.failure = failure
        if !isLeaving { end = instant }
        isOver = true
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let arrived = ReceivedMulticast(packet.bytes) else { return }
        if let membership = ReceivedMembership(arrived) {
            hear(membership, at: packet.arrival)
        } else {
            count(arrived, at: packet.arrival)
        }
    }

    private mutating func hear(_ arrived: ReceivedMembership, at now: Instant) {
        // The other family's business is none of ours.
        guard hosts.contains(where: { $0.newest.family == arrived.message.version.family }) else { return }
        // What the system says for us is ours.
        if arrived.frameSource == configuration.identity.mac {
            guard configuration.isJoinedBySystem else { return }
            if case .query = arrived.message { return }
            result.reports += 1
            return events.append(.sent(arrived.message, at: now))
        }
        switch arrived.message {
        case .query(let query):
            result.queries += 1
            events.append(.query(query, from: arrived.source, at: now))
            guard !configuration.isJoinedBySystem else { return }
            for index in hosts.indices where hosts[index].newest.family == query.version.family {
                let version = hosts[index].version
                hosts[index].hear(query, at: now)
                if hosts[index].version != version { events.append(.versionChanged(hosts[index].version, at: now)) }
            }
        case .report(let version, let records):
            events.append(.heard(arrived.message, from: arrived.source, at: now))
            // The newest version's reports suppress nobody's (RFC 3376, section 7.2.2).
            guard !version.hasSources else { return }
            for record in records {
                for index in hosts.indices { hosts[index].hearReport(of: record.group) }
            }
        case .leave: events.append(.heard(arrived.message, from: arrived.source, at: now))
        }
    }

    private mutating func count(_ arrived: borrowing ReceivedMulticast, at now: Instant) {
        guard !isLeaving, !arrived.isAboutGroups, arrived.frameSource != configuration.identity.mac,
            let filter = filters[arrived.destination]
        else { return }
        guard filter.admits(arrived.source) else {
            result.unwanted += 1
            return
        }
        let bytes = arrived.dataLength
        result.datagrams += 1
        result.bytes += bytes
        let flow = Flow(group: arrived.destination, source: arrived.source)
        var isFirst = false
        if let index = flows[flow] {
            result.flows[index].take(bytes: bytes, at: now)
            number(arrived, in: index)
        } else if result.flows.count < Self.mostFlows {
            isFirst = true
            flows[flow] = result.flows.count
            result.flows.append(MulticastFlow(group: flow.group, source: flow.source, at: now))
            result.flows[result.flows.count - 1].take(bytes: bytes, at: now)
            streams.append((arrived.ports, NumberedStream()))
            number(arrived, in: streams.count - 1)
        } else {
            result.otherDatagrams += 1
        }
        events.append(
            .datagram(
                MulticastDatagram(
                    group: flow.group, source: flow.source, port: arrived.destinationPort, bytes: bytes,
                    hopLimit: arrived.hopLimit, isFirst: isFirst, arrival: now)))
        if let count = configuration.count, result.datagrams >= count { leave(at: now) }
    }

    private mutating func number(_ arrived: borrowing ReceivedMulticast, in index: Int) {
        guard arrived.protocol == .udp, arrived.ports == streams[index].ports else { return }
        streams[index].stream.take(arrived.payload.dropping(UDPView.headerLength))
    }

    /// Tells the engine that the interface went down or came up. Then the groups are reported again.
    public mutating func setLink(isConnected: Bool, at now: Instant) {
        defer { self.isConnected = isConnected }
        guard isConnected, !self.isConnected, !configuration.isJoinedBySystem else { return }
        for index in hosts.indices { hosts[index].rejoin(at: now) }
    }

    /// Leaves the groups; the second time it ends at once.
    public mutating func stop(at now: Instant) {
        if isLeaving { isOver = true } else { leave(at: now) }
    }

    public mutating func drain(_ report: (IGMPJoinEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
