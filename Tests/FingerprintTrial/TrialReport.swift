import Diagnostics

/// Prints the results of the trials.
struct TrialReport {
    let trial: FingerprintTrial
    let calibrations: Calibrations

    private func verdict(_ trial: FingerprintTrial.Trial) -> HTTPFingerprintVerdict {
        self.trial.library.verdict(trial.comparison, banner: nil, calibrations)
    }

    func printAll() {
        printProducts()
        printUnknown()
        printCalibration()
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
        let named = trial.products.filter { verdict($0).product != nil && verdict($0).product != $0.signature.base }
        print(
            "\na product that was never seen: unknown in \(trial.products.count - named.count - bases) of "
                + "\(trial.products.count), taken for what it is built on in \(bases)")
        for item in named {
            let verdict = verdict(item)
            print(
                "    \(item.signature.product) \(item.configuration.name): \(verdict.product ?? "") \(percent(verdict.confidence)) %"
            )
        }
    }

    private func printCalibration() {
        print("\nconfidence    answers   said   right      (of a product by the curve that fits all others)")
        var curves: [String: Calibration] = [:]
        for product in Set(trial.products.map(\.signature.product)) {
            curves[product] = trial.productCalibration { $0 != product }
        }
        let all = (trial.kinds.map { ($0, true) } + trial.products.map { ($0, false) }).compactMap { item, isKnown in
            let product = item.signature.product
            return item.comparison.products.first.flatMap { best in
                curves[product].map { curve in
                    (
                        confidence: curve.confidence(similarity: best.similarity, lead: best.lead),
                        isRight: best.name == item.signature.base || isKnown && best.name == product
                    )
                }
            }
        }
        for tenth in 0..<10 {
            let low = Double(tenth) / 10
            let chosen = all.filter { $0.confidence >= low && ($0.confidence < low + 0.1 || tenth == 9) }
            guard !chosen.isEmpty else { continue }
            let said = chosen.reduce(0) { $0 + $1.confidence } / Double(chosen.count)
            let right = Double(chosen.count(where: \.isRight)) / Double(chosen.count)
            print(
                "0.\(tenth) - " + pad(tenth == 9 ? "1.0" : "0.\(tenth + 1)", 8) + pad("\(chosen.count)", 10)
                    + pad("\(percent(said)) %", 7) + "\(percent(right)) %")
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
