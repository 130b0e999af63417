/// The rows of each product, and what their models are learned from, in a fixed order.
struct ServerClasses {
    /// The rows of each product, as a server of its own and as a front.
    private(set) var products: [[Int]] = []
    /// The products that answer requests themselves.
    private(set) var own: [ServerModelFit.Class] = []
    /// The products in front of others.
    private(set) var fronts: [ServerModelFit.Class] = []

    init(_ library: SignatureLibrary, rows: [Int]) {
        let labels = library.labels
        var alone = [[Int]](repeating: [], count: labels.count)
        for (product, rows) in Self.groups(rows, by: { labels.products[$0] }) {
            products.append(rows)
            alone[product] = rows.filter { labels.origins[$0] == nil }
            guard !alone[product].isEmpty else { continue }
            let kinds = Self.groups(alone[product]) { labels.kinds[$0] }.map(\.rows)
            own.append(ServerModelFit.Class(product: labels.names[product], groups: kinds))
        }
        for (product, rows) in Self.groups(rows, by: { labels.products[$0] }) {
            let origins = Self.groups(rows) { labels.origins[$0] }
            guard !origins.isEmpty else { continue }
            fronts.append(
                ServerModelFit.Class(
                    product: labels.names[product], groups: origins.map(\.rows), known: origins.map { alone[$0.key] }))
        }
    }

    /// Returns the rows in groups with the same key, in the order of the keys; rows without a key are left out.
    private static func groups(_ rows: [Int], by key: (Int) -> Int?) -> [(key: Int, rows: [Int])] {
        let keyed = rows.compactMap { row in key(row).map { (key: $0, row: row) } }
        return Dictionary(grouping: keyed, by: \.key).sorted { $0.key < $1.key }.map { ($0.key, $0.value.map(\.row)) }
    }
}
