import Diagnostics
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
/// 25 requests go to each server, one after the other, most of them wrong in one way.
public enum HTTPFingerprint: Tool {
    public typealias Event = HTTPFingerprintReport
    public typealias Summary = HTTPFingerprintSummary

    /// What is asked of each server, and what it is compared with.
    public struct Configuration: Sendable {
        public var request: HTTPFingerprintConfiguration
        /// Servers that are examined at the same time.
        public var concurrency = 40
        /// The family of the addresses that are connected to; nil for both.
        public var family: IPAddress.Family?
        /// The only interface that connections use.
        public var interface: String?
        /// Signatures beside those that come with the library.
        public var signatures: [Signature] = []
        /// Servers are named; otherwise their behavior alone is reported.
        public var namesServers = true

        public init() {
            var random = SystemRandomness()
            request = HTTPFingerprintConfiguration(seed: random.next())
        }
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: URLs, as of `HTTPProbe`.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try prepare(targets, reading: nil, configuration, options: options)
    }

    /// - Parameter input: further URLs, whose servers are named as they come.
    package static func prepare(
        _ targets: [String], reading input: HTTPTargetInput?, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(targets, input, configuration, options) }
    }

    /// A run whose sockets are open.
    public final class Prepared: PreparedStreamRun {
        public typealias Running = HTTPEngine<HTTPFingerprintPlan>
        public typealias Event = HTTPFingerprintReport
        public typealias Summary = HTTPFingerprintSummary

        private let transport: StreamTransport
        private var engine: HTTPEngine<HTTPFingerprintPlan>?

        private let input: HTTPTargetInput?
        private var request: HTTPFingerprintConfiguration
        private let judge: HTTPFingerprintMatcher?

        fileprivate init(
            _ targets: [String], _ input: HTTPTargetInput?, _ asked: Configuration, _ options: RunOptions
        ) throws {
            self.input = input
            request = asked.request
            let urls = try request.places.urls(targets, asked.family)
            // The signals are taken over before the signatures are read, which takes longest.
            transport = try StreamTransport(
                StreamTransport.Requirements(family: asked.family, interface: asked.interface), options)
            judge = asked.namesServers ? try HTTPFingerprintMatcher(asked.signatures) : nil
            engine = try HTTPEngine(
                urls.enumerated().map { [request, judge] in
                    HTTPFingerprintPlan($0.element, request, number: $0.offset, judge: judge?.verdict)
                },
                concurrency: asked.concurrency, tls: TLSConfiguration(applicationProtocols: ["http/1.1"]),
                needsTLS: urls.contains { $0.scheme == .https }, expectsMore: input != nil)
        }

        public func run<Observer: StreamObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> HTTPFingerprintSummary where Observer.Observed == Running {
            try SwiftNetError.wrapping {
                guard var engine = engine.take() else {
                    throw SwiftNetError(.invalidArgument, nil, "a prepared run can be run once")
                }
                let elapsed = try StreamSessionObserver.erasing(&observer) {
                    try transport.run(&engine, observer: $0.before(addTargets))
                }
                var summary = engine.summary
                summary.elapsed = elapsed
                return summary
            }
        }

        /// Adds the URLs that have come.
        private func addTargets(_ engine: inout Running, at now: Instant) -> Instant? {
            input?.feed(&engine, reactor: transport.reactor, at: now) { text, number in
                guard let url = try? request.places.urls([text], nil).first else { return nil }
                return HTTPFingerprintPlan(url, request, number: number, judge: judge?.verdict)
            }
        }
    }
}

/// Names servers by the signatures that come with the library, and others.
private final class HTTPFingerprintMatcher {
    private let library: SignatureLibrary
    private let calibrations: Calibrations
    private var comparer: SignatureComparer

    init(_ others: [Signature]) throws {
        guard let calibrations = Calibrations(EmbeddedSignatures.calibrations) else {
            throw SwiftNetError(.invalidArgument, nil, "the calibrations that come with it cannot be read")
        }
        let own: [Signature]
        do {
            own = try Signature.all(in: EmbeddedSignatures.text())
        } catch {
            throw SwiftNetError(
                .invalidArgument, nil,
                "the signatures that come with it cannot be read: \(SwiftNetError(error).description)")
        }
        library = SignatureLibrary(own + others)
        self.calibrations = calibrations
        comparer = library.comparer()
    }

    func verdict(_ report: HTTPFingerprintReport) -> HTTPFingerprintVerdict {
        library.verdict(comparer.compare(report.behavior), banner: report.banner, calibrations)
    }
}
