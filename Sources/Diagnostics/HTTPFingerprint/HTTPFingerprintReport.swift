import PacketEngine
import WireFormat

/// What `http-fingerprint` tells of one URL.
public struct HTTPFingerprintReport: Sendable {
    public var url: HTTPURL
    public var behavior = ServerBehavior()
    /// What the server calls itself.
    public var banner: String?
    /// Requests that were sent.
    public var requests = 0
    public var elapsed = Nanoseconds.zero
    /// Why it was given up.
    public var failure: HTTPFailure?
    /// Why it was not asked everything, where it is judged by what it had answered.
    public var interruption: HTTPFailure?
    /// What the server is taken for; nil where it did not answer, and where servers are not to be named.
    public var verdict: HTTPFingerprintVerdict?

    init(url: HTTPURL) { self.url = url }
}
