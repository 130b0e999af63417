import PacketEngine
import WireFormat

/// What `arping` says on the link.
public enum ArpingMode: Sendable {
    /// "Who has the target? Tell me."
    case ask
    /// Is the address free? The sender is unspecified (RFC 5227, section 2.1.1); whoever has it, or probes for it, is a conflict.
    case detectDuplicates
    /// Requests for our own address, so that others update their caches (RFC 5944, section 4.6).
    case announceByRequest
    /// Replies that nobody asked for, with the same aim.
    case announceByReply
}

/// One target on one link, and how it is asked.
public struct ArpingConfiguration: Sendable {
    public var mode = ArpingMode.ask
    /// The interface's own.
    public var mac: MACAddress
    /// Whom answers are to be for; unspecified to hide it, and for duplicate detection.
    public var source: IPv4Address
    public var target: IPv4Address
    /// Probes; nil for no end.
    public var count: Int?
    public var interval = Nanoseconds.seconds(1)
    /// Pauses between the first probes, instead of the interval.
    public var pauses: [Nanoseconds] = []
    /// Before the first probe.
    public var initialDelay = Nanoseconds.zero
    /// From the first probe to the end, whatever came; nil for none.
    public var deadline: Nanoseconds?
    /// How long the last probe is waited for; nil for an interval.
    public var lastWait: Nanoseconds?
    /// The first answer ends it.
    public var endsAtFirstAnswer = false
    /// Probes stay broadcasts, where otherwise only the one who answered is asked again.
    public var staysBroadcast = false
    /// Whom probes are for from the start, instead of everybody.
    public var targetMAC: MACAddress?
    /// The machine that is pinged by echo, instead of the target by ARP.
    public var station: ArpingStation?
    /// The virtual LAN that probes are tagged for.
    public var tag: VLANTag?
    /// So many answers end it.
    public var enough: Int?
    /// Silence is told; after announcements it is what everybody hopes for.
    public var expectsAnswers = true
    /// Replies that are ignored are reported.
    public var reportsIgnored = false

    public init(mac: MACAddress, source: IPv4Address, target: IPv4Address) {
        self.mac = mac
        self.source = source
        self.target = target
    }

    /// Makes it RFC 5227's check whether an address is free: PROBE_WAIT, PROBE_NUM, PROBE_MIN to
    /// PROBE_MAX and ANNOUNCE_WAIT of its section 1.1.
    /// - Parameter count: probes; nil for PROBE_NUM.
    public mutating func checkAddress(count: Int? = nil, using generator: inout some RandomNumberGenerator) {
        mode = .detectDuplicates
        source = .unspecified
        initialDelay = .milliseconds(.random(in: 0...1_000, using: &generator))
        self.count = count ?? 3
        pauses = (1..<max(count ?? 3, 2)).map { _ in .milliseconds(.random(in: 1_000...2_000, using: &generator)) }
        lastWait = .seconds(2)
    }
}
