import Diagnostics

/// Identifies every configuration with the signatures of all others.
struct FingerprintTrial {
    /// A configuration and the verdict on it.
    struct Trial {
        var signature: Signature
        var configuration: Signature.Configuration
        /// The number of responses compared.
        var answers: Int
        var comparison: SignatureLibrary.Comparison

        var isNearest: Bool { comparison.products.first?.name == signature.product }
        var isBaseNearest: Bool { comparison.products.first.map { $0.name == signature.base } ?? false }
    }

    let library: SignatureLibrary
    /// Every configuration, with all configurations of its kind omitted from all releases of its product: those that
    /// differ only in the banner or redirect status.
    let kinds: [Trial]
    /// The same kinds, asked all tests.
    let thorough: [Trial]
    /// The same kinds, asked the polite tests.
    let polite: [Trial]
    /// The same kinds, with only the first tests answered.
    let interrupted: [(tests: Int, trials: [Trial])]
    /// Every product, omitted completely.
    let products: [Trial]
    /// Every product, omitted completely, asked the polite tests.
    let politeProducts: [Trial]
    /// Every pair of a front server and its origin, omitted with all configurations of the pair.
    let pairs: [Trial]
    /// Every pair of a front server and its origin, with all pairs of the origin omitted.
    let origins: [Trial]

    init(_ signatures: [Signature]) {
        let library = SignatureLibrary(signatures)
        self.library = library
        let usual = HTTPFingerprintRequest.cases(.usual)
        let polite = HTTPFingerprintRequest.cases(.polite)
        let counts = [5, 10, 15]
        let sets = [usual, HTTPFingerprintRequest.cases(.all), polite] + counts.map { Array(usual.prefix($0)) }
        let trials = Self.trials(library, asking: sets) { "\($0.product)\t\($1.kind)" }
        kinds = trials[0]
        thorough = trials[1]
        self.polite = trials[2]
        interrupted = counts.enumerated().map { ($0.element, trials[$0.offset + 3]) }
        let unseen = Self.trials(library, asking: [usual, polite], isAlone: true) { signature, _ in signature.product }
        (products, politeProducts) = (unseen[0], unseen[1])
        pairs =
            Self.trials(library) { signature, configuration in
                configuration.origin.map { "\(signature.product)\t\($0)" }
            }[0]
        origins = Self.trials(library, isAlone: true) { _, configuration in configuration.origin }[0]
    }

    /// Omits each group in turn and identifies it with the others. Groups of different products are omitted at the same
    /// time, one of each product: each omission is another library to learn from.
    /// - Parameters:
    ///   - sets: the tests to answer, each set for a trial of its own.
    ///   - isAlone: whether each group is omitted alone.
    private static func trials(
        _ library: SignatureLibrary, asking sets: [[HTTPFingerprintRequest]] = [HTTPFingerprintRequest.cases(.usual)],
        isAlone: Bool = false,
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
        var trials = [[Trial]](repeating: [], count: sets.count)
        for fold in folds {
            let keys = Set(fold.map(\.key))
            var comparer = library.comparer { group($0, $1).map(keys.contains) ?? false }
            for member in fold.flatMap(\.members) {
                for (index, tests) in sets.enumerated() {
                    let behavior = member.configuration.behavior.answers(to: tests)
                    trials[index].append(
                        Trial(
                            signature: member.signature, configuration: member.configuration, answers: behavior.count,
                            comparison: comparer.compare(behavior)))
                }
            }
        }
        return trials
    }

    /// The curves fitted to the trials.
    var calibrations: Calibrations {
        Calibrations(usual: curves(kinds, products, pairs + origins), polite: curves(polite, politeProducts, []))
    }

    private func curves(_ kinds: [Trial], _ products: [Trial], _ pairs: [Trial]) -> Calibrations.Curves {
        let claims = (kinds + pairs).filter {
            $0.isNearest && $0.comparison.origins.first.map { !$0.name.isEmpty } ?? false
        }
        var product = Self.productCalibration(kinds, products) { _ in true }
        product.measured = Set(Tenth.all(kinds, products).filter(\.isMeasured).map(\.number))
        return Calibrations.Curves(
            product: product,
            origin: CalibrationFit.calibration(
                of: claims.map {
                    Self.point($0.comparison.origins, $0.comparison.origins[0].name == $0.configuration.origin)
                }))
    }

    /// The curve fitted to the trials of some products.
    static func productCalibration(
        _ kinds: [Trial], _ products: [Trial], _ isWanted: (String) -> Bool
    ) -> Calibration {
        CalibrationFit.calibration(
            of: (kinds + products).map { ($0, $0.isNearest || $0.isBaseNearest) }
                .filter { isWanted($0.0.signature.product) && !$0.0.comparison.products.isEmpty }
                .map { point($0.0.comparison.products, $0.1) })
    }

    private static func point(_ candidates: [SignatureLibrary.Candidate], _ isRight: Bool) -> CalibrationFit.Point {
        CalibrationFit.Point(similarity: candidates[0].similarity, lead: candidates[0].lead, isRight: isRight)
    }
}

/// How often the results with a confidence in one tenth were right, each product by the curve that fits all others.
struct Tenth {
    let number: Int
    var count = 0
    var said = 0.0
    var right = 0.0

    private static let leastCount = 30
    private static let mostDifference = 0.05

    /// Whether there are enough results, and they were right as often as their confidence says.
    var isMeasured: Bool {
        count >= Self.leastCount && abs(said - right) / Double(max(count, 1)) <= Self.mostDifference
    }

    static func all(_ kinds: [FingerprintTrial.Trial], _ products: [FingerprintTrial.Trial]) -> [Tenth] {
        var tenths = (0..<10).map { Tenth(number: $0) }
        var curves: [String: Calibration] = [:]
        for product in Set(products.map(\.signature.product)) {
            curves[product] = FingerprintTrial.productCalibration(kinds, products) { $0 != product }
        }
        for item in kinds + products {
            let product = item.signature.product
            guard let best = item.comparison.products.first, let curve = curves[product] else { continue }
            let confidence = curve.confidence(similarity: best.similarity, lead: best.lead)
            let tenth = Calibration.tenth(of: confidence)
            tenths[tenth].count += 1
            tenths[tenth].said += confidence
            if best.name == item.signature.base || best.name == product { tenths[tenth].right += 1 }
        }
        return tenths
    }
}
