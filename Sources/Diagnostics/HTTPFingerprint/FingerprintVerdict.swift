import func Glibc.exp

/// What a server is taken for, and how much that is worth.
public struct FingerprintVerdict: Sendable {
    /// A product that it may be.
    public struct Candidate: Sendable {
        public var product: String
        /// Of so many answers that are given with it so many are right: 0 to 1.
        public var confidence: Double
        /// The configuration of it that is nearest.
        public var configuration: String
    }

    /// The product that ends the connection; nil when none is near enough.
    public var product: String?
    /// The range of versions that behave so; nil where it does not show.
    public var version: String?
    /// What stands behind the product; nil for nothing, and where it does not show.
    public var origin: String?
    /// The nearest first.
    public var candidates: [Candidate] = []
    /// Whether what the server calls itself is what it is; nil where one of them is not known.
    public var bannerAgrees: Bool?

    /// Of the product, and of the nearest one where none is near enough.
    public var confidence: Double { candidates.first?.confidence ?? 0 }

    /// Answers that are less sure are not given.
    public static let threshold = 0.5
}

/// How similarity becomes confidence: a logistic curve over how near an answer is, and how far ahead of the next one,
/// fitted to trials in which every configuration was named by all others.
public struct Calibration: Sendable, Hashable {
    /// With no similarity and no lead, for all the same, and for a lead that leaves no doubt.
    public var offset: Double
    public var similarity: Double
    public var lead: Double

    public init(offset: Double, similarity: Double, lead: Double) {
        self.offset = offset
        self.similarity = similarity
        self.lead = lead
    }

    /// How often an answer is right that is so near, and so far ahead of every other one.
    public func confidence(similarity: Double, lead: Double) -> Double {
        1 / (1 + exp(-(offset + self.similarity * similarity + self.lead * Self.part(of: lead))))
    }

    /// A lead as a part of the least that leaves no doubt: a longer one says no more.
    public static func part(of lead: Double) -> Double { min(max(lead, -1), decisiveLead) / decisiveLead }

    private static let decisiveLead = 0.25

    func confidence(of candidate: SignatureLibrary.Candidate) -> Double {
        confidence(similarity: candidate.similarity, lead: candidate.lead)
    }
}

/// The curves for what ends the connection, and for what stands behind it.
public struct Calibrations: Sendable, Hashable {
    public var product: Calibration
    public var origin: Calibration

    public init(product: Calibration, origin: Calibration) {
        self.product = product
        self.origin = origin
    }

    /// Reads them from lines as `product -4.5 10 20`.
    public init?(_ bytes: [UInt8]) {
        var curves: [Substring: Calibration] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst().compactMap { Double($0) }
            guard numbers.count == 3 else { return nil }
            curves[words[0]] = Calibration(offset: numbers[0], similarity: numbers[1], lead: numbers[2])
        }
        guard let product = curves["product"], let origin = curves["origin"] else { return nil }
        self.init(product: product, origin: origin)
    }
}

extension SignatureLibrary {
    /// What a server is that behaves so and calls itself so.
    public func verdict(_ behavior: ServerBehavior, banner: String?, _ calibrations: Calibrations) -> FingerprintVerdict
    {
        guard let comparison = compare([behavior]).first else { return FingerprintVerdict() }
        return verdict(comparison, banner: banner, calibrations)
    }

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
