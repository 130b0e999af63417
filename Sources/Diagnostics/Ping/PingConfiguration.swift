import PacketEngine
import WireFormat

/// The target and the parameters of a ping run.
public struct PingConfiguration: Sendable {
    public var destination: IPAddress
    /// The form of the probes.
    public var format: PingProbeFormat

    /// The number of replies to wait for; nil for no limit.
    public var count: Int?
    /// The interval between probes; zero sends the next when a reply was received, or after 10 ms.
    public var interval = Nanoseconds.seconds(1)
    /// The number of probes to send without waiting for the interval.
    public var preload = 1
    /// Whether the interval follows the round-trip time (ping -A), at least `minimumInterval`.
    public var isAdaptive = false
    public var minimumInterval = Nanoseconds.zero
    /// The maximum duration of the run.
    public var deadline: Nanoseconds?
    /// Whether an ICMP error ends a run with a deadline, and counts as a reply for `count`, as in iputils.
    public var endsAtError = true
    /// The number of consecutive probes with a reply after which the run ends; nil for no limit.
    public var consecutive: Int?
    /// A value for no timeout.
    public static let noTimeout = Nanoseconds(.max / 4)

    /// The time that a probe waits for its reply; a reply after it is late.
    public var timeout = Nanoseconds.seconds(10)
    /// Whether replies from any address count: for broadcast, multicast and anycast destinations.
    public var acceptsAnySource = false
    /// Whether to report probes that are unanswered when the next is sent (ping -O).
    public var reportsOutstanding = false
    /// Whether to report every probe sent.
    public var reportsTransmissions = false
    /// Whether to report rejected packets and the reason.
    public var reportsIgnored = false
    /// The interval of periodic reports; nil for none.
    public var reportInterval: Nanoseconds?
    /// The offset from an instant to nanoseconds since 1970-01-01 00:00 UTC, for timestamp requests.
    public var wallOffset: Int64 = 0
    /// Whether to report the parts of the first round trip.
    public var splitsFirstRoundTrip = false
    /// Whether the route's link needs the MAC address of the next hop: not for packets to this host, to multicast or
    /// broadcast addresses, or on a link without ARP and neighbor discovery, such as a tunnel.
    public var needsNeighbor = true

    public init(destination: IPAddress, format: PingProbeFormat) {
        self.destination = destination
        self.format = format
    }

    /// The numbers of probes that can be sent without waiting for the interval.
    public static let preloads = 1...65_536
    /// The numbers of consecutive replies that can end a run: fewer than there are sequence numbers.
    public static let consecutiveCounts = 1...60_000
    /// The lengths of the data of echo requests, in bytes: an IPv4 datagram has up to 65,535 with both headers.
    public static let dataLengths =
        0...Int(UInt16.max) - IPv4View.minimumHeaderLength - ICMPv4View.headerLength
}
