import Diagnostics

/// Identifies every configuration with the signatures of all others.
struct FingerprintTrial {
    /// A configuration and the verdict on it.
    struct Trial {
        var signature: Signature
        var configuration: Signature.Configuration
        var comparison: SignatureLibrary.Comparison

        var isNearest: Bool { comparison.products.first?.name == signature.product }
        var isBaseNearest: Bool { comparison.products.first.map { $0.name == signature.base } ?? false }
    }

    let library: SignatureLibrary
    /// Every configuration, omitted from all releases of its product.
    let configurations: [Trial]
    /// The same, with all configurations of its kind omitted: those that differ only in the banner or redirect status.
    let kinds: [Trial]
    /// The same kinds, with only the first tests answered.
    let interrupted: [(tests: Int, trials: [Trial])]
    /// Every product, omitted completely.
    let products: [Trial]
    /// Every pair of a front server and its origin.
    let pairs: [Trial]

    init(_ signatures: [Signature]) {
        let library = SignatureLibrary(signatures)
        self.library = library
        configurations = Self.trials(library) { "\($0.product)\t\($1.name)" }
        kinds = Self.trials(library) { "\($0.product)\t\($1.kind)" }
        interrupted = [5, 10, 15].map { tests in
            (tests, Self.trials(library, asking: tests) { "\($0.product)\t\($1.kind)" })
        }
        products = Self.trials(library) { signature, _ in signature.product }
        pairs = Self.trials(library) { signature, configuration in
            configuration.origin.map { "\(signature.product)\t\($0)" }
        }
    }

    /// Omits each group in turn and identifies it with the others.
    private static func trials(
        _ library: SignatureLibrary, asking tests: Int = HTTPFingerprintRequest.allCases.count,
        _ group: (Signature, Signature.Configuration) -> String?
    ) -> [Trial] {
        var groups: [String: [(Signature, Signature.Configuration)]] = [:]
        for signature in library.signatures {
            for configuration in signature.configurations {
                guard let key = group(signature, configuration) else { continue }
                groups[key, default: []].append((signature, configuration))
            }
        }
        return groups.sorted { $0.key < $1.key }.flatMap { key, members in
            var comparer = library.comparer { group($0, $1) == key }
            return members.map {
                var behavior = $1.behavior
                for test in HTTPFingerprintRequest.allCases.dropFirst(tests) { behavior[test] = nil }
                return Trial(signature: $0, configuration: $1, comparison: comparer.compare(behavior))
            }
        }
    }

    /// The curves fitted to the trials.
    var calibrations: Calibrations {
        let known = kinds.filter(\.isNearest)
        let claims = (known + pairs.filter(\.isNearest)).filter {
            $0.comparison.origins.first.map { !$0.name.isEmpty } ?? false
        }
        return Calibrations(
            product: productCalibration { _ in true },
            origin: CalibrationFit.calibration(
                of: claims.map {
                    Self.point($0.comparison.origins, $0.comparison.origins[0].name == $0.configuration.origin)
                }))
    }

    /// The curve fitted to the trials of some products.
    func productCalibration(_ isWanted: (String) -> Bool) -> Calibration {
        CalibrationFit.calibration(
            of: (kinds.map { ($0, $0.isNearest || $0.isBaseNearest) } + products.map { ($0, $0.isBaseNearest) })
                .filter { isWanted($0.0.signature.product) }
                .map { Self.point($0.0.comparison.products, $0.1) })
    }

    private static func point(_ candidates: [SignatureLibrary.Candidate], _ isRight: Bool) -> CalibrationFit.Point {
        CalibrationFit.Point(similarity: candidates[0].similarity, lead: candidates[0].lead, isRight: isRight)
    }
}
