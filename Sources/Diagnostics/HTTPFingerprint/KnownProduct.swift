/// What a library of signatures knows of one product.
public struct KnownProduct: Sendable {
    public var name: String
    /// The ranges of versions with a behavior of their own, oldest first; empty if unknown.
    public var versions: [String]
    /// The number of learned configurations.
    public var configurations: Int
    /// The servers before which it was learned as a front; it is recognized before others too.
    public var origins: [String]
    /// The product whose HTTP implementation it uses; nil for its own.
    public var base: String?
}

extension SignatureLibrary {
    /// All products, in alphabetical order.
    package var products: [KnownProduct] {
        Dictionary(grouping: signatures, by: \.product).map { name, signatures in
            let configurations = signatures.flatMap(\.configurations)
            return KnownProduct(
                name: name,
                versions: signatures.map { VersionRange($0.versions) }.filter { !$0.text.isEmpty }.sorted().map(\.text),
                configurations: configurations.count, origins: Set(configurations.compactMap(\.origin)).sorted(),
                base: signatures.compactMap(\.base).first)
        }
        .sorted { ($0.name.lowercased(), $0.name) < ($1.name.lowercased(), $1.name) }
    }
}

extension ServerClaim {
    /// The products that are recognized by what they claim to be, in alphabetical order.
    package static var products: [String] {
        Set(banners.map(\.product) + fields.map(\.product) + cookies.map(\.product)).sorted {
            ($0.lowercased(), $0) < ($1.lowercased(), $1)
        }
    }
}
