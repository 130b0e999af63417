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
/// Sends 25 requests to each server, one after the other, most of them invalid in one way.
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

        public init() {
            var random = SystemRandomness()
            request = HTTPFingerprintConfiguration(seed: random.next())
        }
    }

    public static var defaultConfiguration: Configuration { Configuration() }

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
            try SwiftNetError.check(
                asked.concurrency, in: HTTPProbe.Configuration.concurrencies, "--concurrency")
            let urls = try request.overrides.urls(targets, asked.family, interface: asked.interface)
            // The signals are taken over before the signatures are read, which takes longest.
            transport = try StreamTransport(
                StreamTransport.Requirements(family: asked.family, interface: asked.interface), options)
            judge = asked.namesServers ? try HTTPFingerprintMatcher(asked.signatures) : nil
            engine = try HTTPEngine(
                urls.enumerated().map { [request, judge] in
                    HTTPFingerprintPlan($0.element, request, number: $0.offset, judge: judge?.verdict)
                },
                concurrency: min(asked.concurrency, KernelStreams.mostStreams()),
                tls: TLSConfiguration(applicationProtocols: ["http/1.1"]),
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

/// Identifies servers by the signatures of the library and additional ones.
private final class HTTPFingerprintMatcher {
    /// A library, and what it has learned.
    private struct Knowledge {
        let library: SignatureLibrary
        let calibrations: Calibrations
        var comparer: SignatureComparer

        init(_ others: [Signature]) throws {
            guard let calibrations = Calibrations(EmbeddedSignatures.calibrations) else {
                throw SwiftNetError(.invalidArgument, nil, "cannot read the built-in calibrations")
            }
            do {
                library = try Self.library(others)
            } catch {
                throw SwiftNetError(
                    .invalidArgument, nil,
                    "cannot read the built-in signatures: \(SwiftNetError(error).description)")
            }
            self.calibrations = calibrations
            comparer = library.comparer()
        }

        /// Returns the stored library, or one that learns from additional signatures too.
        private static func library(_ others: [Signature]) throws -> SignatureLibrary {
            if others.isEmpty, let stored = SignatureTable.library(try EmbeddedSignatures.table()) { return stored }
            return SignatureLibrary(try Signature.all(in: EmbeddedSignatures.text()) + others)
        }
    }

    private var knowledge: Knowledge?

    /// Reads the built-in signatures at the first verdict, unless there are others to learn from.
    init(_ others: [Signature]) throws {
        if !others.isEmpty { knowledge = try Knowledge(others) }
    }

    /// Returns the verdict on a server: unknown if the built-in signatures cannot be read, which a test excludes.
    func verdict(_ report: HTTPFingerprintReport) -> HTTPFingerprintVerdict {
        if knowledge == nil { knowledge = try? Knowledge([]) }
        guard let comparison = knowledge?.comparer.compare(report.behavior), let knowledge else {
            return HTTPFingerprintVerdict()
        }
        var verdict = knowledge.library.verdict(comparison, banner: report.banner, knowledge.calibrations)
        if verdict.product == nil {
            verdict.claim = report.claim ?? report.banner.flatMap(knowledge.library.claim)
        }
        return verdict
    }
}
