import Testing
import WireFormat
import WireFormatTestSupport

@Suite("lines, JSON, filters, quotes")
struct DescriptionTests {
    private func line(_ frame: [UInt8], _ linkType: LinkType = .rawIP) -> String {
        var text = TextBuffer()
        text.append(
            lineOf: frame.rawBytes, PacketLayers(frame.rawBytes, linkType: linkType), originalLength: frame.count)
        return text.text()
    }

    private func json(_ frame: [UInt8], _ linkType: LinkType = .rawIP, showsBytes: Bool = false) -> String {
        var json = PacketJSON(showsBytes: showsBytes)
        json.append(frame.rawBytes, PacketLayers(frame.rawBytes, linkType: linkType))
        return json.text.text()
    }

    private func seed(_ target: FuzzTarget, _ name: String) throws -> [UInt8] {
        try #require(Corpus.seeds(target).first { $0.name == name }).bytes
    }

    @Test("lines in the format of tcpdump")
    func lines() throws {
        let rows = [
            ("udp", "IP 192.0.2.1.40000 > 198.51.100.2.33434: UDP, length 3"),
            (
                "syn",
                "IP 192.0.2.1.40001 > 198.51.100.2.80: Flags [S], seq 4294967280, win 64240, options [mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7,tfo cookie 01020304,mptcp 1 1081,unknown-254 0x09,eol], length 0"
            ),
            (
                "source-route",
                "IP 192.0.2.1.40001 > 198.51.100.2.80: Flags [.], seq 4294967280:4294967281, ack 5, win 64240, options [nop,nop,sack 1 {1:9}], length 1"
            ),
            ("echo", "IP 192.0.2.1 > 198.51.100.2: ICMP echo request, id 1, seq 2, length 16"),
            ("error", "IP 192.0.2.1 > 198.51.100.2: ICMP time exceeded in-transit, length 176"),
            ("igmp", "IP 192.0.2.1 > 198.51.100.2: igmp v3 report, 2 group record(s)"),
            ("fragment", "IP 192.0.2.1 > 198.51.100.2: UDP fragment, offset 1480, length 16"),
        ]
        for (name, expected) in rows {
            let found = line(try seed(.ipv4, name))
            #expect(found == expected)
        }
        let arp = Array(try seed(.frame, "arp").dropFirst())
        #expect(line(arp, .ethernet) == "ARP, Request who-has 198.51.100.2 tell 192.0.2.1, length 46")
        let tagged = Array(try seed(.frame, "tagged").dropFirst())
        #expect(
            line(tagged, .ethernet).hasPrefix(
                "vlan 100, p 5, vlan 5, p 0, DEI, IP6 2001:db8::1.40001 > 2001:db8:1::2.80: Flags [S]"))
        #expect(
            line(Array(arp.prefix(20)), .ethernet)
                == "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype ARP, length 20 [|arp]")
        #expect(
            line([0x45, 0]) == "RAW (Raw IP), length 2 [|ip]"
                || line([0x45, 0]) == "ethertype IPv4, length 2 [|ip]")
    }

    @Test("untrusted bytes leave no control character in lines, JSON or tables")
    func escapes() throws {
        let nasty = Array("GET /\u{1B}]0;x\u{7}\"\\\u{7F} HTTP/1.1\r\nA\u{1B}: \u{9B}31m\r\n\r\n".utf8)
        let segment = TCPSegment(sourcePort: 1, destinationPort: 2, sequenceNumber: 3, flags: .ack, data: nasty)
        let packet =
            IPv4Header(source: .loopback, destination: .loopback, protocol: .tcp, payloadLength: segment.byteCount)
            .encoded()
            + segment.encoded()
        let explanation = Explanation(packet.rawBytes, startingAt: .datagram)
        let texts =
            [line(packet), json(packet)] + explanation.problems.map { $0.replacing(#/\p{Cc}/#, with: "") }
            + explanation.sections.flatMap { $0.fields.map(\.meaning) }
        for text in texts {
            #expect(text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) }, "\(text)")
        }
        #expect(line(packet).hasSuffix(": HTTP: GET /\\x1b]0;x\\x07\"\\\\x7f HTTP/1.1"))
        #expect(json(packet).contains(#""target":"/\u001b]0;x\u0007\"\\\u007f""#))
    }

    @Test("bytes of an unknown format are counted, and shown if requested")
    func unexplained() throws {
        let packet = try seed(.ipv4, "udp")
        #expect(json(packet).hasSuffix(#"{"layer":"payload","data_length":3}],"problems":[]"#))
        #expect(
            json(packet, showsBytes: true).hasSuffix(
                #"{"layer":"payload","data_length":3,"data":"010203"}],"problems":[]"#))
    }

    @Test("a header that cannot be parsed is a problem with field and offset")
    func problems() {
        let cut =
            Array(IPv4Header(source: .loopback, destination: .loopback, protocol: .tcp, payloadLength: 5).encoded()) + [
                1, 2, 3, 4, 5,
            ]
        #expect(json(cut).hasSuffix(#""problems":["tcp: header at offset 0 needs 20 bytes, but has 5"]"#))
        #expect(json([0x95]).contains(#""problems":["ipv4: header at offset 0 needs 20 bytes, but has 1"]"#))
    }

    @Test("every seed's explanation names fields in the order of their bytes, layer by layer")
    func order() throws {
        for target in [FuzzTarget.ipv4, .ipv6] {
            for seed in Corpus.seeds(target) {
                let explanation = Explanation(seed.bytes.rawBytes, startingAt: .datagram)
                var last = 0
                for section in explanation.sections {
                    let first = section.fields.map(\.offset).min() ?? last
                    #expect(first >= last, "\(seed.name), \(section.layer)")
                    last = first
                }
                #expect(explanation.problems.isEmpty, "\(seed.name)")
            }
        }
    }

    @Test("interface information of a router (RFC 5837)")
    func interfaceInformation() throws {
        let wire = try seed(.icmp, "extended")
        let view = try ICMPv4View(wire.rawBytes)
        let bytes = view.payload.copied()
        let extensions = try #require(ICMPErrorBody(restOfHeader: view.restOfHeader, data: bytes).extensions(view.type))
        let information = try #require(extensions.objects[1].interfaceInformation)
        #expect(
            information.index == 2 && information.mtu == 1_500 && information.name == Array("eth0".utf8)
                && information.role == .incoming)
        // The name's length byte counts itself; the name is padded to a multiple of 4 (section 4.3).
        #expect(extensions.objects[1].classType == 0x0F && extensions.objects[1].data.count == 4 + 8 + 8 + 4)
        #expect(extensions.objects[0].mplsLabelStack?.first?.label == 16_001)
    }

    @Test("a quote truncated and modified by routers")
    func quotes() throws {
        var quote = Array(try seed(.ipv4, "udp").prefix(28))
        // An old router's total length, an expired time to live and a checksum that no longer matches.
        quote[2] = 0xFF
        quote[8] = 0
        quote[10] ^= 0x55
        let facts = try #require(Quote(quote))
        #expect(facts.sourcePort == 40_000 && facts.destinationPort == 33_434 && facts.udpLength == 11)
        #expect(
            facts.destination == .v4(IPv4Address(198, 51, 100, 2)) && facts.identification == 7 && facts.hopLimit == 0)
    }

    /// The fields of a quote, because the view itself cannot be returned.
    private struct Quote {
        var destination: IPAddress
        var identification: UInt16?
        var hopLimit: UInt8
        var transport: IPProtocol
        var transportLength: Int
        var sourcePort: UInt16?
        var destinationPort: UInt16?
        var udpLength: UInt16?
        var sequenceNumber: UInt32?
        var icmpType: UInt8?

        init?(_ bytes: [UInt8]) {
            guard let view = DatagramView(quoted: bytes.rawBytes) else { return nil }
            destination = view.destination
            identification = view.identification
            hopLimit = view.hopLimit
            transport = view.protocol
            transportLength = view.payload.byteCount
            sourcePort = view.sourcePort
            destinationPort = view.destinationPort
            udpLength = view.udpLengthAndChecksum?.length
            sequenceNumber = view.sequenceNumber
            icmpType = view.icmp?.type
        }
    }

    @Test("a quote is parsed as far as it is available")
    func shortQuotes() throws {
        let segment = try #require(Quote(Array(try seed(.ipv4, "syn").prefix(28))))
        #expect(segment.sequenceNumber == 0xFFFF_FFF0 && segment.icmpType == nil)
        let cut = try #require(Quote(Array(try seed(.ipv4, "options").prefix(24))))
        #expect(cut.transportLength == 0 && cut.sourcePort == nil)
        let ipv6 = try #require(Quote(Array(try seed(.ipv6, "mld").prefix(56))))
        #expect(ipv6.transport == .icmpv6 && ipv6.icmpType == 143)
        let short = Quote(Array(try seed(.ipv4, "syn").prefix(19)))
        #expect(short == nil)
    }

    @Test(
        "filters",
        arguments: [
            ("udp", true), ("tcp", false), ("ip and udp", true), ("udp port 40000", true), ("src port 33434", false),
            ("dst port 33434", true), ("portrange 33000-34000", true), ("host 192.0.2.1", true),
            ("dst 192.0.2.1", false),
            ("src net 192.0.2.0/24 and not tcp", true), ("192.0.2.0/24", true), ("!(udp or icmp)", false),
            ("arp or (udp and (port 1 or port 40000))", true),
            ("ip6", false), ("not ip6", true), ("vlan", false), ("net 2001:db8::/32", false), ("http", false),
            ("not not udp", true),
        ])
    func filters(text: String, isWanted: Bool) throws {
        let packet = try seed(.ipv4, "udp")
        let layers = PacketLayers(packet.rawBytes, linkType: .rawIP)
        #expect(try PacketFilter(text).matches(packet.rawBytes, layers) == isWanted)
    }

    @Test("filters of frames")
    func frameFilters() throws {
        let tagged = Array(try seed(.frame, "tagged").dropFirst())
        let layers = PacketLayers(tagged.rawBytes, linkType: .ethernet)
        for (text, isWanted) in [
            ("vlan 5", true), ("vlan 100 tcp", true), ("vlan 6", false), ("ether src 02:00:00:00:00:01", true),
            ("ether dst 02:00:00:00:00:01", false), ("ether host 02:00:00:00:00:02", true), ("02:00:00:00:00:02", true),
        ] {
            #expect(try PacketFilter(text).matches(tagged.rawBytes, layers) == isWanted, "\(text)")
        }
        let arp = Array(try seed(.frame, "arp").dropFirst())
        let arpLayers = PacketLayers(arp.rawBytes, linkType: .ethernet)
        #expect(try PacketFilter("arp host 198.51.100.2").matches(arp.rawBytes, arpLayers))
        let http = try seed(.ipv4, "http")
        #expect(try PacketFilter("http").matches(http.rawBytes, PacketLayers(http.rawBytes, linkType: .rawIP)))
    }

    @Test(
        "a syntax error names the unexpected token",
        arguments: [
            ("", ""), ("foo", "foo"), ("tcp and", ""), ("port", ""), ("port x", "x"), ("host 1.2.3", "1.2.3"),
            ("(tcp", ""), ("tcp)", ")"),
            ("net 192.0.2.0", "192.0.2.0"), ("portrange 5", "5"), ("src tcp", "tcp"), ("ether src 1", "1"),
        ])
    func noFilters(text: String, word: String) {
        do throws(PacketFilter.SyntaxError) {
            _ = try PacketFilter(text)
            Issue.record("'\(text)' was taken")
        } catch {
            #expect(error.word == word)
        }
    }

    @Test("deeply nested parentheses are rejected")
    func deepFilters() {
        #expect(throws: PacketFilter.SyntaxError.self) { try PacketFilter(String(repeating: "(", count: 100_000)) }
        #expect(throws: PacketFilter.SyntaxError.self) {
            try PacketFilter(Array(repeating: "tcp", count: 100_000).joined(separator: " and "))
        }
    }
}
