import Diagnostics
import PacketEngine
import SwiftNetSignatures

/// Identifies servers by the signatures of the library and additional ones.
final class HTTPFingerprintMatcher {
    /// A library, and what it has learned.
    private struct Knowledge {
        let library: SignatureLibrary
        let calibrations: Calibrations
        let tls: TLSKnowledge
        var comparer: SignatureComparer
        /// All signatures with their behaviors, which reasons show; empty if none are wanted.
        let signatures: [Signature]

        init(_ others: [Signature], givesReasons: Bool) throws {
            guard let calibrations = Calibrations(EmbeddedSignatures.calibrations) else {
                throw SwiftNetError(.invalidArgument, nil, "cannot read the built-in calibrations")
            }
            guard let tls = TLSKnowledge(EmbeddedSignatures.tls) else {
                throw SwiftNetError(.invalidArgument, nil, "cannot read the built-in behaviors of TLS")
            }
            self.tls = tls
            library = try HTTPFingerprintMatcher.library(others)
            signatures = givesReasons ? try HTTPFingerprintMatcher.signatures(others) : []
            self.calibrations = calibrations
            comparer = library.comparer()
        }
    }

    private var knowledge: Knowledge?
    private let givesReasons: Bool

    /// Reads the built-in signatures at the first verdict, unless there are others to learn from.
    init(_ others: [Signature], givesReasons: Bool) throws {
        self.givesReasons = givesReasons
        if !others.isEmpty { knowledge = try Knowledge(others, givesReasons: givesReasons) }
    }

    /// Returns the stored library, or one that learns from additional signatures too.
    static func library(_ others: [Signature]) throws -> SignatureLibrary {
        do {
            if others.isEmpty, let stored = SignatureTable.library(EmbeddedSignatures.table) { return stored }
            return SignatureLibrary(try signatures(others))
        } catch {
            throw SwiftNetError(
                .invalidArgument, nil, "cannot read the built-in signatures: \(SwiftNetError(error).description)")
        }
    }

    private static func signatures(_ others: [Signature]) throws -> [Signature] {
        try Signature.all(in: EmbeddedSignatures.text()) + others
    }

    /// Returns the verdict on a server: unknown if the built-in signatures cannot be read, which a test excludes.
    func verdict(_ report: HTTPFingerprintReport) -> HTTPFingerprintVerdict {
        if knowledge == nil { knowledge = try? Knowledge([], givesReasons: givesReasons) }
        guard let known = knowledge?.tls else { return HTTPFingerprintVerdict() }
        let comparison = knowledge?.comparer.compare(report.behavior) { product in
            report.tls.map { known.evidence($0, for: product) } ?? 0
        }
        guard let comparison, let knowledge else { return HTTPFingerprintVerdict() }
        var verdict = knowledge.library.verdict(
            comparison, banner: report.banner, knowledge.calibrations, answers: report.behavior.count)
        if let behavior = report.tls, let product = verdict.product {
            verdict.tlsFronts = known.terminators(behavior, before: product)
        }
        if verdict.product == nil {
            verdict.claim = report.claim ?? report.banner.flatMap(knowledge.library.claim)
        }
        if givesReasons, verdict.candidates.count > 1 {
            verdict.reasons = knowledge.comparer.reasons(
                for: report.behavior, verdict.candidates[0].product, rather: verdict.candidates[1].product,
                knowledge.signatures)
        }
        return verdict
    }
}
