import Testing
import WireFormat

/// Properties for all bytes: nothing traps, nothing is accessed
/// out of bounds, and writing a parsed value gives the same bytes.
@Suite("Properties")
struct PropertyTests {
    /// Whole messages of every kind, to be truncated and changed.
    private func messages() -> [[UInt8]] {
        let mac = MACAddress(rawValue: 0x0200_0000_0001)
        let quote =
            IPv4Header(source: .loopback, destination: .loopback, protocol: .icmp, payloadLength: 8).encoded() + [
                8, 0, 0, 0, 0, 1, 0, 1,
            ]
        let echo = ICMPEcho(identifier: 1, sequenceNumber: 2, data: Array(0..<56))
        let stack = ICMPExtensions([.init(classNumber: 1, classType: 1, data: [0, 0, 0x3B, 0x40])])
        let v4: [ICMPv4Message.Body] = [
            .echoRequest(echo), .echoReply(echo), .informationRequest(.init(identifier: 1, sequenceNumber: 1)),
            .destinationUnreachable(.host, .init(v4Original: quote, extensions: stack)),
            .sourceQuench(code: 0, .init(data: quote)),
            .redirect(code: 0, .init(data: quote)), .timeExceeded(code: 1, .init(data: quote)),
            .parameterProblem(code: 0, .init(data: quote)),
            .timestampRequest(.init(identifier: 1, sequenceNumber: 2, originate: 3, receive: 4, transmit: 5)),
            .addressMaskReply(.init(identifier: 1, sequenceNumber: 2, mask: .limitedBroadcast)),
            .routerAdvertisement(
                .init(
                    lifetime: 9,
                    routers: [.init(address: .loopback, preference: -1), .init(address: .loopback, preference: 1)])),
            .routerSolicitation(code: 0, reserved: 0, trailing: [1]),
        ]
        let v6: [ICMPv6Message.Body] = [
            .echoRequest(echo), .packetTooBig(code: 0, .init(restOfHeader: 1280, data: quote)),
            .timeExceeded(code: 0, .init(v6Original: quote, extensions: stack)),
            .neighborDiscovery(
                .init(
                    .routerAdvertisement(.init(currentHopLimit: 1, routerLifetime: 2)),
                    options: [
                        .mtu(reserved: 0, 1500), .sourceLinkLayerAddress(mac),
                        .prefixInformation(
                            prefixLength: 64, flags: 0xC0, validLifetime: 1, preferredLifetime: 2, reserved: 0,
                            prefix: .allNodes),
                        .redirectedHeader(reserved: [0, 0, 0, 0, 0, 0], packet: Array(0..<16)),
                        .unknown(type: 200, data: [1, 2, 3, 4, 5, 6]),
                    ])),
            .neighborDiscovery(.init(.redirect(reserved: 0, target: .loopback, destination: .allRouters))),
        ]
        return v4.map { ICMPv4Message($0).encoded() }
            + v6.map { ICMPv6Message($0, source: .loopback, destination: .loopback).encoded() }
    }

    /// Parses `data` as every format and writes every parsed value.
    private func exercise(_ data: [UInt8], _ comment: @autoclosure () -> String) {
        let span = data.rawBytes
        if let view = try? ICMPv4View(span) {
            let message = ICMPv4Message(view)
            #expect(message.writtenBetweenGuards() == data, "\(comment()): ICMPv4")
            _ = view.checksumState
            _ = view.type.meaning(code: view.code, information: view.restOfHeader)
        }
        if let view = try? ICMPv6View(span) {
            let message = ICMPv6Message(view)
            #expect(message.writtenBetweenGuards() == data, "\(comment()): ICMPv6")
            _ = view.checksumState(source: .loopback, destination: .allNodes)
        }
        if let view = try? IPv4View(span) {
            let header = IPv4Header(view)
            #expect(header.writtenBetweenGuards() == Array(data.prefix(view.headerLength)), "\(comment()): IPv4")
            _ = (view.payload.byteCount, view.checksumState, view.isTruncated)
        }
        if let view = try? IPv6View(span) {
            #expect(IPv6Header(view).writtenBetweenGuards() == Array(data.prefix(40)), "\(comment()): IPv6")
            _ = try? IPv6ExtensionChain(first: view.nextHeader, payload: view.payload)
        }
        if let view = try? UDPView(span) {
            let datagram = UDPDatagram(view)
            #expect(
                datagram.writtenBetweenGuards() == Array(data.prefix(8 + view.payload.byteCount)), "\(comment()): UDP")
            _ = view.checksumState(source: .v4(.loopback), destination: .v4(.loopback))
        }
        if let view = try? EthernetView(span) {
            #expect(EthernetHeader(view).writtenBetweenGuards() == Array(data.prefix(14)))
        }
        _ = IPv4Options(span)
        _ = ICMPExtensions(span, requireChecksum: false)
        for start in [Explanation.Start.ethernet, .datagram, .icmp, .icmpv6] {
            for section in Explanation(span, startingAt: start).sections {
                for field in section.fields { #expect(field.offset >= 0 && field.length >= 0, "\(comment())") }
            }
        }
    }

    @Test("every truncation of every message")
    func truncations() {
        for (number, message) in messages().enumerated() {
            for length in 0...message.count {
                exercise(Array(message.prefix(length)), "message \(number), \(length) bytes")
            }
        }
    }

    @Test("random bytes", arguments: 0..<200)
    func randomBytes(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<50 {
            var data = random.bytes(0...160)
            if !data.isEmpty, Bool.random(using: &random) {
                data[0] = [0x45, 0x4F, 0x60, 0x46, 0x86].randomElement(using: &random) ?? 0x45
            }
            exercise(data, "seed \(seed)")
        }
    }

    @Test("messages with changed bytes", arguments: 0..<100)
    func mutations(seed: UInt64) {
        var random = Seeded(seed)
        for message in messages() {
            var data = message
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            exercise(data, "seed \(seed)")
        }
    }

    @Test("parsing a written value gives the same value", arguments: 0..<200)
    func values(seed: UInt64) throws {
        var random = Seeded(seed)
        func address(_ random: inout Seeded) -> IPv4Address {
            IPv4Address(rawValue: .random(in: 0...UInt32.max, using: &random))
        }
        var options: [IPv4Option] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let slots = (0..<Int.random(in: 0...2, using: &random)).map { _ in address(&random) }
            options.append(
                [
                    .noOperation, .recordRoute(.init(slots: slots)),
                    .routerAlert(value: .random(in: 0...9, using: &random)),
                    .looseSourceRoute(.init(pointer: 8, slots: slots)), .unknown(type: 0x9E, data: random.bytes(0...4)),
                ].randomElement(using: &random) ?? .noOperation)
        }
        var header = IPv4Header(
            source: address(&random), destination: address(&random),
            protocol: .init(rawValue: .random(in: 0...255, using: &random)),
            payloadLength: .random(in: 0...1400, using: &random), timeToLive: .random(in: 0...255, using: &random),
            typeOfService: .random(in: 0...255, using: &random),
            identification: .random(in: 0...0xFFFF, using: &random),
            dontFragment: .random(using: &random), options: IPv4Options(options))
        header.fragmentOffset = .random(in: 0...0x1FFF, using: &random)
        header.moreFragments = .random(using: &random)
        let wire = try #require(header.writtenBetweenGuards(), "seed \(seed)")
        let view = try IPv4View(wire.rawBytes)
        #expect(view.checksumState == .correct, "seed \(seed)")
        var parsed = IPv4Header(view)
        parsed.headerChecksum = nil
        // Padding is parsed as the end of the list.
        parsed.options = IPv4Options(parsed.options.list.filter { $0 != .endOfOptionList })
        #expect(parsed == header, "seed \(seed)")

        let ipv6 = IPv6Header(
            source: .init(high: random.next(), low: random.next()),
            destination: .init(high: random.next(), low: random.next()),
            nextHeader: .icmpv6, payloadLength: .random(in: 0...0xFFFF, using: &random),
            hopLimit: .random(in: 0...255, using: &random),
            trafficClass: .random(in: 0...255, using: &random), flowLabel: .random(in: 0...0xF_FFFF, using: &random))
        let sixWire = try #require(ipv6.writtenBetweenGuards(), "seed \(seed)")
        #expect(IPv6Header(try IPv6View(sixWire.rawBytes)) == ipv6, "seed \(seed)")
    }

    @Test("a buffer that is too small is an error")
    func capacity() {
        let header = IPv4Header(source: .loopback, destination: .loopback, protocol: .icmp, payloadLength: 0)
        for length in 0..<20 {
            var buffer = [UInt8](repeating: 0, count: length)
            #expect(throws: CapacityError(needed: 20, available: length)) {
                try buffer.withMutableBytes { (span: inout MutableRawSpan) throws(CapacityError) in
                    try header.write(into: &span, at: 0)
                }
            }
        }
    }

    @Test("errors name the layer, the field and its offset")
    func errors() {
        #expect(throws: ParseError(layer: .ipv4, field: "version", offset: 0, reason: .invalid(value: 6))) {
            try { () throws(ParseError) in _ = try IPv4View(bytes("60" + String(repeating: "00", count: 39)).rawBytes)
            }()
        }
        #expect(
            throws: ParseError(layer: .icmp, field: "header", offset: 0, reason: .truncated(needed: 8, available: 3))
        ) {
            try { () throws(ParseError) in _ = try ICMPv4View([8, 0, 0].rawBytes) }()
        }
    }

    @Test("fragments cover the data exactly, in multiples of 8 bytes", arguments: 0..<100)
    func fragmentation(seed: UInt64) throws {
        var random = Seeded(seed)
        let length = Int.random(in: 0...65_515, using: &random)
        let mtu = Int.random(in: 68...9_000, using: &random)
        let pieces = try #require(
            Fragmentation.pieces(dataLength: length, mtu: mtu, firstHeaderLength: 60, laterHeaderLength: 20))
        var offset = 0
        for (index, piece) in pieces.enumerated() {
            #expect(piece.offset == offset && piece.length + (index == 0 ? 60 : 20) <= mtu, "seed \(seed)")
            #expect(piece.moreFragments == (index < pieces.count - 1))
            #expect(!piece.moreFragments || piece.length % 8 == 0)
            offset += piece.length
        }
        #expect(offset == length, "seed \(seed)")
        #expect(Fragmentation.pieces(dataLength: 100, mtu: 27, firstHeaderLength: 20, laterHeaderLength: 20) == nil)
    }
}
