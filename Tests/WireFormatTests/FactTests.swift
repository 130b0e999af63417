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
            ([0xFF, 0xFD, 0x18], "Telnet"), ([0xFF, 0xFD], nil), ([0xFF, 0xFE, 0xFD], nil),
            ([0xFF, 0xF0, 0x18], nil),
            // The handshake of MariaDB 10.11, an error 1130 of MySQL, and an error of PostgreSQL.
            ([0x5D, 0, 0, 0, 10, 0x35, 0x2E], "MySQL"), ([0x45, 0, 0, 0, 0xFF, 0x6A, 4], "MySQL"),
            ([0x5D, 0, 0, 1, 10, 0x35], nil), ([0x45, 0, 0, 0, 0x60, 0x53, 0x46], "PostgreSQL"),
            ([0x45, 0, 0, 0], nil),
        ] as [([UInt8], String?)])
    func binaryProtocols(bytes: [UInt8], name: String?) {
        #expect(ForeignProtocol(opening: bytes)?.description == name)
        for count in bytes.indices { _ = ForeignProtocol(opening: Array(bytes.prefix(count))) }
    }

    @Test(
        "protocols with a greeting are recognized by it",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH"), ("220 mail.example ESMTP Postfix\r\n", "SMTP"),
            ("220-mx.example SMTP\r\n", "SMTP"), ("220 (vsFTPd 3.0.3)\r\n", "FTP"), ("220 FTP server ready", "FTP"),
            ("220 host.example\r\n", "FTP or SMTP"), ("554 no SMTP service here\r\n", "SMTP"), ("220", nil),
            ("2200 x", nil),
            ("+OK Dovecot ready.\r\n", "POP3"), ("* OK [CAPABILITY IMAP4rev1] ready\r\n", "IMAP"),
            ("200 news.example InterNetNews NNRP server\r\n", "NNTP"), ("200 OK\r\n", nil),
            ("-ERR wrong number of arguments for 'get' command\r\n", "Redis"), ("ERROR\r\n", "memcached"),
            ("RTSP/1.0 400 Bad Request\r\n", "RTSP"), ("SIP/2.0 400 Bad Request\r\n", "SIP"),
            ("RFB 003.008\n", "VNC"), ("AMQP\0\0\u{9}\u{1}", "AMQP"), ("@RSYNCD: 31.0\n", "rsync"),
            ("( success ( 2 2 ( ) ( edit-pipeline", "Subversion"), ("HTTP/1.1 200 OK\r\n", nil), ("hello\r\n", nil),
        ] as [(String, String?)])
    func greetings(text: String, name: String?) {
        #expect(ForeignProtocol(opening: Array(text.utf8))?.description == name)
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
