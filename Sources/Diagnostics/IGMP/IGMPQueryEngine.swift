import HostStack
import PacketEngine
import WireFormat

/// What a querier asks, and how long it listens (RFC 3376, section 6; RFC 3810, section 7).
public struct IGMPQueryConfiguration: Sendable {
    public var identity: LinkIdentity
    public var mtu: Int
    public var query: MembershipQuery
    /// Queries, one when the answers to the one before are in.
    public var count = 1
    /// How long another querier is waited for before the first query; nil for 2 seconds, or not at all if `isForced`.
    public var listening: Nanoseconds?
    /// Speaks though another querier does.
    public var isForced = false
    /// After the last answer should have left, until it is here: a way there and back, and the
    /// eighth of its delay by which a timer of Linux may run late (its timer wheel rounds up so far).
    var grace: Nanoseconds {
        .milliseconds(200) + Nanoseconds(query.maximumResponse.count / 8)
    }
    /// From the start to the end, whatever came; nil for none.
    public var deadline: Nanoseconds?

    public init(identity: LinkIdentity, mtu: Int, query: MembershipQuery) {
        self.identity = identity
        self.mtu = mtu
        self.query = query
    }
}

/// What a querier hears.
public enum IGMPQueryEvent: Hashable, Sendable {
    case asked(MembershipQuery, at: Instant)
    case member(GroupMember)
    /// A host says that it goes.
    case leave(IPAddress, host: IPAddress, MembershipVersion, at: Instant)
    /// The link has a querier; without force nothing is asked any more.
    case otherQuerier(IPAddress, MACAddress, MembershipVersion, at: Instant)
    case failed(TransmissionFailure)
}

/// A host that listens to a group.
public struct GroupMember: Hashable, Sendable {
    public var group: IPAddress
    public var host: IPAddress
    public var mac: MACAddress
    public var version: MembershipVersion
    /// Older versions want everybody's datagrams.
    public var filter: SourceFilter
    /// After the query.
    public var delay: Nanoseconds?
    public var arrival: Instant
}

/// How asking ended.
public struct IGMPQuerySummary: Hashable, Sendable {
    public var queries = 0
    /// Reports and leaves of hosts.
    public var reports = 0
    public var groups = 0
    public var hosts = 0
    /// Members that were heard beyond those that are told apart.
    public var otherMembers = 0
    public var otherQuerier: IPAddress?
    /// No query was sent, because of the other querier.
    public var isRefused = false
    /// Why a query could not be sent, which ended the run.
    public var failure: TransmissionFailure?
    public var elapsed = Nanoseconds.zero
}

/// Asks a link who listens to what, unless somebody else does.
public struct IGMPQueryEngine: Engine, ~Copyable {
    public typealias Event = IGMPQueryEvent

    private struct Member: Hashable {
        var group: IPAddress
        var host: IPAddress
    }

    /// Members that are told apart: a flood of them is not.
    private static let mostMembers = 65_536
    /// A send can find the interface down before that is reported, and the report may come late.
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
    /// Frames pass the interface: while it is down no query is sent.
    private var isConnected = true
    /// When the next query is tried after one that found the interface down.
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
        // Who came before an answer was due is heard to the end of it.
        let due =
            lastQuery.map { $0 + configuration.query.maximumResponse + configuration.grace }
            ?? start + (configuration.listening ?? (configuration.isForced ? .zero : .seconds(2)))
        if !mayAsk, lastQuery == nil { return finish(at: now) }
        guard due <= now else { return .at(deadline.map { min($0, due) } ?? due) }
        guard result.queries < configuration.count, mayAsk else { return finish(at: now) }
        guard isConnected else { return deadline.map { .at($0) } ?? .never }
        if let retry, retry > now { return .at(deadline.map { min($0, retry) } ?? retry) }
        isPending = true
        batch.append(frame: MembershipFrame.bytes(.query(configuration.query), from: configuration.identity), token: 0)
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
        guard packet.form == .frame, !isOver, let multicast = ReceivedMulticast(packet.bytes),
            let arrived = ReceivedMembership(multicast), arrived.frameSource != configuration.identity.mac,
            arrived.message.version.family == configuration.query.version.family
        else { return }
        switch arrived.message {
        case .query(let query): hear(query, arrived, at: packet.arrival)
        case .report(let version, let records):
            result.reports += 1
            for record in records { hear(record, version, arrived, at: packet.arrival) }
        case .leave(let version, let group):
            result.reports += 1
            forget(group, arrived.source, version, at: packet.arrival)
        }
    }

    private mutating func hear(_ query: MembershipQuery, _ arrived: ReceivedMembership, at now: Instant) {
        // Switches that ask without an address are no queriers (RFC 4541, section 2.1.1).
        guard !arrived.source.isUnspecified else { return }
        if result.otherQuerier == nil { result.otherQuerier = arrived.source }
        guard otherQueriers.count < 64, otherQueriers.insert(arrived.source).inserted else { return }
        events.append(.otherQuerier(arrived.source, arrived.frameSource, query.version, at: now))
    }

    private mutating func hear(
        _ record: MembershipRecord, _ version: MembershipVersion, _ arrived: ReceivedMembership, at now: Instant
    ) {
        if let group = configuration.query.group, record.group != group { return }
        guard let filter = record.filter else {
            // Some sources blocked are no farewell; none wanted at all is one.
            if record.type == .changeToInclude { forget(record.group, arrived.source, version, at: now) }
            return
        }
        let member = Member(group: record.group, host: arrived.source)
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
                    group: member.group, host: member.host, mac: arrived.frameSource, version: version, filter: filter,
                    delay: lastQuery.map { max(now - $0, .zero) }, arrival: now)))
    }

    private mutating func forget(
        _ group: IPAddress, _ host: IPAddress, _ version: MembershipVersion, at now: Instant
    ) {
        if let asked = configuration.query.group, group != asked { return }
        members[Member(group: group, host: host)] = nil
        events.append(.leave(group, host: host, version, at: now))
    }

    /// Tells the engine that the interface went down or came up: a query that is due waits until it is up.
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
