import WireFormat

extension SocketFilter {
    /// Lets through the frames that carry one of these, on a packet socket whatever its link header.
    public static func etherTypes(_ types: [EtherType]) -> SocketFilter {
        var filter = SocketFilter()
        filter.loadHalf(UInt32(bitPattern: -0x1000))
        filter.requireOne(of: types.map { UInt32($0.rawValue) }, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    /// Lets through, on a packet socket, what is sent to IPv4 and IPv6 groups.
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
}
