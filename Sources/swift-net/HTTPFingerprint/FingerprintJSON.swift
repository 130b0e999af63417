import LinuxProcess
import SwiftNet

/// The verdicts as objects, one a line.
final class FingerprintJSON: FingerprintRenderer {
    private let console: Console
    private let isQuiet: Bool

    init(_ console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
    }

    func verdict(_ report: FingerprintReport, _ verdict: FingerprintVerdict) {
        guard !isQuiet || verdict.product == nil else { return }
        var object = JSONObject(type: "fingerprint")
        object.add("url", "\(report.url)")
        object.add("product", verdict.product ?? "unknown")
        object.add("version", verdict.version)
        object.add("confidence", raw: Self.part(verdict.confidence))
        object.add("banner", report.banner)
        object.add("banner_agrees", raw: verdict.bannerAgrees.map { $0 ? "true" : "false" })
        object.add("origin", verdict.origin)
        object.add(
            "candidates",
            raw: JSONObject.array(
                verdict.candidates.prefix(5).map { candidate in
                    var inner = JSONObject()
                    inner.add("product", candidate.product)
                    inner.add("confidence", raw: Self.part(candidate.confidence))
                    return inner.line
                }))
        object.add("requests", report.requests)
        if let interruption = report.interruption { object.add("interrupted", interruption.text) }
        object.add("elapsed_ms", raw: Milliseconds.json(report.elapsed))
        console.output.write(object.line + "\n")
    }

    func failure(_ report: FingerprintReport, _ failure: HTTPFailure) {
        var object = JSONObject(type: "failure")
        object.add("url", "\(report.url)")
        object.add("kind", failure.kind)
        object.add("message", failure.text)
        console.output.write(object.line + "\n")
    }

    func finish(_ summary: FingerprintSummary) {
        var object = JSONObject(type: "summary")
        object.add("targets", summary.targets)
        object.add("recognized", summary.recognized)
        object.add("unknown", summary.unknown)
        object.add("failed", summary.failed)
        object.add("unresolved", summary.unresolved)
        object.add("requests", summary.requests)
        object.add("elapsed_ms", raw: Milliseconds.json(summary.elapsed))
        console.output.write(object.line + "\n")
    }

    /// With two decimals, as exact as it is.
    private static func part(_ part: Double) -> String {
        let hundredths = Int((min(max(part, 0), 1) * 100).rounded())
        return hundredths == 100 ? "1.0" : "0.\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
