import Testing
import WireFormat

/// Lengths that a packet cannot have: the line is tcpdump's (4.99.3), and the problem begins with its words.
@Suite("impossible lengths")
struct LengthFaultTests {
    private static let source: [UInt8] = [192, 0, 2, 1]
    private static let destination: [UInt8] = [198, 51, 100, 2]
    private static let ports = "192.0.2.1.40000 > 198.51.100.2.33434: "
    private static let ports6 = "2001:db8::1.40000 > 2001:db8::2.33434: "

    private static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

    static func ipv4(
        _ transport: UInt8, _ data: [UInt8], length: Int? = nil, words: UInt8 = 5, fragment: Int = 0
    ) -> [UInt8] {
        [0x40 | words, 0] + word(length ?? 20 + data.count) + [0, 1] + word(fragment) + [64, transport, 0, 0] + source
            + destination + data
    }

    static func ipv6(_ next: UInt8, _ data: [UInt8], length: Int? = nil) -> [UInt8] {
        let prefix = bytes("20010db8 00000000 00000000 000000")
        return [0x60, 0, 0, 0] + word(length ?? data.count) + [next, 64] + prefix + [1] + prefix + [2] + data
    }

    static func udp(_ length: Int, data: Int = 3) -> [UInt8] {
        [0x9C, 0x40, 0x82, 0x9A] + word(length) + [0, 1] + [UInt8](repeating: 0, count: data)
    }

    static func tcp(words: UInt8, data: Int = 0) -> [UInt8] {
        bytes("9c40 270f 00000007 00000009") + [words << 4, 2] + bytes("faf0 0000 0000")
            + [UInt8](repeating: 0, count: data)
    }

    private static let echo = bytes("0800 f7fd 0005 0006")

    private func line(_ packet: [UInt8], originalLength: Int? = nil) -> String {
        var text = TextBuffer()
        let layers = PacketLayers(
            packet.rawBytes, linkType: .rawIP, originalLength: originalLength ?? packet.count)
        text.append(lineOf: packet.rawBytes, layers, originalLength: originalLength ?? packet.count)
        return text.text()
    }

    private func problems(_ packet: [UInt8], originalLength: Int? = nil) -> [String] {
        Explanation(
            packet.rawBytes, startingAt: .datagram, originalLength: originalLength ?? packet.count
        ).problems
    }

    @Test(
        "total lengths of IPv4",
        arguments: [
            (0, "bad-len 0", "bad-len 0: the total length is 0, without evidence of segmentation offload"),
            (1, "bad-len 1", "bad-len 1: the total length is below the header length"),
            (19, "bad-len 19", "bad-len 19: the total length is below the header length"),
            (
                40, "truncated-ip - 9 bytes missing! \(ports)UDP, length 3",
                "truncated-ip - 9 bytes missing!: the total length exceeds the packet on the wire"
            ),
        ])
    func totalLength(length: Int, line: String, problem: String) {
        let packet = Self.ipv4(17, Self.udp(11), length: length)
        #expect(self.line(packet) == "IP \(line)")
        #expect(problems(packet).first == "ipv4: \(problem)")
    }

    @Test("the same for every protocol", arguments: [1, 2, 6, 17, 99] as [UInt8])
    func protocols(transport: UInt8) {
        let data = [UInt8](repeating: 0, count: 40)
        #expect(line(Self.ipv4(transport, data, length: 10)) == "IP bad-len 10")
        #expect(line(Self.ipv4(transport, data, length: 0)) == "IP bad-len 0")
        #expect(
            line(Self.ipv4(transport, data, length: 100)).hasPrefix("IP truncated-ip - 40 bytes missing! 192.0.2.1"))
        #expect(
            line(Self.ipv6(transport, data, length: 50)).hasPrefix("IP6 truncated-ip6 - 10 bytes missing!2001:db8::1"))
        #expect(
            problems(Self.ipv6(transport, data, length: 50)).first
                == "ipv6: truncated-ip6 - 10 bytes missing!: the payload length exceeds the packet on the wire")
    }

    @Test("header lengths of IPv4")
    func headerLength() {
        #expect(line(Self.ipv4(17, Self.udp(11), words: 4)) == "IP bad-hlen 16")
        #expect(line(Self.ipv4(17, Self.udp(11), words: 0)) == "IP bad-hlen 0")
        #expect(line(Self.ipv4(17, Self.udp(11), words: 15)) == "IP bad-len 31")
        #expect(
            problems(Self.ipv4(17, Self.udp(11), words: 4)) == [
                "ipv4: bad-hlen 16: the header length is below 20 bytes"
            ])
    }

    @Test("a length of 0 is that of segmentation offload if the packet is longer than a frame can carry")
    func segmentationOffload() {
        let long = Self.ipv4(6, Self.tcp(words: 5, data: 1_500), length: 0)
        #expect(
            line(long)
                == "IP 192.0.2.1.40000 > 198.51.100.2.9999: Flags [S], seq 7:1507, win 64240, length 1500")
        #expect(problems(long).isEmpty)
        // The length on the wire counts, not that of the snapshot.
        let cut = Array(long.prefix(60))
        #expect(!line(cut, originalLength: long.count).contains("bad-len") && line(cut).contains("bad-len 0"))
        #expect(problems(cut, originalLength: long.count).isEmpty)
        for (transport, fragment) in [(1, 0), (6, 0x2000), (6, 5)] as [(UInt8, Int)] {
            let other = Self.ipv4(transport, Self.tcp(words: 5, data: 1_500), length: 0, fragment: fragment)
            #expect(line(other) == "IP bad-len 0")
        }
        let long6 = Self.ipv6(6, Self.tcp(words: 5, data: 1_500), length: 0)
        #expect(line(long6).hasSuffix("seq 7:1507, win 64240, length 1500") && problems(long6).isEmpty)
    }

    @Test("a payload length of 0 is that of a jumbogram if it has the option (RFC 2675)")
    func jumbogram() {
        let data = [UInt8](repeating: 0, count: 65_600)
        let header: [UInt8] = [17, 0, 0xC2, 4] + [0, 1] + Self.word((8 + 8 + data.count) & 0xFFFF)
        let packet = Self.ipv6(0, header + Self.udp(0, data: data.count), length: 0)
        #expect(line(packet) == "IP6 \(Self.ports6)UDP, length 65600")
        #expect(problems(packet).isEmpty)
        let short = Self.ipv6(17, Self.udp(11), length: 0)
        #expect(line(short) == "IP6 2001:db8::1 > 2001:db8::2:  [|udp]")
        #expect(
            problems(short).first
                == "ipv6: the payload length is 0, without a jumbo payload option or evidence of segmentation offload (RFC 2675, section 3)"
        )
        #expect(
            line(Self.ipv6(58, Self.echo, length: 0)) == "IP6 2001:db8::1 > 2001:db8::2: ICMP6, length 0 (invalid)")
    }

    @Test(
        "UDP lengths",
        arguments: [
            (0, "truncated-udplength 0", "truncated-udplength 0: the length is below 8 bytes"),
            (7, "truncated-udplength 7", "truncated-udplength 7: the length is below 8 bytes"),
            (8, "UDP, length 0", "the length is 8, but the IP payload has 11 bytes (RFC 768)"),
            (10, "UDP, length 2", "the length is 10, but the IP payload has 11 bytes (RFC 768)"),
            (11, "UDP, length 3", nil),
            (12, "UDP, bad length 4 > 3", "bad length 4 > 3: the length exceeds the IP payload"),
            (2_000, "UDP, bad length 1992 > 3", "bad length 1992 > 3: the length exceeds the IP payload"),
        ])
    func udpLength(length: Int, line: String, problem: String?) {
        let expected = problem.map { ["udp: \($0)"] } ?? []
        let packet = Self.ipv4(17, Self.udp(length))
        #expect(self.line(packet) == "IP \(Self.ports)\(line)" && problems(packet) == expected)
        let packet6 = Self.ipv6(17, Self.udp(length))
        #expect(self.line(packet6) == "IP6 \(Self.ports6)\(line)" && problems(packet6) == expected)
    }

    @Test(
        "in the first fragment the length is that of the whole datagram",
        arguments: [
            (7, "truncated-udplength 7", true), (10, "UDP, length 2", true), (16, "UDP, length 8", false),
            (2_000, "UDP, length 1992", false),
        ])
    func firstFragment(length: Int, line: String, isProblem: Bool) {
        let packet = Self.ipv4(17, Self.udp(length, data: 8), fragment: 0x2000)
        #expect(self.line(packet) == "IP \(Self.ports)\(line)" && problems(packet).isEmpty != isProblem)
        let packet6 = Self.ipv6(44, [17, 0, 0, 1, 0, 0, 0, 9] + Self.udp(length, data: 8))
        #expect(self.line(packet6) == "IP6 \(Self.ports6)\(line)" && problems(packet6).isEmpty != isProblem)
    }

    @Test("an IP payload shorter than a UDP header")
    func shortPayload() {
        #expect(line(Self.ipv4(17, Self.udp(11), length: 24)) == "IP \(Self.ports)truncated-udp 4")
        #expect(line(Self.ipv4(17, Self.udp(11), length: 27)) == "IP \(Self.ports)truncated-udp 7")
        #expect(line(Self.ipv6(17, Self.udp(11), length: 4)) == "IP6 \(Self.ports6)truncated-udp 4")
        #expect(
            problems(Self.ipv4(17, Self.udp(11), length: 27))
                == ["udp: truncated-udp 7: the IP payload is shorter than a UDP header"])
    }

    @Test(
        "data offsets of TCP",
        arguments: [
            (0, 0, " tcp 20 ", "[bad hdr length 0 - too short, < 20]", "the data offset is below 20 bytes"),
            (4, 0, " tcp 4 ", "[bad hdr length 16 - too short, < 20]", "the data offset is below 20 bytes"),
            (6, 0, "Flags [S] ", "[bad hdr length 24 - too long, > 20]", "the data offset exceeds the segment"),
            (15, 4, "Flags [S] ", "[bad hdr length 60 - too long, > 24]", "the data offset exceeds the segment"),
        ] as [(UInt8, Int, String, String, String)])
    func dataOffset(words: UInt8, data: Int, start: String, fault: String, reason: String) {
        let packet = Self.ipv4(6, Self.tcp(words: words, data: data))
        #expect(line(packet) == "IP 192.0.2.1.40000 > 198.51.100.2.9999: \(start)\(fault)")
        #expect(problems(packet) == ["tcp: \(fault): \(reason)"])
        let packet6 = Self.ipv6(6, Self.tcp(words: words, data: data))
        #expect(line(packet6) == "IP6 2001:db8::1.40000 > 2001:db8::2.9999: \(start)\(fault)")
        #expect(problems(packet6) == ["tcp: \(fault): \(reason)"])
    }

    @Test("a short snapshot is no fault of the packet")
    func snapshot() {
        for whole in [
            Self.ipv4(17, Self.udp(11)), Self.ipv4(6, Self.tcp(words: 5, data: 40)), Self.ipv6(17, Self.udp(11)),
        ] {
            for count in 0..<whole.count {
                let cut = Array(whole.prefix(count))
                let line = line(cut, originalLength: whole.count)
                #expect(!line.contains("bad") && !line.contains("missing") && !line.contains("truncated"), "\(line)")
                let problems = problems(cut, originalLength: whole.count)
                #expect(problems.allSatisfy { $0.contains(": header at offset 0 needs ") }, "\(problems)")
            }
        }
    }
}
