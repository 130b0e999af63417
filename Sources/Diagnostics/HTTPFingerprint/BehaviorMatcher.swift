/// Classifies behaviors by version against labeled ones.
struct BehaviorMatcher: Sendable {
    /// The similarity of a label.
    struct Match: Sendable {
        var label: Int
        /// 1 if all features agree, 0 or less if none do.
        var similarity: Double
        /// The most similar row.
        var row: Int
    }

    private let rows: [Int]
    private let labels: [Int]
    private let labelCount: Int
    private let weights: FeatureWeights

    /// - Parameters:
    ///   - rows: the rows of the matrix to compare with.
    ///   - labels: the label of each row, from 0.
    init(_ matrix: FeatureMatrix, rows: [Int], labels: [Int]) {
        self.rows = rows
        self.labels = labels
        labelCount = (labels.max() ?? -1) + 1
        weights = FeatureWeights(matrix, rows: rows, labels: labels)
    }

    /// Returns every label that has a row, most similar first.
    func matches(of query: [FeatureMatrix.Code], in matrix: FeatureMatrix) -> [Match] {
        let gains = query.indices.map { weights.gain(query[$0], $0) }
        let losses = query.indices.map { weights.loss(query[$0], $0) }
        let whole = gains.reduce(0, +)
        guard whole > 0 else { return [] }
        var nearest = [(score: Float, row: Int)](repeating: (-.infinity, -1), count: labelCount)
        // An unseen configuration often combines features of known ones: features of any row of a label count too.
        var shared = [Bool](repeating: false, count: labelCount * query.count)
        for (row, label) in zip(rows, labels) {
            var score: Float = 0
            for column in query.indices {
                if query[column] == matrix[row, column] {
                    score += gains[column]
                    shared[label * query.count + column] = true
                } else {
                    score += losses[column]
                }
            }
            if score > nearest[label].score { nearest[label] = (score, row) }
        }
        var matches: [Match] = []
        for label in 0..<labelCount where nearest[label].row >= 0 {
            var pooled: Float = 0
            for column in query.indices {
                pooled += shared[label * query.count + column] ? gains[column] : losses[column]
            }
            matches.append(
                Match(
                    label: label, similarity: Double((nearest[label].score + pooled) / (2 * whole)),
                    row: nearest[label].row))
        }
        return matches.sorted { $0.similarity > $1.similarity }
    }
}
