import SwiftNet

/// The lines of `--why`.
struct HTTPFingerprintReasons {
    /// The number of responses that are printed for each product.
    private static let mostReasons = 5
    /// The minimum weight of a response that is printed: it is some 1.6 times as probable from one of the products.
    static let leastWeight = 0.5

    let reasons: VerdictReasons

    var lines: [String] {
        let decisive = reasons.reasons.filter { abs($0.weight) >= Self.leastWeight }
        return lines(decisive.filter { $0.weight > 0 }, for: reasons.first, rather: reasons.second) {
            ($0.response, $0.second)
        }
            + lines(decisive.filter { $0.weight < 0 }, for: reasons.second, rather: reasons.first) {
                ($0.response, $0.first)
            }
    }

    private func lines(
        _ chosen: [VerdictReasons.Reason], for side: VerdictReasons.Side, rather otherSide: VerdictReasons.Side,
        _ sides: (VerdictReasons.Reason) -> (own: AnswerShape?, other: AnswerShape?)
    ) -> [String] {
        let (product, other) = (Self.name(side), Self.name(otherSide))
        guard !chosen.isEmpty else { return ["  nothing for \(product) rather than \(other)"] }
        var lines = ["  for \(product) rather than \(other):"]
        for reason in chosen.prefix(Self.mostReasons) {
            let (own, others) = sides(reason)
            let name = reason.test?.rawValue ?? "all responses"
            var line = "    " + Text.left(name, 20, gap: 1)
            if let own {
                line += Text.escaped(others.flatMap { own.difference(from: $0) } ?? own.opening)
                if let others, let difference = others.difference(from: own) {
                    // The response of the product alone, whatever is behind it.
                    line += "  (\(Text.escaped(otherSide.product)): \(Text.escaped(difference)))"
                }
            } else {
                line += "the spelling and order of field names"
            }
            lines.append(line)
        }
        if chosen.count > Self.mostReasons { lines.append("    and \(chosen.count - Self.mostReasons) more") }
        return lines
    }

    private static func name(_ side: VerdictReasons.Side) -> String {
        Text.escaped(side.product) + (side.origin.map { " before \(Text.escaped($0))" } ?? "")
    }
}
