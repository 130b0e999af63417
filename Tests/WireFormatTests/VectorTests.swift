import Testing
import WireFormat

/// Packets encoded by hand from the RFCs: every field, parsed and written.
@Suite("Vectors")
struct VectorTests {
    @Test("an IPv4 header with record route (RFC 791, section 3.1)")
    func ipv4() throws {
        // 4 | IHL 8, TOS 0x10, length 40, id 0x1234, DF, TTL 5, ICMP, checksum, 192.0.2.1 to 198.51.100.2,
        // NOP, record route of 11 bytes with one of two slots used.
        let text = bytes("48 10 0028 1234 4000 05 01 a649 c0000201 c6336402 01 07 0b 08 c0000201 00000000")
        let view = try IPv4View(text.rawBytes)
        #expect(
            view.headerLength == 32 && view.typeOfService == 0x10 && view.totalLength == 40
                && view.identification == 0x1234)
        #expect(view.dontFragment && !view.moreFragments && !view.reservedFlag && view.fragmentOffset == 0)
        #expect(view.timeToLive == 5 && view.protocol == .icmp && view.source == IPv4Address(192, 0, 2, 1))
        #expect(view.destination == IPv4Address(198, 51, 100, 2) && view.isTruncated && view.payload.byteCount == 0)
        let options = IPv4Options(view.options)
        let route = IPv4RouteData(pointer: 8, slots: [IPv4Address(192, 0, 2, 1), .unspecified])
        #expect(options.list == [.noOperation, .recordRoute(route)])
        #expect(Array(route.used) == [IPv4Address(192, 0, 2, 1)])
        #expect(view.checksumState == .correct)
        var header = IPv4Header(view)
        #expect(header.encoded() == text)
        header.headerChecksum = nil
        #expect(IPv4View.checksumIsRight(header.encoded()))
    }

    @Test("IPv4 options: timestamp, router alert, source routes, unknown")
    func options() {
        let entries = [
            IPv4TimestampData.Entry(address: IPv4Address(192, 0, 2, 9), timestamp: 1),
            .init(address: .unspecified, timestamp: 0),
        ]
        let cases: [(String, IPv4Option)] = [
            (
                "44 14 0d 11 c0000209 00000001 00000000 00000000",
                .timestamp(.init(pointer: 13, overflow: 1, flag: .withAddresses, entries: entries))
            ),
            (
                "44 0c 05 00 00000000 00000000",
                .timestamp(
                    .init(
                        flag: .timestampsOnly,
                        entries: [.init(address: nil, timestamp: 0), .init(address: nil, timestamp: 0)]))
            ),
            ("94 04 0000", .routerAlert(value: 0)), ("88 04 0102", .streamIdentifier(0x0102)),
            // RFC 791: classification, compartments, handling restrictions and transmission control code.
            (
                "82 0b abcd 0001 0002 030405",
                .security([0xAB, 0xCD, 0, 1, 0, 2, 3, 4, 5])
            ),
            ("88 03 01", .unknown(type: 136, data: [1])),
            ("83 07 04 c0000201", .looseSourceRoute(.init(slots: [IPv4Address(192, 0, 2, 1)]))),
            ("89 07 08 c0000201", .strictSourceRoute(.init(pointer: 8, slots: [IPv4Address(192, 0, 2, 1)]))),
            ("99 05 aabbcc", .unknown(type: 0x99, data: [0xAA, 0xBB, 0xCC])),
            // A known type with invalid data is kept as unknown.
            ("07 05 04 aabb", .unknown(type: 7, data: [4, 0xAA, 0xBB])),
        ]
        for (text, option) in cases {
            let wire = bytes(text)
            #expect(IPv4Options(wire.rawBytes).list.first == option, "\(text)")
            #expect(Array(IPv4Options([option]).encoded().prefix(wire.count)) == wire, "\(text)")
        }
        let broken = IPv4Options(bytes("01 07 ff 04").rawBytes)
        #expect(broken.isMalformed && broken.list == [.noOperation] && broken.trailing == [7, 0xFF, 4])
        #expect(
            IPv4Option.recordRoute(.init(slots: [])).isCopied == false
                && IPv4Option.looseSourceRoute(.init(slots: [])).isCopied)
    }

    @Test("an IPv6 header with a fragment header (RFC 8200, sections 3 and 4.5)")
    func ipv6() throws {
        let text = bytes(
            "6 12 34567 0010 2c 40 20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                + "3a 00 0009 00000063 8000 0000 0000 0000")
        let view = try IPv6View(text.rawBytes)
        #expect(view.trafficClass == 0x12 && view.flowLabel == 0x34567 && view.payloadLength == 16)
        #expect(view.nextHeader == .fragment && view.hopLimit == 64 && view.source.description == "2001:db8::1")
        let chain = try IPv6ExtensionChain(first: view.nextHeader, payload: view.payload)
        #expect(chain.headers == [.fragment(offset: 1, reserved: 0, moreFragments: true, identification: 0x63)])
        #expect(chain.upperLayer == .icmpv6 && chain.byteCount == 8)
        #expect(IPv6Header(view).encoded() == Array(text.prefix(40)))
    }

    @Test("ICMPv4 messages (RFC 792, 950, 1256)")
    func icmpv4() throws {
        let cases: [(String, ICMPv4Message.Body)] = [
            (
                "08 00 8468 1234 0001 6162",
                .echoRequest(.init(identifier: 0x1234, sequenceNumber: 1, data: [0x61, 0x62]))
            ),
            ("00 00 0000 0001 0002", .echoReply(.init(identifier: 1, sequenceNumber: 2))),
            (
                "03 04 0000 0000 0578",
                .destinationUnreachable(.fragmentationNeeded, .init(restOfHeader: 1400, data: []))
            ),
            ("05 01 0000 c00002fe", .redirect(code: 1, .init(restOfHeader: 0xC000_02FE, data: []))),
            ("0b 00 0000 00000000", .timeExceeded(code: 0, .init(data: []))),
            ("0c 00 0000 14000000", .parameterProblem(code: 0, .init(restOfHeader: 0x1400_0000, data: []))),
            (
                "0e 00 0000 0007 0009 00000001 00000002 00000003",
                .timestampReply(.init(identifier: 7, sequenceNumber: 9, originate: 1, receive: 2, transmit: 3))
            ),
            (
                "12 00 0000 0007 0009 ffffff00",
                .addressMaskReply(.init(identifier: 7, sequenceNumber: 9, mask: IPv4Address(255, 255, 255, 0)))
            ),
            (
                "09 00 0000 01 02 0708 c0000201 80000000",
                .routerAdvertisement(
                    .init(lifetime: 1800, routers: [.init(address: IPv4Address(192, 0, 2, 1), preference: .min)]))
            ),
            ("0a 00 0000 00000000", .routerSolicitation(code: 0, reserved: 0, trailing: [])),
            ("04 00 0000 00000000", .sourceQuench(code: 0, .init(data: []))),
            (
                "63 07 0000 01020304 05",
                .unknown(type: .init(rawValue: 99), code: 7, restOfHeader: 0x0102_0304, data: [5])
            ),
            // A timestamp message without its times is kept as unknown.
            ("0d 00 0000 0001 0001", .unknown(type: .timestampRequest, code: 0, restOfHeader: 0x0001_0001, data: [])),
        ]
        for (text, body) in cases {
            var wire = bytes(text)
            let message = ICMPv4Message(try ICMPv4View(wire.rawBytes))
            #expect(message.body == body, "\(text)")
            #expect(message.encoded() == wire, "\(text)")
            // Written without a given checksum, it gets the correct one.
            let computed = ICMPv4Message(body).encoded()
            #expect(InternetChecksum.of(computed.rawBytes) == 0, "\(text)")
            wire[2] = computed[2]
            wire[3] = computed[3]
            #expect(wire == computed, "\(text)")
        }
        #expect(try ICMPv4View(bytes("08 00 8468 1234 0001 6162").rawBytes).checksumState == .correct)
        #expect(try ICMPv4View(bytes("08 00 8469 1234 0001 6162").rawBytes).checksumState == .incorrect)
    }

    @Test("every code of destination unreachable has a text")
    func unreachableCodes() {
        var meanings: Set<String> = []
        for code in UInt8(0)...16 { meanings.insert(ICMPv4UnreachableCode(rawValue: code).meaning(nextHopMTU: 1400)) }
        #expect(meanings.count == 17)
        #expect(
            ICMPv4UnreachableCode.fragmentationNeeded.meaning(nextHopMTU: 1400) == "Frag needed and DF set (mtu = 1400)"
        )
    }

    @Test("RFC 4884 extensions with an MPLS label stack (RFC 4950)")
    func extensions() {
        let label = MPLSLabel(label: 3, trafficClass: 5, isBottomOfStack: true, timeToLive: 64)
        #expect(label.rawValue == 0x0000_3B40)
        let object = ICMPExtensions.Object(classNumber: 1, classType: 1, data: bytes("00003b40"))
        let extensions = ICMPExtensions([object])
        let wire = extensions.encoded()
        // Version 2, no reserved bits, checksum, then an object of 8 bytes.
        #expect(wire[0] == 0x20 && wire[1] == 0 && Array(wire[4...]) == bytes("0008 01 01 00003b40"))
        #expect(InternetChecksum.of(wire.rawBytes) == 0)
        let body = ICMPErrorBody(v4Original: [UInt8](repeating: 0x45, count: 28), extensions: extensions)
        // The quote is padded to 128 bytes; its length is in the second byte, in words.
        #expect(body.restOfHeader == 0x0020_0000 && body.data.count == 128 + 12)
        #expect(body.extensions(.timeExceeded as ICMPv4Type)?.objects == [object])
        #expect(body.extensions(.timeExceeded as ICMPv4Type)?.objects.first?.mplsLabelStack == [label])
        // A router before RFC 4884 sets no length: the extensions are at byte 128.
        let old = ICMPErrorBody(restOfHeader: 0, data: body.data)
        #expect(
            old.extensions(.timeExceeded as ICMPv4Type)?.objects == [object]
                && old.quoteLength(.timeExceeded as ICMPv4Type) == 128)
        let ipv6 = ICMPErrorBody(v6Original: [UInt8](repeating: 0x60, count: 48), extensions: extensions)
        #expect(ipv6.restOfHeader >> 24 == 16 && ipv6.extensions(.timeExceeded as ICMPv6Type)?.objects == [object])
        // Lengths are untrusted.
        for length in [0, 3, 9, 0xFFFF] {
            var lying = wire
            lying[4] = UInt8(length >> 8)
            lying[5] = UInt8(length & 0xFF)
            lying[2] = 0
            lying[3] = 0
            #expect(ICMPExtensions(lying.rawBytes, requireChecksum: false)?.objects.isEmpty == true, "length \(length)")
        }
    }

    @Test("ICMPv6 and neighbor discovery (RFC 4443, 4861)")
    func icmpv6() throws {
        let mac = try #require(MACAddress("02:00:00:00:00:01"))
        let target = try #require(IPv6Address("2001:db8::2"))
        let address = "20010db8 00000000 00000000 00000002"
        let cases: [(String, ICMPv6Message.Body)] = [
            ("80 00 0000 1234 0001 61", .echoRequest(.init(identifier: 0x1234, sequenceNumber: 1, data: [0x61]))),
            ("02 00 0000 00000500", .packetTooBig(code: 0, .init(restOfHeader: 1280, data: []))),
            ("01 04 0000 00000000", .destinationUnreachable(.port, .init(data: []))),
            (
                "85 00 0000 00000000 0101 020000000001",
                .neighborDiscovery(.init(.routerSolicitation(reserved: 0), options: [.sourceLinkLayerAddress(mac)]))
            ),
            (
                "86 00 0000 40 80 0708 00000000 000003e8 0501 0000 000005dc",
                .neighborDiscovery(
                    .init(
                        .routerAdvertisement(
                            .init(
                                currentHopLimit: 64, flags: 0x80, routerLifetime: 1800, reachableTime: 0,
                                retransmissionTimer: 1000)), options: [.mtu(reserved: 0, 1500)]))
            ),
            (
                "87 00 0000 00000000 \(address) 0101 020000000001",
                .neighborDiscovery(
                    .init(.neighborSolicitation(reserved: 0, target: target), options: [.sourceLinkLayerAddress(mac)]))
            ),
            (
                "88 00 0000 60000000 \(address) 0201 020000000001",
                .neighborDiscovery(
                    .init(
                        .neighborAdvertisement(flags: [.solicited, .override], target: target),
                        options: [.targetLinkLayerAddress(mac)]))
            ),
            (
                "89 00 0000 00000000 \(address) \(address)",
                .neighborDiscovery(.init(.redirect(reserved: 0, target: target, destination: target)))
            ),
        ]
        for (text, body) in cases {
            let wire = bytes(text)
            let message = ICMPv6Message(try ICMPv6View(wire.rawBytes))
            #expect(message.body == body, "\(text)")
            #expect(message.encoded() == wire, "\(text)")
            let whole = ICMPv6Message(body, source: .loopback, destination: target).encoded()
            #expect(try ICMPv6View(whole.rawBytes).checksumState(source: .loopback, destination: target) == .correct)
            #expect(try ICMPv6View(whole.rawBytes).checksumState(source: target, destination: target) == .incorrect)
        }
    }

    @Test("UDP over both families; a computed checksum of 0 is written as 0xFFFF")
    func udp() throws {
        let source = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        let destination = IPAddress.v4(IPv4Address(192, 0, 2, 2))
        var datagram = UDPDatagram(sourcePort: 1024, destinationPort: 53, data: [1, 2, 3])
        datagram.updateChecksum(source: source, destination: destination)
        let wire = datagram.encoded()
        #expect(Array(wire.prefix(6)) == bytes("0400 0035 000b"))
        #expect(try UDPView(wire.rawBytes).checksumState(source: source, destination: destination) == .correct)
        #expect(
            try UDPView(bytes("0400 0035 0008 0000").rawBytes).checksumState(source: source, destination: destination)
                == .unchecked)
        #expect(
            try UDPView(bytes("0400 0035 0008 0000").rawBytes).checksumState(
                source: .v6(.loopback), destination: .v6(.loopback)) == .incorrect)
        // The two bytes that make the computed checksum zero.
        var zero = UDPDatagram(sourcePort: 0, destinationPort: 0, data: [0, 0])
        zero.updateChecksum(source: source, destination: destination)
        zero.data = [UInt8(zero.checksum >> 8), UInt8(zero.checksum & 0xFF)]
        zero.updateChecksum(source: source, destination: destination)
        #expect(zero.checksum == 0xFFFF)
        #expect(
            try UDPView(zero.encoded().rawBytes).checksumState(source: source, destination: destination) == .correct)
    }

    @Test("an Ethernet header")
    func ethernet() throws {
        let wire = bytes("ffffffffffff 020000000001 86dd 60")
        let view = try EthernetView(wire.rawBytes)
        #expect(view.destination.isBroadcast && view.source.isLocallyAdministered && view.etherType == .ipv6)
        #expect(EthernetHeader(view).encoded() == Array(wire.prefix(14)))
    }

    @Test("pcapng blocks byte for byte (draft-ietf-opsawg-pcapng, sections 4.1 to 4.3)")
    func pcapng() {
        let section = PcapNG.sectionHeader(application: "test")
        #expect(
            section
                == bytes("0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0400 74657374 0000 0000 28000000"))
        let interface = PcapNG.interface(name: "va", linkType: .ethernet)
        #expect(
            interface
                == bytes(
                    "01000000 28000000 0100 0000 00000000 0200 0200 76610000 0900 0100 09000000 0000 0000 28000000"))
        let packet = PcapNG.packet(
            [1, 2, 3].rawBytes, interface: 0, nanoseconds: 0x1_0000_0002, originalLength: 60, direction: .outbound)
        #expect(
            packet
                == bytes(
                    "06000000 30000000 00000000 01000000 02000000 03000000 3c000000 01020300 0200 0400 02000000 0000 0000 30000000"
                ))
    }
}

extension IPv4View {
    static func checksumIsRight(_ bytes: [UInt8]) -> Bool {
        guard let view = try? IPv4View(bytes.rawBytes) else { return false }
        return view.checksumState == .correct
    }
}
