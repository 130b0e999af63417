import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Finds the host that has an IPv4 address (RFC 826), checks whether an address is free or announces it (RFC 5227), or
/// pings a MAC address by ICMP echo (RFC 792).
///
///     let summary = try Arping.run("192.0.2.254", .init(count: 3)) { event in
///         if case .reply(let reply) = event { print(reply.mac) }
///     }
///     print("received", summary.received)
///
/// It needs CAP_NET_RAW.
public enum Arping: Tool {
    /// Replies and timeouts.
    public typealias Event = ArpingEvent
    public typealias Summary = ArpingSummary

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter target: a name, an IPv4 address or a MAC address.
    public static func prepare(
        _ target: String, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(target, configuration, options) }
    }

    /// A run with a resolved target and link.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = ArpingEngine
        public typealias Event = ArpingEvent
        public typealias Summary = ArpingSummary

        /// The link on which the target is probed.
        public let link: EthernetLink
        /// The parameters of the engine.
        public let configuration: ArpingConfiguration
        /// The problem of the link at any time of the run; nil for none.
        public private(set) var linkTrouble: String?
        /// Whether the run ended early because its interface went down or disappeared.
        public private(set) var isLinkGone = false
        /// Frames of other VLANs; known after the run.
        public private(set) var ignoredVLANs: [VLANIdentity: Int] = [:]

        private let session: Session
        private var port: PacketSocketPort

        fileprivate init(_ text: String, _ asked: Configuration, _ options: RunOptions) throws {
            let target = try ArpingTarget(text)
            try asked.check(target)
            try EthernetLink.checkName(asked.interface)
            let (session, sockets) = try Session.openLink(
                options, for: "arping", sockets: asked.checksUnownedSource ? 2 : 1)
            self.session = session
            let found = try target.find(asked, session)
            link = found.link
            if !found.ownsSource { try session.checkIsUnused(found.source, on: link, tag: asked.tag, sockets) }
            port = try session.linkPort(
                sockets, on: found.link.index,
                hearing: found.station == nil ? .etherTypes([.arp]) : .protocols([.icmp]),
                vlan: asked.vlan)
            configuration = asked.engine(found, deadline: session.remaining(of: asked.deadline))
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> ArpingSummary where Observer.Observed == ArpingEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                var engine = ArpingEngine(configuration)
                let trouble = try session.run(&engine, on: &port, of: link, reportingTo: &observer)
                (linkTrouble, isLinkGone) = (trouble?.message, trouble?.endedRun ?? false)
                ignoredVLANs = port.ignoredVLANs
                return engine.summary
            }
        }
    }
}

extension Arping.Configuration {
    /// - Parameter deadline: the time left after the lookups.
    fileprivate func engine(_ found: ArpingTarget.Found, deadline: Nanoseconds?) -> ArpingConfiguration {
        var engine = ArpingConfiguration(mac: found.link.mac, source: found.source, target: found.address)
        engine.mode = mode
        engine.count = count
        engine.interval = interval
        engine.deadline = deadline
        engine.enough = enough
        engine.endsAtFirstAnswer = endsAtFirstAnswer
        engine.staysBroadcast = staysBroadcast
        engine.expectsAnswers = expectsAnswers
        engine.targetMAC = targetMAC
        engine.tag = tag
        engine.reportsIgnored = reportsIgnored
        engine.station = found.station.map {
            ArpingStation(mac: $0, address: found.address, identifier: .random(in: 1...UInt16.max))
        }
        if usesProbeTimes {
            var random = SystemRandomNumberGenerator()
            engine.checkAddress(count: count, using: &random)
        }
        return engine
    }
}
