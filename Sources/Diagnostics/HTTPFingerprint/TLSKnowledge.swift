import func Glibc.log

/// The behaviors below HTTP/1 of products, learned from real servers.
///
/// A text has a line for each: `nginx<TAB>order=h2 unknown=alert-120 tickets=2 http2=...`. Products that terminate TLS
/// alone, and pass on what they decrypt, have `tls` and a tab before their name.
package struct TLSKnowledge: Sendable {
    private var products: [String: [TLSBehavior]] = [:]
    private var terminators: [String: [TLSBehavior]] = [:]

    /// - Returns: nil if the text is invalid.
    package init?(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            var columns = line.split(separator: "\t")[...]
            let terminates = columns.count == 3 && columns.first == "tls"
            if terminates { columns.removeFirst() }
            guard columns.count == 2, let name = columns.first, let behavior = columns.last.flatMap({ TLSBehavior($0) })
            else { return nil }
            if terminates {
                terminators[String(name), default: []].append(behavior)
            } else {
                products[String(name), default: []].append(behavior)
            }
        }
    }

    /// The weight of chance among the behaviors of a product, in behaviors.
    private static let weightOfChance = 0.5
    /// The maximum of the evidence for or against a product: traits depend on each other, and on configurations.
    private static let mostEvidence = 6.0

    /// Returns how much more probable a behavior is for a product than for any server: a natural logarithm; 0 for a
    /// product whose behavior was not learned.
    package func evidence(_ behavior: TLSBehavior, for product: String) -> Double {
        guard let own = products[product] else { return 0 }
        let all = products.values.flatMap(\.self) + terminators.values.flatMap(\.self)
        var sum = 0.0
        for (trait, value) in behavior.values {
            let chance = Self.share(of: value, trait, among: all, chance: 1 / Double(all.count + 1))
            sum += log(Self.share(of: value, trait, among: own, chance: chance) / chance)
        }
        return min(max(sum, -Self.mostEvidence), Self.mostEvidence)
    }

    private static func share(
        of value: String, _ trait: TLSBehavior.Trait, among behaviors: [TLSBehavior], chance: Double
    ) -> Double {
        let known = behaviors.compactMap { $0.values[trait] }
        return (Double(known.count { $0 == value }) + weightOfChance * chance) / (Double(known.count) + weightOfChance)
    }

    /// The products that terminate TLS before a server and behave in this way, in alphabetical order, if the server itself
    /// does not: the product is not known for at least one trait.
    package func terminators(_ behavior: TLSBehavior, before product: String) -> [String]? {
        guard let own = products[product] else { return nil }
        let isOwn = behavior.values.allSatisfy { trait, value in
            // A value of the settings may depend on the configuration; whether HTTP/2 is spoken does too.
            trait == .http2 || own.contains { $0.values[trait] == nil || $0.values[trait] == value }
        }
        guard !isOwn else { return nil }
        return terminators.filter { $0.value.contains { $0.agrees(with: behavior) } }.map(\.key).sorted()
    }
}

extension TLSBehavior {
    /// Whether all traits that both have are the same.
    func agrees(with other: TLSBehavior) -> Bool {
        values.allSatisfy { trait, value in other.values[trait].map { $0 == value } ?? true }
    }
}
