import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A scan with resolved targets and next hops, of any protocol.
///
/// Each scan has a subclass that runs its own engine.
public class PreparedScan {
    /// Consecutive addresses that are unreachable for the same reason.
    public struct UnreachableRange: Sendable, Equatable {
        public var first: IPAddress
        public var last: IPAddress
        public var reason: String
    }

    /// The name of the interface of link-local addresses.
    public static func zoneName(of index: UInt32) -> String { Interface.name(of: index) ?? "\(index)" }

    /// The parameters of the engine at its start, without unreachable targets.
    public let configuration: ScanConfiguration
    /// Unreachable targets; more may be found during the run.
    public var unreachable: [UnreachableRange] { arrivals.unreachable }
    /// The number of these addresses.
    public var unreachableCount: Int { arrivals.unreachableCount }
    /// Whether some targets have no address or no route, and are not scanned.
    public var isIncomplete: Bool { arrivals.isIncomplete || hasAdditions }
    /// Called with targets that are found to be unreachable during the run.
    public var onUnreachable: ((UnreachableRange) -> Void)?
    /// The position of the scan; known after the run.
    public private(set) var position: ScanPosition
    /// Identifies the scan to those that resume it.
    private let fingerprint: UInt64
    /// Whether a resumed scan leaves out targets or ports that its order does not have: they were excluded or
    /// unreachable then.
    public private(set) var hasAdditions = false
    /// The reason why the scan ended early: an interface or a socket failed; known after the run.
    public private(set) var failure: SwiftNetError?

    private let session: Session
    private let arrivals: ScanArrivals
    /// The kernel assigns these source ports to no connection while the scan exists.
    private let reservation: PortReservation
    /// The sockets, until the run uses them; nil to connect.
    private var port: PacketRingPort?
    private let interface: String?
    /// The name of the command of this scan.
    package let command: String

    init<Request: ScanRequest>(
        _ given: [TargetExpression], _ input: TargetInput<GivenTarget>?, excludes: [TargetExpression],
        _ asked: Request, _ options: RunOptions
    ) throws {
        let (ports, seed) = (try asked.portLists(), try asked.orderSeed())
        let (session, reserve) = try Session.open(options, asked.requirement) { isRaw in
            isRaw && asked.connects != true ? try Self.reserveSockets(interface: asked.interface) : nil
        }
        if reserve == nil, asked.connects == nil {
            options.onNotice?("no CAP_NET_RAW: scanning with --connect, which completes each connection")
        }
        self.session = session
        command = Request.command
        names = HostNames(resolver: session.resolver)
        var random = SystemRandomness()
        reservation = try PortReservation(
            count: ScanConfiguration.sourcePortCount(retries: asked.retries, asksFirst: asked.asksFirst),
            using: &random)
        arrivals = ScanArrivals(input, excludes: excludes, asked, session, reserve)
        var targets = try arrivals.first(given)
        let source = try asked.source.map { try UnownedSource($0, interface: asked.interface) }
        if asked.checksSource, let reserve { try source?.check(reserve, session) }
        fingerprint = ScanRecord.fingerprint(targets: arrivals.given, ports: ports.asked, shard: asked.shard)
        try asked.checkRecord(fingerprint, seed: seed)
        // A resumed scan keeps its order; what is missing from it now is skipped.
        var order: AddressSet?
        if let record = asked.resumed {
            let added =
                targets.formIntersection(record.targets) + Set(ports.scanned).subtracting(record.ports).count
            hasAdditions = added > 0
            order = record.targets
        }
        let reached = try arrivals.routes(to: &targets, source: source, isFirst: true, order: order)
        guard !asked.asksFirst || (order ?? targets).count <= ScanConfiguration.mostAskedFirst else {
            throw SwiftNetError(
                .invalidArgument, "--ping", "more than \(ScanConfiguration.mostAskedFirst) targets")
        }

        var configuration = ScanConfiguration(
            targets: order ?? targets, ports: asked.resumed?.ports ?? ports.scanned, routes: reached,
            sourcePort: reservation.ports.lowerBound, seed: seed, key: SipHash(using: &random))
        configuration.transport = Request.transport
        configuration.skippedTargets = configuration.targets
        configuration.skippedTargets.subtract(targets)
        configuration.skippedPorts = Set(configuration.ports).subtracting(ports.scanned)
        configuration.rate = asked.rate
        configuration.retries = asked.retries
        configuration.hostTimeout = asked.hostTimeout
        configuration.wait = asked.wait
        configuration.deadline = asked.deadline
        configuration.shard = asked.shard
        configuration.reportsAll = asked.reportsAll
        configuration.ownsSource = source != nil
        configuration.readsBanners = asked.readsBanners
        configuration.expectsMore = arrivals.expectsMore
        configuration.connects = reserve == nil
        configuration.asksFirst = asked.asksFirst
        configuration.start = asked.resumed?.position ?? ScanPosition()
        position = configuration.start
        self.configuration = configuration
        interface = asked.interface
        port = try reserve.map {
            try Self.port(configuration, interface: asked.interface, source, $0, session)
        }
        // Later targets need sockets to look up their neighbors.
        if !arrivals.expectsMore { reserve?.closeUnusedSockets() }
        if hasAdditions {
            options.onNotice?(
                "some targets or ports were left out of the scan of \(asked.recordName): still not scanned")
        }
        try options.capture?.start(
            .protocols([Request.transport, .tcp, .icmp, .icmpv6]), interface: configuration.onlyInterface
        ) { configuration.isOwn($0.bytes.rawBytes, hasEthernetHeader: $0.hasEthernetHeader) }
    }

    /// Returns the record of the scan at a position, for another run to resume.
    public func record(at position: ScanPosition) -> ScanRecord {
        ScanRecord(
            command: command, seed: configuration.seed, fingerprint: fingerprint, targets: configuration.targets,
            ports: configuration.ports, position: position)
    }

    /// The name that was given for an address; nil if none was.
    /// - Parameter zone: the index of the interface of a link-local address.
    public func givenName(of address: IPAddress, zone: UInt32 = 0) -> String? {
        arrivals.names[address.scoped(to: zone) ?? address]
    }

    /// The names of addresses in the DNS, which are looked up in the background.
    package let names: HostNames

    /// Runs an engine of the configuration to its end.
    final func runEngine<Running: ScanningEngine & ~Copyable, Observer: EngineObserver>(
        reportingTo observer: inout Observer
    ) throws(SwiftNetError) -> ScanSummary where Observer.Observed == Running {
        try session.begin()
        var engine = Running(configuration)
        if var port = port.take() {
            run(&engine, on: &port, reportingTo: &observer)
        } else {
            var port = try SwiftNetError.wrapping {
                try ConnectPort(interface: interface, reactor: session.reactor)
            }
            run(&engine, on: &port, reportingTo: &observer)
        }
        position = engine.position
        return engine.summary
    }

    private func run<Running: ScanningEngine & ~Copyable, Port: PacketPort & ~Copyable, Observer: EngineObserver>(
        _ engine: inout Running, on port: inout Port, reportingTo observer: inout Observer
    ) where Observer.Observed == Running {
        let interfaces = Set(configuration.routes.map(\.link.interface))
        let links = LinkTroubles(configuration.expectsMore ? nil : interfaces, reactor: session.reactor)
        SessionObserver.erasing(&observer) { observer in
            // Ports behind a link that is down are not filtered; the scan can be resumed.
            func look(at engine: borrowing Running, at now: Instant) {
                for change in links.take(at: now) where failure == nil && engine.uses(change.interface) {
                    guard let trouble = change.trouble else { continue }
                    failure = SwiftNetError(
                        .interface, links.names[change.interface],
                        "\(trouble): scan stopped; remaining ports were not scanned")
                }
            }
            let watched = observer.before { [self] engine, _, now in
                let hasArrivals = addArrivals(&engine, at: now)
                if failure == nil {
                    look(at: engine, at: now)
                    if failure != nil { engine.stop(at: now) }
                }
                return hasArrivals ? now : links.next
            }
            do {
                try session.run(&engine, on: &port, observer: watched)
            } catch {
                // The findings so far are reported, whatever ends the scan. The kernel is asked for the state of
                // the interfaces at once.
                look(at: engine, at: port.now + .seconds(1))
                failure = failure ?? SwiftNetError(error)
                engine.stop(at: port.now)
                engine.drain { observer.onEvent($0) }
            }
        }
    }

    /// Returns the answer of the scan: whether a port is open. Without one it is unknown if targets were not scanned,
    /// or a host is unreliable: its unresponsive ports may be open.
    public func outcome(of summary: ScanSummary) -> RunOutcome {
        guard failure == nil else { return .unknown }
        if summary.knownOpen > 0 { return .found }
        return isIncomplete || summary.unreliable > 0 || summary.sharedLimit != nil ? .unknown : .notFound
    }

    /// Passes the targets read so far to the engine.
    private func addArrivals<Running: ScanningEngine & ~Copyable>(
        _ engine: inout Running, at now: Instant
    ) -> Bool {
        let count = unreachable.count
        defer { for range in unreachable[count...] { onUnreachable?(range) } }
        do {
            return try arrivals.feed(&engine)
        } catch {
            if !(error is Interruption) { failure = SwiftNetError(error) }
            engine.stop(at: now)
            return true
        }
    }
}

// MARK: Sockets

extension PreparedScan {
    /// The maximum number of links in one run. Targets on more links must be scanned in several runs, by interface.
    private static let mostLinks = 64

    /// Sockets for every possible link of the targets: to receive both families and ARP, to look up neighbors of both
    /// families, and to send.
    private static func reserveSockets(interface: String?) throws -> SocketReserve {
        let links = try Interface.all().filter { $0.isUp && (interface == nil || $0.name == interface) }
        return try SocketReserve(
            packetSockets: min(links.count + 1, mostLinks) * 5 + 2, families: [.v4, .v6], wantsHeaderless: true,
            wantsXDP: true)
    }

    /// Returns the port of a scan, which receives from now on.
    private static func port(
        _ configuration: ScanConfiguration, interface: String?, _ source: UnownedSource?, _ reserve: SocketReserve,
        _ session: Session
    ) throws -> PacketRingPort {
        let links = try configuration.expectsMore ? allLinks(interface) : configuration.routes.map(\.link)
        var listening: [PacketRingPort.Listening] = []
        for link in links {
            let family = link.source.family
            let etherType: EtherType = family == .v4 ? .ipv4 : .ipv6
            guard !listening.contains(where: { $0.interface == link.interface && $0.etherType == etherType }) else {
                continue
            }
            listening.append(
                PacketRingPort.Listening(
                    interface: link.interface, etherType: etherType, hasEthernetHeader: link.framing != .datagram,
                    filter: .segmentsAndUnreachables(
                        family, ports: configuration.sourcePorts, withNeighbors: source != nil,
                        withEchoReplies: configuration.asksFirst),
                    groups: source?.groups ?? []))
        }
        if source?.address.family == .v4, let link = configuration.routes.first?.link {
            listening.append(PacketRingPort.Listening(interface: link.interface, etherType: .arp, filter: nil))
        }
        return try PacketRingPort(
            reserve, listening: listening, sendingInterface: configuration.sendingInterface,
            sendsPastTaps: session.capture == nil && !configuration.isExactlyTimed,
            ownFamilies: Set(links.filter { $0.framing == .routed }.map(\.source.family)),
            blocks: configuration.expectsMore ? 16 : configuration.probes <= PacketRingPort.fewFrames ? 0 : 64,
            reactor: session.reactor, tap: session.capture?.tap, trace: session.options.onPacket)
    }

    /// Every possible link of the targets.
    private static func allLinks(_ interface: String?) throws -> [ScanLink] {
        let interfaces = try Interface.all().filter {
            $0.isUp && ($0.isLoopback || $0.framing != nil && (interface == nil || $0.name == interface))
        }
        var links: [ScanLink] = []
        for interface in interfaces.prefix(mostLinks) {
            let mac = interface.hasEthernetHeader ? interface.macAddress : nil
            let framing: ScanLink.Framing =
                interface.isLoopback ? .routed : mac.map { .ethernet($0) } ?? .datagram
            links += interface.addresses.map {
                ScanLink(interface: interface.index, source: $0.address, framing: framing)
            }
        }
        return links
    }
}
