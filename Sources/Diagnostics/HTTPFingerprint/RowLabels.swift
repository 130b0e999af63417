/// The names by which the rows of a library are grouped, as numbers in the order of the names: grouping by names would
/// take longer than reading the library.
struct RowLabels: Sendable {
    /// The names of products and origins, in order.
    let names: [String]
    /// The number of the product of each row.
    private(set) var products: [Int] = []
    /// The number of the product behind it; nil for none.
    private(set) var origins: [Int?] = []
    /// The number of the kind of its configuration, among all kinds in order.
    private(set) var kinds: [Int] = []

    var count: Int { names.count }

    init(_ signatures: [Signature]) {
        let configurations = signatures.flatMap(\.configurations)
        names = Set(signatures.map(\.product)).union(configurations.lazy.compactMap(\.origin)).sorted()
        let kindOfRow = configurations.map(\.kind)
        let numbers = Self.numbers(names)
        let kindNumbers = Self.numbers(Set(kindOfRow).sorted())
        for signature in signatures {
            let product = numbers[signature.product] ?? 0
            for configuration in signature.configurations {
                products.append(product)
                origins.append(configuration.origin.flatMap { numbers[$0] })
            }
        }
        kinds = kindOfRow.map { kindNumbers[$0] ?? 0 }
    }

    private static func numbers(_ names: [String]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
    }
}
