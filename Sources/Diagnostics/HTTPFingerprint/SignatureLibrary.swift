/// Signatures, ready for behaviours to be compared with them.
public struct SignatureLibrary: Sendable {
    public let signatures: [Signature]
    /// For each row of the matrix.
    private var rows: [(signature: Int, configuration: Int, label: Int)] = []
    private let labels: [String]
    private let matrix: FeatureMatrix
    private let weights: FeatureWeights

    public init(_ signatures: [Signature]) {
        self.signatures = signatures
        let labels = Set(signatures.map(\.product)).sorted()
        self.labels = labels
        let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($0.element, $0.offset) })
        var behaviors: [ServerBehavior] = []
        for (index, signature) in signatures.enumerated() {
            for (place, configuration) in signature.configurations.enumerated() {
                rows.append((index, place, numbers[signature.product] ?? 0))
                behaviors.append(configuration.behavior)
            }
        }
        matrix = FeatureMatrix(behaviors)
        weights = FeatureWeights(matrix, labels: rows.map(\.label))
    }

    /// How near a product is.
    public struct Candidate: Sendable {
        public var product: String
        /// 1 for all the same, 0 and less for nothing in common.
        public var similarity: Double
        /// The signature and the configuration that are nearest.
        public var signature: Signature
        public var configuration: Signature.Configuration
    }

    /// Every product, the nearest first.
    public func candidates(for behavior: ServerBehavior) -> [Candidate] {
        let query = matrix.row(of: behavior)
        var whole: Float = 0
        for column in query.indices {
            whole += query[column] == FeatureMatrix.unknown ? weights.novelty[column] : gain(query[column], column)
        }
        guard whole > 0 else { return [] }
        var nearest = [(score: Float, row: Int)](repeating: (-.infinity, -1), count: labels.count)
        // A configuration that was never seen is often made of parts that were: what any of a product's had counts too.
        var shared = [[Bool]](repeating: [Bool](repeating: false, count: query.count), count: labels.count)
        for (row, place) in rows.enumerated() {
            var score: Float = 0
            let other = matrix.rows[row]
            for column in query.indices {
                if query[column] == other[column] {
                    score += gain(query[column], column)
                    shared[place.label][column] = true
                } else {
                    score += weights.difference[column]
                }
            }
            if score > nearest[place.label].score { nearest[place.label] = (score, row) }
        }
        var candidates: [Candidate] = []
        for label in labels.indices where nearest[label].row >= 0 {
            var pooled: Float = 0
            for column in query.indices {
                pooled += shared[label][column] ? gain(query[column], column) : weights.difference[column]
            }
            let place = rows[nearest[label].row]
            let signature = signatures[place.signature]
            candidates.append(
                Candidate(
                    product: labels[label], similarity: Double((nearest[label].score + pooled) / (2 * whole)),
                    signature: signature, configuration: signature.configurations[place.configuration]))
        }
        return candidates.sorted { $0.similarity > $1.similarity }
    }

    private func gain(_ value: UInt32, _ column: Int) -> Float {
        value == FeatureMatrix.unknown ? 0 : weights.agreement[column][Int(value)]
    }
}
