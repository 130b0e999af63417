import HostStack
import PacketEngine
import WireFormat

/// The parameters of a querier (RFC 3376, section 6; RFC 3810, section 7).
public struct IGMPQueryConfiguration: Sendable {
    public var identity: LinkIdentity
    public var mtu: Int
    public var query: MembershipQuery
    /// The number of queries; each waits for the replies to the one before.
    public var count = 1
    /// The time to wait for another querier before the first query; nil for 2 s, or none if `isForced`.
    public var listening: Nanoseconds?
    /// Whether to query even if there is another querier.
    public var isForced = false
    /// The time after the maximum response time until the last reply is received: a round trip, plus the 1/8 of the
    /// delay by which a Linux timer may be late (the granularity of its timer wheel).
    var grace: Nanoseconds {
        .milliseconds(200) + Nanoseconds(query.maximumResponse.count / 8)
    }
    /// The maximum duration of the run; nil for none.
    public var deadline: Nanoseconds?

    /// The numbers of queries.
    public static let counts = 1...1_000

    public init(identity: LinkIdentity, mtu: Int, query: MembershipQuery) {
        self.identity = identity
        self.mtu = mtu
        self.query = query
    }
}

/// An event of a query.
public enum IGMPQueryEvent: Hashable, Sendable {
    case asked(MembershipQuery, at: Instant)
    case member(GroupMember)
    /// A host leaves a group.
    case leave(IPAddress, host: IPAddress, MembershipVersion, at: Instant)
    /// The link has a querier; without `isForced` no further query is sent.
    case otherQuerier(IPAddress, MACAddress?, MembershipVersion, at: Instant)
    case failed(TransmissionFailure)
}

/// A host that is a member of a group.
public struct GroupMember: Hashable, Sendable {
    public var group: IPAddress
    public var host: IPAddress
    /// Nil on a link without MAC addresses.
    public var mac: MACAddress?
    public var version: MembershipVersion
    /// The sources of the group record; older versions have none and accept all.
    public var filter: SourceFilter
    /// The time since the query.
    public var delay: Nanoseconds?
    public var arrival: Instant
}

/// The result of a query.
public struct IGMPQuerySummary: Hashable, Sendable {
    public var queries = 0
    /// Reports and leaves received.
    public var reports = 0
    public var groups = 0
    public var hosts = 0
    /// Reports of members beyond the maximum number kept.
    public var otherMembers = 0
    public var otherQuerier: IPAddress?
    /// Whether no query was sent because of another querier.
    public var isRefused = false
    /// The reason why a query could not be sent, which ended the run.
    public var failure: TransmissionFailure?
    public var elapsed = Nanoseconds.zero

    /// Whether a host is a member; unknown without a query.
    public var outcome: RunOutcome {
        failure != nil || isRefused ? .unknown : groups > 0 ? .found : .notFound
    }
}

/// Queries the group memberships of a link, unless another querier is active.
public struct IGMPQueryEngine: Engine, ~Copyable {
    public typealias Event = IGMPQueryEvent

    private struct Member: Hashable {
        var group: IPAddress
        var host: IPAddress
    }

    /// The maximum number of members kept, a bound against floods.
    private static let mostMembers = 65_536
    /// The delay before a failed query is retried: the link's state may be reported late.
    private static let retryInterval = Nanoseconds.milliseconds(100)

    private let configuration: IGMPQueryConfiguration
    private var members: [Member: SourceFilter] = [:]
    private var groups: Set<IPAddress> = []
    private var hosts: Set<IPAddress> = []
    private var otherQueriers: Set<IPAddress> = []
    private var lastQuery: Instant?
    private var isPending = false
    private var start: Instant?
    private var end: Instant?
    private var isOver = false
    /// Whether the interface is running; no query is sent while it is not.
    private var isConnected = true
    /// The time of the next attempt after a query that failed because the interface was down.
    private var retry: Instant?
    private var events: [IGMPQueryEvent] = []
    private var result = IGMPQuerySummary()

    public init(_ configuration: IGMPQueryConfiguration) {
        self.configuration = configuration
    }

    public var maximumPacketLength: Int { EthernetView.headerLength + max(configuration.mtu, 1_280) }
    public var batchCapacity: Int { 1 }

    public var summary: IGMPQuerySummary {
        var summary = result
        summary.groups = groups.count
        summary.hosts = hosts.count
        summary.isRefused = !mayAsk && result.queries == 0
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        return summary
    }

    private var mayAsk: Bool { configuration.isForced || result.otherQuerier == nil }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        let start = self.start ?? now
        self.start = start
        let deadline = configuration.deadline.map { start + $0 }
        if isOver || deadline.map({ $0 <= now }) ?? false { return finish(at: now) }
        guard !isPending else { return .at(now) }
        // A member reported before a query's deadline is kept until that deadline.
        let due =
            lastQuery.map { $0 + configuration.query.maximumResponse + configuration.grace }
            ?? start + (configuration.listening ?? (configuration.isForced ? .zero : .seconds(2)))
        if !mayAsk, lastQuery == nil { return finish(at: now) }
        guard due <= now else { return .at(deadline.map { min($0, due) } ?? due) }
        guard result.queries < configuration.count, mayAsk else { return finish(at: now) }
        guard isConnected else { return deadline.map { .at($0) } ?? .never }
        if let retry, retry > now { return .at(deadline.map { min($0, retry) } ?? retry) }
        isPending = true
        _ = batch.append(.query(configuration.query), from: configuration.identity, token: 0)
        return .at(now)
    }

    private mutating func finish(at now: Instant) -> Deadline {
        if end == nil { end = now }
        isOver = true
        return .finished
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        isPending = false
        retry = nil
        lastQuery = instant
        result.queries += 1
        events.append(.asked(configuration.query, at: instant))
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        isPending = false
        // The query is sent when the interface is up again.
        guard !failure.isOfInterface else {
            retry = instant + Self.retryInterval
            return
        }
        events.append(.failed(failure))
        result.failure = failure
        isOver = true
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard !isOver, let multicast = ReceivedMulticast(packet, on: configuration.identity),
            let received = ReceivedMembership(multicast),
            !packet.isOutbound, !configuration.identity.sent(received.frameSource),
            received.message.version.family == configuration.query.version.family
        else { return }
        switch received.message {
        case .query(let query): receive(query, received, at: packet.arrival)
        case .report(let version, let records):
            result.reports += 1
            for record in records { receive(record, version, received, at: packet.arrival) }
        case .leave(let version, let group):
            result.reports += 1
            forget(group, received.source, version, at: packet.arrival)
        }
    }

    private mutating func receive(_ query: MembershipQuery, _ received: ReceivedMembership, at now: Instant) {
        // Queries with an unspecified source come from switches, not queriers (RFC 4541, section 2.1.1).
        guard !received.source.isUnspecified else { return }
        if result.otherQuerier == nil { result.otherQuerier = received.source }
        guard otherQueriers.count < 64, otherQueriers.insert(received.source).inserted else { return }
        events.append(.otherQuerier(received.source, received.frameSource, query.version, at: now))
    }

    private mutating func receive(
        _ record: MembershipRecord, _ version: MembershipVersion, _ received: ReceivedMembership, at now: Instant
    ) {
        if let group = configuration.query.group, record.group != group { return }
        guard let filter = record.filter else {
            // Blocking some sources is not a leave; an empty include list is one.
            if record.type == .changeToInclude { forget(record.group, received.source, version, at: now) }
            return
        }
        let member = Member(group: record.group, host: received.source)
        guard members[member] != filter else { return }
        guard members.count < Self.mostMembers || members[member] != nil else {
            result.otherMembers += 1
            return
        }
        members[member] = filter
        groups.insert(member.group)
        hosts.insert(member.host)
        events.append(
            .member(
                GroupMember(
                    group: member.group, host: member.host, mac: received.frameSource, version: version, filter: filter,
                    delay: lastQuery.map { max(now - $0, .zero) }, arrival: now)))
    }

    private mutating func forget(
        _ group: IPAddress, _ host: IPAddress, _ version: MembershipVersion, at now: Instant
    ) {
        if let asked = configuration.query.group, group != asked { return }
        members[Member(group: group, host: host)] = nil
        events.append(.leave(group, host: host, version, at: now))
    }

    /// Notes that the interface went down or came up. A query that is due waits until it is up.
    public mutating func setLink(isConnected: Bool, at now: Instant) {
        self.isConnected = isConnected
        if isConnected { retry = nil }
    }

    public mutating func stop(at now: Instant) {
        isOver = true
        if end == nil { end = now }
    }

    public mutating func drain(_ report: (IGMPQueryEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
