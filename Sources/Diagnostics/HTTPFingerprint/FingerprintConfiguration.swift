import PacketEngine
import WireFormat

/// How `http-fingerprint` asks.
public struct FingerprintConfiguration: Sendable {
    /// The four classic requests go out to the letter: DELETE names `/`.
    public var isClassic = false
    /// For the first answer; the others have what it took, many times over, and at the longest this.
    public var timeout = Nanoseconds.seconds(10)
    /// Certificates that are not to be believed are believed.
    public var trustsAnybody = true
    /// Where URLs lead.
    public var places = HTTPPlaces()
    /// Random bits: names of what cannot exist are made of them.
    public var seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// For an answer that a server may never give: at the least, at the most.
    static let leastPatience = Nanoseconds.milliseconds(400)
    static let mostPatience = Nanoseconds.seconds(3)
    /// How long a connection is looked at that should have stayed.
    static let leastWatch = Nanoseconds.milliseconds(20)
}

/// What `http-fingerprint` tells of one URL.
public struct FingerprintReport: Sendable {
    public var url: HTTPURL
    public var behavior = ServerBehavior()
    /// What the server calls itself.
    public var banner: String?
    /// Requests that were sent.
    public var requests = 0
    public var elapsed = Nanoseconds.zero
    /// Why it was given up.
    public var failure: HTTPFailure?

    public init(url: HTTPURL) { self.url = url }
}

/// What `http-fingerprint` tells, in the order in which it happens.
public enum FingerprintEvent: Sendable {
    /// A request and what came back.
    case exchange(FingerprintTest, HTTPOutcome)
    /// All tests of a URL are made.
    case report(FingerprintReport)
}
