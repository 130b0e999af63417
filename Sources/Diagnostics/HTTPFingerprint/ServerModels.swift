/// The models of all products in a library: as servers of their own, and as fronts.
struct ServerModels: Sendable {
    let own: [ServerModel]
    let fronts: [ServerModel]
    /// The rows of each product.
    private let products: [[Int]]
    private let matrix: FeatureMatrix

    /// Learns the models from rows.
    init(_ library: SignatureLibrary, rows: [Int]) {
        let classes = ServerClasses(library, rows: rows)
        let matrix = library.matrix
        let slots = ValueSlots(matrix)
        let frequencies = ValueFrequencies(classes.products, matrix, slots)
        let least = Self.leastChance(classes.products)
        let fit = ServerModelFit(matrix: matrix, slots: slots) {
            frequencies.share(of: matrix[$0, $1], in: $1, atLeast: least)
        }
        self.init(classes, own: fit.shares(of: classes.own), fronts: fit.shares(of: classes.fronts), matrix)
    }

    /// Creates the models from shares that were learned from the same rows before.
    init?(_ library: SignatureLibrary, rows: [Int], shares: [ServerModelFit.Shares]) {
        let classes = ServerClasses(library, rows: rows)
        guard shares.count == classes.own.count + classes.fronts.count,
            shares.allSatisfy({
                $0.kept.count == library.matrix.columnCount && $0.own.count == library.matrix.columnCount
            })
        else { return nil }
        self.init(
            classes, own: Array(shares.prefix(classes.own.count)), fronts: Array(shares.dropFirst(classes.own.count)),
            library.matrix)
    }

    private init(
        _ classes: ServerClasses, own: [ServerModelFit.Shares], fronts: [ServerModelFit.Shares],
        _ matrix: FeatureMatrix
    ) {
        self.own = zip(classes.own, own).map { ServerModel($0, $1) }
        self.fronts = zip(classes.fronts, fronts).map { ServerModel($0, $1) }
        products = classes.products
        self.matrix = matrix
    }

    /// The shares of all models, in a fixed order.
    var shares: [ServerModelFit.Shares] { (own + fronts).map(\.shares) }

    /// Returns, by column, the probability of a query's value by chance: its frequency among all products.
    func chances(of query: [FeatureMatrix.Code]) -> [Float] {
        let least = Self.leastChance(products)
        let count = Float(max(products.count, 1))
        return matrix.counts(of: query, in: products).map { max($0 / count, least) }
    }

    private static func leastChance(_ products: [[Int]]) -> Float { 1 / Float(2 * max(products.count, 1)) }
}
