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
    /// Hosts found, and duplicate addresses.
    public typealias Event = ArpingSweepEvent
    public typealias Summary = ArpingSweepSummary

    /// The parameters of a sweep.
    public struct Configuration: Sendable {
        /// The interface; nil for that of the route to the first address.
        public var interface: String?
        /// The sender IP address of probes; nil for the interface's address that is nearest to the target.
        public var source: IPv4Address?
        /// Probes per second, more than 0; nil for as fast as the kernel accepts them.
        public var rate: Double? = 2_000
        /// The number of retries per unanswered address, 0 to 100.
        public var retries = 2
        /// The time to wait for replies after the last probe of a round, at least 1 ms.
        public var timeout = Nanoseconds.milliseconds(500)
        /// The VLAN tag of probes, and the only VLAN to receive, 1 to 4,094 (IEEE 802.1Q); nil for untagged frames.
        public var vlan: UInt16?
        /// Whether to report ignored replies and the reason.
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
            try SwiftNetError.check(configuration.retries, in: ArpingSweepConfiguration.retryCounts, "--retries")
            try SwiftNetError.check(configuration.vlan, in: VLANTag.vlans, "--vlan")
            guard configuration.timeout >= ArpingSweepConfiguration.leastTimeout else {
                throw SwiftNetError.invalid(
                    configuration.timeout.wholeMilliseconds / 1_000, "-w", expected: "0.001 or more with --sweep")
            }
            return try Prepared(network, configuration, options)
        }
    }

    /// A sweep with a known link.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = ArpingSweepEngine
        public typealias Event = ArpingSweepEvent
        public typealias Summary = ArpingSweepSummary

        /// The link of the network.
        public let link: EthernetLink
        /// The parameters of the engine.
        public let configuration: ArpingSweepConfiguration
        /// The problem of the link at any time of the run; nil for none.
        public private(set) var linkTrouble: String?
        /// Whether the run ended early because its interface went down or disappeared.
        public private(set) var isLinkGone = false
        /// The number of replies that this host dropped because its receive buffer was full; known after the run.
        public private(set) var overflowCount: UInt64 = 0
        /// Frames of other VLANs; known after the run.
        public private(set) var ignoredVLANs: [VLANIdentity: Int] = [:]

        private let session: Session
        private var port: PacketSocketPort

        fileprivate init(_ network: String, _ asked: Configuration, _ options: RunOptions) throws {
            let (targets, first) = try Self.targets(network)
            try EthernetLink.checkName(asked.interface)
            let (session, sockets) = try Session.openLink(options, for: "arping")
            self.session = session
            link = try ArpingTarget.link(asked.interface, to: first, source: asked.source)
            // ARP only, with a memory-mapped ring: replies may be as fast as probes. The kernel hides VLAN tags from a
            // socket for one protocol.
            port = try PacketSocketPort(
                sockets.packetSocket(), interface: link.index,
                hearing: asked.vlan == nil ? .etherType(.arp) : .filtered(.etherTypes([.arp])), vlan: asked.vlan,
                tagsFrames: true, frameLength: 128, ringSlots: 4_096, reactor: session.reactor,
                tap: session.capture?.tap, trace: options.onPacket)
            try session.capture?.start(.etherTypes([.arp]), interface: link.index, vlan: asked.vlan)
            var configuration = ArpingSweepConfiguration(
                mac: link.mac, source: try ArpingTarget.source(on: link, to: first, asked.source, .ask),
                targets: targets)
            configuration.rate = asked.rate
            configuration.retries = asked.retries
            configuration.timeout = asked.timeout
            configuration.reportsIgnored = asked.reportsIgnored
            self.configuration = configuration
        }

        private static func targets(_ text: String) throws(SwiftNetError) -> (AddressSet, first: IPv4Address) {
            var ranges: [(first: IPAddress, last: IPAddress)] = []
            switch try? TargetExpression(text) {
            case .ranges(let all): ranges = all.map { ($0.lowerBound, $0.upperBound) }
            case .address(let address, _): ranges = [(address, address)]
            case .name, nil:
                throw SwiftNetError(.invalidArgument, "--sweep", "'\(text)' is not a network, a range or an address")
            }
            var targets = AddressSet()
            do { try targets.insert(ranges, limit: AddressSet.maximumSweepCount) } catch {
                throw SwiftNetError(.invalidArgument, "--sweep", "\(text): \(error)")
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
