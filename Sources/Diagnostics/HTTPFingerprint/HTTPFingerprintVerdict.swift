/// What a server is taken for, and how much that is worth.
public struct HTTPFingerprintVerdict: Sendable {
    /// A product that it may be.
    public struct Candidate: Sendable {
        public var product: String
        /// Of so many answers that are given with it so many are right: 0 to 1.
        public var confidence: Double
        /// The configuration of it that is nearest.
        public var configuration: String
    }

    /// The product that ends the connection; nil when none is near enough.
    public var product: String?
    /// The range of versions that behave so; nil where it does not show.
    public var version: String?
    /// What stands behind the product; nil for nothing, and where it does not show.
    public var origin: String?
    /// The nearest first.
    public var candidates: [Candidate] = []
    /// Whether what the server calls itself is what it is; nil where one of them is not known.
    public var bannerAgrees: Bool?

    /// Of the product, and of the nearest one where none is near enough.
    public var confidence: Double { candidates.first?.confidence ?? 0 }

    /// Answers that are less sure are not given.
    public static let threshold = 0.5
}
