import PacketEngine
import WireFormat

/// A reply to a probe.
public struct TraceAnswer: Hashable, Sendable {
    /// The kind of a reply.
    public enum Kind: Hashable, Sendable {
        /// An ICMP message. `information` is the MTU, the pointer or the gateway, depending on the type.
        case icmp(type: UInt8, code: UInt8, information: UInt32)
        /// A segment from the target: SYN-ACK or reset.
        case tcp(TCPFlags)
    }

    public var source: IPAddress
    public var roundTrip: Nanoseconds
    public var kind: Kind
    /// The time to live or hop limit of the reply on receipt.
    public var replyTimeToLive: UInt8?
    /// The remaining time to live in the quoted header; nil if the reply quotes none.
    public var quotedTimeToLive: UInt8?
    /// The label stack of the MPLS extension, top first (RFC 4950).
    public var labels: [MPLSLabel] = []
    /// The router's interface information (RFC 5837).
    public var interfaces: [ICMPInterfaceInformation] = []
    /// Whether the quoted packet has another source, source port or checksum than sent.
    public var isTranslated = false
    /// Whether the probe reached its target: the target replied, or the error is one that ends every path.
    public var isFinal: Bool
    /// Whether the target sent the reply.
    public var isTarget: Bool

    /// The number of hops from the sender to this host, counting the sender's interface as the first: an estimate from
    /// the usual initial times to live, 64, 128 and 255.
    public var hopsBack: Int? {
        guard let replyTimeToLive else { return nil }
        let first: UInt8 = replyTimeToLive <= 64 ? 64 : replyTimeToLive <= 128 ? 128 : 255
        return Int(first - replyTimeToLive) + 1
    }

    /// Whether it is an ICMP error rather than a reply of the target's service.
    var isError: Bool {
        guard case .icmp(let type, _, _) = kind else { return false }
        return source.family == .v4
            ? type != ICMPv4Type.echoReply.rawValue : type != ICMPv6Type.echoReply.rawValue
    }

    /// Whether a router refused to forward the probe.
    var isRefusal: Bool { isFinal && !isTarget }

    /// The MTU in bytes that a router reports for a packet with DF set, 0 if it reports none; nil for other replies.
    public var packetTooBigMTU: Int? {
        guard case .icmp(let type, let code, let information) = kind else { return nil }
        return PacketTooBig.mtu(source.family, type, code, information)
    }

    /// The annotation that traceroute(8) prints after the time: `!H`, `!F-1400`; nil for the usual replies.
    public var annotation: String? {
        guard isFinal, case .icmp(let type, let code, let information) = kind,
            !isTarget || !isUsualEnd(type, code)
        else { return nil }
        return source.family == .v4 ? annotation4(code, information) : annotation6(type, code, information)
    }

    /// traceroute(8)'s annotation of a packet that exceeds the MTU: `!F-1400`.
    public static func fragmentationNeeded(mtu: Int) -> String { "!F-\(mtu)" }

    /// Echo reply, or port unreachable.
    private func isUsualEnd(_ type: UInt8, _ code: UInt8) -> Bool {
        switch source.family {
        case .v4:
            type == ICMPv4Type.echoReply.rawValue
                || type == ICMPv4Type.destinationUnreachable.rawValue && code == ICMPv4UnreachableCode.port.rawValue
        case .v6:
            type == ICMPv6Type.echoReply.rawValue
                || type == ICMPv6Type.destinationUnreachable.rawValue && code == ICMPv6UnreachableCode.port.rawValue
        }
    }

    private func annotation4(_ code: UInt8, _ information: UInt32) -> String {
        switch ICMPv4UnreachableCode(rawValue: code) {
        case .network, .networkUnknown, .sourceHostIsolated, .networkForTypeOfService: "!N"
        case .host, .hostUnknown, .hostForTypeOfService: "!H"
        case .protocol: "!P"
        case .port: "!p"
        case .fragmentationNeeded: Self.fragmentationNeeded(mtu: Int(information & 0xFFFF))
        case .sourceRouteFailed: "!S"
        case .networkProhibited, .hostProhibited, .communicationProhibited: "!X"
        case .hostPrecedenceViolation: "!V"
        case .precedenceCutoff: "!C"
        default: "!<\(code)>"
        }
    }

    private func annotation6(_ type: UInt8, _ code: UInt8, _ information: UInt32) -> String {
        if type == ICMPv6Type.packetTooBig.rawValue { return Self.fragmentationNeeded(mtu: Int(information)) }
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

extension TraceAnswer {
    init(
        _ message: borrowing ReceivedMessage, _ roundTrip: Nanoseconds, destination: IPAddress, isTranslated: Bool
    ) {
        let isExceeded =
            message.family == .v4
            ? message.type == ICMPv4Type.timeExceeded.rawValue : message.type == ICMPv6Type.timeExceeded.rawValue
        self.init(
            source: message.source, roundTrip: roundTrip,
            kind: .icmp(type: message.type, code: message.code, information: message.restOfHeader),
            replyTimeToLive: message.hopLimit, isTranslated: isTranslated, isFinal: !isExceeded,
            isTarget: !isExceeded && message.source == destination)
        guard message.isError else { return }
        quotedTimeToLive = DatagramView(quoted: message.data)?.hopLimit
        let body = ICMPErrorBody(restOfHeader: message.restOfHeader, data: message.data.copied())
        let extensions =
            message.family == .v4
            ? body.extensions(ICMPv4Type(rawValue: message.type))
            : body.extensions(ICMPv6Type(rawValue: message.type))
        guard let extensions else { return }
        labels = extensions.objects.lazy.compactMap(\.mplsLabelStack).first ?? []
        interfaces = extensions.objects.compactMap(\.interfaceInformation)
    }

    init(_ segment: borrowing ReceivedSegment, _ roundTrip: Nanoseconds) {
        self.init(
            source: segment.source, roundTrip: roundTrip, kind: .tcp(segment.view.flags),
            replyTimeToLive: segment.hopLimit, isFinal: true, isTarget: true)
    }
}
