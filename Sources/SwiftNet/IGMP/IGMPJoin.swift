import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Joins multicast groups, answers the network's queries and counts received datagrams, by IGMP (RFC 1112, 2236, 3376)
/// and MLD (RFC 2710, 3810).
///
///     let summary = try IGMPJoin.run(["233.252.0.1"], .init(duration: .seconds(5)))
///     print("reports", summary.reports)
public enum IGMPJoin: Tool {
    /// The parameters of a membership.
    public struct Configuration: Sendable {
        /// The interfaces; empty for the only one, or that of the route to the first group.
        public var interfaces: [String] = []
        /// The source filter for the groups of the same family; empty for all sources.
        public var sources: [IPAddress] = []
        /// Whether the sources are excluded rather than included.
        public var excludesSources = false
        /// The highest protocol version: 1 to 3 of IGMP, 1 and 2 of MLD; nil for the newest.
        public var version: Int?
        /// The number of times that a change is reported until a querier announces another, 1 to 7; nil for 2.
        public var robustness: Int?
        /// Whether the kernel joins, reports and leaves.
        public var isJoinedByKernel = false
        /// The duration until the groups are left; nil for no limit.
        public var duration: Nanoseconds?
        /// The number of datagrams until the groups are left; nil for no limit.
        public var count: Int?

        /// The protocol versions: 1 to 3, those of IGMP; MLD has fewer.
        public static let versions = MembershipVersion.numbers(.v4)
        /// The numbers of times that a change can be reported.
        public static let robustnessValues = MembershipQuery.robustnessValues

        public init(duration: Nanoseconds? = nil, count: Int? = nil) {
            self.duration = duration
            self.count = count
        }
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter groups: the addresses of groups.
    public static func prepare(
        _ groups: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(groups, configuration, options) }
    }

    /// A membership that begins with the run.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = IGMPJoinEngine
        public typealias Event = IGMPJoinEvent
        public typealias Summary = IGMPJoinSummary

        /// The interfaces, with their current names.
        public var interfaces: [(index: UInt32, name: String)] {
            links.all.map { ($0.index, links.watch.names[$0.index] ?? $0.name) }
        }
        /// The reason why the run ended early; nil if there was no failure.
        public private(set) var failure: SwiftNetError?
        /// Whether the run ended as requested rather than because of an interface.
        public var isComplete: Bool { failure == nil && !links.watch.isOver }
        /// The number of frames that this host dropped because they were not read in time.
        public private(set) var lostFrames: UInt64 = 0

        /// Returns the answer of the run: whether as many datagrams as requested were received.
        public func outcome(of summary: IGMPJoinSummary) -> RunOutcome {
            guard isComplete, summary.failure == nil else { return .unknown }
            return summary.datagrams >= configuration.count ?? 0 ? .found : .notFound
        }

        private let session: Session
        private let links: MulticastLinks
        private let configuration: IGMPJoinConfiguration

        fileprivate init(_ texts: [String], _ asked: Configuration, _ options: RunOptions) throws {
            let memberships = try asked.memberships(texts)
            var versions: [IPAddress.Family: MembershipVersion] = [:]
            if let number = asked.version {
                for membership in memberships {
                    versions[membership.group.family] = try MulticastLinks.version(number, membership.group.family)
                }
            }
            try asked.checkVersions(versions)
            let (session, reserve) = try Session.openLink(options, for: "igmp-join")
            self.session = session
            let groups = memberships.map(\.group)
            links = try MulticastLinks(
                asked.interfaces, route: groups[0], hearing: groups, hearsOwn: asked.isJoinedByKernel, reserve, session)
            var randomness = SystemRandomness()
            var configuration = IGMPJoinConfiguration(
                links: links.all.map { .init(index: $0.index, identity: MulticastLinks.identity(on: $0), mtu: $0.mtu) },
                memberships: memberships, seed: randomness.next())
            configuration.versions = versions
            if let robustness = asked.robustness { configuration.robustness = robustness }
            configuration.isJoinedBySystem = asked.isJoinedByKernel
            configuration.duration = asked.duration
            configuration.count = asked.count
            self.configuration = configuration
        }

        /// Returns the current name of one of the interfaces.
        public func interfaceName(of index: UInt32) -> String? { links.watch.names[index] }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> IGMPJoinSummary where Observer.Observed == IGMPJoinEngine {
            try session.begin()
            var system = SystemMembership()
            try SwiftNetError.wrapping {
                guard configuration.isJoinedBySystem else { return }
                for link in configuration.links {
                    for membership in configuration.memberships {
                        try system.join(
                            membership.group, sources: membership.filter.sources,
                            excludes: membership.filter.mode == .exclude, interface: link.index)
                    }
                }
            }
            var engine = IGMPJoinEngine(configuration)
            /// Whether the reader of the output is gone.
            var isUnread = false
            failure = links.watch.run(
                &engine, on: &links.port, reportingTo: &observer, outlivesOutput: true,
                onChange: { engine, change, now in
                    switch change.kind {
                    case .renamed: break
                    case .up: engine.setLink(change.index, isConnected: true, at: now)
                    default: engine.setLink(change.index, isConnected: false, at: now)
                    }
                },
                onStep: { [session] engine, _, now in
                    guard !isUnread, session.options.outputs.first?.isOpen == false else { return }
                    // Then the groups are left.
                    isUnread = true
                    engine.stop(at: now)
                })
            _ = consume system
            lostFrames = links.port.overflowCount
            return engine.summary
        }
    }
}

extension IGMPJoin.Configuration {
    fileprivate func memberships(_ texts: [String]) throws(SwiftNetError) -> [IGMPJoinConfiguration.Membership] {
        var groups: [IPAddress] = []
        for text in texts {
            let group = try MulticastLinks.group(text, isOnlyTarget: texts.count == 1)
            if !groups.contains(group) { groups.append(group) }
        }
        guard !groups.isEmpty else {
            throw SwiftNetError(.invalidArgument, nil, "no GROUP given (expected a multicast address)")
        }
        for source in sources { try MulticastLinks.check(source: source) }
        if excludesSources, sources.isEmpty {
            throw SwiftNetError(.invalidArgument, nil, "--exclude requires --source")
        }
        if let source = sources.first(where: { source in !groups.contains { $0.family == source.family } }) {
            throw SwiftNetError(
                .invalidArgument, nil,
                "--source \(source) is of another address family than \(groups.map(\.description).joined(separator: ", "))"
            )
        }
        return groups.map { group in
            let own = sources.filter { $0.family == group.family }
            return IGMPJoinConfiguration.Membership(
                group: group, filter: own.isEmpty ? .all : SourceFilter(excludesSources ? .exclude : .include, own))
        }
    }

    fileprivate func checkVersions(_ versions: [IPAddress.Family: MembershipVersion]) throws(SwiftNetError) {
        if isJoinedByKernel, version != nil || robustness != nil {
            let option = version != nil ? "--version" : "--robustness"
            throw SwiftNetError(.invalidArgument, nil, "\(option) cannot be used with --kernel")
        }
        try SwiftNetError.check(robustness, in: MembershipQuery.robustnessValues, "--robustness")
        if let version = versions.values.first(where: { !$0.hasSources }), !sources.isEmpty {
            throw SwiftNetError(.invalidArgument, nil, "--source cannot be used with \(version)")
        }
    }
}
