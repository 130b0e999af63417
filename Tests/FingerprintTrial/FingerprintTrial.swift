import Diagnostics

/// Names every configuration by the signatures of all others.
struct FingerprintTrial {
    /// A configuration with what it is, and what it was taken for.
    struct Trial {
        var signature: Signature
        var configuration: Signature.Configuration
        var comparison: SignatureLibrary.Comparison

        var isNearest: Bool { comparison.products.first?.name == signature.product }
        var isBaseNearest: Bool { comparison.products.first.map { $0.name == signature.base } ?? false }
    }

    let library: SignatureLibrary
    /// Every configuration, left out of all releases of its product, for they would give it away.
    let configurations: [Trial]
    /// The same with all configurations of its kind: those that differ in the banner, or redirect by another status.
    let kinds: [Trial]
    /// Every product, left out whole.
    let products: [Trial]
    /// Every pair of a front and what stands behind it.
    let pairs: [Trial]

    init(_ signatures: [Signature]) {
        let library = SignatureLibrary(signatures)
        self.library = library
        configurations = Self.trials(library) { "\($0.product)\t\($1.name)" }
        kinds = Self.trials(library) { "\($0.product)\t\($1.kind)" }
        products = Self.trials(library) { signature, _ in signature.product }
        pairs = Self.trials(library) { signature, configuration in
            configuration.origin.map { "\(signature.product)\t\($0)" }
        }
    }

    /// Each of the groups is left out in turn, and named by the others.
    private static func trials(
        _ library: SignatureLibrary, _ group: (Signature, Signature.Configuration) -> String?
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
                Trial(signature: $0, configuration: $1, comparison: comparer.compare($1.behavior))
            }
        }
    }

    /// The curves that fit the trials.
    var calibrations: Calibrations {
        func point(_ candidates: [SignatureLibrary.Candidate], _ isRight: Bool) -> LogisticFit.Point {
            LogisticFit.Point(
                similarity: candidates[0].similarity, lead: Calibration.part(of: candidates[0].lead),
                isRight: isRight)
        }
        let known = kinds.filter(\.isNearest)
        let claims = (known + pairs.filter(\.isNearest)).filter {
            $0.comparison.origins.first.map { !$0.name.isEmpty && !$0.hasTwin } ?? false
        }
        return Calibrations(
            product: LogisticFit.calibration(
                of: kinds.map { point($0.comparison.products, $0.isNearest) }
                    + products.filter { !$0.isBaseNearest }.map { point($0.comparison.products, false) }),
            origin: LogisticFit.calibration(
                of: claims.map {
                    point($0.comparison.origins, $0.comparison.origins[0].name == $0.configuration.origin)
                }))
    }
}

extension Signature.Configuration {
    /// What it has in common with configurations that are nearly the same.
    var kind: Substring {
        if origin != nil { return name[...] }
        return name == "moved" ? "redirect" : name.prefix { $0 != "-" }
    }
}
