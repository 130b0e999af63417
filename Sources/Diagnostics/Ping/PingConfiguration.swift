import PacketEngine
import WireFormat

/// One target and how to ping it.
public struct PingConfiguration: Sendable {
    public var destination: IPAddress
    /// How the probes look.
    public var format: PingProbeFormat

    /// Replies to wait for; nil for no end.
    public var count: Int?
    /// Between two probes; zero sends the next when an answer has come, or after 10 ms.
    public var interval = Nanoseconds.seconds(1)
    /// Probes that may be in flight before the interval counts.
    public var preload = 1
    /// The interval follows the round trip (ping -A), never below `minimumInterval`.
    public var isAdaptive = false
    public var minimumInterval = Nanoseconds.zero
    /// End of the run after its start, whatever has come by then.
    public var deadline: Nanoseconds?
    /// A timeout that never comes.
    public static let noTimeout = Nanoseconds(.max / 4)

    /// How long a probe waits for its answer; one that comes later is late.
    public var timeout = Nanoseconds.seconds(10)
    /// Replies from any address count: broadcast, multicast and anycast destinations.
    public var acceptsAnySource = false
    /// Say which probes have had no answer when the next leaves (ping -O).
    public var reportsOutstanding = false
    /// Say every probe that leaves.
    public var reportsTransmissions = false
    /// Say what was not believed, and why.
    public var reportsIgnored = false
    /// Between two running reports; nil for none.
    public var reportInterval: Nanoseconds?
    /// What to add to an instant to get nanoseconds since 1970-01-01 00:00 UTC; timestamp requests carry a time.
    public var wallOffset: Int64 = 0
    /// Explain the parts of the first round trip.
    public var splitsFirstRoundTrip = false

    public init(destination: IPAddress, format: PingProbeFormat) {
        self.destination = destination
        self.format = format
    }
}
