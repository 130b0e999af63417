import PacketEngine
import WireFormat

/// The targets and the parameters of a ping sweep.
public struct PingSweepConfiguration: Sendable {
    /// The number of probes per target.
    public enum Plan: Sendable, Equatable {
        /// Probe until the target replies, with up to this many retries.
        case untilAnswered(retries: Int = 3)
        /// Send this many probes, or nil for no limit, at this interval.
        case count(Int?, period: Nanoseconds)

        /// Whether the targets are probed until the run is stopped.
        public var isEndless: Bool {
            if case .count(nil, _) = self { true } else { false }
        }
    }

    /// Targets with a source address of their own.
    public struct OtherSource: Sendable {
        public var source: IPAddress
        public var targets: AddressSet

        public init(_ source: IPAddress, targets: AddressSet) {
            self.source = source
            self.targets = targets
        }
    }

    public var targets: PingSweepTargetList
    /// The probe format of IPv4 targets; nil if there are none.
    public var v4: PingProbeFormat?
    /// The probe format of IPv6 targets; nil if there are none.
    public var v6: PingProbeFormat?
    /// Targets to which another source address than that of `v4` or `v6` is used, because their route has another.
    public var otherSources: [OtherSource] = []
    public var plan = Plan.untilAnswered()
    /// The time that a probe waits for its reply.
    public var timeout = Nanoseconds.milliseconds(500)
    /// Packets per second over all targets; nil for as fast as the kernel accepts them.
    public var rate: Double? = 10_000
    /// The maximum duration of the run.
    public var deadline: Nanoseconds?
    /// Whether targets will be added during the run.
    public var expectsMore = false
    /// Neighbors that the caller resolves: each is probed when `PingSweepEngine.found` reports it.
    public var sought = AddressSet()
    /// Neighbors that the kernel resolves when a probe is sent to them. Until one has replied, at most one packet to it
    /// is in the kernel's queue.
    public var resolvedByKernel = AddressSet()
    /// The maximum number of neighbors with such a packet at a time: they occupy the socket's send buffer.
    public var mostUnresolved = 128
    /// The time that the kernel tries to resolve a neighbor: 3 solicitations, 1 s apart (RFC 4861, section 10; arp(7)),
    /// with a margin for late kernel timers. A probe before then would restart the lookup.
    public var resolutionTime = Nanoseconds.seconds(4)
    /// The MTU in bytes, for targets added later.
    public var longestPacket = 0
    /// Whether to report ICMP errors and rejected packets.
    public var reportsErrors = false
    /// The interval of periodic statistics of every target; nil for none.
    public var reportInterval: Nanoseconds?
    /// Whether a result includes the round-trip time of each probe of a limited count.
    public var keepsRoundTrips = false
    /// The number of each target's latest probes whose results are kept for a display.
    public var recentCount = 0

    public init(targets: PingSweepTargetList) { self.targets = targets }

    /// The numbers of retries.
    public static let retryCounts = 0...1_000
    /// The limited numbers of probes per target: each has a sequence number.
    public static let counts = 1...Int(UInt16.max)
}

/// An event of a sweep.
public enum PingSweepEvent: Sendable {
    /// The result of a target.
    case host(PingSweepHostResult)
    /// An ICMP error about a probe to the target of this name.
    indirect case icmpError(label: String, PingErrorNotice)
    /// The statistics of every target since the last such event.
    case statistics([PingSweepStatistics], at: Instant)
}

/// The statistics of one target.
public struct PingSweepStatistics: Sendable {
    /// The target's name if it was given by name, otherwise its address.
    public var label: String
    public var address: IPAddress
    /// Since the last statistics.
    public var interval: Tally
    /// Since the start of the run.
    public var total: Tally

    /// The probes of a period, and the replies received in it.
    public struct Tally: Sendable {
        public var transmitted = 0
        public var received = 0
        public var minimum: Nanoseconds?
        public var average: Nanoseconds?
        public var maximum: Nanoseconds?

        /// Probes without a reply so far.
        public var missing: Int { max(transmitted - received, 0) }
    }
}

extension PingSweepHostResult {
    /// The counters and round trips in the form of statistics.
    public var tally: PingSweepStatistics.Tally {
        .init(
            transmitted: transmitted, received: received, minimum: minimum, average: average, maximum: maximum)
    }
}

/// The result of one target.
public struct PingSweepHostResult: Sendable {
    /// The target's name if it was given by name, otherwise its address.
    public var label: String
    public var address: IPAddress
    public var isAlive: Bool
    /// The round-trip time of the first reply; nil if the reply was to a probe before the last two.
    public var roundTrip: Nanoseconds?
    public var hopLimit: UInt8?
    /// Probes sent.
    public var transmitted: Int
    /// Probes answered.
    public var received: Int
    /// Round-trip statistics of all replies whose time is known.
    public var minimum: Nanoseconds?
    public var average: Nanoseconds?
    public var maximum: Nanoseconds?
    /// The round-trip time of each probe, nil for one without a reply; empty if they are not kept.
    public var roundTrips: [Nanoseconds?] = []
    /// The reason for no reply, as a router, the link or the target reported it.
    public var reason: String?
    /// The reason why this host could not probe it; the target is then neither alive nor unreachable.
    public var failure: String?
    public var at: Instant
}

/// The result of a sweep.
public struct PingSweepSummary: Sendable {
    public internal(set) var targets = 0
    public internal(set) var alive = 0
    public internal(set) var unreachable = 0
    /// Targets that this host could not probe.
    public internal(set) var unchecked = 0
    /// Addresses that are not hosts: broadcast addresses of this host's networks.
    public internal(set) var skipped = 0
    /// Targets without an address: names that were not resolved, and targets that the options exclude. They are not
    /// among `targets`.
    public package(set) var unresolved = 0
    public internal(set) var transmitted = 0
    public internal(set) var received = 0
    public internal(set) var duplicates = 0
    public internal(set) var errors = 0
    public internal(set) var roundTrips = RoundTripStatistics()
    public internal(set) var start: Instant?
    public internal(set) var end: Instant?

    init() {}

    /// Probes without a reply.
    public var missing: Int { max(transmitted - received, 0) }

    /// Whether every target replied.
    /// - Parameter required: the number of targets that suffice; nil for all.
    public func outcome(required: Int? = nil) -> RunOutcome {
        if let required {
            guard alive < required else { return .found }
            return alive + unresolved + unchecked < required ? .notFound : .unknown
        }
        guard unresolved + unchecked == 0 else { return .unknown }
        return alive + skipped == targets && alive > 0 ? .found : .notFound
    }

    /// Targets without a result at the end of the run.
    public var pending: Int { max(targets - alive - unreachable - unchecked - skipped, 0) }

    public var elapsed: Nanoseconds {
        guard let start, let end else { return .zero }
        return end - start
    }
}
