import PacketEngine
import WireFormat

/// Many targets and how to ping them.
public struct PingSweepConfiguration: Sendable {
    /// What is asked of every target.
    public enum Plan: Sendable, Equatable {
        /// Probe until it answers, this many times more after the first.
        case untilAnswered(retries: Int)
        /// This many probes, so long apart.
        case count(Int, period: Nanoseconds)
    }

    public var targets: TargetSet
    /// How the probes to IPv4 targets look, when there are any.
    public var v4: PingProbeFormat?
    /// How the probes to IPv6 targets look, when there are any.
    public var v6: PingProbeFormat?
    public var plan = Plan.untilAnswered(retries: 3)
    /// How long a probe waits for its answer.
    public var timeout = Nanoseconds.milliseconds(500)
    /// Packets a second over all targets; nil for as many as the kernel takes.
    public var rate: Double? = 10_000
    /// End of the run after its start.
    public var deadline: Nanoseconds?
    /// More targets are to come while it runs.
    public var expectsMore = false
    /// Neighbors that the caller is resolving: each is probed when `PingSweepEngine.found` names it.
    public var sought = AddressSet()
    /// Neighbors that the kernel resolves when a probe is sent to them. Until one has replied, it has a single packet
    /// in the kernel's queue.
    public var resolvedByKernel = AddressSet()
    /// How many neighbors may have such a packet at a time: they take the socket's send buffer.
    public var mostUnresolved = 128
    /// How long the kernel tries to resolve a neighbor: three solicitations, a second apart (RFC 4861, section 10;
    /// arp(7)), with a margin for late kernel timers. A probe before then would restart it.
    public var resolutionTime = Nanoseconds.seconds(4)
    /// Bytes of the longest packet, for the targets to come.
    public var longestPacket = 0
    /// Say what ICMP errors came, and what was not believed.
    public var reportsErrors = false

    public init(targets: TargetSet) { self.targets = targets }
}

/// What a sweep finds, as it finds it.
public enum PingSweepEvent: Sendable {
    /// A target's verdict.
    case host(PingSweepHostResult)
    /// An ICMP error about a probe to the target of this name.
    indirect case icmpError(label: String, PingErrorNotice)
}

/// The verdict about one target.
public struct PingSweepHostResult: Sendable {
    /// What to call it: its name where it was given by one, else its address.
    public var label: String
    public var address: IPAddress
    public var isAlive: Bool
    /// Of the first answer; nil when it was to a probe sent before the last two.
    public var roundTrip: Nanoseconds?
    public var hopLimit: UInt8?
    /// Probes sent.
    public var transmitted: Int
    /// Probes answered.
    public var received: Int
    /// Of all answers whose time is known.
    public var minimum: Nanoseconds?
    public var average: Nanoseconds?
    public var maximum: Nanoseconds?
    /// Why it did not answer, where a router, the link or the target itself said so.
    public var reason: String?
    /// Why this host could not probe it; the target is neither alive nor unreachable then.
    public var failure: String?
    public var at: Instant
}

/// The account of a sweep.
public struct PingSweepSummary: Sendable {
    public internal(set) var targets = 0
    public internal(set) var alive = 0
    public internal(set) var unreachable = 0
    /// Targets that this host could not probe.
    public internal(set) var unchecked = 0
    /// Addresses that are no hosts: broadcast addresses of this host's networks.
    public internal(set) var skipped = 0
    public internal(set) var transmitted = 0
    public internal(set) var received = 0
    public internal(set) var duplicates = 0
    public internal(set) var errors = 0
    public internal(set) var roundTrips = RoundTripStatistics()
    public internal(set) var start: Instant?
    public internal(set) var end: Instant?

    init() {}

    /// Targets that were not decided when the run ended.
    public var pending: Int { max(targets - alive - unreachable - unchecked - skipped, 0) }

    public var elapsed: Nanoseconds {
        guard let start, let end else { return .zero }
        return end - start
    }
}
