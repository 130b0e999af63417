import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Finds open TCP ports by half-open connections: a SYN to each port, and a reset if it is open (RFC 9293, section
/// 3.5).
///
///     let configuration = SYNScan.Configuration(ports: [22, 80, 443])
///     let summary = try SYNScan.run(["198.51.100.0/24"], configuration) { event in
///         if case .finding(let port) = event, port.state == .open { print(port.address, port.port) }
///     }
///     print("open", summary.open)
///
/// It needs CAP_NET_RAW.
public enum SYNScan: Tool {
    /// Ports, banners, and unreliable hosts.
    public typealias Event = SYNScanEvent
    public typealias Summary = SYNScanSummary

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: names, addresses, networks (`192.0.2.0/24`), ranges and octet lists (`192.0.2.1-20`,
    ///   `192.0.2.1,5,7-9`). Targets named twice are scanned once.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try configuration.check()
            return try Prepared(
                SYNScanTargetList(targets, excludes: configuration.excludes), ports: configuration.portList(),
                seed: configuration.orderSeed(), configuration, options)
        }
    }

    /// Consecutive addresses that are unreachable for the same reason.
    public struct UnreachableRange: Sendable, Equatable {
        public var first: IPAddress
        public var last: IPAddress
        public var reason: String
    }

    /// A scan with resolved targets and next hops.
    public final class Prepared: PreparedPacketRun {
        public typealias Running = SYNScanEngine
        public typealias Event = SYNScanEvent
        public typealias Summary = SYNScanSummary

        /// The parameters of the engine, without unreachable targets.
        public let configuration: SYNScanConfiguration
        /// Unreachable targets.
        public let unreachable: [UnreachableRange]
        /// The number of these addresses.
        public let unreachableCount: Int
        /// Whether some targets have no address or no route, and are not scanned.
        public let isIncomplete: Bool
        /// The position of the scan; known after the run.
        public private(set) var position: SYNScanPosition
        /// The reason why the scan ended early: an interface or a socket failed; known after the run.
        public private(set) var failure: SwiftNetError?

        private let session: Session
        /// The kernel assigns these source ports to no connection while the scan exists.
        private let reservation: PortReservation
        /// The sockets, until the run uses them.
        private var port: PacketRingPort?

        fileprivate init(
            _ list: SYNScanTargetList, ports: [UInt16], seed: UInt64, _ asked: Configuration, _ options: RunOptions
        ) throws {
            let (session, reserve) = try Session.open(options, .rawSockets("tcp-syn-scan")) { _ in
                try SYNScan.reserveSockets(interface: asked.interface)
            }
            self.session = session
            var random = SystemRandomness()
            reservation = try PortReservation(
                count: SYNScanConfiguration.sourcePortCount(retries: asked.retries), using: &random)
            let found = try SYNScanTargets(list, asked, session.resolver)
            found.report(to: options)
            var targets = found.addresses
            guard !targets.isEmpty else {
                throw SwiftNetError(.invalidArgument, nil, "nothing is left to scan")
            }
            let source = try asked.source.map { try UnownedSource($0, interface: asked.interface) }
            if asked.checksSource { try source?.check(reserve, session) }
            var routes = try SYNScanRoutes(
                targets, interface: source?.link.name ?? asked.interface, source: source?.address)
            for neighbors in try routes.unknownNeighbors() {
                let lookup = try NeighborLookup(
                    neighbors, socket: reserve.packetSocket(), rate: asked.rate, reactor: session.reactor)
                for station in try lookup.finish(session.reactor) {
                    routes.learn(station.address, station.mac, interface: neighbors.interface)
                }
            }
            let count = targets.count
            let reached = routes.resolve(&targets)
            unreachable = routes.unreachable
            unreachableCount = count - targets.count
            isIncomplete = !found.failures.isEmpty || routes.isIncomplete

            var configuration = SYNScanConfiguration(
                targets: targets, ports: ports, routes: reached, sourcePort: reservation.ports.lowerBound, seed: seed,
                key: SipHash(using: &random))
            configuration.rate = asked.rate
            configuration.retries = asked.retries
            configuration.wait = asked.wait
            configuration.deadline = asked.deadline
            configuration.shard = asked.shard
            configuration.reportsAll = asked.reportsAll
            configuration.ownsSource = source != nil
            configuration.hearsBanners = asked.readsBanners
            configuration.start = try asked.start(of: configuration)
            position = configuration.start
            self.configuration = configuration
            port = try SYNScan.port(configuration, source, reserve, session)
            try options.capture?.start(
                .protocols([.tcp, .icmp, .icmpv6]), interface: configuration.sendingInterface
            ) { configuration.isOwn($0.bytes.rawBytes) }
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> SYNScanSummary where Observer.Observed == SYNScanEngine {
            try session.begin()
            guard var port = port.take() else { throw SwiftNetError(.invalidArgument, nil, "the scan has no port") }
            var engine = SYNScanEngine(configuration)
            let links = LinkTroubles(
                Set(configuration.routes.map(\.link.interface)), reactor: session.reactor)
            SessionObserver.erasing(&observer) { observer in
                let watched = observer.before { [self] engine, _, now in
                    // Ports behind a link that is down are not filtered; the scan can be resumed.
                    for change in links.take(at: now) where failure == nil {
                        guard let trouble = change.trouble else { continue }
                        failure = SwiftNetError(
                            .interface, links.names[change.interface],
                            "\(trouble): scan stopped; remaining ports were not scanned")
                        engine.stop(at: now)
                    }
                    return links.next
                }
                do {
                    try session.run(&engine, on: &port, observer: watched)
                } catch {
                    // The findings so far are reported, whatever ends the scan.
                    failure = failure ?? SwiftNetError(error)
                    engine.stop(at: port.now)
                    engine.drain { observer.onEvent($0) }
                }
            }
            position = engine.position
            return engine.summary
        }
    }
}

// MARK: Sockets

extension SYNScan {
    /// The maximum number of links in one run. Targets on more links must be scanned in several runs, by interface.
    private static let mostLinks = 64

    /// Sockets for every possible link of the targets: to receive both families and ARP, to look up neighbors of both
    /// families, and to send.
    fileprivate static func reserveSockets(interface: String?) throws -> SocketReserve {
        let links = try Interface.all().filter { $0.isUp && (interface == nil || $0.name == interface) }
        return try SocketReserve(
            packetSockets: min(links.count + 1, mostLinks) * 5 + 2, families: [.v4, .v6], wantsExpress: true)
    }

    /// Returns the port of a scan, which receives from now on.
    fileprivate static func port(
        _ configuration: SYNScanConfiguration, _ source: UnownedSource?, _ reserve: SocketReserve, _ session: Session
    ) throws -> PacketRingPort {
        var listening: [PacketRingPort.Listening] = []
        for link in configuration.routes.map(\.link) {
            let family = link.source.family
            let etherType: EtherType = family == .v4 ? .ipv4 : .ipv6
            guard !listening.contains(where: { $0.interface == link.interface && $0.etherType == etherType }) else {
                continue
            }
            listening.append(
                PacketRingPort.Listening(
                    interface: link.interface, etherType: etherType,
                    filter: .segmentsAndUnreachables(
                        family, ports: configuration.sourcePorts, withNeighbors: source != nil),
                    groups: source?.groups ?? []))
        }
        if source?.address.family == .v4, let link = configuration.routes.first?.link {
            listening.append(PacketRingPort.Listening(interface: link.interface, etherType: .arp, filter: nil))
        }
        return try PacketRingPort(
            reserve, listening: listening, sendingInterface: configuration.sendingInterface,
            sendsPastTaps: session.capture == nil && !configuration.isExactlyTimed,
            ownFamilies: Set(configuration.routes.filter { $0.link.mac == nil }.map(\.link.source.family)),
            reactor: session.reactor, tap: session.capture?.tap, trace: session.options.onPacket)
    }
}
