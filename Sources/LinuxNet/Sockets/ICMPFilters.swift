import WireFormat

extension SocketFilter {
    /// Accepts the ICMPv4 messages that can be replies to `identifier`, on
    /// a raw socket, whose packets begin with the IP header: replies of the
    /// given types with the identifier, router advertisements, which have
    /// no identifier, and errors that quote an ICMP message with it.
    static func icmpv4Answers(identifier: UInt16, replies: [ICMPv4Type]) -> SocketFilter {
        var filter = SocketFilter()
        filter.acceptICMPv4(base: 0, identifier: identifier, types: replies)
        filter.end(fallThrough: true)
        return filter
    }

    /// The same for ICMPv6, on a raw socket, whose packets begin with the
    /// ICMPv6 header. Errors that quote a packet with extension headers are
    /// accepted and checked by the engine.
    static func icmpv6Answers(identifier: UInt16, replies: [ICMPv6Type]) -> SocketFilter {
        var filter = SocketFilter()
        filter.acceptICMPv6(base: 0, identifier: identifier, types: replies)
        filter.end(fallThrough: true)
        return filter
    }

    /// Accepts ICMP errors about datagrams of any protocol, and echo
    /// replies to `identifier`, on a raw socket of the family.
    static func errorsAndReplies(_ family: IPAddress.Family, identifier: UInt16) -> SocketFilter {
        var filter = SocketFilter()
        let errors: [UInt32]
        let reply: UInt32
        if family == .v4 {
            filter.loadHeaderLength(0)
            filter.loadByte(indexed: 0)
            errors = [ICMPv4Type.destinationUnreachable, .timeExceeded, .parameterProblem].map { UInt32($0.rawValue) }
            reply = UInt32(ICMPv4Type.echoReply.rawValue)
        } else {
            filter.loadByte(0)
            errors = [ICMPv6Type.destinationUnreachable, .packetTooBig, .timeExceeded, .parameterProblem].map {
                UInt32($0.rawValue)
            }
            reply = UInt32(ICMPv6Type.echoReply.rawValue)
        }
        filter.branch(ifOneOf: [reply]) { replies in
            if family == .v4 { replies.loadHalf(indexed: 4) } else { replies.loadHalf(4) }
            replies.ifEqual(UInt32(identifier), .accept, otherwise: .reject)
        }
        filter.requireOne(of: errors, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    /// Accepts the segments that can reply to a SYN to `port`, on a raw TCP
    /// socket: those from that port with SYN or RST.
    static func answersToSYN(_ family: IPAddress.Family, port: UInt16) -> SocketFilter {
        var filter = SocketFilter()
        if family == .v4 {
            filter.loadHeaderLength(0)
            filter.loadHalf(indexed: 0)
        } else {
            filter.loadHalf(0)
        }
        filter.ifEqual(UInt32(port), .next, otherwise: .reject)
        if family == .v4 { filter.loadByte(indexed: 13) } else { filter.loadByte(13) }
        filter.and(UInt32((TCPFlags.syn.union(.rst)).rawValue))
        filter.ifEqual(0, .reject, otherwise: .accept)
        filter.end(fallThrough: true)
        return filter
    }

    /// Accepts the frames of an exchange, requests and replies of both
    /// families, on a packet socket with any link header.
    /// - Parameter withNeighbors: whether to accept ARP, neighbor solicitations and advertisements too.
    public static func conversation(
        identifier: UInt16, types: [ICMPv4Type], typesV6: [ICMPv6Type], withNeighbors: Bool = false
    ) -> SocketFilter {
        // The following offsets are relative to the network header (SKF_NET_OFF).
        let network = UInt32(bitPattern: -0x10_0000)
        let protocolOfFrame = UInt32(bitPattern: -0x1000)
        var filter = SocketFilter()
        filter.loadHalf(protocolOfFrame)
        if withNeighbors { filter.ifEqual(UInt32(EtherType.arp.rawValue), .accept, otherwise: .next) }
        filter.branch(ifOneOf: [UInt32(EtherType.ipv4.rawValue)]) { ipv4 in
            ipv4.loadByte(network &+ 9)
            ipv4.ifEqual(UInt32(IPProtocol.icmp.rawValue), .next, otherwise: .reject)
            ipv4.acceptICMPv4(base: network, identifier: identifier, types: types)
            ipv4.loadImmediate(0)
            ipv4.ifEqual(0, .accept, otherwise: .accept)
        }
        filter.ifEqual(UInt32(EtherType.ipv6.rawValue), .next, otherwise: .reject)
        filter.loadByte(network &+ 6)
        filter.ifEqual(UInt32(IPProtocol.icmpv6.rawValue), .next, otherwise: .reject)
        if withNeighbors {
            filter.loadByte(network &+ 40)
            for type in [ICMPv6Type.neighborSolicitation, .neighborAdvertisement] {
                filter.ifEqual(UInt32(type.rawValue), .accept, otherwise: .next)
            }
        }
        filter.acceptICMPv6(base: network &+ 40, identifier: identifier, types: typesV6)
        filter.end(fallThrough: true)
        return filter
    }

    /// Accepts the frames of both families whose datagrams carry one of
    /// these protocols, on a packet socket with any link header.
    public static func protocols(_ protocols: [IPProtocol]) -> SocketFilter {
        let network = UInt32(bitPattern: -0x10_0000)
        let protocolOfFrame = UInt32(bitPattern: -0x1000)
        let values = protocols.map { UInt32($0.rawValue) }
        var filter = SocketFilter()
        filter.loadHalf(protocolOfFrame)
        filter.branch(ifOneOf: [UInt32(EtherType.ipv4.rawValue)]) { ipv4 in
            ipv4.loadByte(network &+ 9)
            ipv4.requireOne(of: values, otherwise: .reject)
            ipv4.loadImmediate(0)
            ipv4.ifEqual(0, .accept, otherwise: .accept)
        }
        filter.ifEqual(UInt32(EtherType.ipv6.rawValue), .next, otherwise: .reject)
        filter.loadByte(network &+ 6)
        filter.requireOne(of: values, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    /// Continues after these instructions if the message is accepted. `base` is the offset of the IPv4 header.
    private mutating func acceptICMPv4(base: UInt32, identifier: UInt16, types: [ICMPv4Type]) {
        let errors: [ICMPv4Type] = [
            .destinationUnreachable, .sourceQuench, .redirect, .timeExceeded, .parameterProblem,
        ]
        let anonymous: [ICMPv4Type] = [.routerAdvertisement, .routerSolicitation]
        loadHeaderLength(base)
        loadByte(indexed: base)
        for type in types where anonymous.contains(type) { ifEqual(UInt32(type.rawValue), .accept, otherwise: .next) }
        let identified = types.filter { !anonymous.contains($0) }.map { UInt32($0.rawValue) }
        branch(ifOneOf: identified) { reply in
            reply.loadHalf(indexed: base &+ 4)
            reply.ifEqual(UInt32(identifier), .accept, otherwise: .reject)
        }
        requireOne(of: errors.map { UInt32($0.rawValue) }, otherwise: .reject)
        loadByte(indexed: base &+ 8 &+ 9)
        ifEqual(UInt32(IPProtocol.icmp.rawValue), .next, otherwise: .reject)
        loadByte(indexed: base &+ 8)
        and(0xF)
        shiftLeft(2)
        addX()
        moveToX()
        loadByte(indexed: base &+ 8)
        for type in types where anonymous.contains(type) { ifEqual(UInt32(type.rawValue), .accept, otherwise: .next) }
        loadHalf(indexed: base &+ 8 &+ 4)
        ifEqual(UInt32(identifier), .next, otherwise: .reject)
    }

    /// Continues after these instructions if the message is accepted. `base` is the offset of the ICMPv6 header.
    private mutating func acceptICMPv6(base: UInt32, identifier: UInt16, types: [ICMPv6Type]) {
        let anonymous: [ICMPv6Type] = [.routerAdvertisement, .routerSolicitation]
        loadByte(base)
        for type in types where anonymous.contains(type) { ifEqual(UInt32(type.rawValue), .accept, otherwise: .next) }
        branch(ifOneOf: types.filter { !anonymous.contains($0) }.map { UInt32($0.rawValue) }) { reply in
            reply.loadHalf(base &+ 4)
            reply.ifEqual(UInt32(identifier), .accept, otherwise: .reject)
        }
        let errors: [ICMPv6Type] = [.destinationUnreachable, .packetTooBig, .timeExceeded, .parameterProblem]
        requireOne(of: errors.map { UInt32($0.rawValue) }, otherwise: .reject)
        loadByte(base &+ 8 &+ 6)
        branch(ifOneOf: [UInt32(IPProtocol.icmpv6.rawValue)]) { quote in
            quote.loadHalf(base &+ 8 &+ 40 &+ 4)
            quote.ifEqual(UInt32(identifier), .accept, otherwise: .reject)
        }
        let extensionHeaders: [IPProtocol] = [.hopByHopOptions, .routing, .fragment, .destinationOptions]
        requireOne(of: extensionHeaders.map { UInt32($0.rawValue) }, otherwise: .reject)
    }
}
