import WireFormat

extension SocketFilter {
    /// Accepts the frames with one of these EtherTypes, on a packet socket with any link header.
    public static func etherTypes(_ types: [EtherType]) -> SocketFilter {
        var filter = SocketFilter()
        filter.loadHalf(UInt32(bitPattern: -0x1000))
        filter.requireOne(of: types.map { UInt32($0.rawValue) }, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    /// Accepts UDP datagrams over IPv4 to these ports, on a packet socket, except later fragments.
    public static func datagrams(toPorts ports: [UInt16]) -> SocketFilter {
        let network = UInt32(bitPattern: -0x10_0000)
        var filter = SocketFilter()
        filter.loadHalf(UInt32(bitPattern: -0x1000))
        filter.ifEqual(UInt32(EtherType.ipv4.rawValue), .next, otherwise: .reject)
        filter.loadByte(network &+ 9)
        filter.ifEqual(UInt32(IPProtocol.udp.rawValue), .next, otherwise: .reject)
        filter.loadHalf(network &+ 6)
        filter.and(0x1FFF)
        filter.ifEqual(0, .next, otherwise: .reject)
        filter.loadHeaderLength(network)
        filter.loadHalf(indexed: network &+ 2)
        filter.requireOne(of: ports.map(UInt32.init), otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    /// Accepts IPv4 and IPv6 multicast packets, on a packet socket.
    public static let multicast: SocketFilter = {
        let network = UInt32(bitPattern: -0x10_0000)
        var filter = SocketFilter()
        filter.loadHalf(UInt32(bitPattern: -0x1000))
        filter.branch(ifOneOf: [UInt32(EtherType.ipv4.rawValue)]) { ipv4 in
            // 224.0.0.0/4
            ipv4.loadByte(network &+ 16)
            ipv4.and(0xF0)
            ipv4.ifEqual(0xE0, .accept, otherwise: .reject)
        }
        filter.ifEqual(UInt32(EtherType.ipv6.rawValue), .next, otherwise: .reject)
        // ff00::/8
        filter.loadByte(network &+ 24)
        filter.ifEqual(0xFF, .next, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }()

    /// Accepts, on a packet socket of one family, the segments for the given local ports and
    /// ICMP destination unreachable messages.
    /// - Parameters:
    ///   - withNeighbors: whether to accept neighbor discovery and group membership queries too (IPv6).
    ///   - withEchoReplies: whether to accept echo replies too.
    public static func segmentsAndUnreachables(
        _ family: IPAddress.Family, ports: ClosedRange<UInt16>, withNeighbors: Bool = false,
        withEchoReplies: Bool = false
    ) -> SocketFilter {
        let network = UInt32(bitPattern: -0x10_0000)
        var filter = SocketFilter()
        switch family {
        case .v4:
            filter.loadByte(network &+ 9)
            filter.branch(ifOneOf: [UInt32(IPProtocol.icmp.rawValue)]) { icmp in
                icmp.loadHeaderLength(network)
                icmp.loadByte(indexed: network)
                if withEchoReplies {
                    icmp.ifEqual(UInt32(ICMPv4Type.echoReply.rawValue), .accept, otherwise: .next)
                }
                icmp.ifEqual(UInt32(ICMPv4Type.destinationUnreachable.rawValue), .accept, otherwise: .reject)
            }
            filter.ifEqual(UInt32(IPProtocol.tcp.rawValue), .next, otherwise: .reject)
            filter.loadHeaderLength(network)
            filter.loadHalf(indexed: network &+ 2)
        case .v6:
            filter.loadByte(network &+ 6)
            filter.branch(ifOneOf: [UInt32(IPProtocol.icmpv6.rawValue)]) { icmp in
                icmp.loadByte(network &+ 40)
                if withNeighbors {
                    icmp.ifEqual(UInt32(ICMPv6Type.neighborSolicitation.rawValue), .accept, otherwise: .next)
                    icmp.ifEqual(UInt32(ICMPv6Type.neighborAdvertisement.rawValue), .accept, otherwise: .next)
                }
                if withEchoReplies {
                    icmp.ifEqual(UInt32(ICMPv6Type.echoReply.rawValue), .accept, otherwise: .next)
                }
                icmp.ifEqual(UInt32(ICMPv6Type.destinationUnreachable.rawValue), .accept, otherwise: .reject)
            }
            if withNeighbors {
                // A query is preceded by a Router Alert of 8 bytes (RFC 3810, section 5).
                filter.branch(ifOneOf: [UInt32(IPProtocol.hopByHopOptions.rawValue)]) { alert in
                    alert.loadByte(network &+ 48)
                    alert.ifEqual(UInt32(ICMPv6Type.multicastListenerQuery.rawValue), .accept, otherwise: .reject)
                }
            }
            filter.ifEqual(UInt32(IPProtocol.tcp.rawValue), .next, otherwise: .reject)
            filter.loadHalf(network &+ 42)
        }
        filter.ifAtLeast(UInt32(ports.lowerBound), .next, otherwise: .reject)
        filter.ifMore(than: UInt32(ports.upperBound), .reject, otherwise: .next)
        filter.end(fallThrough: true)
        return filter
    }
}
