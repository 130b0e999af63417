import PacketEngine
import WireFormat

/// The state of a port.
public enum ScanState: String, Sendable, Hashable, CaseIterable {
    /// A program accepts connections on it.
    case open
    /// The host replied that no program listens on it.
    case closed
    /// A firewall, or the host, drops the probe or the reply.
    case filtered
    /// No reply came from a port that does not have to reply: an open UDP port, or a filtered one.
    case openOrFiltered = "open|filtered"
}

/// The evidence for a state.
public enum ScanReason: Sendable, Hashable {
    case synAck
    case reset
    /// A datagram that the port sent in reply to ours.
    case datagram
    /// An ICMP error that quotes our probe.
    case icmp(type: UInt8, code: UInt8, from: IPAddress)
    case noResponse
}

/// The result of one port of one host.
public struct ScanFinding: Sendable, Hashable {
    public var address: IPAddress
    /// The index of the interface of a link-local address; 0 for others.
    public var zone: UInt32
    public var port: UInt16
    public var state: ScanState
    public var reason: ScanReason
    /// The time of the result.
    public var at: Instant
    /// The time to live or hop limit of the reply.
    public var hopLimit: UInt8?
    /// The round-trip time; nil without a reply, or if the send time is no longer known.
    public var roundTrip: Nanoseconds?
    /// The window and the TCP options of the reply.
    public var window: UInt16?
    public var options: [UInt8] = []
    /// Whether the result is reliable: false for an unanswered port of an unreliable host, and for an open port of a host
    /// that answers every port alike.
    public var isReliable = true

    /// - Parameter target: the address; a link-local one with its interface.
    init(
        _ target: IPAddress, port: UInt16, state: ScanState, reason: ScanReason, at: Instant,
        hopLimit: UInt8? = nil, roundTrip: Nanoseconds? = nil, isReliable: Bool = true
    ) {
        (address, zone) = (target.withoutScope, target.scope)
        (self.port, self.state, self.reason, self.at) = (port, state, reason, at)
        (self.hopLimit, self.roundTrip) = (hopLimit, roundTrip)
        self.isReliable = isReliable
    }
}

/// A host whose unanswered ports may not be filtered, because it answers only some probes, or whose open ports may not be
/// open, because it answers every probe.
public struct UnreliableHost: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// It limits all replies to its own rate.
        case limitsAnswers
        /// It limits the replies of closed ports to its own rate, but not those of open ones.
        case limitsClosedReplies
        /// It answered the first probes, and none since.
        case stopsAnswering
        /// Its replies came to later tries more often than packet loss explains.
        case answersLate
        /// It answers (nearly) every port alike, as a SYN proxy or a tarpit does.
        case answersEveryPort
    }

    /// The host's address.
    public var address: IPAddress
    /// The index of the interface of a link-local address; 0 for others.
    public var zone: UInt32
    /// The reason why it is unreliable.
    public var reason: Reason
    /// Ports that answered.
    public var answered: Int
    /// Ports that answered no try and are not known to be filtered.
    public var unanswered: Int
    /// Replies per second; nil if there were too few to measure.
    public var rate: Double?
    /// The time at which it was first found to be unreliable.
    public var at: Instant

    /// The rate in whole replies per second, at least 1.
    public var wholeRate: Int? { rate.map { Int(min(max($0, 1), 1e9).rounded()) } }
}

/// A limit of replies that the targets share, such as that of a router on their path: they answered the first probes, and
/// later ones only at its rate.
public struct SharedLimit: Sendable, Hashable {
    /// Ports that answered no try and are not known to be filtered.
    public var unanswered: UInt64
    /// Replies per second of all targets together; nil if there were too few to measure.
    public var rate: Double?
}

/// An event of a scan.
public enum ScanEvent: Sendable, Hashable {
    case finding(ScanFinding)
    /// The banner of an open port.
    case banner(ScanBanner)
    /// This host lost replies; the scan continues at this rate, in packets per second.
    case slowed(lost: UInt64, rate: Double)
    /// Reported at the end for every host whose unanswered ports are not known to be filtered.
    case unreliable(UnreliableHost)
    /// Another host claims our unowned source address.
    case conflict(IPAddress, MACAddress)
}

/// The progress or the result of a scan.
public struct ScanSummary: Sendable {
    public var hosts = 0
    public var ports = 0
    /// Probes to send, retries not counted.
    public var probes: UInt64 = 0
    /// Packets sent, retries included.
    public var sent: UInt64 = 0
    /// Packets sent at the scan's rate; the others belong to the recheck, to resets or to banners.
    public var sentProbes: UInt64 = 0
    public var retransmitted: UInt64 = 0
    /// Replies to this scan, duplicates included.
    public var received: UInt64 = 0
    /// Ports that answered a later try and not the first: the probe or reply was lost or late.
    public var answeredLater: UInt64 = 0
    /// Packets to our ports that do not answer a probe: forged, late from another scan, or malformed.
    public var refused: UInt64 = 0
    public var open: UInt64 = 0
    public var closed: UInt64 = 0
    public var filtered: UInt64 = 0
    /// Ports that are open or filtered, of a protocol in which an open port may not reply.
    public var openOrFiltered: UInt64 = 0
    /// Filtered ports that are unanswered ports of unreliable hosts, or of hosts that share a limit: not known to be
    /// filtered.
    public var unresolved: UInt64 = 0
    /// Hosts that have such ports.
    public var unreliable = 0
    /// The limit that the targets share; nil if none was found.
    public var sharedLimit: SharedLimit?
    /// Hosts that were asked first and did not reply: their ports were not scanned.
    public var silent = 0
    /// Open ports of hosts that answer every port alike, of which no connection showed a program.
    public var unconfirmed: UInt64 = 0
    /// Open ports with a banner.
    public var banners: UInt64 = 0
    /// Packets that the kernel refused to send.
    public var failed: UInt64 = 0
    /// Replies lost on this host.
    public var overflowed: UInt64 = 0
    public var firstFailure: TransmissionFailure?
    public var isCutShort = false
    public var elapsed = Nanoseconds.zero
    /// The time from the first probe to the last.
    public var sending = Nanoseconds.zero

    /// Probes with a result.
    public var decided: UInt64 { open + closed + filtered + openOrFiltered }
    /// Probes that their targets answered.
    var answered: UInt64 { open + closed }
    /// Ports that are known to be open.
    public var knownOpen: UInt64 { open - min(unconfirmed, open) }
    /// Ports that are known to be filtered.
    public var knownFiltered: UInt64 { filtered - min(unresolved, filtered) }
    /// Probes per second while sending.
    public var rate: Double { sending > .zero ? Double(sentProbes) / sending.seconds : 0 }

    /// Counts ports with a state.
    @inline(__always)
    mutating func count(_ state: ScanState, _ count: UInt64 = 1) {
        switch state {
        case .open: open += count
        case .closed: closed += count
        case .filtered: filtered += count
        case .openOrFiltered: openOrFiltered += count
        }
    }
}
