/// Compares behaviors with those of a library. The weights for a set of rows are learned on first use.
package struct SignatureComparer: Sendable {
    private let library: SignatureLibrary
    private let rows: [Int]
    private let products: Classifier
    private var versions: [String: Classifier] = [:]
    private var origins: [String: Classifier] = [:]
    /// Matchers for products that are similar to each other.
    private var seconds: [[String]: Classifier] = [:]

    /// Products within this distance of the best are compared again, by the features that distinguish just them.
    private static let doubt = 0.35

    init(_ library: SignatureLibrary, rows: [Int]) {
        self.library = library
        self.rows = rows
        products = Classifier(library, rows: rows, library.product)
    }

    /// Returns the candidates for a behavior.
    package mutating func compare(_ behavior: ServerBehavior) -> SignatureLibrary.Comparison {
        let query = library.matrix.row(of: behavior)
        var comparison = SignatureLibrary.Comparison(products: products.candidates(for: query, library))
        let near = Self.rivals(comparison.products)
        if near.count > 1 {
            let second = ask(\.seconds, near) {
                near.contains($0.library.product($1))
            } naming: {
                $0.product
            }
            comparison.products = Self.reordered(comparison.products, by: second.candidates(for: query, library))
        }
        settleOnBase(&comparison.products)
        guard let product = comparison.products.first?.name else { return comparison }
        comparison.versions = ask(\.versions, product) {
            $0.library.product($1) == product && $0.library.origin($1).isEmpty
        } naming: {
            $0.versions
        }.candidates(for: query, library)
        comparison.origins = ask(\.origins, product) {
            $0.library.product($1) == product
        } naming: {
            $0.origin
        }
        .candidates(for: query, library)
        return comparison
    }

    /// Returns the classifier for these rows, created on first use.
    private mutating func ask<Key: Hashable>(
        _ classifiers: WritableKeyPath<SignatureComparer, [Key: Classifier]>, _ key: Key,
        of isWanted: (SignatureComparer, Int) -> Bool, naming name: (SignatureLibrary) -> (Int) -> String
    ) -> Classifier {
        if let known = self[keyPath: classifiers][key] { return known }
        let made = Classifier(library, rows: rows.filter { isWanted(self, $0) }, name(library))
        self[keyPath: classifiers][key] = made
        return made
    }

    /// Returns the names within `doubt` of the best one, sorted.
    private static func rivals(_ candidates: [SignatureLibrary.Candidate]) -> [String] {
        guard let best = candidates.first else { return [] }
        return candidates.filter { $0.similarity > 0 && $0.similarity > best.similarity - doubt }.map(\.name).sorted()
    }

    /// Returns the candidates with the re-compared ones first, in their new order; a candidate has a lead only if both
    /// comparisons agree.
    private static func reordered(
        _ candidates: [SignatureLibrary.Candidate], by second: [SignatureLibrary.Candidate]
    ) -> [SignatureLibrary.Candidate] {
        let again = second.compactMap { look -> SignatureLibrary.Candidate? in
            guard var candidate = candidates.first(where: { $0.name == look.name }) else { return nil }
            candidate.lead = min(look.lead, max(candidate.lead, 0))
            return candidate
        }
        return again + candidates.filter { candidate in !again.contains { $0.name == candidate.name } }
    }

    /// The minimum lead of a product over the one it is built on.
    private static let clearLead = 0.22

    /// Prefers the base product if a product is not clearly distinguished from it: the product is built on it.
    private func settleOnBase(_ products: inout [SignatureLibrary.Candidate]) {
        guard products.count > 1, products[0].lead < Self.clearLead else { return }
        func base(_ product: String) -> String? { library.signatures.first { $0.product == product }?.base }
        let pair = products.prefix(2).map(\.name)
        let index = base(pair[0]) == pair[1] ? 1 : 0
        guard index == 1 || base(pair[1]) == pair[0] else { return }
        var settled = products.remove(at: index)
        // As similar as the better of the two, with its lead over all others.
        settled.similarity = max(settled.similarity, products[0].similarity)
        settled.lead = settled.similarity - max(products.dropFirst().map(\.similarity).max() ?? 0, 0)
        products[0].lead = products[0].similarity - settled.similarity
        products.insert(settled, at: 0)
    }

    /// A classification problem with the names of its classes.
    private struct Classifier: Sendable {
        let names: [String]
        let matcher: BehaviorMatcher

        init(_ library: SignatureLibrary, rows: [Int], _ name: (Int) -> String) {
            let rowNames = rows.map(name)
            names = Set(rowNames).sorted()
            let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
            matcher = BehaviorMatcher(library.matrix, rows: rows, labels: rowNames.map { numbers[$0] ?? 0 })
        }

        func candidates(for query: [UInt32], _ library: SignatureLibrary) -> [SignatureLibrary.Candidate] {
            let matches = matcher.matches(of: query, in: library.matrix)
            return matches.enumerated().map { index, match in
                let entry = library.entries[match.row]
                let nearest = library.signatures[entry.signature].configurations[entry.configuration].name
                // Without a rival, the lead is the similarity.
                let rival = matches.count > 1 ? max(matches[index == 0 ? 1 : 0].similarity, 0) : 0
                return SignatureLibrary.Candidate(
                    name: names[match.label], similarity: match.similarity, lead: match.similarity - rival,
                    configuration: nearest, hasTwin: match.hasTwin)
            }
        }
    }
}
