/// Signatures, prepared for comparison.
package struct SignatureLibrary: Sendable {
    package let signatures: [Signature]
    let matrix: FeatureMatrix
    /// The signature and configuration of each row of the matrix.
    let entries: [Entry]

    struct Entry: Sendable {
        var signature: Int
        var configuration: Int
    }

    /// The similarity of a product, a version range or an origin.
    package struct Candidate: Sendable {
        package var name: String
        /// 1 if all features agree, 0 or less if none do.
        package var similarity: Double
        /// The lead over the most similar other candidate; negative if it is behind.
        package var lead = 0.0
        /// The most similar configuration.
        var configuration: String
        /// Whether it has been seen to behave exactly as another one.
        package var hasTwin = false
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
        var entries: [Entry] = []
        var behaviors: [ServerBehavior] = []
        for (index, signature) in signatures.enumerated() {
            for (number, configuration) in signature.configurations.enumerated() {
                entries.append(Entry(signature: index, configuration: number))
                behaviors.append(configuration.behavior)
            }
        }
        self.entries = entries
        matrix = FeatureMatrix(behaviors)
    }

    func product(_ row: Int) -> String { signatures[entries[row].signature].product }

    func versions(_ row: Int) -> String { signatures[entries[row].signature].versions }

    /// The origin behind the product; empty for none.
    func origin(_ row: Int) -> String {
        signatures[entries[row].signature].configurations[entries[row].configuration].origin ?? ""
    }

    /// Learns feature weights from the signatures.
    /// - Parameter isLeftOut: whether to exclude a configuration from learning and comparison.
    package func comparer(
        leavingOut isLeftOut: (Signature, Signature.Configuration) -> Bool = { _, _ in false }
    ) -> SignatureComparer {
        SignatureComparer(
            self,
            rows: entries.indices.filter { row in
                let signature = signatures[entries[row].signature]
                return !isLeftOut(signature, signature.configurations[entries[row].configuration])
            })
    }
}
