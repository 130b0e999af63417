/// Compares behaviors with those of a library. What counts for a question is learned when it is first asked.
package struct SignatureComparer: Sendable {
    private let library: SignatureLibrary
    private let rows: [Int]
    private let products: Question
    private var versions: [String: Question] = [:]
    private var origins: [String: Question] = [:]
    /// For products that are near to each other.
    private var seconds: [[String]: Question] = [:]

    /// Products that are so near to the nearest are looked at again, by what tells just them apart.
    private static let doubt = 0.35

    init(_ library: SignatureLibrary, rows: [Int]) {
        self.library = library
        self.rows = rows
        products = Question(library, rows: rows, library.product)
    }

    /// What a behavior is near to.
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

    /// The question of these rows, made when it is asked for the first time.
    private mutating func ask<Key: Hashable>(
        _ questions: WritableKeyPath<SignatureComparer, [Key: Question]>, _ key: Key,
        of isWanted: (SignatureComparer, Int) -> Bool, naming name: (SignatureLibrary) -> (Int) -> String
    ) -> Question {
        if let known = self[keyPath: questions][key] { return known }
        let made = Question(library, rows: rows.filter { isWanted(self, $0) }, name(library))
        self[keyPath: questions][key] = made
        return made
    }

    /// The names that are near the first one, sorted.
    private static func rivals(_ candidates: [SignatureLibrary.Candidate]) -> [String] {
        guard let best = candidates.first else { return [] }
        return candidates.filter { $0.similarity > 0 && $0.similarity > best.similarity - doubt }.map(\.name).sorted()
    }

    /// The candidates with those that were looked at again in the order of the second look, and no lead but where
    /// both looks agree.
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

    /// How far ahead of what it is built on a product must be.
    private static let clearLead = 0.22

    /// A product that is not clearly told from the one whose HTTP it uses is taken for that one: it is that one too.
    private func settleOnBase(_ products: inout [SignatureLibrary.Candidate]) {
        guard products.count > 1, products[0].lead < Self.clearLead else { return }
        func base(_ product: String) -> String? { library.signatures.first { $0.product == product }?.base }
        let pair = products.prefix(2).map(\.name)
        let place = base(pair[0]) == pair[1] ? 1 : 0
        guard place == 1 || base(pair[1]) == pair[0] else { return }
        var settled = products.remove(at: place)
        // As near as the two are, and as far ahead of all others.
        settled.similarity = max(settled.similarity, products[0].similarity)
        settled.lead = settled.similarity - max(products.dropFirst().map(\.similarity).max() ?? 0, 0)
        products[0].lead = products[0].similarity - settled.similarity
        products.insert(settled, at: 0)
    }

    /// A question with the names of its answers.
    private struct Question: Sendable {
        let names: [String]
        let matcher: BehaviorMatcher

        init(_ library: SignatureLibrary, rows: [Int], _ name: (Int) -> String) {
            let words = rows.map(name)
            names = Set(words).sorted()
            let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
            matcher = BehaviorMatcher(library.matrix, rows: rows, labels: words.map { numbers[$0] ?? 0 })
        }

        func candidates(for query: [UInt32], _ library: SignatureLibrary) -> [SignatureLibrary.Candidate] {
            let matches = matcher.matches(of: query, in: library.matrix)
            return matches.enumerated().map { index, match in
                let place = library.places[match.row]
                let nearest = library.signatures[place.signature].configurations[place.configuration].name
                // One that has no rival is as far ahead as it is near.
                let rival = matches.count > 1 ? max(matches[index == 0 ? 1 : 0].similarity, 0) : 0
                return SignatureLibrary.Candidate(
                    name: names[match.label], similarity: match.similarity, lead: match.similarity - rival,
                    configuration: nearest, hasTwin: match.hasTwin)
            }
        }
    }
}
