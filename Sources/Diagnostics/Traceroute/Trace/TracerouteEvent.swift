import PacketEngine
import WireFormat

/// What became of one probe.
public enum TraceProbe: Hashable, Sendable {
    case answered(TraceAnswer)
    /// Nothing came in the time that it was given.
    case timeout
    /// It could not be sent.
    case failed(TransmissionFailure)
}

/// One hop, when everything is known of it that will be.
public struct TraceHop: Hashable, Sendable {
    public var timeToLive: Int
    public var probes: [TraceProbe]
    /// Bytes of the longest packet that comes here, where that was measured.
    public var mtu: Int?

    /// What came back.
    public var answers: [TraceAnswer] {
        probes.compactMap { if case .answered(let answer) = $0 { answer } else { nil } }
    }
    /// Whether nothing came back.
    public var isSilent: Bool { answers.isEmpty }
}

/// What is found: target after target, in the order of the hops.
public enum TracerouteEvent: Hashable, Sendable {
    /// Somebody answered for the first time: the place to begin to look up a name.
    case answered(IPAddress)
    case began(target: Int)
    case hop(TraceHop)
    case ended(target: Int, TracerouteSummary)
}

/// How a trace ended.
public struct TracerouteSummary: Hashable, Sendable {
    /// The target itself answered.
    public var isReached: Bool
    /// Hops that were reported.
    public var hops: Int
    public var sent: Int
    public var received: Int
    /// Probes that this host could not send, which says nothing about the way.
    public var unsent: Int
    /// Why the first of them could not be sent.
    public var firstFailure: TransmissionFailure?
    public var elapsed: Nanoseconds
    /// Bytes that fit on the way, where that was measured.
    public var pathMTU: Int?
    /// What the hops say about the way.
    public var verdicts: [TraceVerdict]
}
