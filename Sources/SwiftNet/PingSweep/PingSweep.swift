import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Pings many hosts at once, each until it replies.
///
///     let summary = try PingSweep.run(["192.0.2.0/24", "198.51.100.2"]) { event in
///         if case .host(let result) = event, result.isAlive { print(result.address) }
///     }
///     print("alive", summary.alive)
///
/// Neighbors are resolved first by ARP (RFC 826) or neighbor solicitation (RFC 4861); addresses without a neighbor are
/// not pinged.
public enum PingSweep: Tool {
    public typealias Event = PingSweepEvent
    public typealias Summary = PingSweepSummary

    /// The parameters of a sweep.
    public struct Configuration: Sendable {
        /// The form of the probes; count and interval are those of `plan`.
        public var probe = Ping.Configuration()
        public var plan = PingSweepConfiguration.Plan.untilAnswered()
        /// Packets per second over all targets, more than 0; nil for as fast as the kernel accepts them.
        public var rate: Double? = 10_000
        /// Whether to report ICMP errors and rejected packets.
        public var reportsErrors = false
        /// Whether to ping every address of a name. Otherwise the first is pinged, and the next if it does not reply.
        public var probesAllAddresses = false
        /// Whether a result includes the round-trip time of each probe of a limited count.
        public var keepsRoundTrips = false
        /// The number of each target's latest probes whose results are kept for a display; not 0 only with a count.
        public var recentCount = 0

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: names, addresses, networks (`192.0.2.0/24`), ranges and octet lists (`192.0.2.1-20`,
    ///   `192.0.2.1,5,7-9`).
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            let expressions = try targets.map { try SwiftNetError.target($0, isOnlyTarget: targets.count == 1) }
            return try Prepared(Array(zip(targets, expressions)), nil, configuration, options)
        }
    }

    /// - Parameter input: further targets, pinged as they are read.
    package static func prepare(
        _ targets: [GivenTarget], reading input: TargetInput<GivenTarget>?,
        _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(targets, input, configuration, options) }
    }

    /// A sweep with resolved targets, except those given by name.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = PingSweepEngine
        public typealias Event = PingSweepEvent
        public typealias Summary = PingSweepSummary

        /// The parameters of the engine.
        public let configuration: PingSweepConfiguration
        /// The number of replies that this host dropped; known after the run.
        public private(set) var drops = KernelDrops.none

        private let session: Session
        private let sockets: PingSockets
        private let links: PingSweepLinks
        private let neighbors: PingSweepNeighbors
        private let arrivals: PingSweepArrivals
        /// Targets that the options exclude.
        private let refusedCount: Int

        fileprivate init(
            _ given: [GivenTarget], _ input: TargetInput<GivenTarget>?, _ asked: Configuration, _ options: RunOptions
        ) throws {
            try asked.checkLimits()
            let probe = try asked.probe.checked()
            // A target read later may have any form.
            let expressions = given.map(\.expression) + (input == nil ? [] : [.name("")])
            let families = Set(expressions.flatMap { $0.families(probe.family) })
            let (session, sockets) = try Session.open(options, .rawSocketsIfPermitted) { isRaw in
                try PingSockets(
                    families: families, configuration: probe.sockets(isSweep: true), isRaw: isRaw,
                    needsRaw: probe.needsRaw(options),
                    packetSockets: try PingSweep.sourceCount(expressions, isOpen: input != nil, probe))
            }
            self.session = session
            self.sockets = sockets
            let requirements = probe.requirements(families: [.v4, .v6], started: session.started)
            var targets = given
            if let input {
                targets += try input.gather(session.reactor, waits: given.isEmpty, until: requirements.deadline)
                if targets.isEmpty, input.isOver { throw input.missingTarget }
            }
            var routes = PingSweepRoutes(family: probe.family, requirements)
            let pieces = try routes.pieces(to: targets.map(\.expression))
            let formats = PingSweepFormats(probe, requirements, isEndless: asked.plan.isEndless)
            neighbors = try PingSweepNeighbors(
                formats.neighbors(among: pieces), reserve: sockets.reserve, rate: asked.rate, reactor: session.reactor)
            links = try PingSweepLinks(pieces, reactor: session.reactor)
            let found = try PingSweepTargets(targets, probe, sockets)
            for message in found.refusals { options.onNotice?(message) }
            refusedCount = found.refusals.count
            var set = PingSweepTargetList()
            for range in found.ranges { try set.append(from: range.first, through: range.last) }
            var configuration = PingSweepConfiguration(targets: set)
            let identifier = probe.identifier ?? UInt16.random(in: 1...UInt16.max)
            for family in sockets.families {
                guard let channel = sockets.channel(family) else { continue }
                try channel.prepare(identifier: identifier)
                guard let format = formats.first(family, channel, set) else { continue }
                if family == .v4 { configuration.v4 = format } else { configuration.v6 = format }
            }
            configuration.otherSources = formats.sources(of: pieces)
            configuration.expectsMore = !found.names.isEmpty || !(input?.isOver ?? true)
            configuration.longestPacket = probe.data.count + 8 + 60
            configuration.timeout = probe.timeout ?? .milliseconds(500)
            configuration.rate = asked.rate
            try neighbors.apply(to: &configuration)
            configuration.mostUnresolved = sockets.unresolvedCapacity(packetLength: configuration.longestPacket)
            configuration.deadline = session.remaining(of: probe.deadline)
            configuration.reportsErrors = asked.reportsErrors
            configuration.plan = asked.plan
            configuration.reportInterval = probe.reportInterval
            configuration.keepsRoundTrips = asked.keepsRoundTrips
            configuration.recentCount = asked.recentCount
            self.configuration = configuration
            arrivals = PingSweepArrivals(
                names: found.names, input, sockets, formats, session, links: links, neighbors: neighbors,
                routes: routes, probesAllAddresses: asked.probesAllAddresses)
            try options.capture?.start(
                identifier: identifier, query: probe.query, withNeighbors: !configuration.sought.isEmpty)
        }

        /// Returns the outgoing interface of a target.
        public func interfaceName(of address: IPAddress) -> String? { links.interface(of: address) }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> PingSweepSummary where Observer.Observed == PingSweepEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                let (neighbors, links, arrivals) = (neighbors, links, arrivals)
                var engine = PingSweepEngine(configuration)
                var port = ICMPSocketPort(
                    v4: sockets.v4, v6: sockets.v6, sendsBeside: !configuration.sought.isEmpty,
                    reactor: session.reactor, tap: session.capture?.tap, trace: session.options.onPacket)
                try neighbors.start()
                try SessionObserver.erasing(&observer) { observer in
                    let fed = observer.before { engine, _, now in
                        // New targets are handled in the next round, which begins at once.
                        let hasArrivals = arrivals.feed(&engine)
                        let hasChanged = links.feed(&engine, at: now)
                        let stations = neighbors.feed(&engine, at: now)
                        if hasArrivals || hasChanged || stations.hasNews { return now }
                        return Instant.earliest(stations.next, links.next)
                    }
                    try session.run(&engine, on: &port, observer: fed)
                }
                if let interruption = port.interruption { throw interruption }
                arrivals.giveUp()
                drops = port.drops
                var summary = engine.summary
                summary.unresolved = refusedCount + arrivals.failures
                guard summary.targets > 0 else {
                    throw SwiftNetError(.name, nil, "no target has an address")
                }
                return summary
            }
        }

        // MARK: Targets
    }

    /// This host's addresses on the links that may have targets as neighbors: lookups on each need a packet socket, and
    /// the kernel takes time to close one.
    /// - Parameter isOpen: whether more targets may be read.
    private static func sourceCount(
        _ targets: [TargetExpression], isOpen: Bool, _ probe: Ping.Configuration
    ) throws -> Int {
        var families: Set<IPAddress.Family> = isOpen && !probe.bypassesRouting ? [.v4, .v6] : []
        for target in targets where !probe.bypassesRouting {
            switch target {
            case .address(let address, _): if !address.isLoopback { families.insert(address.family) }
            case .ranges(let ranges):
                for range in ranges where !(range.lowerBound.isLoopback && range.upperBound.isLoopback) {
                    families.insert(range.lowerBound.family)
                }
            case .name: break
            }
        }
        guard !families.isEmpty else { return 0 }
        let links = try EthernetLink.all().filter { probe.interface == nil || $0.name == probe.interface }
        let sources = links.flatMap(\.interface.addresses).filter { families.contains($0.address.family) }
        return min(sources.count, mostSources)
    }

    private static let mostSources = 128
}

/// The probe formats of a sweep. The source is that of the route to the first target of each family.
struct PingSweepFormats {
    let probe: Ping.Configuration
    private let requirements: Destination.Requirements
    private let isEndless: Bool
    private let firstIdentification = UInt16.random(in: 0...UInt16.max)

    init(_ probe: Ping.Configuration, _ requirements: Destination.Requirements, isEndless: Bool) {
        self.probe = probe
        self.requirements = requirements
        self.isEndless = isEndless
    }

    /// The targets on links of this host whose MAC addresses are needed.
    func neighbors(among pieces: [RoutePiece]) throws -> [LinkNeighbors] {
        // With SO_DONTROUTE the kernel treats every target as a neighbor, whatever its routes are. A neighbor that is
        // probed without end may appear later, so the kernel looks for it at each probe.
        probe.bypassesRouting || isEndless ? [] : try LinkNeighbors.among(pieces, source: probe.source)
    }

    /// Returns the source addresses of the targets by their routes, for the engine to tell those that differ.
    func sources(of pieces: [RoutePiece]) -> [PingSweepConfiguration.OtherSource] {
        guard probe.source == nil else { return [] }
        var sources: [PingSweepConfiguration.OtherSource] = []
        for piece in pieces {
            guard case .success(let route) = piece.route, let source = route.source else { continue }
            let index = sources.firstIndex { $0.source == source } ?? sources.count
            if index == sources.count { sources.append(.init(source, targets: AddressSet())) }
            // No more than the targets.
            try? sources[index].targets.insert([(piece.first, piece.last)])
        }
        return sources
    }

    /// The format; nil if no target of the family has a source, so that all are unreachable.
    func first(_ family: IPAddress.Family, _ channel: ICMPChannel, _ targets: PingSweepTargetList) -> PingProbeFormat? {
        for index in 0..<min(targets.count, 1024) where targets[index].family == family {
            if let format = format(to: targets[index], channel) { return format }
        }
        return nil
    }

    func format(to address: IPAddress, _ channel: ICMPChannel) -> PingProbeFormat? {
        var requirements = requirements
        requirements.families = [address.family]
        if channel.scope != 0 { requirements.interface = channel.scope }
        guard
            let found = try? Destination.route(
                to: Resolver.Answer(address: address), text: "\(address)", requirements),
            found.route.kind != .broadcast, !found.source.isUnspecified
        else { return nil }
        return probe.format(
            to: found.route, source: found.source, level: channel.level, identifier: channel.identifier,
            firstIdentification: firstIdentification)
    }
}

extension PingSweep.Configuration {
    /// fping's limits for an ordinary user, and the range of sequence numbers.
    fileprivate func checkLimits() throws(SwiftNetError) {
        try SwiftNetError.check(rate: rate)
        guard probe.query != .routerSolicitation else {
            throw SwiftNetError(
                .invalidArgument, nil, "--icmp \(probe.query.rawValue) cannot be used with several targets")
        }
        if case .untilAnswered(let retries) = plan {
            try SwiftNetError.check(retries, in: PingSweepConfiguration.retryCounts, "--retries")
        }
        guard case .count(let count, let period) = plan else { return }
        guard PingSweepConfiguration.counts.contains(count ?? 1) else {
            throw SwiftNetError.invalid(
                count ?? 0, "-c", expected: "1 to \(PingSweepConfiguration.counts.upperBound) in a sweep")
        }
        guard Privileges.isSuperuser || period >= .milliseconds(10) else {
            throw SwiftNetError(
                .invalidArgument, nil,
                "minimal interval for user must be >= 10 ms in a sweep, use -i 0.01 (or higher)")
        }
    }
}
