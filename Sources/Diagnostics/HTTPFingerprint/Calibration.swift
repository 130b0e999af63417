import func Glibc.exp

/// Converts similarity to confidence: a logistic curve over a candidate's similarity and its lead over the next one,
/// followed by isotonic steps. Both are fitted to trials in which every configuration was identified from all others.
package struct Calibration: Sendable, Hashable {
    /// The measured accuracy of the results to which the curve gave a confidence; both 0 to 1.
    package struct Step: Sendable, Hashable {
        package var given: Double
        package var right: Double

        package init(given: Double, right: Double) {
            self.given = given
            self.right = right
        }
    }

    /// The curve's parameters: its value without similarity and lead, the weight of similarity 1, and the weight of a
    /// decisive lead.
    package var offset: Double
    package var similarity: Double
    package var lead: Double
    /// Ascending steps, interpolated linearly.
    package var steps: [Step]

    package init(offset: Double, similarity: Double, lead: Double, steps: [Step] = []) {
        self.offset = offset
        self.similarity = similarity
        self.lead = lead
        self.steps = steps
    }

    /// Returns the probability that a candidate with this similarity and lead is right.
    package func confidence(similarity: Double, lead: Double) -> Double {
        let given = curve(similarity: similarity, lead: lead)
        guard let last = steps.last else { return given }
        guard let next = steps.firstIndex(where: { $0.given >= given }) else { return last.right }
        guard next > 0 else { return steps[0].right }
        let (low, high) = (steps[next - 1], steps[next])
        return low.right + (high.right - low.right) * (given - low.given) / (high.given - low.given)
    }

    /// Returns the confidence of the curve alone.
    package func curve(similarity: Double, lead: Double) -> Double {
        1 / (1 + exp(-(offset + self.similarity * similarity + self.lead * Self.part(of: lead))))
    }

    /// Returns a lead as a share of the decisive lead, at most 1.
    package static func part(of lead: Double) -> Double { min(max(lead, -1), decisiveLead) / decisiveLead }

    private static let decisiveLead = 0.25

    /// The maximum confidence that trials of a few hundred servers can support.
    private static let most = 0.99

    func confidence(of candidate: SignatureLibrary.Candidate) -> Double {
        min(confidence(similarity: candidate.similarity, lead: candidate.lead), Self.most)
    }
}

/// The calibrations for the product and for the origin.
package struct Calibrations: Sendable, Hashable {
    package var product: Calibration
    package var origin: Calibration

    package init(product: Calibration, origin: Calibration) {
        self.product = product
        self.origin = origin
    }

    /// Parses lines such as `product -4.5 10 20 0.1:0.2 0.9:0.95`.
    package init?(_ bytes: [UInt8]) {
        var curves: [Substring: Calibration] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: " ")
            let numbers = fields.dropFirst().prefix(3).compactMap { Double($0) }
            guard numbers.count == 3 else { return nil }
            var curve = Calibration(offset: numbers[0], similarity: numbers[1], lead: numbers[2])
            for word in fields.dropFirst(4) {
                let step = word.split(separator: ":").compactMap { Double($0) }
                guard step.count == 2, step[0] > curve.steps.last?.given ?? -1 else { return nil }
                curve.steps.append(Calibration.Step(given: step[0], right: step[1]))
            }
            curves[fields[0]] = curve
        }
        guard let product = curves["product"], let origin = curves["origin"] else { return nil }
        self.init(product: product, origin: origin)
    }
}
