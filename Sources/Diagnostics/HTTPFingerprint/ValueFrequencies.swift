/// The frequencies of all values of each column among groups of rows, for learning; a group counts once, however many
/// rows it has. A comparison counts only the values of its query, by `FeatureMatrix.counts(of:in:)`.
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

    /// Returns the frequency of a value among the other groups.
    /// - Parameter own: the share of the value's own group that has it.
    func frequency(of value: FeatureMatrix.Code, in column: Int, without own: Float, chance: Float) -> Float {
        let count = counts[slots.slot(value, column)] - own
        return ServerModelFit.frequency(max(count, 0), among: groupCount - 1, chance: chance)
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
