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
/// Unlike `PingSweep`, no target waits for another, and no probe for the reply of the one before it. Names are resolved
/// while it runs, and again every minute: one without an address fails its own probes only.
public enum MonitorPing: Tool {
    public typealias Event = MonitorProbeEvent
    public typealias Summary = MonitorProbeSummary

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
            return try Prepared(targets.map(target), configuration, options)
        }
    }

    /// Throws if a text is neither a name nor an address.
    public static func check(_ target: String) throws(SwiftNetError) {
        _ = try Self.target(target)
    }

    private static func target(_ text: String) throws(SwiftNetError) -> MonitorPingTarget {
        let expression = try SwiftNetError.target(text)
        if case .ranges = expression { throw SwiftNetError(.invalidArgument, text, "is a range, not a host") }
        return MonitorPingTarget(text: text, expression: expression)
    }

    /// Pings with open sockets.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = MonitorPingEngine
        public typealias Event = MonitorProbeEvent
        public typealias Summary = MonitorProbeSummary

        /// The number of replies that this host dropped; known after the run.
        public private(set) var drops = KernelDrops.none

        private let session: Session
        private let routes: MonitorPingRoutes
        private let configuration: Configuration

        fileprivate init(
            _ targets: [MonitorPingTarget], _ asked: Configuration, _ options: RunOptions
        ) throws {
            configuration = asked
            let probe = try asked.probe.checked()
            let families = Set(targets.flatMap { $0.expression.families(probe.family) })
            let (session, sockets) = try Session.open(options, .rawSocketsIfPermitted) { isRaw in
                try PingSockets(
                    families: families, configuration: probe.sockets(isSweep: true), isRaw: isRaw,
                    needsRaw: probe.needsRaw(options))
            }
            self.session = session
            routes = try MonitorPingRoutes(targets, probe, sockets, session)
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> MonitorProbeSummary where Observer.Observed == MonitorPingEngine {
            try SwiftNetError.wrapping {
                try session.begin()
                let probe = configuration.probe
                var plan = MonitorPingConfiguration(
                    targets: routes.targets.map { _ in
                        MonitorPingConfiguration.Target(
                            nil, interval: probe.interval, timeout: probe.timeout ?? probe.interval)
                    })
                plan.duration = configuration.duration
                var engine = MonitorPingEngine(plan)
                routes.find(for: &engine)
                let sockets = routes.sockets
                var port = ICMPSocketPort(
                    v4: sockets.v4, v6: sockets.v6, reactor: session.reactor, trace: session.options.onPacket)
                try SessionObserver.erasing(&observer) { observer in
                    try session.run(
                        &engine, on: &port,
                        observer: observer.before { engine, _, now in self.routes.update(&engine, at: now) })
                }
                drops = port.drops
                return engine.summary
            }
        }
    }
}
