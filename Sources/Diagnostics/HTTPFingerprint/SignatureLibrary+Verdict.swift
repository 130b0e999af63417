extension SignatureLibrary {
    /// Returns the verdict of a comparison.
    package func verdict(
        _ comparison: Comparison, banner: String?, _ calibrations: Calibrations, answers answerCount: Int
    ) -> HTTPFingerprintVerdict {
        var verdict = HTTPFingerprintVerdict()
        let calibrations = calibrations.curves(forAnswers: answerCount)
        verdict.candidates = settled(comparison.products, by: banner).prefix(10).map {
            let confidence = calibrations.product.confidence(of: $0)
            return HTTPFingerprintVerdict.Candidate(
                product: $0.name, confidence: confidence, certainty: calibrations.product.certainty(of: confidence),
                configuration: $0.configuration)
        }
        guard let best = verdict.candidates.first, best.confidence >= HTTPFingerprintVerdict.threshold else {
            return verdict
        }
        verdict.product = best.product
        if let origin = comparison.origins.first, !origin.name.isEmpty,
            calibrations.origin.confidence(of: origin) >= HTTPFingerprintVerdict.originThreshold
        {
            verdict.origin = origin.name
        }
        verdict.version = Self.version(comparison.versions)
        verdict.bannerAgrees = banner.flatMap { agrees($0, with: verdict) }
        verdict.bannerVersion = banner.flatMap { version(of: best.product, in: $0) }
        return verdict
    }

    /// Returns the candidates with a product before the one it is built on, if the two are hardly distinguished and the
    /// banner is that of the first. A banner never outvotes behavior.
    private func settled(_ candidates: [Candidate], by banner: String?) -> [Candidate] {
        guard candidates.count > 1, let banner, let base = base(of: candidates[1].name), base == candidates[0].name,
            candidates[1].lead > -SignatureComparer.clearLead,
            isName(Self.name(inBanner: banner).lowercased(), of: { $0.product == candidates[1].name })
        else { return candidates }
        var settled = candidates
        settled.swapAt(0, 1)
        (settled[0].similarity, settled[0].lead) = (candidates[0].similarity, candidates[0].lead)
        return settled
    }

    /// Returns the version of a product in a Server field, which may name several, such as `Python/3.11 aiohttp/3.9.5`; nil if
    /// none is its own.
    private func version(of product: String, in banner: String) -> String? {
        guard isName(Self.name(inBanner: banner).lowercased(), of: { $0.product == product }) else { return nil }
        let tokens = banner.split(separator: " ").prefix { !$0.hasPrefix("(") }
        let own = tokens.first { word in
            let (name, whole) = (Self.plain(word.prefix { $0 != "/" }), Self.plain(product))
            return name.count >= 3 && (whole.hasPrefix(name) || name.hasPrefix(whole))
        }
        if let own { return ServerClaim.version(in: String(own)) }
        // The version of another name may be that of a part: that of the product has a major version that is known.
        guard let version = tokens.first.flatMap({ ServerClaim.version(in: String($0)) }) else { return nil }
        let isKnown = signatures.contains { $0.product == product && VersionRange($0.versions).isNear(version) }
        return isKnown ? version : nil
    }

    /// The letters and digits of a name, in lower case.
    private static func plain(_ name: some StringProtocol) -> String {
        String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }

    /// The product that a product is built on; nil for none.
    func base(of product: String) -> String? { signatures.first { $0.product == product }?.base }

    /// Whether a text in lower case is the banner of one of these products.
    private func isName(_ text: String, of isWanted: (Signature) -> Bool) -> Bool {
        signatures.contains { isWanted($0) && $0.banners.contains { $0.lowercased() == text } }
    }

    /// The most similar version range, joined with equally similar ones unless those are all.
    private static func version(_ candidates: [Candidate]) -> String? {
        guard let best = candidates.first else { return nil }
        let near = candidates.filter { $0.similarity > best.similarity - 0.015 }
        guard near.count < candidates.count else { return nil }
        return VersionRange(holding: near.map { VersionRange($0.name) })?.text
    }

    /// Returns nil if the product's Server field is unknown, and for the name of a product that is built on it, which
    /// it may be.
    private func agrees(_ banner: String, with verdict: HTTPFingerprintVerdict) -> Bool? {
        let word = Self.name(inBanner: banner).lowercased()
        let own = [verdict.product, verdict.origin].compactMap(\.self)
        if isName(word, of: { own.contains($0.product) }) { return true }
        if isName(word, of: { $0.base == verdict.product }) { return nil }
        return signatures.contains { own.contains($0.product) && !$0.banners.isEmpty } ? false : nil
    }

    /// A banner without its version and the text after it.
    package static func name(inBanner banner: String) -> String {
        String(banner.prefix { $0 != "/" && $0 != " " && $0 != "(" })
    }
}
