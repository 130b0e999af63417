import Testing
import WireFormat

/// Whole packets as bytes: each is parsed, its fields are compared, and it is written again.
@Suite("vectors of the link, ARP, IGMP and TCP")
struct FormatVectorTests {
    @Test("an ARP request and its reply (RFC 826)")
    func arp() throws {
        let wire = bytes("0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202")
        let view = try ARPView(wire.rawBytes)
        let packet = try ARPPacket(view)
        #expect(
            packet
                == .request(
                    for: IPv4Address(192, 0, 2, 2), from: MACAddress(rawValue: 0x0200_0000_0001),
                    IPv4Address(192, 0, 2, 1)))
        #expect(packet.writtenBetweenGuards() == wire)
        let reply = packet.reply(from: MACAddress(rawValue: 0x0200_0000_0002))
        #expect(reply.encoded() == bytes("0001 0800 06 04 0002 020000000002 c0000202 020000000001 c0000201"))
        #expect(view.length == 28 && packet.purpose == .resolution)
    }

    @Test("the purpose of ARP packets (RFC 5227)")
    func purposes() {
        let mac = MACAddress(rawValue: 0x0200_0000_0001)
        let address = IPv4Address(192, 0, 2, 1)
        #expect(ARPPacket.probe(for: address, from: mac).purpose == .probe)
        #expect(ARPPacket.announcement(of: address, at: mac).purpose == .announcement)
        let gratuitous = ARPPacket(operation: .reply, senderMAC: mac, senderAddress: address, targetAddress: address)
        #expect(gratuitous.purpose == .announcement)
    }

    @Test("ARP for other links keeps its lengths")
    func otherARP() throws {
        // InfiniBand (hardware type 32) has addresses of 20 bytes (RFC 4391, section 9.2).
        let wire = bytes("0020 0800 14 04 0001") + [UInt8](repeating: 1, count: 24) + [UInt8](repeating: 2, count: 24)
        let view = try ARPView(wire.rawBytes)
        #expect(view.hardwareLength == 20 && view.length == 56 && view.senderMAC == nil)
        #expect(view.targetProtocolAddress.copied() == [2, 2, 2, 2] && view.senderHardwareAddress.byteCount == 20)
        #expect(throws: ParseError(layer: .arp, field: "protocolType", offset: 2, reason: .invalid(value: 0x0800_1404)))
        {
            try { () throws(ParseError) in _ = try ARPPacket(ARPView(wire.rawBytes)) }()
        }
        let cut = Array(wire.dropLast())
        #expect(
            throws: ParseError(
                layer: .arp, field: "addresses", offset: 8, reason: .truncated(needed: 56, available: 55))
        ) {
            try { () throws(ParseError) in _ = try ARPView(cut.rawBytes) }()
        }
    }

    @Test("RARP and InARP by their operation codes (RFC 903, RFC 2390)")
    func operations() {
        let names = [1, 2, 3, 4, 8, 9, 77].map { ARPOperation(rawValue: $0).description }
        #expect(
            names == [
                "request", "reply", "reverse-request", "reverse-reply", "inverse-request", "inverse-reply",
                "operation-77",
            ])
        #expect(ARPOperation.reverseReply.isReverse && !ARPOperation.reply.isReverse)
        #expect(EtherType.reverseARP.rawValue == 0x8035)
    }

    @Test("a tag within a tag (802.1ad)")
    func tags() throws {
        let frame = bytes("020000000002 020000000001 88a8 e064 8100 1fff 0800") + datagram
        let layers = PacketLayers(frame.rawBytes, linkType: .ethernet)
        #expect(layers.tagCount == 2 && layers.network == .ipv4 && layers.networkOffset == 22)
        let outer = try VLANTagView(frame.rawBytes.dropping(14))
        #expect(outer.priority == 7 && !outer.isDropEligible && outer.identifier == 100 && outer.etherType == .vlan)
        let inner = try VLANTagView(outer.payload)
        #expect(inner.isDropEligible && inner.identifier == 4_095)
        #expect(VLANTag(inner).writtenBetweenGuards() == bytes("1fff 0800"))
    }

    private let datagram = bytes("4500 001c 0000 0000 4011 0000 c0000201 c0000202 0001 0002 0008 0000")

    @Test("802.3 frames: LLC of a bridge, and SNAP (RFC 1042)")
    func lengths() throws {
        let bridge = bytes("0180c2000000 020000000001 0007 42 42 03 00000000") + [UInt8](repeating: 0, count: 39)
        let view = try EthernetView(bridge.rawBytes)
        #expect(view.etherType.isLength && view.payload.byteCount == 7)
        let header = try LogicalLinkControlView(view.payload)
        #expect(header.headerLength == 3 && header.organization == nil)
        #expect(LogicalLinkControl(header).writtenBetweenGuards() == [0x42, 0x42, 3])
        let layers = PacketLayers(bridge.rawBytes, linkType: .ethernet)
        #expect(layers.hasLogicalLinkControl && layers.end == 21 && layers.network == .none)

        let snap = bytes("020000000002 020000000001 0024 aa aa 03 000000 0800") + datagram
        let inside = PacketLayers(snap.rawBytes, linkType: .ethernet)
        #expect(inside.network == .ipv4 && inside.networkOffset == 22 && inside.readableTransport == .udp)
        #expect(LogicalLinkControl(etherType: .ipv4).encoded() == bytes("aa aa 03 000000 0800"))
    }

    @Test("the frame check sequence: CRC-32's check value, and a frame")
    func checkSequence() {
        #expect(FrameCheckSequence.of(Array("123456789".utf8).rawBytes) == 0xCBF4_3926)
        let frame = FrameCheckSequence.appended(to: EthernetHeader.padded(bytes("ffffffffffff 020000000001 88b5")))
        #expect(frame.count == 64 && FrameCheckSequence.state(ofFrame: frame.rawBytes) == .correct)
        var broken = frame
        broken[20] ^= 1
        #expect(FrameCheckSequence.state(ofFrame: broken.rawBytes) == .incorrect)
        #expect(FrameCheckSequence.state(ofFrame: [1, 2, 3].rawBytes) == .unchecked)
    }

    @Test("captures on the any interface (Linux cooked, both versions)")
    func cooked() throws {
        let first = bytes("0004 0001 0006 020000000001 0000 0800")
        let view = try LinuxCookedView(first.rawBytes, version: .first)
        #expect(
            view.packetType == .outgoing && view.protocolType == .ipv4 && view.address.byteCount == 6
                && view.interfaceIndex == nil)
        #expect(LinuxCooked(view).writtenBetweenGuards() == first)
        let second = bytes("86dd 0000 00000007 0001 03 06 020000000001 0000")
        let view2 = try LinuxCookedView(second.rawBytes, version: .second)
        #expect(view2.packetType == .toSomebodyElse && view2.interfaceIndex == 7 && view2.protocolType == .ipv6)
        #expect(LinuxCooked(view2).writtenBetweenGuards() == second)
        // An InfiniBand address is longer than its field, which contains the first 8 bytes.
        let infiniband = bytes("0000 0020 0014 0102030405060708 0800")
        let long = try LinuxCookedView(infiniband.rawBytes, version: .first)
        #expect(long.addressLength == 20 && long.address.byteCount == 8)
    }

    @Test("address families before loopback packets, in both byte orders")
    func loopback() throws {
        for (text, type) in [
            ("02000000", EtherType.ipv4), ("00000002", .ipv4), ("1e000000", .ipv6), ("0000001c", .ipv6),
        ] {
            let view = try NullLoopbackView(bytes(text).rawBytes)
            #expect(view.etherType == type, "\(text)")
            #expect(NullLoopback(view).encoded() == bytes(text))
        }
        let unknown = bytes("07000000")
        let view = try NullLoopbackView(unknown.rawBytes)
        #expect(view.etherType == nil)
    }

    @Test("IGMP of all three versions (RFC 1112, 2236, 3376)")
    func igmp() throws {
        let rows: [(String, IGMPMessage.Body, UInt8)] = [
            ("1164 ee9b 00000000", .membershipQuery(group: .unspecified, nil), 100),
            ("1600 f8fa ef010203", .version2Report(group: IPv4Address(239, 1, 2, 3)), 0),
            ("1700 f7fa ef010203", .leaveGroup(group: IPv4Address(239, 1, 2, 3)), 0),
            (
                "2200 eff9 0000 0001 0400 0000 e8010203",
                .version3Report(reserved: 0, [GroupRecord(.changeToExclude, group: IPv4Address(232, 1, 2, 3))]), 0
            ),
        ]
        for (text, body, code) in rows {
            let wire = bytes(text)
            let view = try IGMPView(wire.rawBytes)
            #expect(view.checksumState == .correct, "\(text)")
            #expect(IGMPMessage(view).body == body && view.code == code, "\(text)")
            #expect(IGMPMessage(body, code: code).writtenBetweenGuards() == wire, "\(text)")
        }
        for (text, version) in [("1100 eeff 00000000", 1), ("1101 eefe 00000000", 2)] {
            let wire = bytes(text)
            let view = try IGMPView(wire.rawBytes)
            #expect(view.queryVersion == version)
        }
        let query = IGMPMessage.version3Query(
            group: IPv4Address(232, 1, 2, 3), maximumResponseTime: 300,
            SourceQuery(suppressesRouterProcessing: true, robustness: 9, sources: [IPv4Address(192, 0, 2, 1)]))
        let wire = query.encoded()
        // 300 tenths: 1.0010 times 2 to the 4th; a robustness above 7 cannot be encoded.
        #expect(wire.count == 16 && wire[1] == 0x92 && wire[8] == 0x0F && wire[9] == 125)
        let view = try IGMPView(wire.rawBytes)
        #expect(view.queryVersion == 3)
    }

    @Test("a report with fewer records than it states is kept as unknown")
    func brokenReport() throws {
        let wire = bytes("2200 0000 0000 0005 0400 0000 e8010203")
        let message = IGMPMessage(try IGMPView(wire.rawBytes))
        guard case .unknown(let type, _, _) = message.body else {
            Issue.record("it was believed")
            return
        }
        #expect(type == .version3Report && message.encoded() == wire)
    }

    // RFC 3376, section 4.1.1: 128 and above are (mantissa | 16) times 2 to (exponent + 3).
    @Test(
        "floating-point times",
        arguments: [(0, 0), (127, 127), (0x80, 128), (0x8F, 248), (0x90, 256), (0xFF, 31_744)] as [(UInt8, Int)])
    func timeCodes(code: UInt8, value: Int) {
        #expect(TimeCode8(rawValue: code).value == value && TimeCode8(atMost: value).rawValue == code)
    }

    @Test("every code is the largest time not above itself, and one less gives the previous code")
    func allTimeCodes() {
        for code in UInt8.min...UInt8.max {
            let value = TimeCode8(rawValue: code).value
            #expect(TimeCode8(atMost: value).rawValue == code)
            if code > 0 { #expect(TimeCode8(atMost: value - 1).rawValue == code - 1) }
        }
        // RFC 3810, section 5.1.3.
        for code in stride(from: 0, through: Int(UInt16.max), by: 13) {
            let wide = TimeCode16(rawValue: UInt16(code))
            #expect(TimeCode16(atMost: wide.value) == wide)
        }
        #expect(TimeCode16(rawValue: 0x8000).value == 32_768 && TimeCode16(rawValue: 0xFFFF).value == 8_387_584)
        #expect(TimeCode8(atMost: .max).rawValue == 0xFF && TimeCode8(atMost: -5).rawValue == 0)
    }

    @Test("a SYN with the options that Linux sends")
    func syn() throws {
        let wire = bytes(
            "9c41 0050 fffffff0 00000000 a002 faf0 0000 0000 0204 05b4 0402 080a 0000 0001 0000 0000 01 0303 07")
        let view = try TCPView(wire.rawBytes)
        #expect(view.sourcePort == 40_001 && view.destinationPort == 80 && view.sequenceNumber == 0xFFFF_FFF0)
        #expect(view.flags == .syn && view.headerLength == 40 && view.window == 64_240 && view.payload.byteCount == 0)
        let segment = TCPSegment(view)
        #expect(
            segment.options.list == [
                .maximumSegmentSize(1_460), .selectiveAcknowledgmentPermitted, .timestamps(value: 1, echoReply: 0),
                .noOperation, .windowScale(7),
            ])
        #expect(segment.writtenBetweenGuards() == wire)
    }

    @Test(
        "valid options and their values",
        arguments: [
            ("02 04 ffff", .maximumSegmentSize(65_535)), ("03 03 0e", .windowScale(14)),
            (
                "05 12 00000001 00000002 00000003 00000004",
                .selectiveAcknowledgment([.init(start: 1, end: 2), .init(start: 3, end: 4)])
            ),
            ("05 02", .selectiveAcknowledgment([])), ("22 02", .fastOpen(cookie: [])),
            ("22 06 01020304", .fastOpen(cookie: [1, 2, 3, 4])),
            ("1e 03 10", .multipath([0x10])), ("02 03 05", .unknown(kind: 2, data: [5])),
            ("05 03 09", .unknown(kind: 5, data: [9])), ("fd 04 f989", .unknown(kind: 253, data: [0xF9, 0x89])),
        ] as [(String, TCPOption)])
    func tcpOptions(text: String, option: TCPOption) {
        let wire = bytes(text)
        #expect(TCPOptions(wire.rawBytes).list == [option])
        #expect(Array(TCPOptions([option]).encoded().prefix(wire.count)) == wire)
    }

    @Test(
        "invalid lengths are kept and reported",
        arguments: ["02", "02 00", "02 01", "02 05 00 00", "01 08 0a 00"])
    func brokenOptions(text: String) {
        let wire = bytes(text)
        let options = TCPOptions(wire.rawBytes)
        #expect(options.isMalformed && Array(options.encoded().prefix(wire.count)) == wire)
    }

    @Test("an invalid data offset is an error with its offset")
    func dataOffset() {
        var wire = bytes("0001 0002 00000003 00000004 4010 0005 0000 0000")
        #expect(throws: ParseError(layer: .tcp, field: "dataOffset", offset: 12, reason: .invalid(value: 16))) {
            try { () throws(ParseError) in _ = try TCPView(wire.rawBytes) }()
        }
        wire[12] = 0x60
        #expect(
            throws: ParseError(layer: .tcp, field: "header", offset: 0, reason: .truncated(needed: 24, available: 20))
        ) {
            try { () throws(ParseError) in _ = try TCPView(wire.rawBytes) }()
        }
    }

    @Test("more than 40 bytes of options are rejected")
    func tooManyOptions() {
        let segment = TCPSegment(
            sourcePort: 1, destinationPort: 2, sequenceNumber: 0, flags: .syn,
            options: TCPOptions([.unknown(kind: 254, data: [UInt8](repeating: 0, count: 40))]))
        var room = [UInt8](repeating: 0, count: 100)
        #expect(throws: CapacityError(needed: 44, available: 40)) {
            try room.withMutableBytes { (span: inout MutableRawSpan) throws(CapacityError) in
                try segment.write(into: &span, at: 0)
            }
        }
    }
}
