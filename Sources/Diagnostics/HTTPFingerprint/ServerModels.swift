/// The models of all products in a library: as servers of their own, and as fronts.
struct ServerModels: Sendable {
    let own: [ServerModel]
    let fronts: [ServerModel]
    private let frequencies: ValueFrequencies
    private let leastChance: Float

    /// Learns the models from rows.
    init(_ library: SignatureLibrary, rows: [Int]) {
        let classes = Classes(library, rows: rows)
        let matrix = library.matrix
        let slots = ValueSlots(matrix)
        let frequencies = ValueFrequencies(classes.products, matrix, slots)
        let least = 1 / Float(2 * max(classes.products.count, 1))
        let fit = ServerModelFit(matrix: matrix, slots: slots) {
            frequencies.share(of: matrix[$0, $1], in: $1, atLeast: least)
        }
        self.init(
            classes, own: fit.shares(of: classes.own), fronts: fit.shares(of: classes.fronts), matrix, slots,
            frequencies)
    }

    /// Creates the models from shares that were learned from the same rows before.
    init?(_ library: SignatureLibrary, rows: [Int], shares: [ServerModelFit.Shares]) {
        let classes = Classes(library, rows: rows)
        guard shares.count == classes.own.count + classes.fronts.count,
            shares.allSatisfy({
                $0.kept.count == library.matrix.columnCount && $0.own.count == library.matrix.columnCount
            })
        else { return nil }
        let slots = ValueSlots(library.matrix)
        self.init(
            classes, own: Array(shares.prefix(classes.own.count)), fronts: Array(shares.dropFirst(classes.own.count)),
            library.matrix, slots, ValueFrequencies(classes.products, library.matrix, slots))
    }

    private init(
        _ classes: Classes, own: [ServerModelFit.Shares], fronts: [ServerModelFit.Shares], _ matrix: FeatureMatrix,
        _ slots: ValueSlots, _ frequencies: ValueFrequencies
    ) {
        func models(_ classes: [ServerModelFit.Class], _ shares: [ServerModelFit.Shares]) -> [ServerModel] {
            zip(classes, shares).map { asked, shares in
                ServerModel(
                    product: asked.product, rows: asked.groups.flatMap(\.self), shares: shares,
                    frequencies: ValueFrequencies(asked.groups, matrix, slots))
            }
        }
        self.own = models(classes.own, own)
        self.fronts = models(classes.fronts, fronts)
        self.frequencies = frequencies
        leastChance = 1 / Float(2 * max(classes.products.count, 1))
    }

    /// The shares of all models, in a fixed order.
    var shares: [ServerModelFit.Shares] { (own + fronts).map(\.shares) }

    /// Returns the probability of a value by chance: its frequency among all products.
    func chance(of value: FeatureMatrix.Code, in column: Int) -> Float {
        frequencies.share(of: value, in: column, atLeast: leastChance)
    }

    /// The rows of each product, and what their models are learned from, in a fixed order.
    private struct Classes {
        var products: [[Int]] = []
        var own: [ServerModelFit.Class] = []
        var fronts: [ServerModelFit.Class] = []

        init(_ library: SignatureLibrary, rows: [Int]) {
            /// Returns the rows in groups with the same key.
            func grouped(_ rows: [Int], by key: (Int) -> String) -> [(key: String, rows: [Int])] {
                Dictionary(grouping: rows, by: key).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            }
            let products = grouped(rows, by: library.product)
            self.products = products.map(\.rows)
            var alone: [String: [Int]] = [:]
            for (product, rows) in products {
                let rows = rows.filter { library.origin($0).isEmpty }
                guard !rows.isEmpty else { continue }
                alone[product] = rows
                let kinds = grouped(rows, by: library.kind)
                own.append(
                    ServerModelFit.Class(
                        product: product, groups: kinds.map(\.rows),
                        others: kinds.map { kind in rows.filter { library.kind($0) != kind.key } }))
            }
            for (product, rows) in products {
                let origins = grouped(rows.filter { !library.origin($0).isEmpty }, by: library.origin)
                guard !origins.isEmpty else { continue }
                fronts.append(
                    ServerModelFit.Class(
                        product: product, groups: origins.map(\.rows), others: origins.map { alone[$0.key] ?? [] }))
            }
        }
    }
}
