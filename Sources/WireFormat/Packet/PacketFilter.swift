/// Which packets are wanted, in a part of the language that tcpdump has for it (pcap-filter(7)):
/// layers, addresses, networks and ports, with `and`, `or`, `not` and parentheses.
public indirect enum PacketFilter: Hashable, Sendable {
    /// Which end of the packet is meant.
    public enum Side: Hashable, Sendable {
        case source, destination, either
    }

    case layer(Layer)
    /// The number of a tag; nil for any.
    case vlan(UInt16?)
    case host(IPAddress, Side)
    case network4(IPv4Network, Side)
    case network6(IPv6Network, Side)
    case station(MACAddress, Side)
    case ports(ClosedRange<UInt16>, Side)
    case and(PacketFilter, PacketFilter)
    case or(PacketFilter, PacketFilter)
    case not(PacketFilter)

    /// Why a text is no filter: the word, and what was expected in its place.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The word that stands there; empty at the end.
        public var word: String
        /// What should stand there.
        public var expected: String
        public var description: String {
            word.isEmpty ? "it ends where \(expected) should be" : "'\(word)' stands where \(expected) should be"
        }
    }

    /// Reads an expression.
    public init(_ text: String) throws(SyntaxError) {
        var parser = FilterParser(text)
        self = try parser.expression()
        try parser.requireEnd()
    }

    /// Whether the packet is wanted.
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
    /// Whether the layer is one of the packet's.
    public func contains(_ layer: Layer, _ bytes: RawSpan) -> Bool {
        switch layer {
        case .ethernet: linkType == .ethernet && broken != .ethernet
        case .vlan: tagCount > 0
        case .llc: hasLogicalLinkControl
        case .arp: network == .arp
        case .rarp: network == .reverseARP
        case .ipv4: network == .ipv4
        case .ipv6: network == .ipv6
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
        default: false
        }
    }

    private func icmpv6Type(_ bytes: RawSpan) -> ICMPv6Type? {
        readableTransport == .icmpv6 ? ICMPv6Type(rawValue: bytes.byte(at: transportOffset)) : nil
    }

    func hasTag(_ identifier: UInt16?, _ bytes: RawSpan) -> Bool {
        guard let identifier else { return tagCount > 0 }
        return (0..<Int(tagCount)).contains { index in
            bytes.bigEndian16(at: linkHeaderLength + 4 * index) & 0xFFF == identifier
        }
    }

    func hasStation(_ station: MACAddress, _ bytes: RawSpan, _ side: PacketFilter.Side) -> Bool {
        guard linkType == .ethernet, broken != .ethernet else { return false }
        return side != .source && bytes.macAddress(at: 0) == station
            || side != .destination && bytes.macAddress(at: 6) == station
    }

    /// The two addresses of the network layer: ARP's are the protocol addresses of sender and target.
    public func addresses(_ bytes: RawSpan) -> (source: IPAddress, destination: IPAddress)? {
        let start = networkOffset
        switch network {
        case .ipv4: return (.v4(bytes.ipv4Address(at: start + 12)), .v4(bytes.ipv4Address(at: start + 16)))
        case .ipv6: return (.v6(bytes.ipv6Address(at: start + 8)), .v6(bytes.ipv6Address(at: start + 24)))
        case .arp, .reverseARP:
            guard let view = try? ARPView(bytes.dropping(start)), let sender = view.senderAddress,
                let target = view.targetAddress
            else { return nil }
            return (.v4(sender), .v4(target))
        case .none: return nil
        }
    }

    func hasAddress(_ bytes: RawSpan, _ side: PacketFilter.Side, _ isWanted: (IPAddress) -> Bool) -> Bool {
        guard let (source, destination) = addresses(bytes) else { return false }
        return side != .destination && isWanted(source) || side != .source && isWanted(destination)
    }

    func hasPort(_ range: ClosedRange<UInt16>, _ bytes: RawSpan, _ side: PacketFilter.Side) -> Bool {
        guard let layer = readableTransport, layer == .tcp || layer == .udp else { return false }
        return side != .destination && range.contains(bytes.bigEndian16(at: transportOffset))
            || side != .source && range.contains(bytes.bigEndian16(at: transportOffset + 2))
    }
}
