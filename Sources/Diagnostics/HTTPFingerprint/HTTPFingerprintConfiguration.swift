import PacketEngine
import WireFormat

/// How `http-fingerprint` asks.
public struct HTTPFingerprintConfiguration: Sendable {
    /// The four classic requests go out to the letter: DELETE names `/`.
    public var isClassic = false
    /// For the first answer; the others have what it took, many times over, and at the longest this.
    public var timeout = Nanoseconds.seconds(10)
    /// Where URLs lead.
    public var places = EndpointOverrides()
    /// Random bits: names of what cannot exist are made of them.
    public var seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// For an answer that a server may never give: at the least, at the most.
    static let leastPatience = Nanoseconds.milliseconds(400)
    static let mostPatience = Nanoseconds.seconds(3)
    /// How long a connection is looked at that should have stayed.
    static let leastWatch = Nanoseconds.milliseconds(20)
}
