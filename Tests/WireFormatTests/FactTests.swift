import Testing
import WireFormat
import WireFormatTestSupport

/// Facts of protocols that the commands only word.
@Suite("facts of protocols")
struct FactTests {
    @Test(
        "binary protocols are recognized by their first bytes",
        arguments: [
            ([0x16, 0x03, 0x01], "TLS"), ([0x15, 0x03], "TLS"), ([0x16, 0x02], nil), ([0x16], nil), ([], nil),
            ([0, 0, 0, 4, 0, 0, 0, 0, 0], "HTTP/2"), ([0, 0, 8, 7, 0, 0, 0, 0, 0], "HTTP/2"),
            // DATA, a stream, a cut frame, and text.
            ([0, 0, 0, 0, 0, 0, 0, 0, 0], nil), ([0, 0, 0, 4, 0, 0, 0, 0, 1], nil), ([0, 0, 0, 4, 0, 0, 0, 0], nil),
            (Array("SSH-2.0".utf8), nil),
        ] as [([UInt8], String?)])
    func binaryProtocols(bytes: [UInt8], name: String?) {
        #expect(BinaryProtocol(opening: bytes)?.description == name)
    }

    @Test("TCP options and flags have one name each")
    func tcpNames() {
        let options: [TCPOption] = [
            .maximumSegmentSize(1_460), .selectiveAcknowledgmentPermitted, .timestamps(value: 1, echoReply: 0),
            .noOperation, .windowScale(7), .selectiveAcknowledgment([.init(start: 1, end: 2)]), .multipath([0x10]),
            .fastOpen(cookie: []), .unknown(kind: 254, data: []), .endOfOptionList,
        ]
        #expect(
            options.map(\.name) == [
                "mss 1460", "sack-permitted", "timestamps", "nop", "window-scale 7", "sack 1", "mptcp", "fast-open",
                "kind 254", nil,
            ])
        #expect(TCPOptions(options).names == options.compactMap(\.name))
        #expect(TCPFlags([.ack, .syn, .accurateECN]).setNames == ["syn", "ack", "ae"] && TCPFlags().setNames.isEmpty)
    }

    @Test("the flags of an IPv4 header as a number, the default routers, and the kinds of MAC addresses")
    func numbers() throws {
        var header = IPv4Header(source: .unspecified, destination: .limitedBroadcast, protocol: .icmp, payloadLength: 0)
        #expect(header.flagBits == 0)
        header.dontFragment = true
        header.moreFragments = true
        #expect(header.flagBits == 3)
        header.reservedFlag = true
        #expect(header.flagBits == 7)
        typealias Router = ICMPv4RouterAdvertisement.Router
        #expect(Router(address: .unspecified, preference: 0).isDefault)
        #expect(!Router(address: .unspecified, preference: .min).isDefault)
        let kinds = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "02:00:00:00:00:01"].map { MACAddress($0)?.kind }
        #expect(kinds == [.broadcast, .multicast, .unicast])
    }

    @Test("numbers and bytes in hexadecimal, and leading zeros")
    func digits() {
        #expect(hexadecimal(UInt32(0xAB), digits: 5) == "000ab" && hexadecimal(UInt16(0x1234), digits: 2) == "1234")
        #expect(hexadecimal([0, 15, 255]) == "000fff" && hexadecimal([1, 2], separator: " ") == "01 02")
        #expect(zeroPadded("7", to: 2) == "07" && zeroPadded("123", to: 2) == "123")
    }

    @Test("a pcapng writer describes each interface once, before its first packet")
    func writer() throws {
        var writer = PcapNGWriter()
        let first = PcapNGWriter.Interface(index: 7, linkType: .ethernet)
        let other = PcapNGWriter.Interface(index: 7, linkType: .rawIP)
        let packet: [UInt8] = [1, 2, 3, 4, 5]
        let description = PcapNG.interface(name: "a", linkType: .ethernet)
        let block = PcapNG.packet(packet.rawBytes, interface: 0, nanoseconds: 5)
        #expect(writer.blocks(of: packet.rawBytes, on: first, name: "a", nanoseconds: 5) == description + block)
        #expect(writer.blocks(of: packet.rawBytes, on: first, name: "a", nanoseconds: 5) == block)
        #expect(
            writer.blocks(of: packet.rawBytes, on: other, name: "b", nanoseconds: nil)
                == PcapNG.interface(name: "b", linkType: .rawIP)
                + PcapNG.packet(packet.rawBytes, interface: 1, nanoseconds: 0))
    }

    @Test("an explanation marks an incorrect checksum")
    func wrongChecksum() {
        // An echo request whose checksum is 0 instead of 0xf7ff.
        let wrong = Explanation([8, 0, 0, 0, 0, 0, 0, 0].rawBytes, startingAt: .icmp)
        let correct = Explanation([8, 0, 0xF7, 0xFF, 0, 0, 0, 0].rawBytes, startingAt: .icmp)
        #expect(wrong.sections[0].fields.filter(\.isWrong).map(\.name) == ["checksum"])
        #expect(correct.sections[0].fields.filter(\.isWrong).isEmpty)
    }
}
