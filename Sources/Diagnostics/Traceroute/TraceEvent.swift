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

/// An answer to a probe.
public struct TraceAnswer: Hashable, Sendable {
    public var source: IPAddress
    public var roundTrip: Nanoseconds
    /// Type and code of the ICMP message.
    public var type: UInt8
    public var code: UInt8
    /// The MTU, the pointer or the gateway, by type.
    public var information: UInt32
    /// Time to live, or hop limit, with which the answer came here.
    public var replyTimeToLive: UInt8?
    /// The stack of an MPLS extension, top first (RFC 4950).
    public var labels: [MPLSLabel]
    /// What the router says of its interfaces (RFC 5837).
    public var interfaces: [ICMPInterfaceInformation]
    /// The packet that is quoted had another source, source port or checksum than the one we sent.
    public var isTranslated: Bool
    /// The probe was at its target: an answer of its, or an error of a kind that nothing passes.
    public var isFinal: Bool
    /// The answer is the target's.
    public var isTarget: Bool

    /// Hops that the answer passed on its way here, its sender's interface being
    /// the first: guessed from the usual first times to live, 64, 128 and 255.
    public var hopsBack: Int? {
        guard let replyTimeToLive else { return nil }
        let first: UInt8 = replyTimeToLive <= 64 ? 64 : replyTimeToLive <= 128 ? 128 : 255
        return Int(first - replyTimeToLive) + 1
    }

    /// What traceroute(8) prints behind the time: `!H`, `!F-1400`; nil for the usual answers.
    public var annotation: String? {
        guard isFinal, !isTarget || !isUsualEnd else { return nil }
        return source.family == .v4 ? annotation4 : annotation6
    }

    /// Echo reply, or port unreachable.
    private var isUsualEnd: Bool {
        switch source.family {
        case .v4:
            type == ICMPv4Type.echoReply.rawValue
                || type == ICMPv4Type.destinationUnreachable.rawValue && code == ICMPv4UnreachableCode.port.rawValue
        case .v6:
            type == ICMPv6Type.echoReply.rawValue
                || type == ICMPv6Type.destinationUnreachable.rawValue && code == ICMPv6UnreachableCode.port.rawValue
        }
    }

    private var annotation4: String {
        switch ICMPv4UnreachableCode(rawValue: code) {
        case .network, .networkUnknown, .sourceHostIsolated, .networkForTypeOfService: "!N"
        case .host, .hostUnknown, .hostForTypeOfService: "!H"
        case .protocol: "!P"
        case .port: "!p"
        case .fragmentationNeeded: "!F-\(information & 0xFFFF)"
        case .sourceRouteFailed: "!S"
        case .networkProhibited, .hostProhibited, .communicationProhibited: "!X"
        case .hostPrecedenceViolation: "!V"
        case .precedenceCutoff: "!C"
        default: "!<\(code)>"
        }
    }

    private var annotation6: String {
        if type == ICMPv6Type.packetTooBig.rawValue { return "!F-\(information)" }
        guard type == ICMPv6Type.destinationUnreachable.rawValue else { return "!<\(type)-\(code)>" }
        return switch ICMPv6UnreachableCode(rawValue: code) {
        case .noRoute: "!N"
        case .administrativelyProhibited: "!X"
        case .beyondScope: "!S"
        case .address: "!H"
        case .port: "!p"
        default: "!<\(code)>"
        }
    }
}

/// One hop, when everything is known of it that will be.
public struct TraceHop: Hashable, Sendable {
    public var timeToLive: Int
    public var probes: [TraceProbe]

    /// What came back.
    public var answers: [TraceAnswer] {
        probes.compactMap { if case .answered(let answer) = $0 { answer } else { nil } }
    }
    /// Whether nothing came back.
    public var isSilent: Bool { answers.isEmpty }
}

/// What a trace finds, in the order of the hops.
public enum TraceEvent: Hashable, Sendable {
    /// Somebody answered for the first time: the place to begin to look up a name.
    case answered(IPAddress)
    case hop(TraceHop)
}

/// How a trace ended.
public struct TraceSummary: Hashable, Sendable {
    /// The target itself answered.
    public var isReached: Bool
    /// Hops that were reported.
    public var hops: Int
    public var sent: Int
    public var received: Int
    public var elapsed: Nanoseconds
    /// What the hops say about the way.
    public var verdicts: [TraceVerdict]
}
