import func Glibc.log

/// How the features of the servers of one product come about: a value is that of a known behavior, or else one of the
/// product's own values, or else any value.
///
/// For a product that answers requests itself, the known behavior is that of one of its configurations. For one in
/// front of another server, it is that of the origin alone: what the front forwards unchanged is the origin's, and what
/// it answers itself or rewrites is its own. Because each front and each origin are learned once, pairs that were never
/// seen are predicted.
struct ServerModel: Sendable {
    /// The product.
    let product: String
    /// The rows of its configurations: of its own, or as a front.
    let rows: [Int]
    /// By column: the probabilities that a value is that of the known behavior, and that it is one of the product's own.
    let shares: ServerModelFit.Shares
    /// The product's own values: their frequency by slot.
    let frequencies: ValueFrequencies

    /// The logarithms of how much more probable the values of a query are than by chance, if they differ from the known
    /// behavior, and the gains if they equal it.
    struct Evidence {
        /// The sum for a known behavior without an equal value.
        var base: Int32 = 0
        /// By column, the difference that an equal value makes.
        var gains: [Int32]
    }

    /// The unit of evidence: 1/1024 of a natural logarithm, so that sums are exact in any order.
    static let unit: Float = 1_024

    func evidence(of query: [FeatureMatrix.Code], _ chances: [Float]) -> Evidence {
        var evidence = Evidence(gains: [Int32](repeating: 0, count: query.count))
        for column in query.indices where query[column] != FeatureMatrix.unasked {
            let terms = terms(for: query[column], in: column, chance: chances[column])
            evidence.base &+= terms.without
            evidence.gains[column] = terms.gain
        }
        return evidence
    }

    /// Returns, by column, how much more probable the value of a query is than by chance if the known behavior is that
    /// of a row.
    func evidence(
        of query: [FeatureMatrix.Code], _ chances: [Float], knowing row: Int, _ matrix: FeatureMatrix
    ) -> [Int32] {
        query.indices.map { column in
            guard query[column] != FeatureMatrix.unasked else { return 0 }
            let terms = terms(for: query[column], in: column, chance: chances[column])
            return terms.without &+ (matrix[row, column] == query[column] ? terms.gain : 0)
        }
    }

    /// Returns how much more probable a value is than by chance if it differs from the known behavior, and what is added
    /// if it equals it.
    private func terms(
        for value: FeatureMatrix.Code, in column: Int, chance: Float
    ) -> (without: Int32, gain: Int32) {
        let (kept, own) = (shares.kept[column], shares.own[column])
        let usual = frequencies.frequency(of: value, in: column, chance: chance)
        let other = max(own * usual + max(1 - kept - own, 0) * chance, 1e-9)
        let without = Int32(log(other / chance) * Self.unit)
        return (without, Int32(log((kept + other) / chance) * Self.unit) &- without)
    }
}

/// The frequencies of the values of each column among groups of rows; a group counts once, however many rows it has.
struct ValueFrequencies: Sendable {
    /// The number of groups with each value, by slot; shares of a group are possible.
    private(set) var counts: [Float]
    let groupCount: Float
    private let slots: ValueSlots

    /// - Parameter groups: the rows of each group.
    init(_ groups: [[Int]], _ matrix: FeatureMatrix, _ slots: ValueSlots) {
        self.slots = slots
        counts = [Float](repeating: 0, count: slots.count)
        groupCount = Float(groups.count)
        for rows in groups {
            let share = 1 / Float(rows.count)
            for row in rows {
                for column in 0..<matrix.columnCount { counts[slots.slot(matrix[row, column], column)] += share }
            }
        }
    }

    /// The weight of chance among the values of a product, in groups.
    static let weightOfChance: Float = 0.5

    /// Returns the frequency of a value, smoothed by its frequency among all products.
    func frequency(of value: FeatureMatrix.Code, in column: Int, chance: Float) -> Float {
        let count = value < FeatureMatrix.unasked ? counts[slots.slot(value, column)] : 0
        return (count + Self.weightOfChance * chance) / (groupCount + Self.weightOfChance)
    }

    /// Returns the frequency of a value among the other groups.
    /// - Parameter own: the share of the value's own group that has it.
    func frequency(of value: FeatureMatrix.Code, in column: Int, without own: Float, chance: Float) -> Float {
        let count = counts[slots.slot(value, column)] - own
        return (max(count, 0) + Self.weightOfChance * chance) / (groupCount - 1 + Self.weightOfChance)
    }

    /// Returns the share of groups with a value, at least a minimum.
    func share(of value: FeatureMatrix.Code, in column: Int, atLeast least: Float) -> Float {
        guard value < FeatureMatrix.unasked, groupCount > 0 else { return least }
        return max(counts[slots.slot(value, column)] / groupCount, least)
    }
}

/// Numbers of the values of all columns.
struct ValueSlots: Sendable {
    private let starts: [Int]
    let count: Int

    init(_ matrix: FeatureMatrix) {
        var starts: [Int] = []
        var count = 0
        for column in 0..<matrix.columnCount {
            starts.append(count)
            count += matrix.valueCount(of: column)
        }
        self.starts = starts
        self.count = count
    }

    func slot(_ value: FeatureMatrix.Code, _ column: Int) -> Int { starts[column] + Int(value) }
}
