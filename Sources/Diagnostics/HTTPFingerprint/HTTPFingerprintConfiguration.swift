import PacketEngine
import WireFormat

/// The parameters of `http-fingerprint`.
public struct HTTPFingerprintConfiguration: Sendable {
    /// The number of requests to each server.
    public enum Extent: Hashable, Sendable {
        /// The four that identify most servers.
        case polite
        /// Those that identify almost as many servers as all of them.
        case usual
        /// All of them, as for a signature.
        case all
    }

    /// The number of requests to each server.
    public var extent = Extent.usual
    /// Fields for every request with a head; `Host`, `User-Agent` and `Accept` replace the usual ones, and the value nil
    /// removes a field.
    public var fields: [(name: String, value: String?)] = []
    /// The user name and password of URLs that have none.
    public var user: (name: String, password: String)?
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

    /// What cannot be sent; nil if everything can.
    public var unsendable: String? {
        fields.first { !HTTPField.isSendable($0.name) || !HTTPField.isSendable($0.value ?? "") }
            .map { "the field \($0.name)" }
    }

    /// The minimum and maximum time to wait for a response that a server may never send.
    static let leastPatience = Nanoseconds.milliseconds(400)
    static let mostPatience = Nanoseconds.seconds(3)
    /// The time for which a connection that should stay open is watched.
    static let leastWatch = Nanoseconds.milliseconds(20)
}
