import func Glibc.exp

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
