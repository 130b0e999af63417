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
    /// The rows of its configurations, of its own or as a front, by the groups that count once.
    let groups: [[Int]]
    /// All of them.
    let rows: [Int]
    /// By column: the probabilities that a value is that of the known behavior, and that it is one of the product's own.
    let shares: ServerModelFit.Shares

    init(_ asked: ServerModelFit.Class, _ shares: ServerModelFit.Shares) {
        product = asked.product
        groups = asked.groups
        rows = asked.groups.flatMap(\.self)
        self.shares = shares
    }

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

    func evidence(of query: [FeatureMatrix.Code], _ chances: [Float], _ matrix: FeatureMatrix) -> Evidence {
        var evidence = Evidence(gains: [Int32](repeating: 0, count: query.count))
        let counts = matrix.counts(of: query, in: groups)
        for column in query.indices where query[column] != FeatureMatrix.unasked {
            let terms = terms(in: column, count: counts[column], chance: chances[column])
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
        let counts = matrix.counts(of: query, in: groups)
        return query.indices.map { column in
            guard query[column] != FeatureMatrix.unasked else { return 0 }
            let terms = terms(in: column, count: counts[column], chance: chances[column])
            return terms.without &+ (matrix[row, column] == query[column] ? terms.gain : 0)
        }
    }

    /// Returns how much more probable a value is than by chance if it differs from the known behavior, and what is added
    /// if it equals it.
    /// - Parameter count: the number of groups with the value.
    private func terms(in column: Int, count: Float, chance: Float) -> (without: Int32, gain: Int32) {
        let (kept, own) = (shares.kept[column], shares.own[column])
        let usual = ServerModelFit.frequency(count, among: Float(groups.count), chance: chance)
        let other = max(own * usual + max(1 - kept - own, 0) * chance, 1e-9)
        let without = Int32(log(other / chance) * Self.unit)
        return (without, Int32(log((kept + other) / chance) * Self.unit) &- without)
    }
}
