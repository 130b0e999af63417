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
            let families = target.families(asked.family)
            let (session, sockets) = try Session.open(options, .rawSocketsIfPermitted) { isRaw in
                try PingSockets(
                    families: Set(families), configuration: asked.sockets(isSweep: false), isRaw: isRaw,
                    needsRaw: asked.needsRaw(options))
            }
            self.session = session
            guard target.isOf(asked.family) else { throw Destination.Problem(text, asked.refusal(of: families[0])) }
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
}
