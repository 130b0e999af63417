import func Glibc.log

/// The evidence that agreement or difference in a feature gives for two behaviors having the same label: log odds,
/// learned from labeled behaviors (record linkage after Fellegi and Sunter, 1969).
///
/// A feature that is the same in all configurations of a product, and rarely the same in two products, has the largest
/// weight.
struct FeatureWeights: Sendable {
    /// By column and value: the weight of agreement.
    private(set) var agreement: [[Float]] = []
    /// By column: the weight of difference, 0 or less.
    private(set) var difference: [Float] = []
    /// By column: the weight of agreement in a value that no row has.
    private(set) var novelty: [Float] = []

    /// - Parameters:
    ///   - rows: the rows of the matrix to learn from.
    ///   - labels: the label of each row, from 0.
    init(_ matrix: FeatureMatrix, rows: [Int], labels: [Int]) {
        var members = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
        for (row, label) in zip(rows, labels) { members[label].append(row) }
        members.removeAll(where: \.isEmpty)
        let floor = 1 / Double(2 * max(members.count, 1))
        agreement.reserveCapacity(matrix.columnCount)
        for column in 0..<matrix.columnCount {
            let valueCount = matrix.valueCount(of: column)
            var frequency = [Double](repeating: 0, count: valueCount)
            var counts = [Int](repeating: 0, count: valueCount)
            // Two pseudo-counts keep a feature with few pairs from certainty.
            var same = 1.0
            var pairs = 2.0
            for rows in members {
                for row in rows { counts[Int(matrix[row, column])] += 1 }
                let absences = counts[Int(FeatureMatrix.absent)]
                var agreeing = 0
                for row in rows {
                    let value = Int(matrix[row, column])
                    guard counts[value] > 0 else { continue }
                    // A label counts once, however many behaviors it has.
                    frequency[value] += Double(counts[value]) / Double(rows.count * members.count)
                    agreeing += counts[value] * (counts[value] - 1)
                    counts[value] = 0
                }
                guard rows.count > 1, absences != rows.count else { continue }
                same += Double(agreeing) / Double(rows.count * (rows.count - 1))
                pairs += 1
            }
            let sameWithin = same / pairs
            let sameBetween = min(frequency.reduce(0) { $0 + $1 * $1 }, 0.999)
            agreement.append(
                frequency.enumerated().map { value, frequency in
                    // The common absence of a feature is weak evidence.
                    value == 0 ? 0 : Float(max(log(sameWithin / max(frequency, floor)), 0))
                })
            novelty.append(Float(max(log(sameWithin / floor), 0)))
            difference.append(Float(min(log((1 - sameWithin) / (1 - sameBetween)), 0)))
        }
    }

    /// Returns the weight of agreement in a value.
    func gain(_ value: FeatureMatrix.Code, _ column: Int) -> Float {
        switch value {
        case FeatureMatrix.unknown: novelty[column]
        case FeatureMatrix.unasked: 0
        default: agreement[column][Int(value)]
        }
    }

    /// Returns the weight of a difference, 0 or less.
    func loss(_ value: FeatureMatrix.Code, _ column: Int) -> Float {
        value == FeatureMatrix.unasked ? 0 : difference[column]
    }
}
