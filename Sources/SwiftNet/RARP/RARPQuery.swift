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
        try SwiftNetError.wrapping {
            for host in hosts { try SwiftNetError.check(station: host) }
            try SwiftNetError.check(configuration.attempts, in: RARPQueryConfiguration.attemptCounts, "-c")
            try SwiftNetError.check(
                configuration.firstPause, in: RARPQueryConfiguration.leastPause...Nanoseconds(.max), "-i")
            return try LinkRun(
                on: configuration.interface, for: "rarp", hearing: .etherTypes([.reverseARP]), options
            ) { configuration.engine(hosts, on: $0) }
        }
    }

    /// A query with a known link.
    public typealias Prepared = LinkRun<RARPQueryEngine>
}

extension RARPQuery.Configuration {
    fileprivate func engine(_ hosts: [MACAddress], on link: EthernetLink) -> RARPQueryConfiguration {
        var engine = RARPQueryConfiguration(mac: link.mac, subjects: hosts.isEmpty ? [link.mac] : hosts)
        engine.attempts = attempts
        engine.firstPause = firstPause
        engine.longestPause = max(engine.longestPause, firstPause)
        engine.deadline = deadline
        engine.reportsIgnored = reportsIgnored
        engine.endsAtFirstAnswer = endsAtFirstAnswer
        return engine
    }
}
