import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Lists the DHCP servers of a link by what they offer, without taking a lease (RFC 2131).
///
///     let summary = try DHCPDiscover.run(nil) { event in
///         if case .offer(let offer) = event { print(offer.address, offer.server, offer.leaseTime ?? 0) }
///     }
///     print("servers", summary.servers)
///
/// It needs CAP_NET_RAW.
public enum DHCPDiscover: Tool {
    /// Offers, and replies that are rejected.
    public typealias Event = DHCPDiscoverEvent
    public typealias Summary = DHCPDiscoverSummary

    /// What is asked for, and how long.
    public struct Configuration: Sendable {
        /// The client's MAC address; nil for the interface's own.
        public var mac: MACAddress?
        /// How long offers are waited for; all of it is used, because another server may be slower.
        public var duration = Nanoseconds.seconds(6)
        /// Options that are asked for beside the usual ones.
        public var requestedOptions: [UInt8] = []
        /// Options that are sent.
        public var options: [DHCPOption] = []
        /// Report replies that are rejected, and why.
        public var reportsRejected = false

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter interface: its name; nil for the only one that is up and has an Ethernet header.
    public static func prepare(
        _ interface: String?, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(interface, configuration, options) }
    }

    /// A run whose link is known.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = DHCPDiscoverEngine
        public typealias Event = DHCPDiscoverEvent
        public typealias Summary = DHCPDiscoverSummary

        /// The link whose servers are asked.
        public let link: EthernetLink
        /// What was wrong with the link at any time of the run; nil for nothing.
        public private(set) var linkTrouble: String?

        private let session: Session
        private let configuration: DHCPDiscoverConfiguration
        private var port: PacketSocketPort

        fileprivate init(_ interface: String?, _ asked: Configuration, _ options: RunOptions) throws {
            try SwiftNetError.check(station: asked.mac, "--mac")
            let codes = asked.requestedOptions + asked.options.map(\.code)
            if let code = codes.first(where: DHCPDiscoverConfiguration.reservedOptions.contains) {
                throw SwiftNetError(.invalidArgument, nil, "DHCP option \(code) cannot be set")
            }
            try EthernetLink.checkName(interface)
            let (session, sockets) = try Session.openLink(options, for: "dhcp-discover")
            self.session = session
            link = try EthernetLink.find(interface)
            let filter = SocketFilter.datagrams(toPorts: [DHCPView.serverPort, DHCPView.clientPort])
            port = try session.linkPort(sockets, on: link.index, hearing: filter)
            var random = SystemRandomness()
            var configuration = DHCPDiscoverConfiguration(mac: asked.mac ?? link.mac, seed: random.next())
            configuration.duration = asked.duration
            configuration.requestedOptions = asked.requestedOptions
            configuration.options = asked.options
            configuration.maximumMessageSize = UInt16(clamping: max(link.mtu, 576))
            configuration.reportsRejected = asked.reportsRejected
            self.configuration = configuration
            let length = DHCPDiscoverEngine(configuration).maximumPacketLength - EthernetView.headerLength
            guard length <= link.mtu else {
                throw SwiftNetError(
                    .invalidArgument, nil,
                    "the options make a datagram of \(length) bytes, the MTU of \(link.name) is \(link.mtu)")
            }
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> DHCPDiscoverSummary where Observer.Observed == DHCPDiscoverEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                var engine = DHCPDiscoverEngine(configuration)
                linkTrouble = try session.run(&engine, on: &port, of: link, reportingTo: &observer)?.message
                return engine.summary
            }
        }
    }
}
