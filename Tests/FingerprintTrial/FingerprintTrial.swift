import Diagnostics

/// Names every configuration by the signatures of all others.
struct FingerprintTrial {
    /// A configuration with what it is.
    struct Case {
        var product: String
        var versions: String
        var configuration: Signature.Configuration
    }

    /// What came of it.
    struct Result {
        var trial: Case
        /// Best first.
        var candidates: [SignatureLibrary.Candidate]
    }

    let cases: [Case]

    init(_ signatures: [Signature]) {
        cases = signatures.flatMap { signature in
            signature.configurations.map {
                Case(product: signature.product, versions: signature.versions, configuration: $0)
            }
        }
    }

    /// The signatures of all cases that are wanted.
    private func library(_ isWanted: (Case) -> Bool) -> SignatureLibrary {
        var groups: [String: Signature] = [:]
        for item in cases where isWanted(item) {
            let key = item.product + "\t" + item.versions
            groups[key, default: Signature(product: item.product, versions: item.versions, configurations: [])]
                .configurations.append(item.configuration)
        }
        return SignatureLibrary(groups.sorted { $0.key < $1.key }.map(\.value))
    }

    func run() {
        // A configuration left out: of all releases of the product, for they would give it away.
        var groups: [[Case]] = []
        var numbers: [String: Int] = [:]
        for item in cases {
            let key = item.product + "\t" + item.configuration.name
            if let number = numbers[key] {
                groups[number].append(item)
            } else {
                numbers[key] = groups.count
                groups.append([item])
            }
        }
        var results: [Result] = []
        for group in groups {
            let product = group[0].product
            let name = group[0].configuration.name
            let library = library { $0.product != product || $0.configuration.name != name }
            for item in group {
                results.append(Result(trial: item, candidates: library.candidates(for: item.configuration.behavior)))
            }
        }
        var unknown: [Result] = []
        for product in Set(cases.map(\.product)).sorted() {
            let library = library { $0.product != product }
            for item in cases where item.product == product {
                unknown.append(Result(trial: item, candidates: library.candidates(for: item.configuration.behavior)))
            }
        }
        report(results, unknown)
    }

    private func report(_ results: [Result], _ unknown: [Result]) {
        let wrong = results.filter { $0.candidates.first?.product != $0.trial.product }
        print("left out a configuration: \(results.count - wrong.count) of \(results.count) right")
        func line(_ result: Result) {
            let near = result.candidates.prefix(3).map { candidate in
                let percent = Int(candidate.similarity * 100)
                return "\(candidate.product) \(percent) (\(candidate.configuration.name))"
            }
            print("   \(result.trial.product) \(result.trial.versions) \(result.trial.configuration.name): \(near.joined(separator: ", "))")
        }
        for result in wrong { line(result) }
        let best = results.filter { $0.candidates.first?.product == $0.trial.product }
        print("the lowest of the right ones:")
        for result in best.sorted(by: { $0.candidates[0].similarity < $1.candidates[0].similarity }).prefix(25) { line(result) }
        print("the smallest leads of the right ones:")
        func lead(_ result: Result) -> Double { result.candidates[0].similarity - result.candidates[1].similarity }
        for result in best.sorted(by: { lead($0) < lead($1) }).prefix(25) { line(result) }
        print("the highest of those that are left out whole:")
        for result in unknown.sorted(by: { $0.candidates[0].similarity > $1.candidates[0].similarity }).prefix(40) {
            line(result)
        }
    }
}
