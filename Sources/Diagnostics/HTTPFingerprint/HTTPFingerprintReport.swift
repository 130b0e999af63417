import PacketEngine
import WireFormat

/// The result of `http-fingerprint` for one URL.
public struct HTTPFingerprintReport: Sendable {
    public var url: HTTPURL
    public var behavior = ServerBehavior()
    /// The Server field.
    public var banner: String?
    /// The number of requests sent.
    public var requests = 0
    public var elapsed = Nanoseconds.zero
    /// The reason why it failed.
    public var failure: HTTPFailure?
    /// The reason why tests were skipped; the verdict is based on the responses received.
    public var interruption: HTTPFailure?
    /// The verdict; nil if the server did not respond, or if servers are not to be identified.
    public var verdict: HTTPFingerprintVerdict?

    init(url: HTTPURL) { self.url = url }
}
