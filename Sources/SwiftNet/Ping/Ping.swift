import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Pings one host by ICMP (RFC 792, RFC 4443): echo requests, or another query.
///
///     let summary = try Ping.run("198.51.100.2", .init(count: 3)) { print($0) }
///     print("received", summary.received)
///
/// With CAP_NET_RAW it uses raw sockets, and without it ICMP sockets, which the kernel allows the groups of
/// `net.ipv4.ping_group_range`.
public enum Ping: Tool {
    /// Replies, errors and timeouts.
    public typealias Event = PingEvent
    public typealias Summary = PingSummary

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter target: a name or an address, with a zone if needed (`fe80::1%eth0`).
    public static func prepare(
        _ target: String, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try configuration.checkUserLimits()
            let expression = try SwiftNetError.target(target, isOnlyTarget: true)
            return try Prepared(target, expression, configuration.checked(), options)
        }
    }

    /// A ping with a resolved target.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = PingEngine
        public typealias Event = PingEvent
        public typealias Summary = PingSummary

        public let destination: Destination
        /// The form of the probes.
        public let format: PingProbeFormat
        /// Whether the target is a multicast or broadcast address, so that many hosts reply.
        public let isToMany: Bool
        /// The number of replies that this host dropped; known after the run.
        public private(set) var drops = KernelDrops.none
        /// The names of hosts that replied, looked up in the background.
        package let names: HostNames

        private let session: Session
        private let channel: ICMPChannel
        private let configuration: PingConfiguration

        fileprivate init(
            _ text: String, _ target: TargetExpression, _ asked: Configuration, _ options: RunOptions
        ) throws {
            let families: [IPAddress.Family] =
                if case .address(let address, _) = target { [address.family] } else {
                    asked.family.map { [$0] } ?? [.v4, .v6]
                }
            let (session, sockets) = try Session.open(options, .rawSocketsIfPermitted) { isRaw in
                try PingSockets(
                    families: Set(families), configuration: asked.sockets(isSweep: false), isRaw: isRaw,
                    needsRaw: asked.needsRaw(options))
            }
            self.session = session
            if case .address(let address, _) = target, let family = asked.family, family != address.family {
                throw Destination.Problem(text, asked.refusal(of: address.family))
            }
            destination = try Destination.find(
                target, text: text,
                asked.requirements(
                    families: asked.family.map { [$0] } ?? sockets.families, started: session.started),
                resolver: session.resolver)
            guard let channel = sockets.channel(destination.address.family) else {
                throw SystemError(code: SystemError.familyNotSupported, operation: "socket")
            }
            self.channel = channel
            isToMany = try asked.checkMulticast(destination)
            try asked.checkFragments(destination)
            channel.scope = destination.zone
            try channel.prepare(identifier: asked.identifier ?? UInt16.random(in: 1...UInt16.max))
            if asked.connects { try channel.connect(to: destination.address) }
            format = asked.format(
                to: destination.route, source: destination.source, level: channel.level,
                identifier: channel.identifier, firstIdentification: UInt16.random(in: 0...UInt16.max))
            var configuration = asked.engine(
                destination, format, isToMany: isToMany, remaining: session.remaining(of: asked.deadline))
            if asked.splitsFirstRoundTrip { configuration.needsNeighbor = try !isToMany && destination.needsNeighbor }
            self.configuration = configuration
            names = ReverseNames(resolver: session.resolver, zone: destination.zone)
            try options.capture?.start(identifier: channel.identifier, query: asked.query)
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> PingSummary where Observer.Observed == PingEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                var engine = PingEngine(configuration)
                var port = ICMPSocketPort(
                    v4: channel.family == .v4 ? channel : nil, v6: channel.family == .v6 ? channel : nil,
                    reactor: session.reactor, tap: session.capture?.tap, trace: session.options.onPacket)
                try SessionObserver.erasing(&observer) { try session.run(&engine, on: &port, observer: $0) }
                drops = port.drops
                return engine.summary
            }
        }
    }
}

extension Ping.Configuration {
    fileprivate func engine(
        _ destination: Destination, _ format: PingProbeFormat, isToMany: Bool, remaining: Nanoseconds?
    ) -> PingConfiguration {
        var engine = PingConfiguration(destination: destination.address, format: format)
        engine.count = count
        engine.endsAtError = endsAtError
        engine.consecutive = consecutive
        engine.interval = interval
        engine.preload = preload
        engine.isAdaptive = isAdaptive
        engine.minimumInterval = Privileges.isSuperuser ? .zero : Self.minimumUserInterval
        engine.deadline = remaining
        engine.timeout = timeout ?? .seconds(10)
        engine.acceptsAnySource =
            isToMany || destination.address.isSubnetRouterAnycast || query == .routerSolicitation
        engine.reportsOutstanding = reportsOutstanding
        engine.reportsTransmissions = reportsTransmissions
        engine.reportsIgnored = reportsIgnored
        engine.reportInterval = reportInterval
        engine.wallOffset = SystemClock.wall - SystemClock.now.nanoseconds
        engine.splitsFirstRoundTrip = splitsFirstRoundTrip
        return engine
    }

    // MARK: Limits

    /// The minimum interval for an ordinary user's probes, and for probes to many hosts (iputils).
    static let minimumUserInterval = Nanoseconds.milliseconds(2)
    static let minimumMulticastUserInterval = Nanoseconds.seconds(1)

    /// Checks the limits that iputils sets for an ordinary user.
    fileprivate func checkUserLimits() throws(SwiftNetError) {
        guard !Privileges.isSuperuser else { return }
        // The interval of an adaptive ping follows the round-trip time.
        guard interval >= Self.minimumUserInterval || isAdaptive && interval == .zero && !isIntervalExplicit else {
            throw SwiftNetError(
                .invalidArgument, nil,
                "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)")
        }
        guard preload <= 3 else {
            throw SwiftNetError(.invalidArgument, nil, "cannot set preload to value greater than 3: \(preload)")
        }
    }

    /// - Returns: whether many hosts may reply.
    fileprivate func checkMulticast(_ destination: Destination) throws(SwiftNetError) -> Bool {
        let isBroadcast = destination.route.kind == .broadcast
        guard !isBroadcast || allowsBroadcast else {
            throw SwiftNetError(.broadcast, "\(destination.address)", "is a broadcast address")
        }
        let isToMany = isBroadcast || destination.address.isMulticast
        guard isToMany, !Privileges.isSuperuser else { return isToMany }
        let kind = destination.address.family == .v4 ? "broadcast" : "multicast"
        guard interval >= Self.minimumMulticastUserInterval else {
            throw SwiftNetError(
                .invalidArgument, nil,
                "minimal interval for \(kind) ping for user must be >= 1000 ms, use -i 1 (or higher)")
        }
        if let mode = pathMTUDiscovery, mode != .do {
            throw SwiftNetError(.invalidArgument, nil, "\(kind) ping does not fragment")
        }
        return true
    }

    /// Overlapping fragments are for testing hosts of attached networks, not for evading other networks' filters.
    fileprivate func checkFragments(_ destination: Destination) throws(SwiftNetError) {
        guard let plan = fragments else { return }
        let isNear =
            destination.route.kind == .local
            || destination.route.kind == .unicast && destination.route.gateway == nil
        guard plan.order != .overlapping || isNear else {
            throw SwiftNetError(
                .invalidArgument, "--fragment-order overlapping",
                "\(destination.address) is not on an attached network")
        }
        let headers = destination.address.family == .v4 ? IPv4View.minimumHeaderLength : IPv6View.headerLength + 8
        let most = (destination.route.linkMTU > 0 ? destination.route.linkMTU : 1_500) - headers
        guard plan.size <= most else {
            throw SwiftNetError(
                .invalidArgument, "--fragment",
                "\(plan.size) bytes and their headers exceed the interface's MTU")
        }
    }
}
