import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Asks a link's RARP servers for the IPv4 addresses of hosts (RFC 903).
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

    /// How often servers are asked.
    public struct Configuration: Sendable {
        /// The interface; nil for the only one that speaks Ethernet.
        public var interface: String?
        /// Requests for each host, at most.
        public var attempts = 5
        /// The pause after the first request. Each later one is twice as long, up to 16 seconds.
        public var firstPause = Nanoseconds.seconds(1)
        /// End of the run after the first request; nil for no end.
        public var deadline: Nanoseconds?
        /// The first reply for each host is enough.
        public var endsAtFirstAnswer = false
        /// Report replies that were ignored, and why.
        public var reportsIgnored = false

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter hosts: MAC addresses; none for the interface's own.
    public static func prepare(
        _ hosts: [MACAddress], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(hosts, configuration, options) }
    }

    /// A query whose link is known.
    public final class Prepared: PreparedPacketRun {
        public typealias Running = RARPQueryEngine
        public typealias Event = RARPQueryEvent
        public typealias Summary = RARPQuerySummary

        /// The link whose servers are asked.
        public let link: EthernetLink
        /// What was wrong with the link at any time of the run; nil for nothing.
        public private(set) var linkTrouble: String?

        private let session: Session
        private let configuration: RARPQueryConfiguration
        private var port: PacketSocketPort

        fileprivate init(_ hosts: [MACAddress], _ asked: Configuration, _ options: RunOptions) throws {
            if let group = hosts.first(where: \.isMulticast) {
                throw SwiftNetError(.invalidArgument, nil, "\(group) is not the MAC address of one host")
            }
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
