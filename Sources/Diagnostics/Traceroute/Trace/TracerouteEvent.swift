import PacketEngine
import WireFormat

/// The result of one probe.
public enum TraceProbe: Hashable, Sendable {
    case answered(TraceAnswer)
    /// It timed out.
    case timeout
    /// It could not be sent.
    case failed(TransmissionFailure)
}

/// A finished hop.
public struct TraceHop: Hashable, Sendable {
    public var timeToLive: Int
    public var probes: [TraceProbe]
    /// The length of the longest packet that reaches the hop, in bytes; nil if not measured.
    public var mtu: Int?

    /// The replies.
    public var answers: [TraceAnswer] {
        probes.compactMap { if case .answered(let answer) = $0 { answer } else { nil } }
    }
    /// Whether there was no reply.
    public var isUnresponsive: Bool { answers.isEmpty }
}

/// An event of a trace: target after target, in the order of the hops.
public enum TracerouteEvent: Hashable, Sendable {
    /// An address replied for the first time; its name can be looked up now.
    case answered(IPAddress)
    case began(target: Int)
    case hop(TraceHop)
    case ended(target: Int, TracerouteSummary)
}

/// The result of a trace.
public struct TracerouteSummary: Hashable, Sendable {
    /// Whether the target itself replied.
    public var isReached: Bool
    /// The number of reported hops.
    public var hops: Int
    public var sent: Int
    public var received: Int
    /// The number of probes that this host could not send; they do not describe the path.
    public var unsent: Int
    /// The reason why the first of them could not be sent.
    public var firstFailure: TransmissionFailure?
    public var elapsed: Nanoseconds
    /// The path MTU in bytes; nil if not measured.
    public var pathMTU: Int?
    /// The conclusions about the path.
    public var verdicts: [TraceVerdict]

    /// Whether the target replied; unknown if it did not and this host could not send every probe.
    public var outcome: RunOutcome { isReached ? .found : unsent == 0 ? .notFound : .unknown }
}
