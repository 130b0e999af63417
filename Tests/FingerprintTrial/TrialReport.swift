import Diagnostics

/// What came of the trials, in lines for people.
struct TrialReport {
    let trial: FingerprintTrial
    let calibrations: Calibrations

    private func verdict(_ trial: FingerprintTrial.Trial) -> FingerprintVerdict {
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
        let groups: [(title: String, names: Set<String>)] = [
            ("banner hidden or false", ["hidden", "false", "renamed", "h11-hidden", "denied-hidden"]),
            (
                "the application decides",
                ["errors", "redirect", "login", "always", "json", "catch-all", "httptools-json", "keeps-json"]
            ),
        ]
        print("\na configuration that was never seen       right  base  unknown  wrong  of")
        func line(_ title: String, _ isWanted: (Signature.Configuration) -> Bool) {
            let chosen = trial.configurations.filter { isWanted($0.configuration) }
            let right = chosen.count { verdict($0).product == $0.signature.product }
            let unknown = chosen.count { verdict($0).product == nil }
            let base = chosen.count { verdict($0).product != nil && verdict($0).product == $0.signature.base }
            print(
                pad(title, 40) + pad("\(right)", 7) + pad("\(base)", 6) + pad("\(unknown)", 9)
                    + pad("\(chosen.count - right - base - unknown)", 7) + "\(chosen.count)")
        }
        line("all") { _ in true }
        for group in groups { line(group.title) { group.names.contains($0.name) } }
        line("behind a front") { $0.origin != nil }
        print("\nconfusion: what is not named as it is")
        for item in trial.configurations {
            let verdict = verdict(item)
            guard verdict.product != item.signature.product else { continue }
            let near = item.comparison.products.prefix(3).map { "\($0.name) \(percent($0.similarity))" }
            print(
                "    \(item.signature.product) \(item.signature.versions) \(item.configuration.name): "
                    + "\(verdict.product ?? "unknown") (\(near.joined(separator: ", ")))")
        }
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
        print("\nconfidence    answers   said   right")
        let all = trial.configurations.map { ($0, true) } + trial.products.map { ($0, false) }
        for tenth in 0..<10 {
            let low = Double(tenth) / 10
            let chosen = all.compactMap { item, isKnown -> (confidence: Double, isRight: Bool)? in
                let verdict = verdict(item)
                let confidence = verdict.confidence
                guard confidence >= low, confidence < low + 0.1 || tenth == 9 else { return nil }
                let said = verdict.candidates.first?.product
                return (confidence, said == item.signature.base || isKnown && said == item.signature.product)
            }
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
        let named = trial.configurations.filter { verdict($0).product == $0.signature.product }
        print("\norigin                                  right  none     wrong  of")
        line("behind a front, a new configuration", named.filter { $0.configuration.origin != nil })
        line("behind a front, a new pair", trial.pairs.filter { verdict($0).product == $0.signature.product })
        line("nothing behind", named.filter { $0.configuration.origin == nil })
        for item in named where verdict(item).origin != item.configuration.origin && verdict(item).origin != nil {
            let near = item.comparison.origins.prefix(3).map { "\($0.name) \(percent($0.similarity))" }
            print("    \(item.signature.product) \(item.configuration.name): \(near.joined(separator: ", "))")
        }
    }

    private func printVersions() {
        var ranges: [String: [String]] = [:]
        for signature in trial.library.signatures { ranges[signature.product, default: []].append(signature.versions) }
        func number(_ version: String) -> [Int] { version.split { !$0.isNumber }.prefix(3).compactMap { Int($0) } }
        for product in ranges.keys {
            ranges[product]?.sort { number($0).lexicographicallyPrecedes(number($1)) }
        }
        let chosen = trial.configurations.filter {
            verdict($0).product == $0.signature.product && $0.configuration.origin == nil
                && (ranges[$0.signature.product]?.count ?? 0) > 1
        }
        var right = 0
        var none = 0
        var neighbours = 0
        var lines: [String] = []
        for item in chosen {
            let own = ranges[item.signature.product] ?? []
            guard let said = verdict(item).version else {
                none += 1
                continue
            }
            // A range of ranges that cannot be told apart is right when it holds the one that it is.
            let ends = said.split(separator: "-").map { end in
                own.firstIndex { $0.split(separator: "-").contains(end) } ?? -1
            }
            let here = own.firstIndex(of: item.signature.versions) ?? -1
            if said == item.signature.versions || ends[0]...ends[ends.count - 1] ~= here {
                right += 1
            } else if abs(here - ends[0]) == 1 || abs(here - ends[ends.count - 1]) == 1 {
                neighbours += 1
            } else {
                lines.append(
                    "    \(item.signature.product) \(item.signature.versions) \(item.configuration.name): \(said)")
            }
        }
        print(
            "\nversions: \(right) right, \(none) not said, \(neighbours) the range beside it, \(lines.count) another, of \(chosen.count)"
        )
        for line in lines { print(line) }
        for (product, own) in ranges.sorted(by: { $0.key < $1.key }) where own.count > 1 {
            print("    \(product): \(own.joined(separator: ", "))")
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    private func percent(_ part: Double) -> Int { Int((part * 100).rounded()) }
}
