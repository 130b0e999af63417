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
    /// Every configuration, with all configurations of its kind omitted from all releases of its product: those that
    /// differ only in the banner or redirect status.
    let kinds: [Trial]
    /// The same kinds, with only the first tests answered.
    let interrupted: [(tests: Int, trials: [Trial])]
    /// Every product, omitted completely.
    let products: [Trial]
    /// Every pair of a front server and its origin, omitted with all configurations of the pair.
    let pairs: [Trial]
    /// Every pair of a front server and its origin, with all pairs of the origin omitted.
    let origins: [Trial]

    init(_ signatures: [Signature]) {
        let library = SignatureLibrary(signatures)
        self.library = library
        let tests = HTTPFingerprintRequest.allCases.count
        let trials = Self.trials(library, asking: [tests, 5, 10, 15]) { "\($0.product)\t\($1.kind)" }
        kinds = trials[0]
        interrupted = [5, 10, 15].enumerated().map { ($0.element, trials[$0.offset + 1]) }
        products = Self.trials(library, isAlone: true) { signature, _ in signature.product }[0]
        pairs =
            Self.trials(library) { signature, configuration in
                configuration.origin.map { "\(signature.product)\t\($0)" }
            }[0]
        origins = Self.trials(library, isAlone: true) { _, configuration in configuration.origin }[0]
    }

    /// Omits each group in turn and identifies it with the others. Groups of different products are omitted at the same
    /// time, one of each product: each omission is another library to learn from.
    /// - Parameters:
    ///   - counts: the numbers of tests to answer, each for a trial of its own; nil for all.
    ///   - isAlone: whether each group is omitted alone.
    private static func trials(
        _ library: SignatureLibrary, asking counts: [Int]? = nil, isAlone: Bool = false,
        _ group: (Signature, Signature.Configuration) -> String?
    ) -> [[Trial]] {
        typealias Member = (signature: Signature, configuration: Signature.Configuration)
        var groups: [String: [Member]] = [:]
        for signature in library.signatures {
            for configuration in signature.configurations {
                guard let key = group(signature, configuration) else { continue }
                groups[key, default: []].append((signature, configuration))
            }
        }
        var folds: [[(key: String, members: [Member])]] = []
        var counted: [String: Int] = [:]
        for (key, members) in groups.sorted(by: { $0.key < $1.key }) {
            let fold = isAlone ? folds.count : counted[members[0].signature.product, default: 0]
            counted[members[0].signature.product] = fold + 1
            if fold == folds.count { folds.append([]) }
            folds[fold].append((key, members))
        }
        let counts = counts ?? [HTTPFingerprintRequest.allCases.count]
        var trials = [[Trial]](repeating: [], count: counts.count)
        for fold in folds {
            let keys = Set(fold.map(\.key))
            var comparer = library.comparer { group($0, $1).map(keys.contains) ?? false }
            for member in fold.flatMap(\.members) {
                for (index, count) in counts.enumerated() {
                    var behavior = member.configuration.behavior
                    for test in HTTPFingerprintRequest.allCases.dropFirst(count) { behavior[test] = nil }
                    trials[index].append(
                        Trial(
                            signature: member.signature, configuration: member.configuration,
                            comparison: comparer.compare(behavior)))
                }
            }
        }
        return trials
    }

    /// The curves fitted to the trials.
    var calibrations: Calibrations {
        let known = kinds.filter(\.isNearest)
        let claims = (known + (pairs + origins).filter(\.isNearest)).filter {
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
