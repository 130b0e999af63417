import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNetSignatures
import SwiftNetTLS
import WireFormat

/// Identifies web servers by their behavior, not by their Server field.
///
///     let summary = try HTTPFingerprint.run(["198.51.100.2:80"]) { report in
///         print(report.url, report.verdict?.product ?? "unknown")
///     }
///     print("recognized", summary.recognized)
///
/// Sends 19 requests to each server, one after the other, most of them invalid in one way.
public enum HTTPFingerprint: Tool {
    public typealias Event = HTTPFingerprintReport
    public typealias Summary = HTTPFingerprintSummary

    /// The requests to each server, and the signatures to compare with.
    public struct Configuration: Sendable {
        public var request: HTTPFingerprintConfiguration
        /// The number of servers tested at the same time, in `HTTPProbe.Configuration.concurrencies`.
        public var concurrency = 40
        /// The address family of connections; nil for both.
        public var family: IPAddress.Family?
        /// The only interface for connections.
        public var interface: String?
        /// Signatures in addition to those of the library.
        public var signatures: [Signature] = []
        /// Whether to identify servers; otherwise only their behavior is reported.
        public var namesServers = true
        /// Whether verdicts have their reasons.
        public var givesReasons = false

        public init() {
            var random = SystemRandomness()
            request = HTTPFingerprintConfiguration(seed: random.next())
        }
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// Returns the products that are recognized by their behavior.
    /// - Parameter signatures: signatures in addition to those of the library.
    public static func products(_ signatures: [Signature] = []) throws(SwiftNetError) -> [KnownProduct] {
        try SwiftNetError.wrapping { try HTTPFingerprintMatcher.library(signatures).products }
    }

    /// The products that are recognized by what they claim to be; the behavior of most of them is unknown.
    public static var claimedProducts: [String] { ServerClaim.products }

    /// - Parameter targets: URLs, as for `HTTPProbe`.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try prepare(targets, reading: nil, configuration, options: options)
    }

    /// - Parameter input: further URLs, tested as they are read.
    package static func prepare(
        _ targets: [String], reading input: TargetInput<String>?, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(targets, input, configuration, options) }
    }

    /// A run with open sockets.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = HTTPEngine<HTTPFingerprintPlan>
        public typealias Event = HTTPFingerprintReport
        public typealias Summary = HTTPFingerprintSummary

        private let transport: StreamTransport
        /// Whether the interface of a user-space host existed until the end of the run.
        public var isComplete: Bool { transport.isComplete }
        private var engine: HTTPEngine<HTTPFingerprintPlan>?

        private let input: TargetInput<String>?
        private var request: HTTPFingerprintConfiguration
        private let judge: HTTPFingerprintMatcher?

        fileprivate init(
            _ targets: [String], _ input: TargetInput<String>?, _ asked: Configuration, _ options: RunOptions
        ) throws {
            self.input = input
            request = asked.request
            if let part = asked.request.unsendable {
                throw SwiftNetError(.invalidArgument, nil, "\(part) has characters that cannot be sent")
            }
            try SwiftNetError.check(
                asked.concurrency, in: HTTPProbe.Configuration.concurrencies, "--concurrency")
            let urls = try request.overrides.urls(targets, asked.family, interface: asked.interface)
            // The signals are taken over before the signatures are read, which takes longest.
            transport = try StreamTransport(
                StreamTransport.Requirements(family: asked.family, interface: asked.interface), options)
            judge =
                asked.namesServers
                ? try HTTPFingerprintMatcher(asked.signatures, givesReasons: asked.givesReasons) : nil
            // Who the host is does not matter here.
            var tls = TLSConfiguration(applicationProtocols: ["http/1.1"])
            tls.verifiesCertificates = false
            engine = try HTTPEngine(
                urls.enumerated().map { [request, judge] in
                    HTTPFingerprintPlan($0.element, request, number: $0.offset, judge: judge?.verdict)
                },
                concurrency: min(asked.concurrency, KernelStreams.mostStreams()),
                tls: tls,
                needsTLS: urls.contains { $0.scheme == .https }, expectsMore: input != nil)
        }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> HTTPFingerprintSummary where Observer.Observed == Running {
            try SwiftNetError.wrapping {
                guard var engine = engine.take() else {
                    throw SwiftNetError(.invalidArgument, nil, "a prepared run can be run only once")
                }
                let elapsed = try SessionObserver.erasing(&observer) {
                    try transport.run(&engine, observer: $0.before(addTargets))
                }
                var summary = engine.summary
                summary.elapsed = elapsed
                return summary
            }
        }

        /// Adds URLs that were read.
        private func addTargets(_ engine: inout Running, _ reason: WakeReason, at now: Instant) -> Instant? {
            input?.feed(&engine, reactor: transport.reactor, at: now) { text, number in
                guard let url = try? request.overrides.urls([text], nil).first else { return nil }
                return HTTPFingerprintPlan(url, request, number: number, judge: judge?.verdict)
            }
        }
    }
}
