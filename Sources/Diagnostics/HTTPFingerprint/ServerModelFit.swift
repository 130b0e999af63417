/// Learns models from rows whose product is known, by expectation maximization (Dempster, Laird and Rubin, 1977).
///
/// Each row is explained by the most similar other row: for a product's own configurations, one of another kind; for a
/// front, one of the origin alone. What the models of all products have in common is learned first, because most
/// products have few configurations.
struct ServerModelFit {
    /// A product, and its rows by the groups that count once: the kinds of its configurations, or the origins behind it.
    struct Class {
        var product: String
        var groups: [[Int]]
        /// By group, the rows of other behaviors that may explain it; nil for the rows of the other groups.
        var known: [[Int]]?

        /// By group, the rows that may explain it, in ascending order.
        var explanations: [[Int]] {
            known ?? groups.indices.map { own in groups.indices.filter { $0 != own }.flatMap { groups[$0] }.sorted() }
        }
    }

    /// A row with its explanation.
    private struct Sample {
        /// The weight of the row in its class: a group counts once.
        var weight: Float
        var row: Int
        /// The row that explains it.
        var known: Int
        /// By column: the frequency of the value among the class's other groups.
        var usual: [Float]
    }

    /// The two probabilities of a model, by column.
    struct Shares {
        var kept: [Float]
        var own: [Float]

        /// The largest number that stands for a probability in a stored table.
        static let scale: Float = 65_535

        /// The shares with the precision of a stored table.
        var rounded: Shares {
            func round(_ shares: [Float]) -> [Float] { shares.map { ($0 * Self.scale).rounded() / Self.scale } }
            return Shares(kept: round(kept), own: round(own))
        }
    }

    let matrix: FeatureMatrix
    let slots: ValueSlots
    /// The probability of a row's value in a column by chance.
    let chance: (_ row: Int, _ column: Int) -> Float

    /// Returns the frequency of a value that some groups have, smoothed by its frequency among all products.
    static func frequency(_ count: Float, among groupCount: Float, chance: Float) -> Float {
        (count + weightOfChance * chance) / (groupCount + weightOfChance)
    }

    /// The weight of chance among the values of a product, in groups.
    private static let weightOfChance: Float = 0.5
    private static let rounds = 6
    /// The weight of what is known in advance, in groups.
    private static let priorWeight: Float = 2

    /// Returns the shares of classes.
    func shares(of classes: [Class]) -> [Shares] {
        let learned = classes.map { samples(of: $0, ValueFrequencies($0.groups, matrix, slots)) }
        // Every class counts once in what they have in common.
        let pooled = learned.flatMap { samples in
            let whole = samples.reduce(0) { $0 + $1.weight }
            return samples.map { sample in
                var sample = sample
                sample.weight /= whole
                return sample
            }
        }
        let start = Shares(
            kept: [Float](repeating: 0.45, count: matrix.columnCount),
            own: [Float](repeating: 0.45, count: matrix.columnCount))
        let common = shares(pooled, prior: start).rounded
        return learned.map { $0.isEmpty ? common : shares($0, prior: common).rounded }
    }

    private func samples(of asked: Class, _ own: ValueFrequencies) -> [Sample] {
        guard asked.groups.count > 1 else { return [] }
        return zip(asked.groups, asked.explanations).flatMap { rows, others -> [Sample] in
            rows.compactMap { row in
                guard let known = others.max(by: { matrix.agreement($0, row) < matrix.agreement($1, row) }) else {
                    return nil
                }
                let usual = (0..<matrix.columnCount).map { column in
                    let value = matrix[row, column]
                    let same = rows.count { matrix[$0, column] == value }
                    return own.frequency(
                        of: value, in: column, without: Float(same) / Float(rows.count), chance: chance(row, column))
                }
                return Sample(weight: 1 / Float(rows.count), row: row, known: known, usual: usual)
            }
        }
    }

    private func shares(_ samples: [Sample], prior: Shares) -> Shares {
        let whole = samples.reduce(0) { $0 + $1.weight } + Self.priorWeight
        var result = prior
        for column in 0..<matrix.columnCount {
            var (kept, own) = (prior.kept[column], prior.own[column])
            for _ in 0..<Self.rounds {
                var keptSum = Self.priorWeight * prior.kept[column]
                var ownSum = Self.priorWeight * prior.own[column]
                for sample in samples {
                    let same = matrix[sample.row, column] == matrix[sample.known, column] ? kept : 0
                    let usual = own * sample.usual[column]
                    let sum = same + usual + max(1 - kept - own, 0) * chance(sample.row, column)
                    guard sum > 0 else { continue }
                    keptSum += sample.weight * same / sum
                    ownSum += sample.weight * usual / sum
                }
                (kept, own) = (keptSum / whole, ownSum / whole)
            }
            (result.kept[column], result.own[column]) = (kept, own)
        }
        return result
    }
}
