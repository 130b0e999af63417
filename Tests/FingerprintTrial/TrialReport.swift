import Diagnostics

/// Prints the results of the trials.
struct TrialReport {
    let trial: FingerprintTrial
    let calibrations: Calibrations

    private func verdict(_ trial: FingerprintTrial.Trial) -> HTTPFingerprintVerdict {
        self.trial.library.verdict(trial.comparison, banner: nil, calibrations, answers: trial.answers)
    }

    func printAll() {
        printProducts()
        printUnknown()
        printCalibration()
        printThresholds()
        printOrigins()
        printVersions()
    }

    private func printProducts() {
        let markers = ["hidden", "false", "renamed"]
        let application = ["errors", "redirect", "moved", "login", "always", "json", "catch-all"]
        for (title, trials) in [
            ("a kind of configuration that was never seen", trial.kinds),
            ("a pair that was never seen", trial.pairs),
            ("an origin that was never seen behind a front", trial.origins),
        ] {
            print("\n" + pad(title, 46) + "right  base  unknown  wrong  of")
            printLine("all", trials)
            printLine("banner hidden or false", trials) { hasAny(of: markers, in: $0) }
            printLine("the application decides", trials) { hasAny(of: application, in: $0) }
            let fronted = trials.filter { $0.configuration.origin != nil }
            printLine("behind a front", fronted)
        }
        printLine("asked all tests", trial.thorough)
        printLine("asked \(HTTPFingerprintRequest.cases(.polite).count) tests", trial.polite)
        for (tests, trials) in trial.interrupted { printLine("that answered \(tests) tests alone", trials) }
        print("\nconfusion: configurations identified incorrectly, their kind not seen")
        for item in trial.kinds {
            let verdict = verdict(item)
            guard verdict.product != item.signature.product else { continue }
            let near = item.comparison.products.prefix(3).map { "\($0.name) \(percent($0.similarity))" }
            print(
                "    \(item.signature.product) \(item.signature.versions) \(item.configuration.name): "
                    + "\(verdict.product ?? "unknown") (\(near.joined(separator: ", ")))")
        }
    }

    /// Without the library of regular expressions, which the static build leaves out.
    private func hasAny(of words: [String], in name: String) -> Bool {
        words.contains { word in
            name.utf8.indices.contains { name.utf8[$0...].starts(with: word.utf8) }
        }
    }

    private func printLine(
        _ title: String, _ trials: [FingerprintTrial.Trial], _ isWanted: (String) -> Bool = { _ in true }
    ) {
        let chosen = trials.filter { isWanted($0.configuration.name) }
        let verdicts = chosen.map { (said: verdict($0).product, signature: $0.signature) }
        let right = verdicts.count { $0.said == $0.signature.product }
        let unknown = verdicts.count { $0.said == nil }
        let base = verdicts.count { $0.said != nil && $0.said == $0.signature.base }
        print(
            pad("  " + title, 46) + pad("\(right)", 7) + pad("\(base)", 6) + pad("\(unknown)", 9)
                + pad("\(chosen.count - right - base - unknown)", 7) + "\(chosen.count)")
    }

    private func printUnknown() {
        let bases = trial.products.count { verdict($0).product != nil && verdict($0).product == $0.signature.base }
        // What is built on it says what it is.
        let right = trial.products.count { verdict($0).product == $0.signature.product }
        let named = trial.products.filter {
            ![nil, $0.signature.base, $0.signature.product].contains(verdict($0).product)
        }
        print(
            "\na product that was never seen: unknown in \(trial.products.count - named.count - bases - right) of "
                + "\(trial.products.count), taken for what it is built on in \(bases), right in \(right), wrong in "
                + "\(named.count)")
        for item in named {
            let verdict = verdict(item)
            print(
                "    \(item.signature.product) \(item.configuration.name): \(verdict.product ?? "") \(percent(verdict.confidence)) %"
            )
        }
    }

    private func printCalibration() {
        for (title, tenths) in [
            ("usual requests", Tenth.all(trial.kinds, trial.products)),
            ("polite requests", Tenth.all(trial.polite, trial.politeProducts)),
        ] {
            print("\nconfidence    answers   said   right   (\(title); of a product by the curve that fits all others)")
            for tenth in tenths where tenth.count > 0 {
                let count = Double(tenth.count)
                print(
                    "0.\(tenth.number) - " + pad(tenth.number == 9 ? "1.0" : "0.\(tenth.number + 1)", 8)
                        + pad("\(tenth.count)", 10) + pad("\(percent(tenth.said / count)) %", 7)
                        + pad("\(percent(tenth.right / count)) %", 8) + (tenth.isMeasured ? "" : "in words"))
            }
        }
    }

    /// What other minimum confidences would give.
    private func printThresholds() {
        print("\nat least    kinds: right  base  unknown  wrong    unseen products: unknown  base  wrong")
        for threshold in stride(from: 0.5, through: 0.95, by: 0.05) {
            func counts(_ trials: [FingerprintTrial.Trial]) -> (right: Int, base: Int, unknown: Int, wrong: Int) {
                var counts = (right: 0, base: 0, unknown: 0, wrong: 0)
                for item in trials {
                    let best = verdict(item).candidates.first
                    guard let best, best.confidence >= threshold else {
                        counts.unknown += 1
                        continue
                    }
                    if best.product == item.signature.product {
                        counts.right += 1
                    } else if best.product == item.signature.base {
                        counts.base += 1
                    } else {
                        counts.wrong += 1
                    }
                }
                return counts
            }
            let (kinds, products) = (counts(trial.kinds), counts(trial.products))
            print(
                pad("\(percent(threshold)) %", 19) + pad("\(kinds.right)", 7) + pad("\(kinds.base)", 6)
                    + pad("\(kinds.unknown)", 9) + pad("\(kinds.wrong)", 26) + pad("\(products.unknown)", 9)
                    + pad("\(products.base)", 6) + "\(products.wrong)")
        }
    }

    private func printOrigins() {
        func line(_ title: String, _ trials: [FingerprintTrial.Trial]) {
            let right = trials.count { verdict($0).origin == $0.configuration.origin }
            let none = trials.count { verdict($0).origin == nil && $0.configuration.origin != nil }
            print(
                pad(title, 40) + pad("\(right)", 7) + pad("\(none)", 9) + pad("\(trials.count - right - none)", 7)
                    + "\(trials.count)")
        }
        let named = trial.kinds.filter { verdict($0).product == $0.signature.product }
        print("\norigin                                  right  none     wrong  of")
        line("behind a front, a new configuration", named.filter { $0.configuration.origin != nil })
        line("behind a front, a new pair", trial.pairs)
        line("behind a front, a new origin", trial.origins)
        line("nothing behind", named.filter { $0.configuration.origin == nil })
        for item in named where verdict(item).origin != item.configuration.origin && verdict(item).origin != nil {
            let near = item.comparison.origins.prefix(3).map { "\($0.name) \(percent($0.similarity))" }
            print("    \(item.signature.product) \(item.configuration.name): \(near.joined(separator: ", "))")
        }
    }

    private func printVersions() {
        var ranges: [String: [String]] = [:]
        for signature in trial.library.signatures { ranges[signature.product, default: []].append(signature.versions) }
        ranges = ranges.filter { $0.value.count > 1 }.mapValues { $0.sorted { VersionRange($0) < VersionRange($1) } }
        let chosen = trial.kinds.filter {
            verdict($0).product == $0.signature.product && $0.configuration.origin == nil
                && ranges[$0.signature.product] != nil
        }
        var right = 0
        var none = 0
        var beside = 0
        var lines: [String] = []
        for item in chosen {
            guard let said = verdict(item).version.map({ VersionRange($0) }) else {
                none += 1
                continue
            }
            let own = ranges[item.signature.product] ?? []
            let here = own.firstIndex(of: item.signature.versions) ?? 0
            // An ambiguous range of versions is correct if it contains the actual one.
            let neighbors = own[max(here - 1, 0)...min(here + 1, own.count - 1)]
            if said.holds(VersionRange(item.signature.versions)) {
                right += 1
            } else if neighbors.contains(where: { said.holds(VersionRange($0)) }) {
                beside += 1
            } else {
                let near = item.comparison.versions.prefix(3).map { "\($0.name) \(percent($0.similarity))" }
                lines.append(
                    "    \(item.signature.product) \(item.signature.versions) \(item.configuration.name): "
                        + near.joined(separator: ", "))
            }
        }
        print(
            "\nversions: \(right) right, \(none) not said, \(beside) the range beside it, \(lines.count) another, "
                + "of \(chosen.count)")
        for line in lines { print(line) }
        for (product, own) in ranges.sorted(by: { $0.key < $1.key }) {
            print("    \(product): \(own.joined(separator: ", "))")
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    private func percent(_ part: Double) -> Int { Int((part * 100).rounded()) }
}
