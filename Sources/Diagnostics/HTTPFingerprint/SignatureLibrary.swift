/// Signatures, prepared for comparison.
package struct SignatureLibrary: Sendable {
    package let signatures: [Signature]
    let matrix: FeatureMatrix
    /// The signature and configuration of each row of the matrix.
    let entries: [Entry]
    /// The product, origin and kind of each row.
    let labels: RowLabels
    /// The models learned from all rows, if they were stored; nil to learn them.
    private let stored: ServerModels?

    struct Entry: Sendable {
        var signature: Int
        var configuration: Int
    }

    /// The similarity of a product, a version range or an origin.
    package struct Candidate: Sendable {
        package var name: String
        /// The share of the information in the behavior that the candidate explains: 1 if all is as expected, 0 or less
        /// if the behavior is no more likely than by chance.
        package var similarity: Double
        /// The lead over the most similar other candidate; negative if it is behind.
        package var lead = 0.0
        /// The most similar configuration.
        var configuration: String
    }

    /// The candidates for a behavior, each list most similar first.
    package struct Comparison: Sendable {
        package var products: [Candidate] = []
        /// Version ranges of the most similar product.
        package var versions: [Candidate] = []
        /// Origins of the most similar product; an empty name for none.
        package var origins: [Candidate] = []
    }

    package init(_ signatures: [Signature]) {
        self.signatures = signatures
        entries = Self.entries(of: signatures)
        labels = RowLabels(signatures)
        matrix = FeatureMatrix(signatures.flatMap(\.configurations).map(\.behavior))
        stored = nil
    }

    /// Creates a library from what was learned before.
    /// - Parameter shares: the shares of the models, in the order of `ServerModels`.
    init?(_ signatures: [Signature], _ matrix: FeatureMatrix, shares: [ServerModelFit.Shares]) {
        self.signatures = signatures
        entries = Self.entries(of: signatures)
        labels = RowLabels(signatures)
        self.matrix = matrix
        guard entries.count == matrix.rowCount else { return nil }
        let bare = SignatureLibrary(signatures, matrix, entries, labels)
        guard let models = ServerModels(bare, rows: Array(entries.indices), shares: shares) else { return nil }
        stored = models
    }

    private init(_ signatures: [Signature], _ matrix: FeatureMatrix, _ entries: [Entry], _ labels: RowLabels) {
        self.signatures = signatures
        self.matrix = matrix
        self.entries = entries
        self.labels = labels
        stored = nil
    }

    private static func entries(of signatures: [Signature]) -> [Entry] {
        signatures.enumerated().flatMap { index, signature in
            signature.configurations.indices.map { Entry(signature: index, configuration: $0) }
        }
    }

    func product(_ row: Int) -> String { signatures[entries[row].signature].product }

    func versions(_ row: Int) -> String { signatures[entries[row].signature].versions }

    /// The origin behind the product; empty for none.
    func origin(_ row: Int) -> String {
        signatures[entries[row].signature].configurations[entries[row].configuration].origin ?? ""
    }

    /// The name of a row's configuration.
    func name(_ row: Int) -> String {
        signatures[entries[row].signature].configurations[entries[row].configuration].name
    }

    /// Returns a comparer with every configuration.
    package func comparer() -> SignatureComparer {
        let rows = Array(entries.indices)
        return SignatureComparer(self, rows: rows, stored ?? ServerModels(self, rows: rows))
    }

    /// Returns a comparer that knows only some configurations.
    /// - Parameter isLeftOut: whether to exclude a configuration from learning and comparison.
    package func comparer(
        leavingOut isLeftOut: (Signature, Signature.Configuration) -> Bool
    ) -> SignatureComparer {
        let rows = entries.indices.filter { row in
            let signature = signatures[entries[row].signature]
            return !isLeftOut(signature, signature.configurations[entries[row].configuration])
        }
        return SignatureComparer(self, rows: rows, ServerModels(self, rows: rows))
    }
}
