/// The features of many behaviors as numbers: one row per behavior, one column per key.
struct FeatureMatrix: Sendable {
    /// Codes for an absent value, a value that no row has, and a test that was not made.
    static let absent: UInt32 = 0
    static let unknown = UInt32.max
    static let unasked = UInt32.max - 1

    private var columns: [UInt64: Int] = [:]
    private var values: [[UInt64: UInt32]] = []
    /// The test that shows it, by column; nil if any test may show it.
    private var tests: [Int?] = []
    private(set) var rows: [[UInt32]] = []

    var columnCount: Int { values.count }

    init(_ behaviors: [ServerBehavior]) {
        let all = behaviors.map { BehaviorFeatures($0).pairs }
        for pairs in all {
            for pair in pairs {
                let column = columns[pair.key, default: values.count]
                if column == values.count {
                    columns[pair.key] = column
                    values.append([:])
                    tests.append(pair.test)
                }
                let next = UInt32(values[column].count + 1)
                if values[column][pair.value] == nil { values[column][pair.value] = next }
            }
        }
        rows = all.map { row(of: $0, other: Self.absent) }
    }

    /// Returns the row of a behavior that may not be in the matrix.
    func row(of behavior: ServerBehavior) -> [UInt32] {
        var row = row(of: BehaviorFeatures(behavior).pairs, other: Self.unknown)
        guard behavior.count < behavior.answers.count else { return row }
        for column in row.indices where row[column] == Self.absent {
            // A feature that any test may show could have been shown by a test that was not made.
            if tests[column].map({ behavior.answers[$0] == nil }) ?? true { row[column] = Self.unasked }
        }
        return row
    }

    private func row(of pairs: [BehaviorFeatures.Pair], other: UInt32) -> [UInt32] {
        var row = [UInt32](repeating: Self.absent, count: values.count)
        for pair in pairs {
            guard let column = columns[pair.key] else { continue }
            row[column] = values[column][pair.value] ?? other
        }
        return row
    }

    /// The number of values of a column, including absence.
    func valueCount(of column: Int) -> Int { values[column].count + 1 }
}
