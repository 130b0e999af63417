import PacketEngine
import WireFormat

/// An event of `MonitorPingEngine` or `MonitorConnectEngine`.
public enum MonitorProbeEvent: Sendable {
    /// The result of a probe. Each probe has one, and those of a target come in the order of its probes.
    case sample(MonitorSample)
    /// A reply to a probe whose sample says that it was lost.
    case late(target: Int, sent: Instant, roundTrip: Nanoseconds)
    /// Probes that were not sent: this host slept, or had no time for them.
    /// - Parameter due: when the first of them was due.
    case skipped(target: Int, count: Int, due: Instant)
    /// The next probes of a target go to another address; `from` is nil if it had none.
    case moved(target: Int, from: IPAddress?, to: IPAddress)
}

/// The reason why a target gets no probes: its name has no address, or there is no route.
public struct MonitorObstacle: Error, Hashable, Sendable {
    /// Text for users.
    public var reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// The result of one probe.
public struct MonitorSample: Hashable, Sendable {
    /// The number of the target in the configuration.
    public var target: Int
    /// When the schedule wanted the probe.
    public var due: Instant
    /// When it left.
    public var sent: Instant
    public var result: Result

    public enum Result: Hashable, Sendable {
        /// - Parameter hopLimit: that of the reply; nil if the system does not tell.
        case reply(roundTrip: Nanoseconds, hopLimit: UInt8?)
        /// Nothing arrived in time.
        case lost
        /// An ICMP error arrived instead, or the probe could not be sent: the reason, as text for users.
        case failed(String)
    }

    public init(target: Int, due: Instant, sent: Instant, result: Result) {
        self.target = target
        self.due = due
        self.sent = sent
        self.result = result
    }

    /// The round-trip time; nil without a reply.
    public var roundTrip: Nanoseconds? {
        if case .reply(let roundTrip, _) = result { roundTrip } else { nil }
    }
}

/// What became of all probes.
public struct MonitorProbeSummary: Hashable, Sendable {
    public var transmitted = 0
    public var received = 0
    /// Probes without a reply in time, and those that failed.
    public var lost = 0
    /// Probes that were not sent, because this host slept or had no time for them.
    public var skipped = 0

    public init() {}

    mutating func add(_ result: MonitorSample.Result) {
        if case .reply = result { received += 1 } else { lost += 1 }
    }
}
