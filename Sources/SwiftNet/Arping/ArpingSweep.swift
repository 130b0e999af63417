import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Finds the hosts of an IPv4 network on a link by ARP (RFC 826).
///
///     let summary = try ArpingSweep.run("192.0.2.0/24") { event in
///         if case .host(let host) = event { print(host.address, host.mac) }
///     }
///     print("hosts", summary.hosts)
///
/// It needs CAP_NET_RAW.
public enum ArpingSweep: Tool {
    /// Hosts, and addresses that several hosts have.
    public typealias Event = ArpingSweepEvent
    public typealias Summary = ArpingSweepSummary

    /// How the network is asked.
    public struct Configuration: Sendable {
        /// The interface; nil for that of the route to the first address.
        public var interface: String?
        /// The sender's IP address in the probes; nil for the address of the interface that is nearest to the target.
        public var source: IPv4Address?
        /// Probes a second, more than 0; nil for as many as the kernel takes.
        public var rate: Double? = 2_000
        /// Further probes to addresses without a reply.
        public var retries = 2
        /// How long the last probe of a round waits for its reply.
        public var timeout = Nanoseconds.milliseconds(500)
        /// The identifier of the VLAN that probes are tagged for, and whose frames alone are received, 1 to 4,094 (IEEE
        /// 802.1Q); nil for untagged frames.
        public var vlan: UInt16?
        /// Report replies that were ignored, and why.
        public var reportsIgnored = false

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter network: a network (`192.0.2.0/24`), a range (`192.0.2.1-20`) or an address.
    public static func prepare(
        _ network: String, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try SwiftNetError.check(rate: configuration.rate)
            return try Prepared(network, configuration, options)
        }
    }

    /// A sweep whose link is known.
    public final class Prepared: PreparedPacketRun {
        public typealias Running = ArpingSweepEngine
        public typealias Event = ArpingSweepEvent
        public typealias Summary = ArpingSweepSummary

        /// The link of the network.
        public let link: EthernetLink
        /// What the engine is going to do.
        public let configuration: ArpingSweepConfiguration
        /// What was wrong with the link at any time of the run; nil for nothing.
        public private(set) var linkTrouble: String?
        /// The run ended early because its interface went down or is gone.
        public private(set) var isLinkGone = false
        /// Replies that this host dropped because its receive buffer was full; known after the run.
        public private(set) var overflowCount: UInt64 = 0
        /// Frames of other VLANs that came, by identifier, 0 for untagged ones; known after the run.
        public private(set) var ignoredVLANs: [UInt16: Int] = [:]

        private let session: Session
        private var port: PacketSocketPort

        fileprivate init(_ network: String, _ asked: Configuration, _ options: RunOptions) throws {
            let (targets, first) = try Self.targets(network)
            try EthernetLink.checkName(asked.interface)
            let (session, sockets) = try Session.openLink(options, for: "arping")
            self.session = session
            link = try ArpingTarget.link(asked.interface, to: first, source: asked.source)
            // Only ARP, and memory that is shared with the kernel: replies may come as fast as probes leave. The kernel
            // hides VLAN tags from a socket for one protocol.
            port = try PacketSocketPort(
                sockets.packetSocket(), interface: link.index,
                hearing: asked.vlan == nil ? .etherType(.arp) : .filtered(.etherTypes([.arp])), vlan: asked.vlan,
                tagsFrames: true, frameLength: 128, ringSlots: 4_096, reactor: session.reactor,
                tap: session.capture?.tap, trace: options.onPacket)
            try session.capture?.start(.etherTypes([.arp]), interface: link.index)
            var configuration = ArpingSweepConfiguration(
                mac: link.mac, source: try ArpingTarget.source(on: link, to: first, asked.source, .ask),
                targets: targets)
            configuration.rate = asked.rate
            configuration.retries = asked.retries
            configuration.timeout = asked.timeout
            configuration.reportsIgnored = asked.reportsIgnored
            self.configuration = configuration
        }

        private static func targets(_ text: String) throws(SwiftNetError) -> (TargetSet, first: IPv4Address) {
            var targets = TargetSet()
            do {
                switch try TargetExpression(text) {
                case .ranges(let ranges):
                    for range in ranges { try targets.append(from: range.lowerBound, through: range.upperBound) }
                case .address(let address, _): try targets.append(address)
                case .name: break
                }
            } catch {
                targets = TargetSet()
            }
            guard targets.count > 0 else {
                throw SwiftNetError(.invalidArgument, "--sweep", "'\(text)' is not a network, a range or an address")
            }
            guard case .v4(let first) = targets[0] else {
                throw SwiftNetError(.invalidArgument, "--sweep", "\(text): ARP is for IPv4 only")
            }
            return (targets, first)
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> ArpingSweepSummary where Observer.Observed == ArpingSweepEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                var engine = ArpingSweepEngine(configuration)
                let trouble = try session.run(&engine, on: &port, of: link, reportingTo: &observer)
                (linkTrouble, isLinkGone) = (trouble?.message, trouble?.endedRun ?? false)
                ignoredVLANs = port.ignoredVLANs
                overflowCount = port.overflowCount
                return engine.summary
            }
        }
    }
}
