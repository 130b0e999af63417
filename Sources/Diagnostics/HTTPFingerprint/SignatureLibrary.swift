/// Signatures, ready for behaviours to be compared with them.
public struct SignatureLibrary: Sendable {
    public let signatures: [Signature]
    private let matrix: FeatureMatrix
    /// What each row of the matrix is.
    private let places: [Place]

    private struct Place: Sendable {
        var signature: Int
        var configuration: Int
    }

    /// How near a product, a range of its versions or an origin is.
    public struct Candidate: Sendable {
        public var name: String
        /// 1 for all the same, 0 and less for nothing in common.
        public var similarity: Double
        /// How far ahead of the nearest other one; negative for how far behind.
        public var lead = 0.0
        /// The configuration that is nearest.
        public var configuration: String
        /// It has been seen to behave just as another one does.
        public var hasTwin = false
    }

    /// Products that are so near to the nearest are looked at again, by what tells just them apart.
    private static let doubt = 0.35

    /// What a behaviour is compared with, each the nearest first.
    public struct Comparison: Sendable {
        public var products: [Candidate] = []
        /// Versions of the nearest product.
        public var versions: [Candidate] = []
        /// What stands behind the nearest product; an empty name for nothing.
        public var origins: [Candidate] = []
    }

    public init(_ signatures: [Signature]) {
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

    /// Compares behaviours, learning what counts from the signatures themselves.
    /// - Parameter isLeftOut: configurations that are neither compared with nor learned from.
    public func compare(
        _ behaviors: [ServerBehavior],
        leavingOut isLeftOut: (Signature, Signature.Configuration) -> Bool = { _, _ in false }
    ) -> [Comparison] {
        let rows = places.indices.filter { row in
            let signature = signatures[places[row].signature]
            return !isLeftOut(signature, signature.configurations[places[row].configuration])
        }
        let products = Question(self, rows: rows) { self.signatures[$0.signature].product }
        var versions: [String: Question] = [:]
        var origins: [String: Question] = [:]
        var seconds: [[String]: Question] = [:]
        return behaviors.map { behavior -> Comparison in
            let query = matrix.row(of: behavior)
            var comparison = Comparison(products: products.candidates(for: query, self))
            let near = Self.rivals(comparison.products)
            if near.count > 1 {
                let second =
                    seconds[near]
                    ?? Question(self, rows: rows.filter { near.contains(signatures[places[$0].signature].product) }) {
                        self.signatures[$0.signature].product
                    }
                seconds[near] = second
                comparison.products = Self.reordered(comparison.products, by: second.candidates(for: query, self))
            }
            guard let product = comparison.products.first?.name else { return comparison }
            let own = rows.filter { signatures[places[$0].signature].product == product }
            let direct = own.filter { origin(of: places[$0]).isEmpty }
            let which = versions[product] ?? Question(self, rows: direct) { self.signatures[$0.signature].versions }
            let behind = origins[product] ?? Question(self, rows: own) { self.origin(of: $0) }
            versions[product] = which
            origins[product] = behind
            comparison.versions = which.candidates(for: query, self)
            comparison.origins = behind.candidates(for: query, self)
            return comparison
        }
    }

    /// The names that are near the first one, sorted.
    private static func rivals(_ candidates: [Candidate]) -> [String] {
        guard let best = candidates.first else { return [] }
        return candidates.filter { $0.similarity > 0 && $0.similarity > best.similarity - doubt }.map(\.name).sorted()
    }

    /// The candidates with those that were looked at again in the order of the second look, and its leads.
    private static func reordered(_ candidates: [Candidate], by second: [Candidate]) -> [Candidate] {
        let again = second.compactMap { look -> Candidate? in
            guard var candidate = candidates.first(where: { $0.name == look.name }) else { return nil }
            candidate.lead = min(look.lead, max(candidate.lead, 0))
            return candidate
        }
        return again + candidates.filter { candidate in !again.contains { $0.name == candidate.name } }
    }

    private func origin(of place: Place) -> String {
        signatures[place.signature].configurations[place.configuration].origin ?? ""
    }

    /// A question with the names of its answers.
    private struct Question {
        let names: [String]
        let matcher: BehaviorMatcher

        init(_ library: SignatureLibrary, rows: [Int], _ name: (Place) -> String) {
            let words = rows.map { name(library.places[$0]) }
            names = Set(words).sorted()
            let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
            matcher = BehaviorMatcher(library.matrix, rows: rows, labels: words.map { numbers[$0] ?? 0 })
        }

        func candidates(for query: [UInt32], _ library: SignatureLibrary) -> [Candidate] {
            let matches = matcher.matches(of: query, in: library.matrix)
            return matches.enumerated().map { index, match in
                let place = library.places[match.row]
                let nearest = library.signatures[place.signature].configurations[place.configuration].name
                // One that has no rival is as far ahead as it is near.
                let rival = matches.count > 1 ? max(matches[index == 0 ? 1 : 0].similarity, 0) : 0
                return Candidate(
                    name: names[match.label], similarity: match.similarity, lead: match.similarity - rival,
                    configuration: nearest, hasTwin: match.hasTwin)
            }
        }
    }
}
