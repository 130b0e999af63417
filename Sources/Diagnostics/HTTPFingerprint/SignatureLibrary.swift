/// Signatures, ready for behaviors to be compared with them.
package struct SignatureLibrary: Sendable {
    package let signatures: [Signature]
    let matrix: FeatureMatrix
    /// What each row of the matrix is.
    let places: [Place]

    struct Place: Sendable {
        var signature: Int
        var configuration: Int
    }

    /// How near a product, a range of its versions or an origin is.
    package struct Candidate: Sendable {
        package var name: String
        /// 1 for all the same, 0 and less for nothing in common.
        package var similarity: Double
        /// How far ahead of the nearest other one; negative for how far behind.
        package var lead = 0.0
        /// The configuration that is nearest.
        var configuration: String
        /// It has been seen to behave just as another one does.
        package var hasTwin = false
    }

    /// What a behavior is compared with, each the nearest first.
    package struct Comparison: Sendable {
        package var products: [Candidate] = []
        /// Versions of the nearest product.
        package var versions: [Candidate] = []
        /// What stands behind the nearest product; an empty name for nothing.
        package var origins: [Candidate] = []
    }

    package init(_ signatures: [Signature]) {
        self.signatures = signatures
        var places: [Place] = []
        var behaviors: [ServerBehavior] = []
        for (index, signature) in signatures.enumerated() {
            for (number, configuration) in signature.configurations.enumerated() {
                places.append(Place(signature: index, configuration: number))
                behaviors.append(configuration.behavior)
            }
        }
        self.places = places
        matrix = FeatureMatrix(behaviors)
    }

    func product(_ row: Int) -> String { signatures[places[row].signature].product }

    func versions(_ row: Int) -> String { signatures[places[row].signature].versions }

    /// What stands behind the product; empty for nothing.
    func origin(_ row: Int) -> String {
        signatures[places[row].signature].configurations[places[row].configuration].origin ?? ""
    }

    /// Learns what counts from the signatures.
    /// - Parameter isLeftOut: configurations that are neither learned from nor compared with.
    package func comparer(
        leavingOut isLeftOut: (Signature, Signature.Configuration) -> Bool = { _, _ in false }
    ) -> SignatureComparer {
        SignatureComparer(
            self,
            rows: places.indices.filter { row in
                let signature = signatures[places[row].signature]
                return !isLeftOut(signature, signature.configurations[places[row].configuration])
            })
    }
}
