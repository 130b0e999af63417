import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNetTLS
import WireFormat

/// Sends requests to web servers and checks their responses (RFC 9110, RFC 9112).
///
///     let summary = try HTTPProbe.run(["http://198.51.100.2/"]) { event in
///         if case .answer(let answer) = event { print(answer.url, answer.outcome.timings.total) }
///     }
///     print("answered", summary.answered)
public enum HTTPProbe: Tool {
    public typealias Event = HTTPProbeEvent
    public typealias Summary = HTTPProbeSummary

    /// The requests to each URL, and the transport of their connections.
    public struct Configuration: Sendable {
        /// The requests and additional tests.
        public var request: HTTPProbeConfiguration
        public var tls = TLSConfiguration(applicationProtocols: ["h2", "http/1.1"])
        /// The number of URLs requested at the same time, in `concurrencies`.
        public var concurrency = 20
        /// The maximum number of requests per second, of all URLs together, in `rates`; nil for no limit.
        public var rate: Double?
        /// The ports of the URLs without one; nil for that of the scheme.
        public var ports: PortSet?
        /// The address family of connections; nil for both.
        public var family: IPAddress.Family?
        /// The only interface for connections; for a user-space host, its interface.
        public var interface: String?
        public var stack = TCPStack.kernel
        /// Whether to record SYN-ACK properties of the kernel's connections; needs CAP_NET_RAW.
        public var keepsHandshakes = false
        /// Whether to report segments to `onSegment`; needs CAP_NET_RAW.
        public var reportsSegments = false

        public init() {
            var random = SystemRandomness()
            request = HTTPProbeConfiguration(seed: random.next())
            request.wallClock = SystemClock.wall(at: Instant(nanoseconds: 0)) / 1_000_000_000
        }

        /// The numbers of URLs requested at the same time.
        public static let concurrencies = 1...1_000

        /// The limits of requests per second.
        public static let rates = 0.01...1_000_000

        fileprivate func check() throws(SwiftNetError) {
            typealias Limits = HTTPProbeConfiguration
            do { try request.check() } catch { throw SwiftNetError(.invalidArgument, nil, error.description) }
            try SwiftNetError.check(concurrency, in: Self.concurrencies, "--concurrency")
            try SwiftNetError.check(request.redirects, in: Limits.redirectCounts, "--max-redirects")
            try SwiftNetError.check(request.count, in: 0...Int.max, "-c")
            try SwiftNetError.check(request.parallel, in: Limits.parallels, "--parallel")
            try SwiftNetError.check(rate, in: Self.rates, "--rate")
            try SwiftNetError.check(request.bodyLimit, in: Limits.bodyLimits, "--max-body")
            try SwiftNetError.check(request.keepAlivePatience, in: Limits.keepAlivePatiences, "--keep-alive")
            try SwiftNetError.check(request.timeout, in: Limits.leastTimeout...Nanoseconds(.max), "-w")
            guard case .user(let host) = stack else { return }
            try SwiftNetError.check(host.address, isOf: family, "--source \(host.address)")
        }
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: URLs: `http://host:port/path`, `https://...` or `http+unix://%2Frun%2Fsocket/path`;
    ///   without a scheme https is tried, then http, and an address block or range is a URL for each address.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try prepare(targets, reading: nil, configuration, options: options)
    }

    /// - Parameter input: further URLs, requested as they are read.
    package static func prepare(
        _ targets: [String], reading input: TargetInput<String>?, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(targets, input, configuration, options) }
    }

    /// A run with open sockets. A user-space host has its address.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = HTTPEngine<HTTPProbePlan>
        public typealias Event = HTTPProbeEvent
        public typealias Summary = HTTPProbeSummary

        /// Called with each segment of the run's connections if `reportsSegments` is set.
        public var onSegment: ((SegmentRecord) -> Void)? {
            get { transport.segments.onSegment }
            set { transport.segments.onSegment = newValue }
        }

        /// Receives the bodies of the responses as they arrive, if `deliversBodies` of the requests is set.
        public var bodySink: (any HTTPBodySink)?

        private let transport: StreamTransport
        /// Whether the interface of a user-space host existed until the end of the run.
        public var isComplete: Bool { transport.isComplete }
        private var engine: HTTPEngine<HTTPProbePlan>?

        private let input: TargetInput<String>?
        private var targets: HTTPTargetList
        private var request: HTTPProbeConfiguration
        /// The maximum number of waiting plans; at the maximum, no more are made.
        private static var mostWaiting: Int { 1_000 }

        fileprivate init(
            _ targets: [String], _ input: TargetInput<String>?, _ asked: Configuration, _ options: RunOptions
        ) throws {
            self.input = input
            request = asked.request
            try asked.check()
            var tls = asked.tls
            // HTTP/2 is no text, and requires TLS 1.2 (RFC 9113, section 9.2).
            if request.raw != nil || request.version == .http10 || tls.maximumVersion.map({ $0 < .tls12 }) == true {
                tls.applicationProtocols.removeAll { $0 == "h2" }
            }
            _ = try request.overrides.urls([], asked.family)
            self.targets = HTTPTargetList(ports: asked.ports)
            for text in targets {
                try self.targets.append(text, &request.overrides, asked.family, interface: asked.interface)
            }
            let needsTLS = self.targets.needsTLS
            // Series without an end do not make room for others: each has its own connection.
            let mostStreams = KernelStreams.mostStreams()
            let concurrency = request.count == 0 ? mostStreams : min(asked.concurrency, mostStreams)
            var engine = try HTTPEngine<HTTPProbePlan>(
                [], concurrency: concurrency, tls: tls, needsTLS: needsTLS,
                interval: asked.rate.map { Nanoseconds(Int64(1e9 / $0)) })
            Self.fill(&engine, from: &self.targets, SharedProbeConfiguration(request))
            engine.expectsMore = input != nil || !self.targets.isEmpty
            self.engine = consume engine
            transport = try StreamTransport(
                StreamTransport.Requirements(
                    stack: asked.stack, family: asked.family, interface: asked.interface,
                    keepsHandshakes: asked.keepsHandshakes, reportsSegments: asked.reportsSegments), options)
        }

        /// Adds plans to an engine, for each series of requests to a URL, until enough of them wait.
        private static func fill(
            _ engine: inout Running, from targets: inout HTTPTargetList, _ shared: SharedProbeConfiguration
        ) {
            while engine.waitingCount < mostWaiting, let target = targets.next() {
                let number = engine.summary.targets
                engine.addTarget(plans: shared.seriesCount) { series in
                    HTTPProbePlan(target.url, shared, number: number, series: series, hasScheme: target.hasScheme)
                }
            }
        }

        /// Returns the SYN-ACK properties of an outcome's connection; nil if they were not recorded.
        public func handshake(of outcome: HTTPOutcome) -> HandshakeFacts? { transport.handshake(of: outcome) }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> HTTPProbeSummary where Observer.Observed == Running {
            try SwiftNetError.wrapping {
                guard var engine = engine.take() else {
                    throw SwiftNetError(.invalidArgument, nil, "a prepared run can be run only once")
                }
                engine.bodySink = bodySink
                let elapsed = try SessionObserver.erasing(&observer) {
                    try transport.run(&engine, observer: $0.before(addTargets))
                }
                var summary = engine.summary
                summary.elapsed = elapsed
                return summary
            }
        }

        /// Adds URLs of blocks, and URLs that were read.
        private func addTargets(_ engine: inout Running, _ reason: WakeReason, at now: Instant) -> Instant? {
            guard engine.expectsMore else { return nil }
            let count = engine.summary.targets
            let isWanted = targets.isEmpty && engine.waitingCount < Self.mostWaiting
            for text in input?.take(isWanted: isWanted, reactor: transport.reactor) ?? [] {
                try? targets.append(text, &request.overrides, nil)
            }
            if engine.waitingCount < Self.mostWaiting, !targets.isEmpty {
                Self.fill(&engine, from: &targets, SharedProbeConfiguration(request))
            }
            engine.expectsMore = !targets.isEmpty || input?.isOver == false
            return engine.expectsMore && engine.summary.targets == count ? nil : now
        }
    }
}
