import WireFormat

/// An IPv4 or IPv6 packet to a group, in an untagged frame that arrived.
public struct ReceivedMulticast: ~Escapable {
    public let frameSource: MACAddress
    public let source: IPAddress
    public let destination: IPAddress
    /// Time to live or hop limit.
    public let hopLimit: UInt8
    /// Of the payload, after extension headers.
    public let `protocol`: IPProtocol
    /// A hop-by-hop header has the option (RFC 2711); not looked for in IPv4.
    let hasRouterAlert: Bool
    public let payload: RawSpan

    /// Nil for everything else, for what is cut, and for fragments after the first.
    @_lifetime(copy frame)
    public init?(_ frame: RawSpan) {
        // A tag makes it a frame of another network.
        guard let arrived = ReceivedFrame(frame), arrived.payloadOffset == EthernetView.headerLength,
            let datagram = arrived.datagram(in: frame), datagram.destination.isMulticast, datagram.isComplete,
            !datagram.isLaterFragment, !datagram.hasIncorrectHeaderChecksum
        else { return nil }
        frameSource = arrived.source
        source = datagram.source
        destination = datagram.destination
        hopLimit = datagram.hopLimit
        `protocol` = datagram.protocol
        hasRouterAlert = Self.hasRouterAlert(datagram)
        payload = datagram.payload
    }

    /// A message about groups, right or wrong: it is nothing that somebody sends to a group's members.
    public var isAboutGroups: Bool {
        switch `protocol` {
        case .igmp: return true
        case .icmpv6:
            guard payload.byteCount > 0 else { return false }
            switch ICMPv6Type(rawValue: payload.byte(at: 0)) {
            case .multicastListenerQuery, .multicastListenerReport, .multicastListenerDone,
                .version2MulticastListenerReport:
                return true
            default: return false
            }
        default: return false
        }
    }

    /// Bytes of what the datagram brings to its reader: those that UDP says, or all after the IP headers.
    public var dataLength: Int {
        guard `protocol` == .udp, let udp = try? UDPView(payload) else { return payload.byteCount }
        return max(Int(udp.length) - UDPView.headerLength, 0)
    }

    /// The port that the datagram is for; nil where it has none.
    public var destinationPort: UInt16? {
        guard `protocol` == .udp else { return nil }
        return (try? UDPView(payload))?.destinationPort
    }

    /// Both ports in one number; 0 where there are none.
    public var ports: UInt32 { `protocol` == .udp && payload.byteCount >= 4 ? payload.bigEndian32(at: 0) : 0 }

    /// Hop-by-hop options come first or not at all (RFC 8200, section 4.1).
    private static func hasRouterAlert(_ datagram: borrowing DatagramView) -> Bool {
        guard datagram.family == .v6, let view = try? IPv6View(datagram.bytes), view.nextHeader == .hopByHopOptions,
            let chain = try? IPv6ExtensionChain(first: .hopByHopOptions, payload: view.payload),
            case .hopByHopOptions(let options)? = chain.headers.first
        else { return false }
        return options.contains { if case .routerAlert = $0 { true } else { false } }
    }
}
