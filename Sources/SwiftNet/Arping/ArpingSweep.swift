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
            let (targets, first) = try targets(network)
            try EthernetLink.checkName(configuration.interface)
            let (session, sockets) = try Session.openLink(options, for: "arping")
            let link = try ArpingTarget.link(configuration.interface, to: first, source: configuration.source)
            let vlan = configuration.vlan
            // ARP only, with a memory-mapped ring: replies may be as fast as probes. The kernel hides VLAN tags from a
            // socket for one protocol.
            let port = try PacketSocketPort(
                sockets.packetSocket(), interface: link.index,
                hearing: vlan == nil ? .etherType(.arp) : .filtered(.etherTypes([.arp])), vlan: vlan,
                tagsFrames: true, frameLength: 128, ringSlots: 4_096, reactor: session.reactor,
                tap: session.capture?.tap, trace: options.onPacket)
            try session.capture?.start(.etherTypes([.arp]), interface: link.index, vlan: vlan)
            var engine = ArpingSweepConfiguration(
                mac: link.mac, source: try ArpingTarget.source(on: link, to: first, configuration.source, .ask),
                targets: targets)
            engine.rate = configuration.rate
            engine.retries = configuration.retries
            engine.timeout = configuration.timeout
            engine.reportsIgnored = configuration.reportsIgnored
            return LinkRun(session, on: link, port, engine)
        }
    }

    /// A sweep with a known link.
    public typealias Prepared = LinkRun<ArpingSweepEngine>

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
}
