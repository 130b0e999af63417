import PacketEngine
import WireFormat

/// What the probes of a trace are.
public enum TracerouteMethod: String, Sendable, CaseIterable {
    /// UDP to a port where nobody listens: the target answers with port unreachable.
    case udp
    /// ICMP echo requests.
    case icmp
    /// TCP SYN: the target answers with SYN-ACK or a reset. No connection is
    /// ever made: this host knows none, and its system resets what is half open.
    case tcp

    /// The number that the IP header has for it.
    func `protocol`(_ family: IPAddress.Family) -> IPProtocol {
        switch self {
        case .udp: .udp
        case .icmp: family == .v4 ? .icmp : .icmpv6
        case .tcp: .tcp
        }
    }
}

/// One target and how to find the way to it.
public struct TracerouteConfiguration: Sendable {
    public var source: IPAddress
    public var destination: IPAddress
    public var method = TracerouteMethod.udp
    /// UDP and TCP: both stay the same for all probes of one flow.
    public var sourcePort: UInt16
    public var destinationPort: UInt16 = 33_434
    /// All probes are one flow, and take one path. Otherwise the destination
    /// port of UDP counts up, and the checksum of ICMP changes, from probe to probe.
    public var isOneFlow = true
    /// ICMP: the identifier of all probes.
    public var identifier: UInt16
    /// Where the numbers of the probes begin, 1 to 65,534: a stranger who does
    /// not know it cannot answer for a router.
    public var firstMark: UInt16
    /// TCP: the upper half of all sequence numbers, as hard to guess.
    public var sequenceSecret: UInt16
    /// TCP: the SYN asks for explicit congestion notification (RFC 3168, section 6.1.1).
    public var asksForECN = false
    /// TCP: the option's value; nil for what Ethernet's MTU leaves.
    public var maximumSegmentSize: UInt16?
    /// IPv4: a loose source route (RFC 791), at most eight addresses that packets go through.
    public var gateways: [IPv4Address] = []
    /// Bytes of each packet, at least the headers and two. TCP has its own length.
    public var packetLength = 60
    /// Bytes of the longest packet that will be sent, where they differ.
    public var longestPacket = 0
    public var typeOfService: UInt8 = 0
    /// IPv6: 20 bits.
    public var flowLabel: UInt32 = 0
    /// No probe is fragmented: neither by routers (IPv4) nor by this host.
    public var dontFragment = false
    /// The longest packet that leaves in one piece, in bytes; 0 for no limit.
    ///
    /// Longer probes leave as fragments, or not at all with `dontFragment`.
    public var unfragmentedLength = 0

    /// The first and the last time to live.
    public var firstHop = 1
    public var maximumHops = 30
    /// Probes of each time to live.
    public var queries = 3
    /// Probes that may be on their way at once.
    public var window = 32
    /// Time from one probe to the next, at the least (traceroute's -z).
    public var sendInterval = Nanoseconds.zero
    /// Silent hops after the last that answered, after which the trace ends.
    public var gap = 8

    /// How long a probe is waited for, at the longest (traceroute's -w MAX).
    public var longestWait = Nanoseconds.seconds(5)
    /// Times the round trip of another probe of the same hop (-w ,HERE).
    public var hereFactor: Int64 = 3
    /// Times the round trip of a later hop (-w ,,NEAR).
    public var nearFactor: Int64 = 10
    /// Instead of that, a hop that is silent while a later one answers is waited for twice as long as that one,
    /// and a quarter longer than the longest round trip of the trace.
    public var hastens = true
    /// How long hops behind the last one that answered are waited for, unless
    /// the round trips on the way there ask for more.
    public var tailWait = Nanoseconds.seconds(1)
    /// When the hops are known, find how long a packet comes to each; `longestPacket` is the first link's MTU.
    public var findsPathMTU = false
    /// Silent hops at the end are asked once more, a second later.
    public var looksAgain = true
    /// However short the round trips, nothing is given up before.
    static let shortestWait = Nanoseconds.milliseconds(5)

    public init(
        source: IPAddress, destination: IPAddress, sourcePort: UInt16, identifier: UInt16, firstMark: UInt16,
        sequenceSecret: UInt16
    ) {
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.identifier = identifier
        self.firstMark = firstMark
        self.sequenceSecret = sequenceSecret
    }

    /// Hops beyond the last one that answered that are asked at once: most ways
    /// are not much longer, and what flies past a near target only burdens it.
    static let lookAhead = 10

    /// Probes of a trace that goes all the way.
    var probeCount: Int { max(maximumHops - firstHop + 1, 0) * queries }

    /// Bytes of each packet, before it is fragmented.
    public var wholeLength: Int { TraceFormat(self).usualLength }
}
