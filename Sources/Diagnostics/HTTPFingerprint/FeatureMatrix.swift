/// The features of many behaviors as codes: one row per behavior, one column per key.
struct FeatureMatrix: Sendable {
    /// The number of a value in its column, from 1.
    typealias Code = UInt16

    /// Codes for an absent value, a value that no row has, and a test that was not made.
    static let absent: Code = 0
    static let unknown = Code.max
    static let unasked = Code.max - 1
    /// The maximum number of values of a column; further values are unknown.
    private static let mostValues = Int(unasked) - 1

    private var columns: [UInt64: Int] = [:]
    /// The values of each column: code 1 first.
    private var values: [[UInt32]] = []
    /// The test that shows it, by column; nil if any test may show it.
    private var tests: [Int?] = []
    /// The codes, row after row.
    private var cells: [Code] = []
    private(set) var rowCount = 0

    var columnCount: Int { values.count }

    init(_ behaviors: [ServerBehavior]) {
        let all = behaviors.map { BehaviorFeatures($0).pairs }
        for pairs in all {
            for pair in pairs { addValue(of: pair) }
        }
        cells.reserveCapacity(all.count * columnCount)
        for pairs in all { cells += row(of: pairs, other: Self.absent) }
        rowCount = all.count
    }

    private mutating func addValue(of pair: BehaviorFeatures.Pair) {
        let column = columns[pair.key, default: values.count]
        if column == values.count {
            columns[pair.key] = column
            values.append([])
            tests.append(pair.test)
        }
        if values[column].count < Self.mostValues, !values[column].contains(pair.code) {
            values[column].append(pair.code)
        }
    }

    /// Returns the code of a value; nil if no row has it. Most columns have few values.
    private func code(of value: UInt32, in column: Int) -> Code? {
        values[column].firstIndex(of: value).map { Code($0 + 1) }
    }

    /// Returns the row of a behavior that may not be in the matrix.
    func row(of behavior: ServerBehavior) -> [Code] {
        var row = row(of: BehaviorFeatures(behavior).pairs, other: Self.unknown)
        guard behavior.count < behavior.answers.count else { return row }
        for column in row.indices where row[column] == Self.absent {
            // A feature that any test may show could have been shown by a test that was not made.
            if tests[column].map({ behavior.answers[$0] == nil }) ?? true { row[column] = Self.unasked }
        }
        return row
    }

    private func row(of pairs: [BehaviorFeatures.Pair], other: Code) -> [Code] {
        var row = [Code](repeating: Self.absent, count: values.count)
        for pair in pairs {
            guard let column = columns[pair.key] else { continue }
            row[column] = code(of: pair.code, in: column) ?? other
        }
        return row
    }

    /// Whether a row equals a query in everything that was tested.
    func equals(_ query: [Code], in row: Int) -> Bool {
        (0..<columnCount).allSatisfy { query[$0] == Self.unasked || self[row, $0] == query[$0] }
    }

    /// Returns the number of the test that shows a column; nil if any test may show it.
    func test(of column: Int) -> Int? { tests[column] }

    subscript(row: Int, column: Int) -> Code { cells[row * columnCount + column] }

    /// The number of values of a column, including absence.
    func valueCount(of column: Int) -> Int { values[column].count + 1 }

    /// The number of columns in which two rows are equal.
    func agreement(_ left: Int, _ right: Int) -> Int {
        let cells = cells.span
        let (left, right) = (left * columnCount, right * columnCount)
        var sum = 0
        for column in 0..<columnCount where cells[left + column] == cells[right + column] { sum += 1 }
        return sum
    }

    /// Returns the sum of the gains of the columns in which a row equals a query.
    func sum(_ gains: [Int32], ofAgreementWith query: [Code], in row: Int) -> Int32 {
        let cells = cells.span.extracting(row * columnCount..<(row + 1) * columnCount)
        let (gains, query) = (gains.span, query.span)
        var sum: Int32 = 0
        // A bound that the compiler knows to be that of all three, for a loop without checks.
        for column in 0..<min(cells.count, min(gains.count, query.count)) {
            sum &+= cells[column] == query[column] ? gains[column] : 0
        }
        return sum
    }

    /// Returns, by column, the number of groups whose rows have the value of a query; a group counts once, however many
    /// rows it has, and shares of it are possible.
    func counts(of query: [Code], in groups: [[Int]]) -> [Float] {
        var counts = [Float](repeating: 0, count: query.count)
        for rows in groups {
            let share = 1 / Float(rows.count)
            for row in rows { add(share, toAgreementWith: query, in: row, &counts) }
        }
        return counts
    }

    private func add(_ share: Float, toAgreementWith query: [Code], in row: Int, _ counts: inout [Float]) {
        let cells = cells.span.extracting(row * columnCount..<(row + 1) * columnCount)
        let query = query.span
        var counts = counts.mutableSpan
        // As in `sum`, a loop without checks.
        for column in 0..<min(cells.count, min(query.count, counts.count)) {
            counts[column] += cells[column] == query[column] ? share : 0
        }
    }

    // MARK: Storage

    /// The code of a column without a test of its own in a table.
    private static let anyTest = UInt8.max

    func write(to writer: inout TableWriter) {
        writer.add(UInt16(clamping: columnCount))
        for (key, column) in columns.sorted(by: { $0.value < $1.value }) {
            writer.add(key)
            writer.add(tests[column].map { UInt8(clamping: $0) } ?? Self.anyTest)
            writer.add(UInt16(clamping: values[column].count))
            for value in values[column] { writer.add(value) }
        }
        // A row is what it has that the most similar row before it does not have: configurations of a product hardly
        // differ.
        writer.add(UInt16(clamping: rowCount))
        for row in 0..<rowCount {
            let model = (0..<row).max { agreement($0, row) < agreement($1, row) }
            let different = (0..<columnCount).filter { column in
                self[row, column] != model.map { self[$0, column] } ?? Self.absent
            }
            writer.add(UInt16(clamping: model.map { $0 + 1 } ?? 0))
            writer.add(UInt16(clamping: different.count))
            for column in different {
                writer.add(UInt16(clamping: column))
                writer.add(self[row, column])
            }
        }
    }

    /// Reads what `write(to:)` wrote.
    init(reading reader: inout TableReader) {
        let count = Int(reader.number() as UInt16)
        while columnCount < count, !reader.isCut {
            columns[reader.number()] = columnCount
            let test: UInt8 = reader.number()
            tests.append(test == Self.anyTest ? nil : Int(test))
            values.append(reader.list { $0.number() })
        }
        let limits = values.map { Code(clamping: min($0.count, Self.mostValues)) }
        rowCount = Int(reader.number() as UInt16)
        cells.reserveCapacity(rowCount * columnCount)
        for row in 0..<rowCount where !reader.isCut {
            let model = Int(reader.number() as UInt16)
            let start = cells.count
            if model > 0, model <= row {
                // A copy of its own: adding a slice of the array to itself would copy the whole array.
                let copy = Array(cells[(model - 1) * columnCount..<model * columnCount])
                cells += copy
            } else {
                cells += repeatElement(Self.absent, count: columnCount)
            }
            for pair in reader.pairs() where Int(pair.first) < limits.count && pair.second <= limits[Int(pair.first)] {
                cells[start + Int(pair.first)] = pair.second
            }
        }
        if reader.isCut { rowCount = 0 }
    }
}
