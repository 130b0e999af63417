import PacketEngine
import WireFormat

/// The result of `http-fingerprint` for one URL.
public struct HTTPFingerprintReport: Sendable {
    public var url: HTTPURL
    /// The place of the URL in the run, from 0.
    public var number: Int
    public var behavior = ServerBehavior()
    /// The behavior below HTTP/1 of a server of https; nil for others.
    public var tls: TLSBehavior?
    /// The Server field.
    public var banner: String?
    /// The product that the first response claims, if it is one that is recognized by this alone.
    public var claim: ServerClaim?
    /// The number of requests sent.
    public var requests = 0
    public var elapsed = Nanoseconds.zero
    /// The reason why it failed.
    public var failure: HTTPFailure?
    /// The reason why tests were skipped; the verdict is based on the responses received.
    public var interruption: HTTPFailure?
    /// The verdict; nil if the server did not respond, or if servers are not to be identified.
    public var verdict: HTTPFingerprintVerdict?

    init(url: HTTPURL, number: Int) {
        self.url = url
        self.number = number
    }
}

/// The identification of a server, with its confidence.
public struct HTTPFingerprintVerdict: Sendable {
    /// A possible product.
    public struct Candidate: Sendable {
        public var product: String
        /// The calibrated probability that it is right: 0 to 1.
        public var confidence: Double
        /// Whether the trials of the signatures support that number.
        public var certainty: Certainty
        /// Its most similar configuration.
        public var configuration: String
    }

    /// What is known of a confidence.
    public enum Certainty: String, Sendable {
        /// Of results with such a confidence, trials found as many right as it says.
        case measured
        /// Right rather than wrong, by the curve between what was measured.
        case probable
        /// Wrong rather than right.
        case uncertain
    }

    /// The product that terminates the connection; nil if none is similar enough.
    public var product: String?
    /// The range of versions that behave this way; nil if unknown.
    public var version: String?
    /// The origin behind the product; nil if there is none or it is unknown.
    public var origin: String?
    /// What terminates TLS before the product, if TLS shows that it is not the product itself: the products that behave
    /// in this way, of which there may be none.
    public var tlsFronts: [String]?
    /// What the server claims to be, if its behavior is that of no product.
    public var claim: ServerClaim?
    /// The candidates, most similar first.
    public var candidates: [Candidate] = []
    /// Whether the Server field agrees with the product; nil if one of them is unknown.
    public var bannerAgrees: Bool?
    /// The version in the Server field, if it is that of the product.
    public var bannerVersion: String?
    /// What decided between the two most similar products, if that was asked.
    public var reasons: VerdictReasons?

    /// Creates the verdict of an unknown server.
    package init() {}

    /// The confidence of the product, or of the most similar one if none is similar enough.
    public var confidence: Double { candidates.first?.confidence ?? 0 }

    /// The minimum confidence of a result.
    public static let threshold = 0.5

    /// The minimum confidence of an origin, which is reported without its confidence.
    static let originThreshold = 0.85
}

/// The summary of an `http-fingerprint` run.
public struct HTTPFingerprintSummary: HTTPSummary {
    /// The number of servers.
    public var targets: Int
    public var recognized = 0
    /// Those of the recognized servers that were recognized by what they claim to be.
    public var claimed = 0
    public var unknown = 0
    public var failed = 0
    /// Failed servers whose name has no address or could not be looked up in time: these were not checked.
    public var unresolved = 0
    public var requests = 0
    /// The duration of the run, known at its end.
    public var elapsed = Nanoseconds.zero

    public init(targets: Int) { self.targets = targets }

    /// Whether every server was recognized; unknown if one was not checked.
    public var outcome: RunOutcome {
        unresolved > 0 ? .unknown : recognized == targets ? .found : .notFound
    }

    public mutating func add(_ report: HTTPFingerprintReport) {
        requests += report.requests
        if let failure = report.failure {
            failed += 1
            if failure.isNameFailure { unresolved += 1 }
        } else if let verdict = report.verdict {
            let isClaimed = verdict.product == nil && verdict.claim != nil
            if isClaimed { claimed += 1 }
            if verdict.product != nil || isClaimed { recognized += 1 } else { unknown += 1 }
        }
    }
}
