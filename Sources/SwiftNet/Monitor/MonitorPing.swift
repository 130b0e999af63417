import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Pings hosts without end, each on an absolute schedule, and reports the result of every probe.
///
///     try MonitorPing.run(["192.0.2.1", "2001:db8::1"]) { event in
///         if case .sample(let sample) = event { print(sample.target, sample.roundTrip ?? "lost") }
///     }
///
/// Unlike `PingSweep`, no target waits for another, and no probe for the reply of the one before it.
public enum MonitorPing: Tool {
    public typealias Event = MonitorPingEvent
    public typealias Summary = MonitorPingSummary

    /// The parameters of all targets.
    public struct Configuration: Sendable {
        /// The form of the probes, their interval, and their timeout, which is the interval if it is nil.
        public var probe = Ping.Configuration()
        /// The length of the run; nil for no limit.
        public var duration: Nanoseconds?

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: names and addresses, with a zone if needed (`fe80::1%eth0`). The numbers of samples count
    ///   them from 0.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            let limits = MonitorPingConfiguration.intervals
            guard limits.contains(configuration.probe.interval) else {
                throw SwiftNetError(.invalidArgument, nil, "the interval is not from 10 ms to a day")
            }
            let expressions = try targets.map { try SwiftNetError.target($0, isOnlyTarget: targets.count == 1) }
            return try Prepared(Array(zip(targets, expressions)), configuration, options)
        }
    }

    /// Pings with resolved targets.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = MonitorPingEngine
        public typealias Event = MonitorPingEvent
        public typealias Summary = MonitorPingSummary

        /// The targets in their order.
        public let destinations: [Destination]
        /// The number of replies that this host dropped; known after the run.
        public private(set) var drops = KernelDrops.none

        private let session: Session
        private let sockets: PingSockets
        private let configuration: MonitorPingConfiguration

        fileprivate init(
            _ targets: [(text: String, expression: TargetExpression)], _ asked: Configuration, _ options: RunOptions
        ) throws {
            let probe = try asked.probe.checked()
            let families = Set(targets.flatMap { $0.expression.families(probe.family) })
            let (session, sockets) = try Session.open(options, .rawSocketsIfPermitted) { isRaw in
                try PingSockets(
                    families: families, configuration: probe.sockets(isSweep: true), isRaw: isRaw,
                    needsRaw: probe.needsRaw(options))
            }
            (self.session, self.sockets) = (session, sockets)
            let requirements = probe.requirements(
                families: probe.family.map { [$0] } ?? sockets.families, started: session.started)
            destinations = try targets.map { target in
                try Destination.find(
                    target.expression, text: target.text, requirements, resolver: session.resolver)
            }
            let identifier = probe.identifier ?? UInt16.random(in: 1...UInt16.max)
            for family in sockets.families { try sockets.channel(family)?.prepare(identifier: identifier) }
            let first = UInt16.random(in: 0...UInt16.max)
            var configuration = MonitorPingConfiguration(
                targets: try destinations.map { destination in
                    guard let channel = sockets.channel(destination.address.family) else {
                        throw SystemError(code: SystemError.familyNotSupported, operation: "socket")
                    }
                    let format = probe.format(
                        to: destination.route, source: destination.source, level: channel.level,
                        identifier: channel.identifier, firstIdentification: first)
                    return .init(
                        address: destination.address, format: format, interval: probe.interval,
                        timeout: probe.timeout ?? probe.interval)
                })
            configuration.duration = asked.duration
            self.configuration = configuration
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> MonitorPingSummary where Observer.Observed == MonitorPingEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                var engine = MonitorPingEngine(configuration)
                var port = ICMPSocketPort(
                    v4: sockets.v4, v6: sockets.v6, reactor: session.reactor, trace: session.options.onPacket)
                try SessionObserver.erasing(&observer) { try session.run(&engine, on: &port, observer: $0) }
                drops = port.drops
                return engine.summary
            }
        }
    }
}
