import Testing
import WireFormat
import WireFormatTestSupport

/// DNS messages in packets: lines as of tcpdump, and the fields of JSON.
@Suite("DNS in packets")
struct DNSDescriptionTests {
    /// A message, which may have sections that `DNSMessage` does not write.
    private static func message(
        _ flags: UInt16, _ sections: [[[UInt8]]], identification: UInt16 = 1_234
    ) -> [UInt8] {
        var bytes = Self.bigEndian(identification) + Self.bigEndian(flags)
        for index in 0..<4 {
            bytes += Self.bigEndian(UInt16(sections.indices.contains(index) ? sections[index].count : 0))
        }
        return bytes + sections.flatMap { $0.flatMap(\.self) }
    }

    private static func bigEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func question(_ text: String, _ type: UInt16, _ recordClass: UInt16 = 1) -> [UInt8] {
        name(text) + Self.bigEndian(type) + Self.bigEndian(recordClass)
    }

    /// A record whose name is that of the question.
    private static func record(_ type: UInt16, _ data: [UInt8], _ recordClass: UInt16 = 1) -> [UInt8] {
        [0xC0, 12] + Self.bigEndian(type) + Self.bigEndian(recordClass)
            + Self.bigEndian(UInt32(60)) + Self.bigEndian(UInt16(data.count)) + data
    }

    /// The OPT record, with the bit DO (RFC 6891, RFC 3225).
    private static let options: [UInt8] = [0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 0]

    /// The line after the addresses, and the layers and problems after UDP or TCP.
    private static func packet(
        _ data: [UInt8], isStream: Bool = false, fromServer: Bool = false, cutTo count: Int = .max
    ) -> (line: String, json: String) {
        let ports: (UInt16, UInt16) = fromServer ? (53, 40_000) : (40_000, 53)
        let segment =
            isStream
            ? TCPSegment(
                sourcePort: ports.0, destinationPort: ports.1, sequenceNumber: 1, acknowledgmentNumber: 1, flags: .ack,
                window: 9, data: data
            ).encoded() : UDPDatagram(sourcePort: ports.0, destinationPort: ports.1, data: data).encoded()
        let header = IPv4Header(
            source: IPv4Address(192, 0, 2, 1), destination: IPv4Address(192, 0, 2, 2),
            protocol: isStream ? .tcp : .udp, payloadLength: segment.count)
        let whole = header.encoded() + segment
        let bytes = Array(whole.prefix(count))
        let layers = PacketLayers(bytes.rawBytes, linkType: .rawIP)
        var line = TextBuffer()
        line.append(lineOf: bytes.rawBytes, layers, originalLength: whole.count)
        var json = PacketJSON()
        json.append(bytes.rawBytes, layers)
        let text = json.text.text()
        let parts = text.split(separator: #"{"layer":"#, omittingEmptySubsequences: false)
        return (
            line.text().split(separator: ": ", maxSplits: 1).last.map(String.init) ?? "",
            parts.dropFirst(3).map { "{" + $0 }.joined()
        )
    }

    @Test("queries, in tcpdump's words")
    func queries() {
        let cases: [(UInt16, [[[UInt8]]], String)] = [
            (0x0100, [[Self.question("example.net", 65)]], "1234+ HTTPS? example.net. (29)"),
            (
                0x0120, [[Self.question("example.net", 1)], [], [], [Self.options]],
                "1234+ [1au] A? example.net. (40)"
            ), (0x0110, [[Self.question("version.bind", 16, 3)]], "1234+% TXT CHAOS? version.bind. (30)"),
            (0, [[Self.question("a", 1, 4), Self.question("b", 28, 9)]], "1234 [2q] A HS? a. AAAA (Class 9)? b. (26)"),
            (0x0100, [[Self.question("", 2)]], "1234+ NS? . (17)"),
            (
                0x2800, [[Self.question("example.net", 6)], [], [Self.record(1, [192, 0, 2, 1])]],
                "1234 update [1n] SOA? example.net. (45)"
            ), (0x2400, [[Self.question("a", 6)]], "1234 notify [b2&3=0x2400] SOA? a. (19)"),
            (0x0100, [[Self.question("a", 60_000)]], "1234+ Type60000? a. (19)"),
            // Bytes that could control a terminal.
            (0x0100, [[Self.question("a\u{1B}[0mb", 1)]], #"1234+ A? a\027[0mb. (24)"#),
        ]
        for (flags, sections, line) in cases {
            #expect(Self.packet(Self.message(flags, sections)).line == line)
        }
    }

    @Test("responses, in tcpdump's words")
    func responses() {
        let asked = [Self.question("example.net", 1)]
        let cases: [(UInt16, [[[UInt8]]], String)] = [
            (
                0x8180, [asked, [Self.record(1, [192, 0, 2, 1]), Self.record(1, [192, 0, 2, 2])]],
                "1234 2/0/0 A 192.0.2.1, A 192.0.2.2 (61)"
            ), (0x8583, [asked, [], [], [Self.options]], "1234 NXDomain* 0/0/1 (40)"),
            (
                0x8720,
                [
                    asked,
                    [
                        Self.record(16, [3, 0x61, 0x22, 0x1B, 1, 0x20]), Self.record(15, [0, 10, 1, 0x6D, 0xC0, 12]),
                        Self.record(33, [0, 1, 0, 2, 1, 0xBB, 0]), Self.record(2, [2, 0x6E, 0x73, 0xC0, 12]),
                        Self.record(28, [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
                        Self.record(43, [1]),
                    ],
                ],
                #"1234*-|$ 6/0/0 TXT "a\"\027" " ", MX m.example.net. 10, SRV .:443 1 2, NS ns.example.net., AAAA 2001:db8::1, DS (142)"#
            ),
            (
                0x8180, [asked, [Self.record(65, [0, 1, 0, 0, 1, 0, 3, 2, 0x68, 0x32])]],
                "1234 1/0/0 HTTPS 1 . alpn h2 (51)"
            ),
            (0x8180, [asked, [Self.record(1, [1, 2, 3, 4], 3)]], "1234 1/0/0 CHAOS A 1.2.3.4 (45)"),
            (0x8185, [], "1234 Refused [0q] 0/0/0 (12)"), (0x818F, [asked], "1234 Resp15 0/0/0 (29)"),
            // Data that is too short, and a pointer that points forward.
            (0x8180, [asked, [Self.record(1, [192, 0, 2])]], "1234 1/0/0 A [|domain]"),
            (0x8180, [asked, [Self.record(12, [0xC0, 0xFF])]], "1234 1/0/0 PTR [|domain]"),
        ]
        for (flags, sections, line) in cases {
            #expect(Self.packet(Self.message(flags, sections), fromServer: true).line == line)
        }
    }

    @Test("every record in JSON, as in zone files")
    func json() {
        var soa: [UInt8] = [2, 0x6E, 0x73, 0xC0, 12, 1, 0x68, 0xC0, 12]
        for number: UInt32 in 0..<5 { soa += Self.bigEndian(number) }
        let message = Self.message(
            0x8583,
            [
                [Self.question("example.net", 1)],
                [Self.record(1, [192, 0, 2, 1]), Self.record(15, [0, 10, 1, 0x6D, 0xC0, 12])], [Self.record(6, soa)],
                [Self.options, Self.record(60_000, [0xAB]), Self.record(1, [1])],
            ])
        let expected =
            ##"{"dns","identification":1234,"response":true,"operation":"query","flags":["authoritative","recursion_desired","recursion_available"],"response_code":"NXDomain","questions":["example.net. IN A"],"answers":["example.net. 60 IN A 192.0.2.1","example.net. 60 IN MX 10 m.example.net."],"authority_records":["example.net. 60 IN SOA ns.example.net. h.example.net. 0 1 2 3 4"],"additional_records":[". OPT UDPsize=4096 DO","example.net. 60 IN Type60000 \\# 1 ab","example.net. 60 IN A \\# 1 01"]}],"problems":[]"##
        #expect(Self.packet(message, fromServer: true).json == expected)
    }

    @Test("the complete messages at the start of a TCP segment")
    func stream() {
        let query = Self.message(0x0100, [[Self.question("a", 1)]])
        let one = Self.bigEndian(UInt16(query.count)) + query
        let start = "Flags [.], seq 1:"
        #expect(Self.packet(one, isStream: true).line == start + "22, ack 1, win 9, length 21 1234+ A? a. (19)")
        let two = Self.packet(one + one + [0], isStream: true)
        #expect(two.line == start + "44, ack 1, win 9, length 43 1234+ A? a. (19), 1234+ A? a. (19)")
        #expect(two.json.hasSuffix(#"{"payload","data_length":1}],"problems":[]"#), "\(two.json)")
        #expect(two.json.hasPrefix(#"{"dns","length":19,"identification":1234,"#))
        // The rest of a message, and a length that is too short for a header, are data.
        for data in [Array(one.dropFirst()), Array(one.dropLast()), [0, 11] + query, [0], []] {
            let part = Self.packet(data, isStream: true)
            #expect(part.line.hasSuffix("length \(data.count)") && part.json.utf8.count < 60, "\(part)")
        }
    }

    @Test("a message truncated anywhere, and one with too many entries, is described as far as it is valid")
    func cut() {
        let message = Self.message(0x8180, [[Self.question("a", 1)], [Self.record(1, [192, 0, 2, 1])]])
        for count in 0..<message.count {
            let (line, json) = Self.packet(message, fromServer: true, cutTo: 28 + count)
            if count >= 12 {
                #expect(line.hasPrefix("1234 ") && line.hasSuffix("[|domain]"), "\(line)")
                #expect(json.hasSuffix(#"cannot be read, at offset \#(count < 19 ? 12 : 19)"]"#), "\(json)")
            } else {
                #expect(line == "UDP, length \(message.count)")
            }
        }
        var endless = Self.message(0x0100, [[Self.question("a", 1)]])
        endless.replaceSubrange(4..<12, with: [UInt8](repeating: 0xFF, count: 8))
        let (line, json) = Self.packet(endless)
        #expect(line == "1234+ [65535a] [65535q] [65535n] [65535au] A? a. [|domain]")
        #expect(
            json.hasSuffix(#""problems":["dns: 65534 of 65535 questions cannot be read, at offset 19"]"#), "\(json)")
    }

    @Test("a name of more pointers than a name can have labels is rejected")
    func pointers() {
        // A root label, and pointers of which each but the first leads to the one before it, in the data of a record.
        func line(_ count: Int) -> String {
            let start = 12 + Self.question("a", 1).count + 12
            var data: [UInt8] = [0]
            for number in 0..<count {
                let target = start + (number == 0 ? 0 : 1 + 2 * (number - 1))
                data += Self.bigEndian(0xC000 | UInt16(target))
            }
            let end = UInt16(start + 1 + 2 * (count - 1))
            let alias = Self.record(5, Self.bigEndian(0xC000 | end))
            let message = Self.message(0x8180, [[Self.question("a", 1)], [Self.record(60_000, data), alias]])
            return Self.packet(message, fromServer: true).line
        }
        #expect(line(126).hasSuffix("Type60000, CNAME . (298)"), "\(line(126))")
        #expect(line(127).hasSuffix("Type60000, CNAME [|domain]"), "\(line(127))")
    }

    @Test("the filter dns")
    func filter() throws {
        let filter = try PacketFilter("dns")
        let query = Self.message(0x0100, [[Self.question("a", 1)]])
        func matches(_ data: [UInt8], from source: UInt16 = 9, to destination: UInt16 = 53) -> Bool {
            let datagram = UDPDatagram(sourcePort: source, destinationPort: destination, data: data).encoded()
            let bytes =
                IPv4Header(
                    source: IPv4Address(192, 0, 2, 1), destination: IPv4Address(192, 0, 2, 2), protocol: .udp,
                    payloadLength: datagram.count
                ).encoded() + datagram
            return filter.matches(bytes.rawBytes, PacketLayers(bytes.rawBytes, linkType: .rawIP))
        }
        #expect(matches(query) && matches(query, from: 53, to: 9))
        #expect(!matches(query, to: 54) && !matches(Array(query.prefix(11))))
    }
}
