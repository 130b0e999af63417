import WireFormat

/// An IPv4 or IPv6 multicast packet, received in an untagged or priority-tagged frame, or on a link without a link header.
public struct ReceivedMulticast: ~Escapable {
    /// Nil without an Ethernet header.
    public let frameSource: MACAddress?
    public let source: IPAddress
    public let destination: IPAddress
    /// Time to live or hop limit.
    public let hopLimit: UInt8
    /// The protocol of the payload, after extension headers.
    public let `protocol`: IPProtocol
    /// Whether a hop-by-hop header has the Router Alert option (RFC 2711). Always false for IPv4.
    let hasRouterAlert: Bool
    public let payload: RawSpan

    /// Returns nil for other frames, truncated packets and fragments other than the first.
    /// - Parameter hasEthernetHeader: whether the bytes begin with an Ethernet header rather than the IP header.
    @_lifetime(copy frame)
    public init?(_ frame: RawSpan, hasEthernetHeader: Bool = true) {
        if hasEthernetHeader {
            guard let arrived = ReceivedFrame(frame), let datagram = arrived.datagram(in: frame) else { return nil }
            self.init(datagram, frameSource: arrived.source)
        } else {
            guard let datagram = try? DatagramView(frame) else { return nil }
            self.init(datagram, frameSource: nil)
        }
    }

    @_lifetime(copy datagram)
    private init?(_ datagram: borrowing DatagramView, frameSource: MACAddress?) {
        guard datagram.destination.isMulticast, datagram.isComplete, !datagram.isLaterFragment,
            !datagram.hasIncorrectHeaderChecksum
        else { return nil }
        self.frameSource = frameSource
        source = datagram.source
        destination = datagram.destination
        hopLimit = datagram.hopLimit
        `protocol` = datagram.protocol
        hasRouterAlert = Self.hasRouterAlert(datagram)
        payload = datagram.payload
    }

    /// Whether this is a group membership message, valid or not, rather than a datagram to the members of a group.
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

    /// The length of the payload in bytes: the UDP data, or everything after the IP headers.
    public var dataLength: Int {
        guard `protocol` == .udp, let udp = try? UDPView(payload) else { return payload.byteCount }
        return max(Int(udp.length) - UDPView.headerLength, 0)
    }

    /// The destination port; nil if the protocol has no ports.
    public var destinationPort: UInt16? {
        guard `protocol` == .udp else { return nil }
        return (try? UDPView(payload))?.destinationPort
    }

    /// The source and destination ports in one number; 0 if there are none.
    public var ports: UInt32 { `protocol` == .udp && payload.byteCount >= 4 ? payload.bigEndian32(at: 0) : 0 }

    /// A hop-by-hop options header is the first extension header if present (RFC 8200, section 4.1).
    private static func hasRouterAlert(_ datagram: borrowing DatagramView) -> Bool {
        guard datagram.family == .v6, let view = try? IPv6View(datagram.bytes), view.nextHeader == .hopByHopOptions,
            let chain = try? IPv6ExtensionChain(first: .hopByHopOptions, payload: view.payload),
            case .hopByHopOptions(let options)? = chain.headers.first
        else { return false }
        return options.contains { if case .routerAlert = $0 { true } else { false } }
    }
}
