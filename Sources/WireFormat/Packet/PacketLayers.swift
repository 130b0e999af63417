/// The offsets of a packet's layers, found in one pass, in place,
/// without a value for any header.
///
/// Parsing never fails. If a header cannot be parsed or is truncated, the pass ends, and `broken`
/// names it; everything before it is set, and so are the available fields of the broken header:
/// `network` is set if the addresses are available, `transport` if its number is known.
public struct PacketLayers: Sendable {
    /// The payload of the link layer.
    public enum Network: UInt8, Sendable {
        /// Another payload, or one that cannot be parsed.
        case none
        case arp
        case reverseARP
        case ipv4
        case ipv6
    }

    /// The link-layer header type.
    public let linkType: LinkType
    /// The length of the link-layer header without tags, in bytes.
    @usableFromInline var link: UInt16 = 0
    @usableFromInline var networkStart: UInt32 = 0
    @usableFromInline var transportStart: UInt32 = 0
    @usableFromInline var endOfData: UInt32 = 0
    @usableFromInline var statedEndOfData: UInt32 = 0
    @usableFromInline var wireLength: UInt32
    /// The EtherType after the last tag; 0 if the link layer has none.
    public var etherType = EtherType(rawValue: 0)
    /// The number of tags after the Ethernet header.
    public var tagCount: UInt8 = 0
    /// Whether the frame has a length and an LLC header.
    public var hasLogicalLinkControl = false
    /// The payload of the link layer.
    public var network = Network.none
    /// The payload of the datagram, if it was reached.
    public var transport: IPProtocol?
    /// Whether the datagram is a fragment.
    public var isFragment = false
    /// Whether the datagram is a fragment other than the first.
    public var isLaterFragment = false
    /// Whether fewer bytes are available than the datagram's header states.
    public var isTruncated = false
    /// The layer that could not be parsed.
    public var broken: Layer?

    /// The offset of the network header.
    @inlinable public var networkOffset: Int { Int(networkStart) }
    /// The offset of the transport header, or of the data in a fragment other than the first.
    @inlinable public var transportOffset: Int { Int(transportStart) }
    /// The end of the datagram; padding follows.
    @inlinable public var end: Int { Int(endOfData) }
    /// The end of the datagram according to its header.
    @inlinable public var statedEnd: Int { Int(statedEndOfData) }
    /// The length of the link-layer header without tags, in bytes.
    @inlinable public var linkHeaderLength: Int { Int(link) }

    /// The maximum number of tags that are parsed.
    @usableFromInline static let maximumTags: UInt8 = 8

    /// Parses the layers of `bytes`.
    /// - Parameter originalLength: the length of the packet on the wire, in bytes; 0 if unknown.
    @inlinable
    public init(_ bytes: RawSpan, linkType: LinkType, originalLength: Int = 0) {
        self.linkType = linkType
        wireLength = UInt32(clamping: originalLength)
        endOfData = UInt32(truncatingIfNeeded: bytes.byteCount)
        statedEndOfData = endOfData
        if linkType == .ethernet {
            guard bytes.byteCount >= EthernetView.headerLength else {
                broken = .ethernet
                return
            }
            link = 14
            etherType = EtherType(rawValue: bytes.bigEndian16(at: 12))
            walk(bytes, from: 14)
        } else {
            walkOther(bytes)
        }
    }

    /// Parses the data of an Ethernet frame.
    @inlinable
    mutating func walk(_ bytes: RawSpan, from start: Int) {
        switch etherType.rawValue {
        case 0x0800: walkIPv4(bytes, from: start)
        case 0x0806: walkARP(bytes, from: start, .arp)
        case 0x86DD: walkIPv6(bytes, from: start)
        default: walkTagged(bytes, from: start)
        }
    }

    /// Parses less common contents: tags, RARP, 802.3 lengths.
    @usableFromInline
    mutating func walkTagged(_ bytes: RawSpan, from start: Int) {
        networkStart = UInt32(truncatingIfNeeded: start)
        if etherType == .reverseARP { return walkARP(bytes, from: start, .reverseARP) }
        if etherType.isTag, tagCount < Self.maximumTags {
            guard bytes.byteCount >= start &+ VLANTagView.headerLength else {
                broken = .vlan
                return
            }
            tagCount &+= 1
            etherType = EtherType(rawValue: bytes.bigEndian16(at: start &+ 2))
            return walk(bytes, from: start &+ VLANTagView.headerLength)
        }
        guard etherType.isLength, linkType == .ethernet || hasLogicalLinkControl else { return }
        if linkType == .ethernet {
            endOfData = UInt32(truncatingIfNeeded: min(start &+ Int(etherType.rawValue), bytes.byteCount))
        }
        hasLogicalLinkControl = true
        guard let header = try? LogicalLinkControlView(bytes.prefix(end).dropping(start)) else {
            broken = .llc
            return
        }
        // A SNAP type with organization code 0 is an EtherType (RFC 1042).
        if header.organization == 0, let type = header.subnetworkType, type >= 0x0600 {
            etherType = EtherType(rawValue: type)
            walk(bytes.prefix(end), from: start &+ header.headerLength)
        }
    }

    /// Parses link types other than Ethernet.
    @usableFromInline
    mutating func walkOther(_ bytes: RawSpan) {
        switch linkType {
        case .linuxCooked, .linuxCooked2:
            let version: LinuxCooked.Version = linkType == .linuxCooked ? .first : .second
            guard let header = try? LinuxCookedView(bytes, version: version) else {
                broken = .linuxCooked
                return
            }
            link = UInt16(version.headerLength)
            networkStart = UInt32(link)
            // For a netlink device (824), the protocol is a netlink number.
            guard header.hardwareType != 824 else { return }
            etherType = header.protocolType
            // 4 means that an LLC header follows (LINUX_SLL_P_802_2).
            hasLogicalLinkControl = etherType.rawValue == 4
            walk(bytes, from: version.headerLength)
        case .null, .loop:
            guard let header = try? NullLoopbackView(bytes) else {
                broken = .loopback
                return
            }
            link = UInt16(NullLoopbackView.headerLength)
            networkStart = UInt32(link)
            guard let type = header.etherType else { return }
            etherType = type
            walk(bytes, from: NullLoopbackView.headerLength)
        case .rawIP, .ipv4, .ipv6:
            // The version in the first 4 bits decides.
            guard bytes.byteCount > 0 else {
                broken = linkType == .ipv6 ? .ipv6 : .ipv4
                return
            }
            if bytes.byte(at: 0) >> 4 == 6 {
                etherType = .ipv6
                walkIPv6(bytes, from: 0)
            } else {
                etherType = .ipv4
                walkIPv4(bytes, from: 0)
            }
        default: break
        }
    }

    @inlinable
    mutating func walkARP(_ bytes: RawSpan, from start: Int, _ kind: Network) {
        networkStart = UInt32(truncatingIfNeeded: start)
        guard bytes.byteCount >= start &+ ARPView.fixedLength else {
            broken = kind == .arp ? .arp : .rarp
            return
        }
        network = kind
        let stop =
            start &+ ARPView.fixedLength
            &+ 2 &* (Int(bytes.byte(at: start &+ 4)) &+ Int(bytes.byte(at: start &+ 5)))
        guard bytes.byteCount >= stop else {
            broken = kind == .arp ? .arp : .rarp
            return
        }
        endOfData = UInt32(truncatingIfNeeded: stop)
    }

    @inlinable
    mutating func walkIPv4(_ bytes: RawSpan, from start: Int) {
        networkStart = UInt32(truncatingIfNeeded: start)
        guard bytes.byteCount >= start &+ IPv4View.minimumHeaderLength else {
            broken = .ipv4
            return
        }
        let first = bytes.byte(at: start)
        let headerLength = Int(first & 0xF) &* 4
        guard first >> 4 == 4, headerLength >= IPv4View.minimumHeaderLength else {
            broken = .ipv4
            return
        }
        network = .ipv4
        transport = IPProtocol(rawValue: bytes.byte(at: start &+ 9))
        let data = start &+ headerLength
        guard bytes.byteCount >= data else {
            // Truncated within its options: the addresses are available, but not the payload.
            broken = .ipv4
            isTruncated = true
            transportStart = UInt32(truncatingIfNeeded: bytes.byteCount)
            statedEndOfData = UInt32(
                truncatingIfNeeded: Swift.max(start &+ Int(bytes.bigEndian16(at: start &+ 2)), bytes.byteCount))
            return
        }
        transportStart = UInt32(truncatingIfNeeded: data)
        let totalLength = Int(bytes.bigEndian16(at: start &+ 2))
        let fragment = bytes.bigEndian16(at: start &+ 6) & 0x3FFF
        if fragment != 0 {
            isFragment = true
            isLaterFragment = fragment & 0x1FFF != 0
        }
        guard totalLength >= headerLength || isUnsegmented(bytes, from: start) else {
            broken = .ipv4
            return
        }
        let stop = totalLength == 0 ? bytes.byteCount : start &+ totalLength
        isTruncated = stop > bytes.byteCount
        statedEndOfData = UInt32(truncatingIfNeeded: stop)
        endOfData = UInt32(truncatingIfNeeded: Swift.min(stop, bytes.byteCount))
        checkTransport(bytes)
    }

    @inlinable
    mutating func walkIPv6(_ bytes: RawSpan, from start: Int) {
        networkStart = UInt32(truncatingIfNeeded: start)
        guard bytes.byteCount >= start &+ IPv6View.headerLength, bytes.byte(at: start) >> 4 == 6 else {
            broken = .ipv6
            return
        }
        network = .ipv6
        let next = IPProtocol(rawValue: bytes.byte(at: start &+ 6))
        let payloadLength = Int(bytes.bigEndian16(at: start &+ 4))
        let data = start &+ IPv6View.headerLength
        let stop = payloadLength == 0 ? unstatedEnd(bytes, from: start) : data &+ payloadLength
        isTruncated = stop > bytes.byteCount
        statedEndOfData = UInt32(clamping: stop)
        endOfData = UInt32(truncatingIfNeeded: Swift.min(stop, bytes.byteCount))
        transportStart = UInt32(truncatingIfNeeded: data)
        if next.isExtensionHeader { return walkChain(bytes, first: next) }
        transport = next
        checkTransport(bytes)
    }

    /// Whether the datagram was captured before segmentation by the network card, which sets a length field that is 0
    /// (TSO; BIG TCP). The evidence: it is longer than an Ethernet frame can carry (1,500 bytes), no fragment, and
    /// TCP or UDP. Any other datagram with a length of 0 is invalid.
    @usableFromInline
    func isUnsegmented(_ bytes: RawSpan, from start: Int) -> Bool {
        guard Swift.max(Int(wireLength), bytes.byteCount) &- start > 1_500 else { return false }
        if network == .ipv4 {
            guard bytes.bigEndian16(at: start &+ 2) == 0, !isFragment else { return false }
            return transport == .tcp || transport == .udp
        }
        let next = IPProtocol(rawValue: bytes.byte(at: start &+ 6))
        return next == .tcp || next == .udp
    }

    /// Returns the end of an IPv6 packet whose payload length is 0: that of the jumbo payload option (RFC 2675,
    /// section 2), all bytes before segmentation by the network card, or else the end of the fixed header.
    @usableFromInline
    func unstatedEnd(_ bytes: RawSpan, from start: Int) -> Int {
        let data = start &+ IPv6View.headerLength
        if bytes.byte(at: start &+ 6) == IPProtocol.hopByHopOptions.rawValue,
            let length = IPv6Option.jumboPayloadLength(bytes.dropping(data))
        {
            return data &+ length
        }
        return isUnsegmented(bytes, from: start) ? Swift.max(bytes.byteCount, data) : data
    }

    /// The number of bytes that the datagram's header states and the packet on the wire does not have; 0 if the
    /// length on the wire is unknown.
    @inlinable public var missingByteCount: Int {
        wireLength == 0 || network != .ipv4 && network != .ipv6
            ? 0 : Swift.max(statedEnd &- Int(wireLength), 0)
    }

    /// Parses the extension headers of IPv6.
    @usableFromInline
    mutating func walkChain(_ bytes: RawSpan, first: IPProtocol) {
        let start = transportOffset
        var reader = IPv6ChainReader(first: first, payload: bytes.extracting(start..<end))
        while reader.next() != nil {}
        isFragment = reader.isFragment
        isLaterFragment = reader.isLaterFragment
        transportStart = UInt32(truncatingIfNeeded: start &+ reader.offset)
        guard !reader.isTruncated else {
            broken = .ipv6
            return
        }
        transport = reader.nextHeader
        checkTransport(bytes)
    }

    /// Checks whether the transport header is complete.
    @inlinable
    mutating func checkTransport(_ bytes: RawSpan) {
        guard let transport, !isLaterFragment else { return }
        let available = end &- transportOffset
        switch transport.rawValue {
        case 6:
            guard available >= TCPView.minimumHeaderLength else {
                broken = .tcp
                return
            }
            let headerLength = Int(bytes.byte(at: transportOffset &+ 12) >> 4) &* 4
            if headerLength < TCPView.minimumHeaderLength || headerLength > available { broken = .tcp }
        case 17: if available < UDPView.headerLength { broken = .udp }
        case 1: if available < ICMPv4View.headerLength, network == .ipv4 { broken = .icmp }
        case 58: if available < ICMPv6View.headerLength, network == .ipv6 { broken = .icmpv6 }
        case 2: if available < IGMPView.headerLength, network == .ipv4 { broken = .igmp }
        default: break
        }
    }

    /// The protocol of the complete header at `transportOffset`; ICMP of the other family is not accepted.
    @inlinable public var readableTransport: Layer? {
        guard let transport, broken == nil, !isLaterFragment else { return nil }
        switch transport.rawValue {
        case 6: return .tcp
        case 17: return .udp
        case 1: return network == .ipv4 ? .icmp : nil
        case 58: return network == .ipv6 ? .icmpv6 : nil
        case 2: return network == .ipv4 ? .igmp : nil
        default: return nil
        }
    }

    /// The number of available bytes of the transport header and data; 0 if it was not reached.
    @inlinable var transportByteCount: Int {
        guard transport != nil, !isLaterFragment, broken != .ipv4, broken != .ipv6 else { return 0 }
        return Swift.max(end &- transportOffset, 0)
    }

    /// Returns the ports of TCP and UDP; each is nil if it is not available.
    public func ports(_ bytes: RawSpan) -> (source: UInt16?, destination: UInt16?) {
        guard transport == .tcp || transport == .udp else { return (nil, nil) }
        let available = transportByteCount
        return (
            available >= 2 ? bytes.bigEndian16(at: transportOffset) : nil,
            available >= 4 ? bytes.bigEndian16(at: transportOffset &+ 2) : nil
        )
    }

    /// Returns the length of the LLC header at `networkOffset` if its payload is unknown; 0 without one.
    func logicalLinkControlLength(_ bytes: RawSpan) -> Int {
        guard hasLogicalLinkControl, network == .none,
            let header = try? LogicalLinkControlView(bytes.dropping(networkOffset))
        else { return 0 }
        return header.headerLength
    }
}
