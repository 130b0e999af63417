import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Queries a network for the members of multicast groups, by IGMP (RFC 2236, 3376) and MLD (RFC 2710, 3810).
///
///     let summary = try IGMPQuery.run("233.252.0.1") { event in
///         if case .member(let member) = event { print(member.group, member.host) }
///     }
///     print("hosts", summary.hosts)
public enum IGMPQuery: Tool {
    /// The parameters of a query.
    public struct Configuration: Sendable {
        /// The interface; nil for the only one, or that of the route to the group.
        public var interface: String?
        /// The address family of a query for all groups; nil for IPv4.
        public var family: IPAddress.Family?
        /// The protocol version: 1 to 3 of IGMP, 1 and 2 of MLD; nil for the newest.
        public var version: Int?
        /// The sources to query members of the group for.
        public var sources: [IPAddress] = []
        /// The maximum response time; nil for 10 s, and for 1 s if one group is queried.
        public var maximumResponse: Nanoseconds?
        /// The number of queries, 1 to 1,000.
        public var count = 1
        /// The time to wait for another querier before the first query; nil for 2 s, or none if `isForced`.
        public var listening: Nanoseconds?
        /// Whether to query even if another host is the querier.
        public var isForced = false
        /// The maximum duration of the run; nil for none.
        public var deadline: Nanoseconds?

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter group: the address of a group; nil for all.
    public static func prepare(
        _ group: String?, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(group, configuration, options) }
    }

    /// A query that is sent when the run begins.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = IGMPQueryEngine
        public typealias Event = IGMPQueryEvent
        public typealias Summary = IGMPQuerySummary

        /// The interface's current name.
        public var interfaceName: String { links.watch.names[links.all[0].index] ?? links.all[0].name }
        /// The reason why the run ended early; nil if there was no failure.
        public private(set) var failure: SwiftNetError?
        /// Whether the run ended as requested rather than because of the interface.
        public var isComplete: Bool { failure == nil && !links.watch.isOver }
        /// Whether nothing could be received for a while, so that reports may have been missed.
        public private(set) var wasInterrupted = false

        /// Returns the answer of the run: whether a host is a member. Without one it is unknown if reports may have been
        /// missed.
        public func outcome(of summary: IGMPQuerySummary) -> RunOutcome {
            guard isComplete else { return .unknown }
            return summary.outcome == .notFound && wasInterrupted ? .unknown : summary.outcome
        }

        private let session: Session
        private let links: MulticastLinks
        private let configuration: IGMPQueryConfiguration

        fileprivate init(_ text: String?, _ asked: Configuration, _ options: RunOptions) throws {
            let query = try asked.query(text)
            let (session, reserve) = try Session.openLink(options, for: "igmp-query")
            self.session = session
            links = try MulticastLinks(
                asked.interface.map { [$0] } ?? [], route: query.group ?? MembershipMessage.query(query).destination,
                hearing: nil,
                reserve, session)
            let link = links.all[0]
            let identity = MulticastLinks.identity(on: link)
            guard query.version.family == .v4 || !identity.linkLocal.isUnspecified else {
                throw SwiftNetError(
                    .interface, nil, "interface \(link.name) has no link-local address to ask from")
            }
            var configuration = IGMPQueryConfiguration(identity: identity, mtu: link.mtu, query: query)
            configuration.count = asked.count
            configuration.listening = asked.listening
            configuration.isForced = asked.isForced
            configuration.deadline = asked.deadline
            self.configuration = configuration
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> IGMPQuerySummary where Observer.Observed == IGMPQueryEngine {
            try session.begin()
            var engine = IGMPQueryEngine(configuration)
            failure = links.watch.run(&engine, on: &links.port, reportingTo: &observer) { [self] engine, change, now in
                if case .renamed = change.kind { return }
                wasInterrupted = true
                let isConnected = if case .up = change.kind { true } else { false }
                engine.setLink(isConnected: isConnected, at: now)
            }
            return engine.summary
        }
    }
}

extension IGMPQuery.Configuration {
    fileprivate func query(_ text: String?) throws(SwiftNetError) -> MembershipQuery {
        func refuse(_ reason: String) -> SwiftNetError { SwiftNetError(.invalidArgument, nil, reason) }
        let group: IPAddress? = if let text { try MulticastLinks.group(text, isOnlyTarget: true) } else { nil }
        let family = group?.family ?? family ?? .v4
        if let group { try SwiftNetError.check(group, isOf: self.family, "\(group)") }
        try SwiftNetError.check(count, in: IGMPQueryConfiguration.counts, "-c")
        for source in sources { try MulticastLinks.check(source: source) }
        let version: MembershipVersion =
            if let number = self.version { try MulticastLinks.version(number, family) } else { .newest(family) }
        if !sources.isEmpty {
            guard let group else { throw refuse("--source requires GROUP") }
            guard version.hasSources else { throw refuse("--source cannot be used with \(version)") }
            if let other = sources.first(where: { $0.family != family }) {
                throw refuse("--source \(other) is of another address family than \(group)")
            }
            guard sources.count <= 64 else { throw refuse("--source can be given at most 64 times") }
        }
        guard group == nil || version != .igmp1 else {
            throw refuse("--version 1 cannot be used with GROUP: IGMPv1 has only general queries")
        }
        if let maximumResponse {
            guard version != .igmp1 else {
                throw refuse("--response cannot be used with --version 1: IGMPv1 always uses 10 seconds")
            }
            try SwiftNetError.check(
                maximumResponse, in: .milliseconds(100)...Self.longestResponse(version), "--response")
        }
        var query = MembershipQuery(
            version: version, group: group, sources: sources,
            maximumResponse: maximumResponse ?? (group == nil ? .seconds(10) : .seconds(1)))
        query.robustness = MembershipQuery.defaultRobustness
        query.interval = MembershipQuery.defaultInterval
        // Routers must not remove a group because of this query.
        query.suppressesRouters = group != nil
        return query
    }

    /// The maximum value of the field.
    private static func longestResponse(_ version: MembershipVersion) -> Nanoseconds {
        switch version {
        case .igmp2: .milliseconds(25_500)
        case .mld1: .milliseconds(65_535)
        default: .seconds(3_174)
        }
    }
}
