import PacketEngine
import WireFormat

/// The operation of `arping`.
public enum ArpingMode: Sendable {
    /// ARP requests for the target.
    case ask
    /// RFC 5227's check whether an address is free (section 2.1.1). The sender address is unspecified; a station that
    /// has the address, or probes for it, is a conflict.
    case detectDuplicates
    /// Requests for our own address, so that other hosts update their caches (RFC 5944, section 4.6).
    case announceByRequest
    /// Unsolicited replies, for the same purpose.
    case announceByReply

    /// Whether hosts update their caches and do not reply.
    public var isAnnouncement: Bool { self == .announceByRequest || self == .announceByReply }
}

/// The target, the link and the parameters of an arping run.
public struct ArpingConfiguration: Sendable {
    public var mode = ArpingMode.ask
    /// The source MAC address: the interface's.
    public var mac: MACAddress
    /// The sender IP address; unspecified to hide it, and for duplicate address detection.
    public var source: IPv4Address
    public var target: IPv4Address
    /// The number of probes; nil for no limit.
    public var count: Int?
    public var interval = Nanoseconds.seconds(1)
    /// The pauses between the first probes, instead of the interval.
    public var pauses: [Nanoseconds] = []
    /// The delay before the first probe.
    public var initialDelay = Nanoseconds.zero
    /// The maximum duration from the first probe on; nil for none.
    public var deadline: Nanoseconds?
    /// The time to wait for replies to the last probe; nil for one interval.
    public var lastWait: Nanoseconds?
    /// Whether the run ends after the first reply.
    public var endsAtFirstAnswer = false
    /// Whether all probes are broadcast; otherwise, after a reply, probes are sent to the station that replied.
    public var staysBroadcast = false
    /// The destination MAC address of probes from the start; nil for broadcast.
    public var targetMAC: MACAddress?
    /// The station to ping by directed echo, instead of the target by ARP.
    public var station: ArpingStation?
    /// The VLAN tag of probes.
    public var tag: VLANTag?
    /// The number of replies after which the run ends.
    public var enough: Int?
    /// Whether the run is RFC 5227's check whether an address is free, which counts only if it is complete.
    public private(set) var isAddressCheck = false
    /// Whether to report probes without a reply; after announcements no reply is the expected result.
    public var expectsAnswers = true
    /// Whether to report ignored replies.
    public var reportsIgnored = false

    /// The limited numbers of probes.
    public static let counts = 1...Int(Int32.max)
    /// The minimum interval between probes.
    public static let leastInterval = Nanoseconds.microseconds(1)

    public init(mac: MACAddress, source: IPv4Address, target: IPv4Address) {
        self.mac = mac
        self.source = source
        self.target = target
    }

    /// Configures RFC 5227's check whether an address is free: PROBE_WAIT, PROBE_NUM, PROBE_MIN to PROBE_MAX and
    /// ANNOUNCE_WAIT of its section 1.1.
    /// - Parameter count: the number of probes; nil for PROBE_NUM.
    public mutating func checkAddress(count: Int? = nil, using generator: inout some RandomNumberGenerator) {
        isAddressCheck = true
        mode = .detectDuplicates
        source = .unspecified
        initialDelay = .milliseconds(.random(in: 0...1_000, using: &generator))
        self.count = count ?? 3
        pauses = (1..<max(count ?? 3, 2)).map { _ in .milliseconds(.random(in: 1_000...2_000, using: &generator)) }
        lastWait = .seconds(2)
    }
}
