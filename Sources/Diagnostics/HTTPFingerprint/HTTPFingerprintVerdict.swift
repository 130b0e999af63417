/// The identification of a server, with its confidence.
public struct HTTPFingerprintVerdict: Sendable {
    /// A possible product.
    public struct Candidate: Sendable {
        public var product: String
        /// The calibrated probability that it is right: 0 to 1.
        public var confidence: Double
        /// Its most similar configuration.
        public var configuration: String
    }

    /// The product that terminates the connection; nil if none is similar enough.
    public var product: String?
    /// The range of versions that behave this way; nil if unknown.
    public var version: String?
    /// The origin behind the product; nil if there is none or it is unknown.
    public var origin: String?
    /// The candidates, most similar first.
    public var candidates: [Candidate] = []
    /// Whether the Server field agrees with the product; nil if one of them is unknown.
    public var bannerAgrees: Bool?

    /// The confidence of the product, or of the most similar one if none is similar enough.
    public var confidence: Double { candidates.first?.confidence ?? 0 }

    /// The minimum confidence of a result.
    public static let threshold = 0.5
}
