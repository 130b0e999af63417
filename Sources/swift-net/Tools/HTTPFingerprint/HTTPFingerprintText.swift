import LinuxProcess
import SwiftNet

/// The output of `http-fingerprint` as text.
final class HTTPFingerprintText: HTTPFingerprintForm {
    let start = SystemClock.now
    private let console: Console
    private let isQuiet: Bool
    private let isVerbose: Bool
    /// Whether servers that are recognized only by what they claim to be count as not recognized.
    private let isStrict: Bool

    init(_ console: Console, isQuiet: Bool, isVerbose: Bool, isStrict: Bool) {
        self.console = console
        self.isQuiet = isQuiet
        self.isVerbose = isVerbose
        self.isStrict = isStrict
    }

    func report(_ report: HTTPFingerprintReport, at now: Instant) {
        if let failure = report.failure {
            write("\(Text.escaped("\(report.url)"))  \(console.painted(Text.escaped(failure.text), .red))")
        } else if let verdict = report.verdict {
            self.verdict(report, verdict)
        }
    }

    private func verdict(_ report: HTTPFingerprintReport, _ verdict: HTTPFingerprintVerdict) {
        guard !isQuiet || verdict.product == nil && (verdict.claim == nil || isStrict) else { return }
        var parts = [Text.escaped("\(report.url)")]
        if let product = verdict.product {
            var name = console.painted(Text.escaped(product), .green)
            if let version = verdict.version { name += " \(Text.escaped(version))" }
            if let version = verdict.bannerVersion, version != verdict.version {
                name += ", \(Text.escaped(version)) by its banner"
            }
            if let origin = verdict.origin { name += " before \(Text.escaped(origin))" }
            parts.append(name)
            parts.append(Self.confidence(verdict.candidates.first))
        } else if let claim = verdict.claim {
            let version = claim.version.map { " \(Text.escaped($0))" } ?? ""
            parts.append(console.painted(claim.product, .green) + version)
            parts.append("by its " + (claim.source == "Server" ? "banner" : Text.escaped(claim.source)))
        } else {
            parts.append(console.painted("unknown", .yellow))
            if let near = Self.nearest(verdict) { parts.append("closest: \(near)") }
        }
        switch (report.banner, verdict.bannerAgrees) {
        case (nil, _): parts.append("no Server field")
        case (let banner?, true): parts.append("Server: \(Text.escaped(banner))")
        case (let banner?, false): parts.append(console.painted("Server: \(Text.escaped(banner))", .yellow))
        case (let banner?, nil): parts.append("Server: \(Text.escaped(banner))")
        }
        if let fronts = verdict.tlsFronts {
            parts.append("TLS by " + (fronts.isEmpty ? "another program" : Text.alternatives(fronts)))
        }
        if let interruption = report.interruption {
            parts.append(
                console.painted(
                    "after \(report.behavior.count) responses: \(Text.escaped(interruption.text))", .yellow))
        }
        write(parts.joined(separator: "  "))
        if let reasons = verdict.reasons {
            for line in HTTPFingerprintReasons(reasons: reasons).lines { write(line) }
        }
        if isVerbose { show(report, verdict) }
    }

    private func show(_ report: HTTPFingerprintReport, _ verdict: HTTPFingerprintVerdict) {
        for test in HTTPFingerprintRequest.allCases {
            guard let answer = report.behavior[test] else { continue }
            let name = Text.left(test.rawValue, 20, gap: 1)
            var line = "  \(name)\(Text.escaped(answer.opening))"
            if !answer.names.isEmpty { line += "  [\(Text.escaped(answer.names.joined(separator: " ")))]" }
            write(line + "  \(answer.ending.rawValue)")
        }
        if let behavior = report.tls { write("  TLS: \(Text.escaped("\(behavior)"))") }
        for candidate in verdict.candidates.prefix(5) {
            write(
                "  closest: \(Text.escaped(candidate.product)) \(Self.confidence(candidate)), "
                    + "configuration '\(Text.escaped(candidate.configuration))'")
        }
        write(
            "  \(Text.count(report.requests, "request")) in \(Milliseconds.short(report.elapsed)) ms")
    }

    func finish(_ summary: HTTPFingerprintSummary, drops: KernelDrops, at now: Instant) {
        guard summary.targets > 1 else { return }
        write(
            "\n\(summary.targets) servers, \(summary.recognized) recognized, \(summary.unknown) unknown, "
                + "\(summary.failed) failed, "
                + (summary.claimed > 0 ? "\(summary.claimed) by their banner, " : "")
                + "\(Text.count(summary.requests, "request")), "
                + "time \((summary.elapsed.count + 500_000) / 1_000_000)ms")
    }

    private func write(_ line: String) { console.output.write(line + "\n") }

    private static func nearest(_ verdict: HTTPFingerprintVerdict) -> String? {
        let near = verdict.candidates.prefix(2).filter { $0.confidence >= 0.01 }
        guard !near.isEmpty else { return nil }
        return near.map { "\(Text.escaped($0.product)) \(confidence($0))" }.joined(separator: ", ")
    }

    /// Returns the confidence as a number if trials support it, otherwise as a word.
    private static func confidence(_ candidate: HTTPFingerprintVerdict.Candidate?) -> String {
        guard let candidate else { return "" }
        return candidate.certainty == .measured
            ? "\(Int((candidate.confidence * 100).rounded())) %" : candidate.certainty.rawValue
    }
}
