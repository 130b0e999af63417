extension SignatureLibrary {
    /// What follows from a comparison.
    public func verdict(
        _ comparison: Comparison, banner: String?, _ calibrations: Calibrations
    ) -> FingerprintVerdict {
        var verdict = FingerprintVerdict()
        verdict.candidates = comparison.products.prefix(10).map {
            FingerprintVerdict.Candidate(
                product: $0.name, confidence: calibrations.product.confidence(of: $0),
                configuration: $0.configuration)
        }
        settleOnBase(&verdict, comparison.products)
        guard let best = verdict.candidates.first, best.confidence >= FingerprintVerdict.threshold else {
            return verdict
        }
        verdict.product = best.product
        let threshold = FingerprintVerdict.threshold
        if let origin = comparison.origins.first, !origin.name.isEmpty, !origin.hasTwin,
            calibrations.origin.confidence(of: origin) >= threshold
        {
            verdict.origin = origin.name
        }
        verdict.version = Self.version(comparison.versions)
        let known = names(of: best.product) + names(of: verdict.origin ?? "")
        if let banner, !known.isEmpty {
            let word = Self.name(inBanner: banner)
            verdict.bannerAgrees = known.contains { $0.lowercased() == word.lowercased() }
        }
        return verdict
    }

    /// How far ahead of what it is built on a product must be.
    private static let clearLead = 0.15

    /// A product that is not clearly told from the one whose HTTP it uses is taken for that one: it is that one too.
    private func settleOnBase(_ verdict: inout FingerprintVerdict, _ products: [Candidate]) {
        guard products.count > 1, products[0].lead < Self.clearLead else { return }
        let pair = products.prefix(2).map(\.name)
        func base(_ product: String) -> String? { signatures.first { $0.product == product }?.base }
        guard let base = base(pair[0]) == pair[1] ? pair[1] : base(pair[1]) == pair[0] ? pair[0] : nil,
            let place = verdict.candidates.firstIndex(where: { $0.product == base })
        else { return }
        var settled = verdict.candidates.remove(at: place)
        // As far ahead of all others as the two are, which is far.
        settled.confidence = max(settled.confidence, verdict.candidates[0].confidence)
        verdict.candidates.insert(settled, at: 0)
    }

    /// The nearest range; together with those that are as near, where they are not all.
    private static func version(_ candidates: [Candidate]) -> String? {
        guard let best = candidates.first else { return nil }
        let near = candidates.filter { $0.similarity > best.similarity - 0.01 }
        guard near.count < candidates.count else { return nil }
        return VersionRange(holding: near.map { VersionRange($0.name) })?.text
    }

    private func names(of product: String) -> [String] {
        signatures.filter { $0.product == product }.flatMap(\.banners)
    }

    /// A banner without its version and what follows.
    public static func name(inBanner banner: String) -> String {
        String(banner.prefix { $0 != "/" && $0 != " " && $0 != "(" })
    }
}
