/// A packet filter in a subset of tcpdump's language (pcap-filter(7)):
/// layers, addresses, networks and ports, with `and`, `or`, `not` and parentheses.
public indirect enum PacketFilter: Hashable, Sendable {
    /// The end of the packet to compare.
    public enum Side: Hashable, Sendable {
        case source, destination, either
    }

    case layer(Layer)
    /// A VLAN identifier; nil for any tag.
    case vlan(UInt16?)
    case host(IPAddress, Side)
    case network4(IPv4Network, Side)
    case network6(IPv6Network, Side)
    case station(MACAddress, Side)
    case ports(ClosedRange<UInt16>, Side)
    case and(PacketFilter, PacketFilter)
    case or(PacketFilter, PacketFilter)
    case not(PacketFilter)

    /// The reason for which a filter text is invalid: the token, and what was expected instead.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The unexpected token; empty at the end.
        public var word: String
        /// The expected token.
        public var expected: String
        public var description: String {
            word.isEmpty ? "expected \(expected) at the end" : "unexpected '\(word)' (expected \(expected))"
        }
    }

    /// Parses an expression.
    public init(_ text: String) throws(SyntaxError) {
        var parser = FilterParser(text)
        self = try parser.expression()
        try parser.requireEnd()
    }

    /// Whether a packet matches the filter.
    public func matches(_ bytes: RawSpan, _ layers: PacketLayers) -> Bool {
        switch self {
        case .layer(let layer): layers.contains(layer, bytes)
        case .vlan(let identifier): layers.hasTag(identifier, bytes)
        case .host(let address, let side): layers.hasAddress(bytes, side) { $0 == address }
        case .network4(let network, let side):
            layers.hasAddress(bytes, side) {
                if case .v4(let address) = $0 { network.contains(address) } else { false }
            }
        case .network6(let network, let side):
            layers.hasAddress(bytes, side) {
                if case .v6(let address) = $0 { network.contains(address) } else { false }
            }
        case .station(let station, let side): layers.hasStation(station, bytes, side)
        case .ports(let range, let side): layers.hasPort(range, bytes, side)
        case .and(let left, let right): left.matches(bytes, layers) && right.matches(bytes, layers)
        case .or(let left, let right): left.matches(bytes, layers) || right.matches(bytes, layers)
        case .not(let inner): !inner.matches(bytes, layers)
        }
    }
}

extension PacketLayers {
    /// Whether the packet contains a layer.
    public func contains(_ layer: Layer, _ bytes: RawSpan) -> Bool {
        switch layer {
        case .ethernet: linkType == .ethernet && broken != .ethernet
        case .vlan: tagCount > 0
        case .llc: hasLogicalLinkControl
        case .arp: network == .arp || broken == .arp
        case .rarp: network == .reverseARP || broken == .rarp
        case .ipv4: network == .ipv4 || broken == .ipv4 && etherType == .ipv4
        case .ipv6: network == .ipv6 || broken == .ipv6 && etherType == .ipv6
        case .icmp: network == .ipv4 && transport == .icmp
        case .icmpv6: network == .ipv6 && transport == .icmpv6
        case .igmp: network == .ipv4 && transport == .igmp
        case .tcp: transport == .tcp
        case .udp: transport == .udp
        case .mld: icmpv6Type(bytes)?.isMulticastListener ?? false
        case .ndp: icmpv6Type(bytes)?.isNeighborDiscovery ?? false
        case .http:
            readableTransport == .tcp
                && HTTPStartLine.isRecognized(
                    in: bytes.prefix(end).dropping(
                        transportOffset + Int(bytes.byte(at: transportOffset + 12) >> 4) * 4))
        case .dns: hasDNS(bytes)
        default: false
        }
    }

    /// Whether the packet has a DNS message: a header in a UDP datagram, or a whole message at the start of a TCP segment.
    private func hasDNS(_ bytes: RawSpan) -> Bool {
        let ports = ports(bytes)
        guard DNSView.isCarried(from: ports.source, to: ports.destination) else { return false }
        let segment = bytes.prefix(end).dropping(transportOffset)
        switch readableTransport {
        case .udp: return segment.byteCount >= UDPView.headerLength + DNSView.headerLength
        case .tcp:
            guard let view = try? TCPView(segment) else { return false }
            return DNSView.messageLength(inStream: view.payload) != nil
        default: return false
        }
    }

    private func icmpv6Type(_ bytes: RawSpan) -> ICMPv6Type? {
        network == .ipv6 && transport == .icmpv6 && transportByteCount > 0
            ? ICMPv6Type(rawValue: bytes.byte(at: transportOffset)) : nil
    }

    func hasTag(_ identifier: UInt16?, _ bytes: RawSpan) -> Bool {
        guard let identifier else { return tagCount > 0 }
        return (0..<Int(tagCount)).contains { index in
            bytes.bigEndian16(at: linkHeaderLength + 4 * index) & 0xFFF == identifier
        }
    }

    func hasStation(_ station: MACAddress, _ bytes: RawSpan, _ side: PacketFilter.Side) -> Bool {
        guard linkType == .ethernet else { return false }
        return side != .source && bytes.byteCount >= 6 && bytes.macAddress(at: 0) == station
            || side != .destination && bytes.byteCount >= 12 && bytes.macAddress(at: 6) == station
    }

    /// The addresses of the network layer; for ARP, the protocol addresses of sender and target.
    public func addresses(_ bytes: RawSpan) -> (source: IPAddress, destination: IPAddress)? {
        let (source, destination) = availableAddresses(bytes)
        guard let source, let destination else { return nil }
        return (source, destination)
    }

    /// The same for a header that may be truncated: each is nil if it is not available.
    private func availableAddresses(_ bytes: RawSpan) -> (source: IPAddress?, destination: IPAddress?) {
        let header = bytes.dropping(networkOffset)
        func ipv4(_ offset: Int) -> IPAddress? {
            header.byteCount >= offset + 4 ? .v4(header.ipv4Address(at: offset)) : nil
        }
        func ipv6(_ offset: Int) -> IPAddress? {
            header.byteCount >= offset + 16 ? .v6(header.ipv6Address(at: offset)) : nil
        }
        switch network {
        case .ipv4: return (ipv4(12), ipv4(16))
        case .ipv6: return (ipv6(8), ipv6(24))
        case .arp, .reverseARP:
            // Ethernet and IPv4 addresses, as in `ARPView.isEthernetIPv4`.
            guard header.bigEndian32(at: 2) == 0x0800_0604 else { return (nil, nil) }
            return (ipv4(14), ipv4(24))
        case .none:
            guard header.byteCount > 0 else { return (nil, nil) }
            switch (broken, header.byte(at: 0) >> 4) {
            case (.ipv4, 4): return (ipv4(12), ipv4(16))
            case (.ipv6, 6): return (ipv6(8), ipv6(24))
            default: return (nil, nil)
            }
        }
    }

    func hasAddress(_ bytes: RawSpan, _ side: PacketFilter.Side, _ isWanted: (IPAddress) -> Bool) -> Bool {
        let (source, destination) = availableAddresses(bytes)
        return side != .destination && source.map(isWanted) ?? false
            || side != .source && destination.map(isWanted) ?? false
    }

    func hasPort(_ range: ClosedRange<UInt16>, _ bytes: RawSpan, _ side: PacketFilter.Side) -> Bool {
        let (source, destination) = ports(bytes)
        return side != .destination && source.map(range.contains) ?? false
            || side != .source && destination.map(range.contains) ?? false
    }
}
