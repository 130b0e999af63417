import PacketEngine
import WireFormat

/// The parameters of `http-fingerprint`.
public struct HTTPFingerprintConfiguration: Sendable {
    /// Whether the four classic requests are sent literally: DELETE names `/`.
    public var isClassic = false
    /// The time limit for the first response; for the others it is a multiple of the time that the first took, at most
    /// this limit.
    public var timeout = Nanoseconds.seconds(10)
    /// The endpoints that override those of URLs.
    public var overrides = EndpointOverrides()
    /// Random bits for the names of resources that do not exist.
    public var seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The minimum and maximum time to wait for a response that a server may never send.
    static let leastPatience = Nanoseconds.milliseconds(400)
    static let mostPatience = Nanoseconds.seconds(3)
    /// The time for which a connection that should stay open is watched.
    static let leastWatch = Nanoseconds.milliseconds(20)
}
