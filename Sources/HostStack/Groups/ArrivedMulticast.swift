import WireFormat

/// An IPv4 or IPv6 packet to a group, in an untagged frame that arrived.
public struct ArrivedMulticast: ~Escapable {
    public let frameSource: MACAddress
    public let source: IPAddress
    public let destination: IPAddress
    /// Time to live or hop limit.
    public let hopLimit: UInt8
    /// Of the payload, after extension headers.
    public let `protocol`: IPProtocol
    /// A hop-by-hop header has the option (RFC 2711); not looked for in IPv4.
    public let hasRouterAlert: Bool
    public let payload: RawSpan

    /// Nil for everything else, for what is cut, and for fragments after the first.
    @_lifetime(copy frame)
    public init?(_ frame: RawSpan) {
        // A tag makes it a frame of another network.
        guard let arrived = ArrivedFrame(frame), arrived.payloadOffset == EthernetView.headerLength else { return nil }
        frameSource = arrived.source
        let packet = frame.dropping(arrived.payloadOffset)
        switch arrived.etherType {
        case .ipv4:
            guard let view = try? IPv4View(packet), view.destination.isMulticast, view.fragmentOffset == 0,
                !view.isTruncated, view.checksumState == .correct
            else { return nil }
            source = .v4(view.source)
            destination = .v4(view.destination)
            hopLimit = view.timeToLive
            `protocol` = view.protocol
            hasRouterAlert = false
            payload = view.payload
        case .ipv6:
            guard let view = try? IPv6View(packet), view.destination.isMulticast, !view.isTruncated else { return nil }
            var chain = IPv6ChainReader(first: view.nextHeader, payload: view.payload)
            var hasRouterAlert = false
            while let (header, range) = chain.next() {
                if header == .hopByHopOptions {
                    hasRouterAlert = Self.hasRouterAlert(view.payload.extracting(range))
                }
            }
            guard !chain.isTruncated, !chain.isLaterFragment else { return nil }
            source = .v6(view.source)
            destination = .v6(view.destination)
            hopLimit = view.hopLimit
            `protocol` = chain.nextHeader
            self.hasRouterAlert = hasRouterAlert
            payload = view.payload.dropping(chain.offset)
        default: return nil
        }
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

    private static func hasRouterAlert(_ header: RawSpan) -> Bool {
        guard let chain = try? IPv6ExtensionChain(first: .hopByHopOptions, payload: header),
            case .hopByHopOptions(let options)? = chain.headers.first
        else { return false }
        return options.contains { if case .routerAlert = $0 { true } else { false } }
    }
}
