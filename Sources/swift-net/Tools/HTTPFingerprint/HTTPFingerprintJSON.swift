import LinuxProcess
import SwiftNet

/// The output of `http-fingerprint` as one JSON object per line.
final class HTTPFingerprintJSON: HTTPFingerprintForm {
    let start = SystemClock.now
    private let console: Console
    private let isQuiet: Bool
    private let isStrict: Bool

    init(_ console: Console, isQuiet: Bool, isStrict: Bool) {
        self.isStrict = isStrict
        self.console = console
        self.isQuiet = isQuiet
    }

    func report(_ report: HTTPFingerprintReport, at now: Instant) {
        if let failure = report.failure {
            console.write(
                "failure", FailureRow(url: "\(report.url)", kind: failure.kind, message: failure.text), at: now)
        } else if let verdict = report.verdict,
            !isQuiet || verdict.product == nil && (verdict.claim == nil || isStrict)
        {
            console.write("fingerprint", VerdictRow(report, verdict), at: now)
        }
    }

    func finish(_ summary: HTTPFingerprintSummary, drops: KernelDrops, at now: Instant) {
        console.write(
            "summary",
            SummaryRow(
                targets: summary.targets, recognized: summary.recognized, unknown: summary.unknown,
                failed: summary.failed, claimed: summary.claimed, unresolved: summary.unresolved,
                requests: summary.requests,
                elapsedMs: summary.elapsed), at: now)
    }

    private struct VerdictRow: JSONRow {
        var url: String
        var product: String
        @Null var version: String?
        @Null var confidence: Double?
        @Null var evidence: String?
        @Null var banner: String?
        @Null var bannerAgrees: Bool?
        @Null var origin: String?
        var candidates: [Candidate]
        var requests: Int
        var interrupted: String?
        var elapsedMs: Nanoseconds

        struct Candidate: Encodable {
            var product: String
            var confidence: Double
        }

        init(_ report: HTTPFingerprintReport, _ verdict: HTTPFingerprintVerdict) {
            url = "\(report.url)"
            let claim = verdict.product == nil ? verdict.claim : nil
            product = verdict.product ?? claim?.product ?? "unknown"
            version = verdict.version ?? claim?.version
            evidence = verdict.product == nil ? claim.map { _ in "banner" } : "behavior"
            // A claim has no probability.
            confidence = claim == nil ? Self.rounded(verdict.confidence) : nil
            banner = report.banner
            bannerAgrees = verdict.bannerAgrees
            origin = verdict.origin
            candidates = verdict.candidates.prefix(5).map {
                Candidate(product: $0.product, confidence: Self.rounded($0.confidence))
            }
            requests = report.requests
            interrupted = report.interruption?.text
            elapsedMs = report.elapsed
        }

        /// Rounds to two decimals, the precision of a confidence.
        private static func rounded(_ part: Double) -> Double { (min(max(part, 0), 1) * 100).rounded() / 100 }
    }

    private struct FailureRow: JSONRow {
        var url: String
        var kind: String
        var message: String
    }

    private struct SummaryRow: JSONRow {
        var targets: Int
        var recognized: Int
        var unknown: Int
        var failed: Int
        var claimed: Int
        var unresolved: Int
        var requests: Int
        var elapsedMs: Nanoseconds
    }
}
