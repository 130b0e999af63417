/// The features of many behaviours as numbers: a row for each behaviour, a column for each key.
struct FeatureMatrix: Sendable {
    /// A value that a behaviour does not have, and one that no row has.
    static let absent: UInt32 = 0
    static let unknown = UInt32.max

    private var columns: [UInt64: Int] = [:]
    private var values: [[UInt64: UInt32]] = []
    private(set) var rows: [[UInt32]] = []

    var columnCount: Int { values.count }

    init(_ behaviors: [ServerBehavior]) {
        let all = behaviors.map { BehaviorFeatures($0).pairs }
        for pairs in all {
            for (key, value) in pairs {
                let column = columns[key, default: values.count]
                if column == values.count {
                    columns[key] = column
                    values.append([:])
                }
                let next = UInt32(values[column].count + 1)
                if values[column][value] == nil { values[column][value] = next }
            }
        }
        rows = all.map { row(of: $0, other: Self.absent) }
    }

    /// The row of a behaviour that need not be one of these.
    func row(of behavior: ServerBehavior) -> [UInt32] { row(of: BehaviorFeatures(behavior).pairs, other: Self.unknown) }

    private func row(of pairs: [(key: UInt64, value: UInt64)], other: UInt32) -> [UInt32] {
        var row = [UInt32](repeating: Self.absent, count: values.count)
        for (key, value) in pairs {
            guard let column = columns[key] else { continue }
            row[column] = values[column][value] ?? other
        }
        return row
    }

    /// How many values a column has, its absence among them.
    func valueCount(of column: Int) -> Int { values[column].count + 1 }
}
