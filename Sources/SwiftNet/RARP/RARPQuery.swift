import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Queries a link's RARP servers for the IPv4 addresses of hosts (RFC 903).
///
///     let summary = try RARPQuery.run([]) { event in
///         if case .reply(let reply) = event { print(reply.mac, reply.address, reply.serverAddress) }
///     }
///     print("answered", summary.answered)
///
/// It needs CAP_NET_RAW.
public enum RARPQuery: Tool {
    /// Replies and timeouts.
    public typealias Event = RARPQueryEvent
    public typealias Summary = RARPQuerySummary

    /// The parameters of a query.
    public struct Configuration: Sendable {
        /// The interface; nil for the only Ethernet interface.
        public var interface: String?
        /// The maximum number of requests per host, 1 to 1,000.
        public var attempts = 5
        /// The pause after the first request, at least 10 ms. Each further pause is twice as long, up to 16 s.
        public var firstPause = Nanoseconds.seconds(1)
        /// The maximum duration after the first request; nil for none.
        public var deadline: Nanoseconds?
        /// Whether the first reply for each host suffices.
        public var endsAtFirstAnswer = false
        /// Whether to report ignored replies and the reason.
        public var reportsIgnored = false

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter hosts: MAC addresses; empty for the interface's own.
    public static func prepare(
        _ hosts: [MACAddress], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(hosts, configuration, options) }
    }

    /// A query with a known link.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = RARPQueryEngine
        public typealias Event = RARPQueryEvent
        public typealias Summary = RARPQuerySummary

        /// The link to query.
        public let link: EthernetLink
        /// The problem of the link at any time of the run; nil for none.
        public private(set) var linkTrouble: String?

        private let session: Session
        private let configuration: RARPQueryConfiguration
        private var port: PacketSocketPort

        fileprivate init(_ hosts: [MACAddress], _ asked: Configuration, _ options: RunOptions) throws {
            for host in hosts { try SwiftNetError.check(station: host) }
            try SwiftNetError.check(asked.attempts, in: RARPQueryConfiguration.attemptCounts, "-c")
            try SwiftNetError.check(
                asked.firstPause, in: RARPQueryConfiguration.leastPause...Nanoseconds(.max), "-i")
            try EthernetLink.checkName(asked.interface)
            let (session, sockets) = try Session.openLink(options, for: "rarp")
            self.session = session
            link = try EthernetLink.find(asked.interface)
            port = try session.linkPort(sockets, on: link.index, hearing: .etherTypes([.reverseARP]))
            var configuration = RARPQueryConfiguration(mac: link.mac, subjects: hosts.isEmpty ? [link.mac] : hosts)
            configuration.attempts = asked.attempts
            configuration.firstPause = asked.firstPause
            configuration.longestPause = max(configuration.longestPause, asked.firstPause)
            configuration.deadline = asked.deadline
            configuration.reportsIgnored = asked.reportsIgnored
            configuration.endsAtFirstAnswer = asked.endsAtFirstAnswer
            self.configuration = configuration
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> RARPQuerySummary where Observer.Observed == RARPQueryEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                var engine = RARPQueryEngine(configuration)
                linkTrouble = try session.run(&engine, on: &port, of: link, reportingTo: &observer)?
                    .message
                return engine.summary
            }
        }
    }
}
