import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Connects to TCP ports without end, each on an absolute schedule, and reports the result of every connection.
///
///     try MonitorConnect.run([.init(host: "192.0.2.5", port: 22)]) { event in
///         if case .sample(let sample) = event { print(sample.roundTrip ?? "refused or lost") }
///     }
public enum MonitorConnect: Tool {
    public typealias Event = MonitorProbeEvent
    public typealias Summary = MonitorProbeSummary

    /// A TCP port of a host.
    public struct Endpoint: Hashable, Sendable {
        /// A name, or an address with a zone if needed.
        public var host: String
        public var port: UInt16

        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    /// The parameters of all targets.
    public struct Configuration: Sendable {
        /// The time from one connection to the next, 10 ms to a day.
        public var interval = Nanoseconds.seconds(10)
        /// The time after which a connection that is not established counts as lost.
        public var timeout = Nanoseconds.seconds(5)
        /// The address family; nil for both.
        public var family: IPAddress.Family?
        /// The only interface for connections.
        public var interface: String?
        /// The length of the run; nil for no limit.
        public var duration: Nanoseconds?

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: The numbers of samples count them from 0.
    public static func prepare(
        _ targets: [Endpoint], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(targets, configuration, options) }
    }

    /// Connections with resolved zones.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = MonitorConnectEngine
        public typealias Event = MonitorProbeEvent
        public typealias Summary = MonitorProbeSummary

        private let transport: StreamTransport
        private let configuration: MonitorConnectConfiguration

        fileprivate init(_ targets: [Endpoint], _ asked: Configuration, _ options: RunOptions) throws {
            guard MonitorPingConfiguration.intervals.contains(asked.interval) else {
                throw SwiftNetError(.invalidArgument, nil, "the interval is not from 10 ms to a day")
            }
            var configuration = MonitorConnectConfiguration(
                targets: try targets.map { target in
                    let expression = try SwiftNetError.target(target.host)
                    switch expression {
                    case .name(let name): return .init(host: .name(name), port: target.port)
                    case .address(let address, let zone):
                        let zone = try zone.map { try Destination.index(ofZone: $0, target.host) } ?? 0
                        return .init(host: .address(address, zone: zone), port: target.port)
                    case .ranges: throw SwiftNetError(.invalidArgument, target.host, "is a range, not a host")
                    }
                })
            configuration.interval = asked.interval
            configuration.timeout = asked.timeout
            configuration.duration = asked.duration
            self.configuration = configuration
            transport = try StreamTransport(
                StreamTransport.Requirements(family: asked.family, interface: asked.interface), options)
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> MonitorProbeSummary where Observer.Observed == MonitorConnectEngine {
            try SwiftNetError.wrapping {
                var engine = MonitorConnectEngine(configuration)
                _ = try SessionObserver.erasing(&observer) { try transport.run(&engine, observer: $0) }
                return engine.summary
            }
        }
    }
}
