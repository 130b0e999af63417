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
        @Null var certainty: String?
        @Null var bannerVersion: String?
        @Null var tls: String?
        @Null var tlsFront: String?
        var why: [Reason]?

        struct Candidate: Encodable {
            var product: String
            @Null var confidence: Double?
            var certainty: String

            init(_ candidate: HTTPFingerprintVerdict.Candidate) {
                product = candidate.product
                certainty = candidate.certainty.rawValue
                confidence = candidate.certainty == .measured ? VerdictRow.rounded(candidate.confidence) : nil
            }
        }

        /// A response that speaks for one of the two most similar products.
        struct Reason: Encodable {
            @Null var test: String?
            var product: String
            var rather: String
            var weight: Double
            @Null var response: String?

            init(_ reason: VerdictReasons.Reason, _ reasons: VerdictReasons) {
                test = reason.test?.rawValue
                let names = [reasons.first.product, reasons.second.product]
                (product, rather) = reason.weight > 0 ? (names[0], names[1]) : (names[1], names[0])
                weight = (abs(reason.weight) * 100).rounded() / 100
                response = reason.response?.opening
            }
        }

        init(_ report: HTTPFingerprintReport, _ verdict: HTTPFingerprintVerdict) {
            url = "\(report.url)"
            let claim = verdict.product == nil ? verdict.claim : nil
            product = verdict.product ?? claim?.product ?? "unknown"
            version = verdict.version ?? claim?.version
            evidence = verdict.product == nil ? claim.map { _ in "banner" } : "behavior"
            // A claim has no probability.
            let best = claim == nil ? verdict.candidates.first.map(Candidate.init) : nil
            (confidence, certainty) = (best?.confidence, best?.certainty)
            banner = report.banner
            bannerAgrees = verdict.bannerAgrees
            origin = verdict.origin
            tlsFront = verdict.tlsFronts.map { $0.isEmpty ? "unknown" : Text.alternatives($0) }
            tls = report.tls?.description
            candidates = verdict.candidates.prefix(5).map(Candidate.init)
            bannerVersion = verdict.bannerVersion
            why = verdict.reasons.map { reasons in
                reasons.reasons.filter { abs($0.weight) >= HTTPFingerprintReasons.leastWeight }
                    .map { Reason($0, reasons) }
            }
            requests = report.requests
            interrupted = report.interruption?.text
            elapsedMs = report.elapsed
        }

        /// Rounds to two decimals, the precision of a confidence.
        fileprivate static func rounded(_ part: Double) -> Double { (min(max(part, 0), 1) * 100).rounded() / 100 }
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
