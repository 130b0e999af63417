import func Glibc.log

/// What it says for two behaviours to be of one product that a feature is the same in both, or is not:
/// the logarithms of two odds, learned from labelled behaviours (Fellegi and Sunter's record linkage).
///
/// A feature that is the same in all configurations of a product, and seldom the same in two products, weighs most.
struct FeatureWeights: Sendable {
    /// For each column and value: what agreement says.
    private(set) var agreement: [[Float]] = []
    /// For each column: what difference says, zero or less.
    private(set) var difference: [Float] = []
    /// For each column: what agreement in a value says that nobody has shown yet.
    private(set) var novelty: [Float] = []

    /// - Parameter labels: for each row of the matrix, from 0.
    init(_ matrix: FeatureMatrix, labels: [Int]) {
        let labelCount = (labels.max() ?? -1) + 1
        var members = [[Int]](repeating: [], count: labelCount)
        for (row, label) in labels.enumerated() { members[label].append(row) }
        members.removeAll(where: \.isEmpty)
        let floor = 1 / Double(2 * max(members.count, 1))
        for column in 0..<matrix.columnCount {
            var frequency = [Double](repeating: 0, count: matrix.valueCount(of: column))
            // Two doubtful pairs of our own keep a feature with few pairs from being certain of anything.
            var same = 1.0
            var pairs = 2.0
            for rows in members {
                var counts: [UInt32: Int] = [:]
                for row in rows { counts[matrix.rows[row][column], default: 0] += 1 }
                for (value, count) in counts {
                    frequency[Int(value)] += Double(count) / Double(rows.count) / Double(members.count)
                }
                guard rows.count > 1, counts[FeatureMatrix.absent] != rows.count else { continue }
                // A product counts once, however many configurations there are of it.
                let all = Double(rows.count * (rows.count - 1))
                same += counts.values.reduce(0) { $0 + Double($1 * ($1 - 1)) } / all
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
}
