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
    /// The tenths of confidence, from 0, in which enough results of trials were right as often as their confidence said.
    package var measured: Set<Int> = []

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

    /// The tenth of a confidence: 0 for less than 10 %, 9 for 90 % and more.
    package static func tenth(of confidence: Double) -> Int { Int(min(max(confidence, 0), 0.99) * 10) }

    package func certainty(of confidence: Double) -> HTTPFingerprintVerdict.Certainty {
        if measured.contains(Self.tenth(of: confidence)) { return .measured }
        return confidence >= 0.5 ? .probable : .uncertain
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

/// The calibrations for the product and for the origin, by the number of responses.
package struct Calibrations: Sendable, Hashable {
    /// The curves for a number of responses.
    package struct Curves: Sendable, Hashable {
        package var product: Calibration
        package var origin: Calibration

        package init(product: Calibration, origin: Calibration) {
            self.product = product
            self.origin = origin
        }
    }

    /// For the usual requests and for all.
    package var usual: Curves
    /// For few responses: to the polite requests, or of a server that refused the others.
    package var polite: Curves

    /// The maximum number of few responses.
    private static let fewResponses = 8

    package init(usual: Curves, polite: Curves) {
        self.usual = usual
        self.polite = polite
    }

    func curves(forAnswers count: Int) -> Curves { count <= Self.fewResponses ? polite : usual }

    /// Parses lines such as `product -4.5 10 20 0.1:0.2 0.9:0.95`, and `measured product 0 9`.
    package init?(_ bytes: [UInt8]) {
        var curves: [Substring: Calibration] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: " ")
            if fields.first == "measured" {
                let tenths = fields.dropFirst(2).compactMap { Int($0) }
                guard fields.count >= 2, curves[fields[1]] != nil, tenths.count == fields.count - 2 else { return nil }
                curves[fields[1]]?.measured = Set(tenths)
                continue
            }
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
        guard let product = curves["product"], let origin = curves["origin"], let few = curves["polite-product"],
            let fewOrigin = curves["polite-origin"]
        else { return nil }
        self.init(
            usual: Curves(product: product, origin: origin), polite: Curves(product: few, origin: fewOrigin))
    }
}
