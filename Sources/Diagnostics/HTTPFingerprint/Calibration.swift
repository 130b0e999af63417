import func Glibc.exp

/// How similarity becomes confidence: a logistic curve over how near an answer is, and how far ahead of the next one,
/// and how often answers were right that it gave so much, both fitted to trials in which every configuration was named
/// by all others.
package struct Calibration: Sendable, Hashable {
    /// Of the answers that the curve gave so much, so many were right: both 0 to 1.
    package struct Step: Sendable, Hashable {
        package var given: Double
        package var right: Double

        package init(given: Double, right: Double) {
            self.given = given
            self.right = right
        }
    }

    /// With no similarity and no lead, for all the same, and for a lead that leaves no doubt.
    package var offset: Double
    package var similarity: Double
    package var lead: Double
    /// Ascending, and what lies between them is between what they are.
    package var steps: [Step]

    package init(offset: Double, similarity: Double, lead: Double, steps: [Step] = []) {
        self.offset = offset
        self.similarity = similarity
        self.lead = lead
        self.steps = steps
    }

    /// How often an answer is right that is so near, and so far ahead of every other one.
    package func confidence(similarity: Double, lead: Double) -> Double {
        let given = curve(similarity: similarity, lead: lead)
        guard let last = steps.last else { return given }
        guard let next = steps.firstIndex(where: { $0.given >= given }) else { return last.right }
        guard next > 0 else { return steps[0].right }
        let (low, high) = (steps[next - 1], steps[next])
        return low.right + (high.right - low.right) * (given - low.given) / (high.given - low.given)
    }

    /// What the curve alone gives.
    package func curve(similarity: Double, lead: Double) -> Double {
        1 / (1 + exp(-(offset + self.similarity * similarity + self.lead * Self.part(of: lead))))
    }

    /// A lead as a part of the least that leaves no doubt: a longer one says no more.
    package static func part(of lead: Double) -> Double { min(max(lead, -1), decisiveLead) / decisiveLead }

    private static let decisiveLead = 0.25

    /// Trials of some hundreds of servers cannot speak for more.
    private static let most = 0.99

    func confidence(of candidate: SignatureLibrary.Candidate) -> Double {
        min(confidence(similarity: candidate.similarity, lead: candidate.lead), Self.most)
    }
}

/// The curves for what ends the connection, and for what stands behind it.
package struct Calibrations: Sendable, Hashable {
    package var product: Calibration
    package var origin: Calibration

    package init(product: Calibration, origin: Calibration) {
        self.product = product
        self.origin = origin
    }

    /// Reads them from lines as `product -4.5 10 20 0.1:0.2 0.9:0.95`.
    package init?(_ bytes: [UInt8]) {
        var curves: [Substring: Calibration] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst().prefix(3).compactMap { Double($0) }
            guard numbers.count == 3 else { return nil }
            var curve = Calibration(offset: numbers[0], similarity: numbers[1], lead: numbers[2])
            for word in words.dropFirst(4) {
                let step = word.split(separator: ":").compactMap { Double($0) }
                guard step.count == 2, step[0] > curve.steps.last?.given ?? -1 else { return nil }
                curve.steps.append(Calibration.Step(given: step[0], right: step[1]))
            }
            curves[words[0]] = curve
        }
        guard let product = curves["product"], let origin = curves["origin"] else { return nil }
        self.init(product: product, origin: origin)
    }
}
