import PacketEngine
import WireFormat

/// The protocol of the probes.
public enum TracerouteMethod: String, Sendable, CaseIterable {
    /// UDP to a port that is probably closed: the target replies with port unreachable.
    case udp
    /// ICMP echo requests.
    case icmp
    /// TCP SYN: the target replies with SYN-ACK or reset. No connection is established: this host has no socket for it,
    /// and its kernel resets half-open connections.
    case tcp

    /// Whether probes have ports, which load balancers hash, so that a path can be selected by them.
    public var hasPorts: Bool { self != .icmp }

    /// The destination port if none is given: the first one of traceroute(8), or that of HTTP. ICMP has none.
    public var defaultPort: UInt16 { self == .tcp ? 80 : 33_434 }

    /// The protocol number in the IP header.
    func `protocol`(_ family: IPAddress.Family) -> IPProtocol {
        switch self {
        case .udp: .udp
        case .icmp: family == .v4 ? .icmp : .icmpv6
        case .tcp: .tcp
        }
    }
}

/// The target and the parameters of a trace.
public struct TracerouteConfiguration: Sendable {
    public var source: IPAddress
    public var destination: IPAddress
    public var method = TracerouteMethod.udp
    /// The UDP or TCP ports, constant for all probes of one flow.
    public var sourcePort: UInt16
    public var destinationPort = TracerouteMethod.udp.defaultPort
    /// Whether all probes are one flow and take one path. Otherwise the destination port of UDP counts up, and the
    /// checksum of ICMP changes, from probe to probe.
    public var isOneFlow = true
    /// The ICMP identifier of all probes.
    public var identifier: UInt16
    /// The number of the first probe, in `marks`. It is random, so that an off-path host cannot forge replies.
    public var firstMark: UInt16
    /// The upper half of all TCP sequence numbers, random for the same reason.
    public var sequenceSecret: UInt16
    /// Whether the SYN requests explicit congestion notification (RFC 3168, section 6.1.1).
    public var asksForECN = false
    /// The value of the MSS option; nil for Ethernet's MTU less the headers.
    public var maximumSegmentSize: UInt16?
    /// A loose source route of at most `IPv4RouteData.maximumGateways` (RFC 791); IPv4 only.
    public var gateways: [IPv4Address] = []
    /// The packet length in bytes, at least the headers and 2. TCP has a fixed length.
    public var packetLength = TracerouteConfiguration.packetLength(.v4)
    /// The length of the longest packet in bytes, if lengths differ.
    public var longestPacket = 0
    public var typeOfService: UInt8 = 0
    /// The flow label, 20 bits; IPv6 only.
    public var flowLabel: UInt32 = 0
    /// Whether probes must not be fragmented, neither by routers (IPv4) nor by this host.
    public var dontFragment = false
    /// The length of the longest unfragmented packet, in bytes; 0 for no limit.
    ///
    /// Longer probes are sent as fragments, or not at all with `dontFragment`.
    public var unfragmentedLength = 0

    /// The first and the last time to live, in `hops`.
    public var firstHop = 1
    public var maximumHops = 30
    /// The number of probes per time to live, in `queryCounts`.
    public var queries = 3
    /// The maximum number of probes in flight, in `windows`.
    public var window = 32
    /// The minimum interval between probes (traceroute's -z).
    public var sendInterval = Nanoseconds.zero
    /// The number of unresponsive hops after the last one that replied, after which the trace ends; in `hops`.
    public var gap = 8

    /// The maximum time to wait for a reply (traceroute's -w MAX), at least `leastWait`.
    public var longestWait = Nanoseconds.seconds(5)
    /// The wait as a multiple of the round trip of another probe of the same hop (-w ,HERE), in `waitFactors`.
    public var hereFactor: Int64 = 3
    /// The wait as a multiple of the round trip of a later hop (-w ,,NEAR), in `waitFactors`.
    public var nearFactor: Int64 = 10
    /// Whether instead an unresponsive hop before one that replied is waited for twice as long as that one, and at
    /// least 1.25 times the longest round trip of the trace.
    public var hastens = true
    /// The wait for hops beyond the last one that replied, unless the round trips so far require more.
    public var tailWait = Nanoseconds.seconds(1)
    /// Whether to find the path MTU to each hop once the hops are known; `longestPacket` is the first link's MTU.
    public var findsPathMTU = false
    /// Whether to retry the unresponsive hops at the end, 1 s apart.
    public var looksAgain = true
    /// The minimum wait, however short the round trips.
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

    /// Sets the limits of the wait for replies. An explicit limit also applies to the hops at the end.
    /// - Parameters:
    ///   - here: the factor of the round trip of another probe of the same hop; nil for the default.
    ///   - near: the factor of the round trip of a later hop; nil for the default.
    public mutating func setWait(atMost longest: Nanoseconds, here: Int64? = nil, near: Int64? = nil) {
        longestWait = longest
        tailWait = longest
        looksAgain = false
        hastens = false
        if let here { hereFactor = here }
        if let near { nearFactor = near }
    }

    /// The number of hops beyond the last one that replied that are probed at once. Most paths are not much longer, and
    /// probes beyond a near target only add load to it.
    static let lookAhead = 10

    /// The number of probes of a trace to the last time to live.
    var probeCount: Int { max(maximumHops - firstHop + 1, 0) * queries }

    /// The packet length in bytes, before fragmentation.
    public var wholeLength: Int { TraceFormat(self).usualLength }
}

// MARK: Limits

extension TracerouteConfiguration {
    /// The times to live of the first and the last hop.
    public static let hops = 1...255
    /// The numbers of probes per hop.
    public static let queryCounts = 1...10
    /// The numbers of probes in flight.
    public static let windows = 1...1_024
    /// The packet lengths, in bytes.
    public static let packetLengths = 30...65_000
    /// The minimum of the maximum time to wait for a reply.
    public static let leastWait = Nanoseconds.milliseconds(1)
    /// The factors of round trips in the wait for a reply.
    public static let waitFactors: ClosedRange<Int64> = 1...1_000
    /// The marks of first probes.
    public static let marks: ClosedRange<UInt16> = 1...0xFFFE
    /// The probabilities of finding every branch of a load-balanced route.
    public static let confidences = 0.5...0.99999

    /// Returns the default packet length of an address family, in bytes.
    public static func packetLength(_ family: IPAddress.Family) -> Int { family == .v4 ? 60 : 80 }
}
