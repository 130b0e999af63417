import Diagnostics

/// Names every configuration by the signatures of all others.
struct FingerprintTrial {
    /// A configuration with what it is, and what it was taken for.
    struct Trial {
        var signature: Signature
        var configuration: Signature.Configuration
        var comparison: SignatureLibrary.Comparison

        var isRight: Bool { comparison.products.first?.name == signature.product }
    }

    private let library: SignatureLibrary

    init(_ signatures: [Signature]) { library = SignatureLibrary(signatures) }

    /// Each of the groups is left out in turn, and named by the others.
    private func trials(_ group: (Signature, Signature.Configuration) -> String) -> [Trial] {
        var groups: [String: [(Signature, Signature.Configuration)]] = [:]
        for signature in library.signatures {
            for configuration in signature.configurations {
                groups[group(signature, configuration), default: []].append((signature, configuration))
            }
        }
        return groups.sorted { $0.key < $1.key }.flatMap { key, members in
            let comparisons = library.compare(members.map(\.1.behavior)) { group($0, $1) == key }
            return zip(members, comparisons).map { Trial(signature: $0.0, configuration: $0.1, comparison: $1) }
        }
    }

    func run() {
        // Of all releases of the product, for they would give it away.
        let configurations = trials { "\($0.product)\t\($1.name)" }
        let products = trials { signature, _ in signature.product }
        report(configurations, products)
    }

    private func report(_ results: [Trial], _ unknown: [Trial]) {
        let wrong = results.filter { !$0.isRight }
        let best = results.filter(\.isRight)
        print("left out a configuration: \(best.count) of \(results.count) right")
        func line(_ result: Trial) {
            let near = result.comparison.products.prefix(3).map { candidate in
                "\(candidate.name) \(Int(candidate.similarity * 100)) (\(candidate.configuration))"
            }
            print(
                "   \(result.signature.product) \(result.signature.versions) \(result.configuration.name): \(near.joined(separator: ", "))"
            )
        }
        for result in wrong { line(result) }
        print("the lowest of the right ones:")
        func similarity(_ result: Trial) -> Double { result.comparison.products[0].similarity }
        for result in best.sorted(by: { similarity($0) < similarity($1) }).prefix(15) { line(result) }
        print("the smallest leads of the right ones:")
        func lead(_ result: Trial) -> Double { similarity(result) - result.comparison.products[1].similarity }
        for result in best.sorted(by: { lead($0) < lead($1) }).prefix(15) { line(result) }
        print("the highest of those that are left out whole:")
        for result in unknown.sorted(by: { similarity($0) > similarity($1) }).prefix(30) { line(result) }
        let fronts = best.filter { $0.configuration.origin != nil }
        let origins = fronts.filter { $0.comparison.origins.first?.name == $0.configuration.origin }
        let direct = best.filter { $0.configuration.origin == nil }
        print("origins: \(origins.count) of \(fronts.count); nothing behind: \(direct.count { $0.comparison.origins.first?.name == "" }) of \(direct.count)")
        for result in fronts where result.comparison.origins.first?.name != result.configuration.origin {
            let near = result.comparison.origins.prefix(3).map { "\($0.name) \(Int($0.similarity * 100))" }
            print("   \(result.signature.product) \(result.configuration.name): \(near.joined(separator: ", "))")
        }
        let released = direct.filter { $0.comparison.versions.count > 1 }
        let versions = released.filter { $0.comparison.versions.first?.name == $0.signature.versions }
        print("versions: \(versions.count) of \(released.count)")
        for result in released where result.comparison.versions.first?.name != result.signature.versions {
            let near = result.comparison.versions.prefix(3).map { "\($0.name) \(Int($0.similarity * 1000))" }
            print("   \(result.signature.product) \(result.signature.versions) \(result.configuration.name): \(near.joined(separator: ", "))")
        }
    }
}
