import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// Finds the path to a host, hop by hop: each router on it replies to probes whose time to live expires there.
///
///     for try await update in Traceroute.events(to: "198.51.100.2") {
///         if case .event(.hop(let hop)) = update { print(hop.timeToLive, hop.answers.map(\.source)) }
///     }
///
/// `Traceroute.Paths` finds every path of a load-balanced route (RFC 8597 describes multipath discovery), and
/// `Traceroute.Cycles` measures loss and round trips of each hop over time, on one path or on every path.
public enum Traceroute: Tool {
    public typealias Target = String

    /// The parameters of a trace, for all targets.
    public struct Configuration: Sendable {
        /// The probes and timeouts. Addresses and lengths are set per target.
        public var probe: TracerouteConfiguration
        /// The packet length in bytes, 30 to 65,000, not for TCP; nil for 60 over IPv4 and 80 over IPv6.
        public var packetLength: Int?
        /// The address family; nil for that of the target, and for a name by the order of RFC 6724.
        public var family: IPAddress.Family?
        /// The outgoing interface.
        public var interface: String?
        /// One of this host's addresses as the source; nil for the route's.
        public var source: IPAddress?
        /// The mark for policy routing (SO_MARK).
        public var mark: UInt32?
        /// Whether to find the path MTU to each hop once the hops are known. Probes are then not fragmented.
        public var findsPathMTU = false

        /// - Parameters:
        ///   - maximumHops: the maximum number of hops, 1 to 255.
        ///   - queries: the number of probes per hop, 1 to 10.
        public init(method: TracerouteMethod = .udp, maximumHops: Int = 30, queries: Int = 3) {
            probe = TracerouteConfiguration(
                source: .v4(.unspecified), destination: .v4(.unspecified),
                // Above the ports that systems assign dynamically (RFC 6335, section 6: 49152 to 65535).
                sourcePort: .random(in: 61_000...65_000), identifier: .random(in: 1...UInt16.max),
                firstMark: .random(in: TracerouteConfiguration.marks), sequenceSecret: .random(in: 0...UInt16.max))
            probe.method = method
            probe.maximumHops = maximumHops
            probe.queries = queries
            probe.destinationPort = method.defaultPort
        }

        func probe(to destination: Destination) -> TracerouteConfiguration {
            var probe = probe
            probe.source = destination.source
            probe.destination = destination.address
            probe.packetLength = packetLength ?? TracerouteConfiguration.packetLength(destination.address.family)
            if findsPathMTU {
                probe.findsPathMTU = true
                probe.dontFragment = true
                probe.longestPacket = min(destination.route.linkMTU, 65_535)
            }
            // IPv4 routers may fragment further; over IPv6 only this host does, by the known path MTU.
            probe.unfragmentedLength =
                destination.address.family == .v6 && !probe.dontFragment
                ? destination.route.mtu : destination.route.linkMTU
            return probe
        }
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter target: a name or an address, with a zone if needed (`fe80::1%eth0`).
    public static func prepare(
        _ target: String, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try prepare([target], configuration, options: options)
    }

    /// Traces several targets at the same time.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        Prepared(trace: try SwiftNetError.wrapping { try TracerouteRunner(targets, configuration, options) })
    }

    /// A trace with resolved targets.
    public struct Prepared: PreparedEngineRun {
        public typealias Running = TracerouteEngine
        public typealias Event = TracerouteEvent
        public typealias Summary = TracerouteResult

        public let trace: TracerouteRunner

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> TracerouteResult where Observer.Observed == TracerouteEngine {
            var engine = TracerouteEngine(trace.targets.map(\.configuration))
            try trace.run(&engine, reportingTo: &observer) { $0.setLink($2, ofTarget: $1) }
            return TracerouteResult(summaries: trace.targets.indices.map { engine.summary(of: $0) })
        }
    }

    // MARK: All paths

    /// Finds every path of a load-balanced route, by the multipath detection algorithm.
    public enum Paths: Tool {
        /// The confidence that all branches are found.
        public struct Configuration: Sendable {
            public var trace: Traceroute.Configuration
            /// The probability of finding every branch, 0.5 to 0.99999.
            public var confidence: Double

            public init(_ trace: Traceroute.Configuration = .init(), confidence: Double = 0.95) {
                self.trace = trace
                self.confidence = confidence
            }

            func check() throws(SwiftNetError) {
                try SwiftNetError.check(confidence, in: TracerouteConfiguration.confidences, "--confidence")
                try trace.checkPorts()
            }
        }

        public static var defaultConfiguration: Configuration { Configuration() }

        public static func prepare(
            _ target: String, _ configuration: Configuration, options: RunOptions
        ) throws(SwiftNetError) -> Prepared {
            try configuration.check()
            return Prepared(
                trace: try SwiftNetError.wrapping { try TracerouteRunner([target], configuration.trace, options) },
                confidence: configuration.confidence)
        }

        /// A search with a resolved target.
        public struct Prepared: PreparedEngineRun {
            public typealias Running = PathsEngine
            public typealias Event = PathsEvent
            public typealias Summary = TracerouteSummary

            public let trace: TracerouteRunner
            let confidence: Double

            public func run<Observer: EngineObserver>(
                reportingTo observer: inout Observer
            ) throws(SwiftNetError) -> TracerouteSummary where Observer.Observed == PathsEngine {
                var engine = PathsEngine(trace.configuration, MDAStoppingRule(confidence: confidence))
                try trace.run(&engine, reportingTo: &observer) { engine, _, failure in engine.setLink(failure) }
                return engine.summary
            }
        }
    }

    // MARK: Cycles

    /// Measures loss and round-trip times of each hop of a path, cycle by cycle.
    public enum Cycles: Tool {
        public struct Configuration: Sendable {
            public var trace: Traceroute.Configuration
            /// The number of cycles, in `cycleCounts`; nil for no limit.
            public var cycles: Int?
            /// The interval between cycles, at least `leastInterval`.
            public var interval: Nanoseconds
            /// The probability of finding every branch of a load-balanced route, 0.5 to 0.99999, before each of its paths
            /// is measured with UDP or TCP; nil for the path of one flow.
            public var confidence: Double?

            /// The numbers of cycles.
            public static let cycleCounts = 1...1_000_000
            /// The minimum interval between cycles.
            public static let leastInterval = Nanoseconds.milliseconds(10)
            /// The default method on the path of one flow: hosts limit the ICMP errors that UDP probes cause, but rarely
            /// echo replies.
            public static let defaultMethod = TracerouteMethod.icmp

            public init(
                _ trace: Traceroute.Configuration = .init(method: defaultMethod), cycles: Int? = 10,
                interval: Nanoseconds = .seconds(1), confidence: Double? = nil
            ) {
                self.trace = trace
                self.cycles = cycles
                self.interval = interval
                self.confidence = confidence
            }

            func check() throws(SwiftNetError) {
                try SwiftNetError.check(cycles, in: Self.cycleCounts, "--cycles")
                try SwiftNetError.check(interval, in: Self.leastInterval...Nanoseconds(.max), "--interval")
                guard let confidence else { return }
                try Paths.Configuration(trace, confidence: confidence).check()
            }
        }

        public static var defaultConfiguration: Configuration { Configuration() }

        public static func prepare(
            _ target: String, _ configuration: Configuration, options: RunOptions
        ) throws(SwiftNetError) -> Prepared {
            try configuration.check()
            return Prepared(
                trace: try SwiftNetError.wrapping { try TracerouteRunner([target], configuration.trace, options) },
                configuration: configuration)
        }

        /// A measurement with a resolved target.
        public struct Prepared: PreparedEngineRun {
            public typealias Running = CyclesEngine
            public typealias Event = CyclesEvent
            public typealias Summary = CyclesResult

            public let trace: TracerouteRunner
            let configuration: Configuration

            public func run<Observer: EngineObserver>(
                reportingTo observer: inout Observer
            ) throws(SwiftNetError) -> CyclesResult where Observer.Observed == CyclesEngine {
                var engine = CyclesEngine(
                    trace.configuration, cycles: configuration.cycles, interval: configuration.interval,
                    stoppingRule: configuration.confidence.map { MDAStoppingRule(confidence: $0) })
                try trace.run(&engine, reportingTo: &observer) { engine, _, failure in engine.setLink(failure) }
                return CyclesResult(paths: engine.paths, summary: engine.summary)
            }
        }
    }
}

/// The result of a trace.
public struct TracerouteResult: Sendable {
    /// The results of the targets, in order.
    public var summaries: [TracerouteSummary]
    /// Whether every target replied.
    public var isReached: Bool { summaries.allSatisfy(\.isReached) }
    /// Whether every target replied; unknown if this host could not send every probe to those that did not.
    public var outcome: RunOutcome {
        isReached ? .found : summaries.contains { $0.outcome == .unknown } ? .unknown : .notFound
    }
}

/// The result of a measurement.
public struct CyclesResult: Sendable {
    /// The path of one flow, or every path that was found.
    public var paths: [CyclesPath]
    public var summary: TracerouteSummary

    /// Whether the target replied; unknown if this host could not send every probe, because the loss is then not known.
    public var outcome: RunOutcome { summary.unsent == 0 ? summary.outcome : .unknown }
}

extension TracerouteRunner {
    /// The configuration of a run's only target.
    fileprivate var configuration: TracerouteConfiguration { targets[0].configuration }
}
