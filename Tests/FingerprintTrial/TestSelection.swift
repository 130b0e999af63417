import Diagnostics

/// The order in which tests are worth their request: each next one is that with which most configurations are
/// identified by all others, after those before it.
struct TestSelection {
    /// The tests, most useful first, with the number of configurations identified by them and those before.
    private(set) var order: [(test: HTTPFingerprintRequest, identified: Int)] = []
    /// The number of configurations tried.
    let sampleCount: Int

    private struct Sample {
        var product: String
        var base: String?
        var origin: String?
        var behavior: ServerBehavior
        var comparer: Int
    }

    /// - Parameters:
    ///   - step: one configuration of this many is tried.
    ///   - report: is given each test as it is chosen.
    init(_ signatures: [Signature], step: Int, report: (String) -> Void) {
        let library = SignatureLibrary(signatures)
        var comparers: [SignatureComparer] = []
        var samples: [Sample] = []
        var kinds: [String: [String]] = [:]
        for signature in signatures {
            for configuration in signature.configurations {
                let known = kinds[signature.product, default: []]
                if !known.contains(configuration.kind) { kinds[signature.product] = known + [configuration.kind] }
            }
        }
        // One kind of every product is omitted at a time.
        let foldCount = kinds.values.map(\.count).max() ?? 0
        var number = 0
        for fold in 0..<foldCount {
            let omitted = kinds.compactMapValues { fold < $0.count ? $0[fold] : nil }
            var chosen: [Sample] = []
            for signature in signatures {
                for configuration in signature.configurations where omitted[signature.product] == configuration.kind {
                    number += 1
                    guard number % step == 0 else { continue }
                    chosen.append(
                        Sample(
                            product: signature.product, base: signature.base, origin: configuration.origin,
                            behavior: configuration.behavior, comparer: comparers.count))
                }
            }
            guard !chosen.isEmpty else { continue }
            samples += chosen
            comparers.append(library.comparer { omitted[$0.product] == $1.kind })
        }
        sampleCount = samples.count
        var left = HTTPFingerprintRequest.allCases.filter { $0 != .get }
        var asked: Set<HTTPFingerprintRequest> = [.get]
        while !left.isEmpty {
            var best: (test: HTTPFingerprintRequest, worth: Double, identified: Int)?
            for test in left {
                var (worth, identified) = (0.0, 0)
                for sample in samples {
                    let comparison = comparers[sample.comparer].compare(
                        sample.behavior.answers(to: asked.union([test])))
                    guard let product = comparison.products.first,
                        product.name == sample.product || product.name == sample.base
                    else { continue }
                    identified += 1
                    // A clear lead and the right origin are worth something too.
                    worth += 1 + 0.2 * Calibration.part(of: product.lead)
                    if let origin = sample.origin, comparison.origins.first?.name == origin { worth += 0.3 }
                }
                if worth > best?.worth ?? -1 { best = (test, worth, identified) }
            }
            guard let best else { return }
            order.append((best.test, best.identified))
            asked.insert(best.test)
            left.removeAll { $0 == best.test }
            report("\(order.count + 1) \(best.test.rawValue) \(best.identified) of \(sampleCount)")
        }
    }
}
