import func Glibc.log

/// What it says for two behaviors to be of one kind that a feature is the same in both, or is not:
/// logarithms of odds, learned from labeled behaviors (record linkage after Fellegi and Sunter, 1969).
///
/// A feature that is the same in all configurations of a product, and seldom the same in two products, weighs most.
struct FeatureWeights: Sendable {
    /// For each column and value: what agreement says.
    private(set) var agreement: [[Float]] = []
    /// For each column: what difference says, zero or less.
    private(set) var difference: [Float] = []
    /// For each column: what agreement in a value would say that no kind has shown yet.
    private(set) var novelty: [Float] = []

    /// - Parameters:
    ///   - rows: which rows of the matrix are learned from.
    ///   - labels: what each of them is, from 0.
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
            // Two doubtful pairs of our own keep a feature with few pairs from being certain of anything.
            var same = 1.0
            var pairs = 2.0
            for rows in members {
                for row in rows { counts[Int(matrix.rows[row][column])] += 1 }
                let absences = counts[Int(FeatureMatrix.absent)]
                var agreeing = 0
                for row in rows {
                    let value = Int(matrix.rows[row][column])
                    guard counts[value] > 0 else { continue }
                    // A kind counts once, however many behaviors there are of it.
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
                    // Not to have a feature is not much in common.
                    value == 0 ? 0 : Float(max(log(sameWithin / max(frequency, floor)), 0))
                })
            novelty.append(Float(max(log(sameWithin / floor), 0)))
            difference.append(Float(min(log((1 - sameWithin) / (1 - sameBetween)), 0)))
        }
    }

    /// What a value says when another behavior has it too.
    func gain(_ value: UInt32, _ column: Int) -> Float {
        switch value {
        case FeatureMatrix.unknown: novelty[column]
        case FeatureMatrix.unasked: 0
        default: agreement[column][Int(value)]
        }
    }

    /// What a value says when another behavior has another, zero or less.
    func loss(_ value: UInt32, _ column: Int) -> Float {
        value == FeatureMatrix.unasked ? 0 : difference[column]
    }
}
