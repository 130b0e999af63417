/// The responses that decided between the two most similar products.
public struct VerdictReasons: Sendable {
    /// What one response says.
    public struct Reason: Sendable {
        /// The test; nil for what all responses together show: the spelling and order of field names.
        public var test: HTTPFingerprintRequest?
        /// How much more probable the response is from the first product than from the second: a natural logarithm,
        /// negative if it speaks for the second.
        public var weight: Double
        public var response: AnswerShape?
        /// The response of the most similar configuration of the first product alone.
        public var first: AnswerShape?
        /// That of the second product.
        public var second: AnswerShape?

        /// The place of the test, for a stable order.
        var order: Int { test.map(\.index) ?? -1 }
    }

    /// A product, and the server behind it that explains the behavior best.
    public struct Side: Sendable {
        public var product: String
        /// nil for none.
        public var origin: String?
    }

    /// The product that was reported, or the most similar one if none was.
    public var first: Side
    /// The most similar other product.
    public var second: Side
    /// What the responses say, most decisive first.
    public var reasons: [Reason]
}

extension AnswerShape {
    /// Returns what distinguishes a response from another one, as a short text; nil if they are the same.
    public func difference(from other: AnswerShape) -> String? {
        if opening != other.opening { return opening }
        if names != other.names {
            let added = names.filter { !other.names.contains($0) }
            let missing = other.names.filter { !names.contains($0) }
            if added.isEmpty, missing.isEmpty { return "fields in another order: \(names.joined(separator: " "))" }
            return (added.map { "with \($0)" } + missing.map { "without \($0)" }).joined(separator: ", ")
        }
        if ending != other.ending { return "connection \(ending.rawValue)" }
        if let value = values.first(where: { !other.values.contains($0) }) { return "\(value.name): \(value.shape)" }
        if let value = other.values.first(where: { !values.contains($0) }) { return "no \(value.name): \(value.shape)" }
        return body == other.body ? nil : "another page"
    }
}
