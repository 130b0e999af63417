import func Glibc.log

/// Compares behaviors with those of a library: with every configuration of every product, and with every pair of a
/// front and an origin, seen or not.
package struct SignatureComparer: Sendable {
    /// An explanation of a behavior.
    private struct Hypothesis {
        /// How much more probable the behavior is than by chance: a natural logarithm.
        var score: Double
        /// The product that the client is connected to.
        var product: String
        /// The product behind it; nil for none.
        var origin: String?
        /// The most similar row, of the product or of the origin.
        var row: Int
        /// The number of the model that predicts the behavior from that row, of those of servers or of fronts.
        var model: Int
        /// Whether the row is that of the origin, before which the product is a front.
        var isFront: Bool
    }

    private let library: SignatureLibrary
    private let rows: [Int]
    private let models: ServerModels
    private var versions: [String: VersionClassifier] = [:]

    init(_ library: SignatureLibrary, rows: [Int], _ models: ServerModels) {
        self.library = library
        self.rows = rows
        self.models = models
    }

    /// Returns the candidates for a behavior.
    /// - Parameter further: the evidence for a product besides that of its responses: a natural logarithm.
    package mutating func compare(
        _ behavior: ServerBehavior, further: (_ product: String) -> Double = { _ in 0 }
    ) -> SignatureLibrary.Comparison {
        let query = library.matrix.row(of: behavior)
        let chances = models.chances(of: query)
        let information = -query.indices.reduce(0) { sum, column in
            query[column] == FeatureMatrix.unasked ? sum : sum + log(Double(chances[column]))
        }
        guard information > 0 else { return SignatureLibrary.Comparison() }
        var hypotheses = hypotheses(for: behavior, query, chances)
        for index in hypotheses.indices { hypotheses[index].score += further(hypotheses[index].product) }
        Self.sort(&hypotheses)
        var comparison = SignatureLibrary.Comparison()
        comparison.products = candidates(hypotheses, information) { $0.product }
        settleOnBase(&comparison.products)
        guard let product = comparison.products.first?.name else { return comparison }
        comparison.versions = versions(of: product).candidates(for: query, library)
        comparison.origins = candidates(hypotheses.filter { $0.product == product }, information) { $0.origin ?? "" }
        return comparison
    }

    /// Returns the responses that decide between two products for a behavior.
    /// - Parameter signatures: those of the library, with their behaviors.
    package func reasons(
        for behavior: ServerBehavior, _ first: String, rather second: String, _ signatures: [Signature]
    ) -> VerdictReasons? {
        let query = library.matrix.row(of: behavior)
        let chances = models.chances(of: query)
        let hypotheses = hypotheses(for: behavior, query, chances)
        let sides = [first, second].compactMap { name in hypotheses.first { $0.product == name } }
        guard sides.count == 2 else { return nil }
        let evidence = sides.map { side in
            (side.isFront ? models.fronts : models.own)[side.model]
                .evidence(of: query, chances, knowing: side.row, library.matrix)
        }
        var weights: [Int?: Double] = [:]
        for column in query.indices {
            let difference = Double(evidence[0][column] &- evidence[1][column]) / Double(ServerModel.unit)
            weights[library.matrix.test(of: column), default: 0] += difference
        }
        // What a front forwards is not what its origin sends: the response of the product alone is shown.
        let known = sides.map { side -> ServerBehavior? in
            let alone = hypotheses.first { !$0.isFront && $0.product == side.product }
            guard let entry = alone.map({ library.entries[$0.row] }), signatures.indices.contains(entry.signature)
            else { return nil }
            let configurations = signatures[entry.signature].configurations
            return configurations.indices.contains(entry.configuration)
                ? configurations[entry.configuration].behavior : nil
        }
        let reasons = weights.map { number, weight in
            VerdictReasons.Reason(
                test: number.map { HTTPFingerprintRequest.allCases[$0] }, weight: weight,
                response: number.flatMap { behavior.answers[$0] },
                first: number.flatMap { known[0]?.answers[$0] }, second: number.flatMap { known[1]?.answers[$0] })
        }
        return VerdictReasons(
            first: VerdictReasons.Side(product: first, origin: sides[0].origin),
            second: VerdictReasons.Side(product: second, origin: sides[1].origin),
            reasons: reasons.sorted { (abs($0.weight), $1.order) > (abs($1.weight), $0.order) })
    }

    /// Returns the best explanation by each product and each pair, best first.
    private func hypotheses(
        for behavior: ServerBehavior, _ query: [FeatureMatrix.Code], _ chances: [Float]
    ) -> [Hypothesis] {
        let found = hypotheses(for: query, chances)
        // That a server always responds in the same way is hardly evidence: it must be a known server in all.
        return behavior.isUniform ? found.filter { library.matrix.equals(query, in: $0.row) } : found
    }

    private func hypotheses(for query: [FeatureMatrix.Code], _ chances: [Float]) -> [Hypothesis] {
        var found: [Hypothesis] = []
        func add(
            _ evidence: ServerModel.Evidence, _ model: Int, rows: [Int], _ product: String, before origin: String?,
            isFront: Bool
        ) {
            var best: (score: Int32, row: Int)?
            for row in rows {
                let score = evidence.base &+ library.matrix.sum(evidence.gains, ofAgreementWith: query, in: row)
                if score > best?.score ?? .min { best = (score, row) }
            }
            guard let best else { return }
            found.append(
                Hypothesis(
                    score: Double(best.score) / Double(ServerModel.unit), product: product, origin: origin,
                    row: best.row, model: model, isFront: isFront))
        }
        for (number, model) in models.own.enumerated() {
            add(
                model.evidence(of: query, chances, library.matrix), number, rows: model.rows, model.product,
                before: nil,
                isFront: false)
        }
        let evidence = models.fronts.map { $0.evidence(of: query, chances, library.matrix) }
        let likely = likelyOrigins(evidence, query)
        for (number, evidence) in evidence.enumerated() {
            let front = models.fronts[number].product
            for origin in likely {
                // A product before itself cannot be told from the product alone.
                let behind = origin.product == front ? nil : origin.product
                add(evidence, number, rows: origin.rows, front, before: behind, isFront: true)
            }
        }
        Self.sort(&found)
        return found
    }

    private static func sort(_ hypotheses: inout [Hypothesis]) {
        hypotheses.sort { ($0.score, $1.product, $1.origin ?? "") > ($1.score, $0.product, $0.origin ?? "") }
    }

    /// The number of configurations that are compared behind every front.
    private static let likelyCount = 150

    /// Returns the products and configurations that are most likely behind any front: what fronts forward hardly
    /// depends on the front, and comparing every configuration behind every front would take longer than the requests.
    private func likelyOrigins(
        _ fronts: [ServerModel.Evidence], _ query: [FeatureMatrix.Code]
    ) -> [(product: String, rows: [Int])] {
        guard !fronts.isEmpty else { return [] }
        let common = query.indices.map { column in
            fronts.reduce(0) { $0 &+ $1.gains[column] } / Int32(clamping: fronts.count)
        }
        var scored: [(score: Int32, row: Int, model: Int)] = []
        for (index, model) in models.own.enumerated() {
            for row in model.rows {
                scored.append((library.matrix.sum(common, ofAgreementWith: query, in: row), row, index))
            }
        }
        scored.sort { ($0.score, $1.row) > ($1.score, $0.row) }
        let chosen = Dictionary(grouping: scored.prefix(Self.likelyCount), by: \.model)
        return chosen.sorted { $0.key < $1.key }.map { (models.own[$0.key].product, $0.value.map(\.row)) }
    }

    /// Returns the best hypothesis of each name as a candidate.
    private func candidates(
        _ hypotheses: [Hypothesis], _ information: Double, naming name: (Hypothesis) -> String
    ) -> [SignatureLibrary.Candidate] {
        var best: [(name: String, hypothesis: Hypothesis)] = []
        var named: Set<String> = []
        for hypothesis in hypotheses where named.insert(name(hypothesis)).inserted {
            best.append((name(hypothesis), hypothesis))
        }
        return best.enumerated().map { index, item in
            let similarity = item.hypothesis.score / information
            // Without a rival, the lead is the similarity.
            let rival = best.count > 1 ? best[index == 0 ? 1 : 0].hypothesis.score / information : 0
            return SignatureLibrary.Candidate(
                name: item.name, similarity: similarity, lead: similarity - max(rival, 0),
                configuration: library.name(item.hypothesis.row))
        }
    }

    /// The minimum lead of a product over the one it is built on.
    static let clearLead = 0.3

    /// Prefers the base product if a product is not clearly distinguished from it: the product is built on it. One whose
    /// base was not learned cannot be distinguished from it.
    private func settleOnBase(_ products: inout [SignatureLibrary.Candidate]) {
        if let best = products.first, let base = library.base(of: best.name),
            !products.contains(where: { $0.name == base })
        {
            products[0].name = base
            return
        }
        guard products.count > 1, products[0].lead < Self.clearLead else { return }
        let pair = products.prefix(2).map(\.name)
        let index = library.base(of: pair[0]) == pair[1] ? 1 : 0
        guard index == 1 || library.base(of: pair[1]) == pair[0] else { return }
        var settled = products.remove(at: index)
        // As similar as the better of the two, with its lead over all others.
        settled.similarity = max(settled.similarity, products[0].similarity)
        settled.lead = settled.similarity - max(products.dropFirst().map(\.similarity).max() ?? 0, 0)
        products[0].lead = products[0].similarity - settled.similarity
        products.insert(settled, at: 0)
    }

    /// Returns the classifier of a product's versions, created on first use.
    private mutating func versions(of product: String) -> VersionClassifier {
        if let known = versions[product] { return known }
        let made = VersionClassifier(
            library, rows: rows.filter { library.product($0) == product && library.origin($0).isEmpty })
        versions[product] = made
        return made
    }
}

/// Classifies the behaviors of one product by version.
private struct VersionClassifier: Sendable {
    private let names: [String]
    private let matcher: BehaviorMatcher

    init(_ library: SignatureLibrary, rows: [Int]) {
        let rowNames = rows.map(library.versions)
        names = Set(rowNames).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
        matcher = BehaviorMatcher(library.matrix, rows: rows, labels: rowNames.map { numbers[$0] ?? 0 })
    }

    func candidates(for query: [FeatureMatrix.Code], _ library: SignatureLibrary) -> [SignatureLibrary.Candidate] {
        let matches = matcher.matches(of: query, in: library.matrix)
        return matches.enumerated().map { index, match in
            let rival = matches.count > 1 ? max(matches[index == 0 ? 1 : 0].similarity, 0) : 0
            return SignatureLibrary.Candidate(
                name: names[match.label], similarity: match.similarity, lead: match.similarity - rival,
                configuration: library.name(match.row))
        }
    }
}
