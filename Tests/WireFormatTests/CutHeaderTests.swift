import Testing
import WireFormat
import WireFormatTestSupport

/// Truncated headers: their available fields are shown and used by filters.
@Suite("truncated headers")
struct CutHeaderTests {
    private static let client = IPv4Address(192, 0, 2, 1)
    private static let server = IPv4Address(198, 51, 100, 2)

    private static func ipv4(_ transport: IPProtocol, _ data: [UInt8], _ options: [IPv4Option] = []) -> [UInt8] {
        IPv4Header(
            source: client, destination: server, protocol: transport, payloadLength: data.count,
            options: IPv4Options(options)
        ).encoded() + data
    }

    private static func ipv6(_ next: IPProtocol, _ data: [UInt8]) -> [UInt8] {
        let address = IPv6Address(high: 0x2001_0DB8 << 32, low: 1)
        return IPv6Header(source: address, destination: address, nextHeader: next, payloadLength: data.count).encoded()
            + data
    }

    /// A segment with timestamps, as hosts send it: a header of 32 bytes.
    private static let segment = TCPSegment(
        sourcePort: 40_000, destinationPort: 8_080, sequenceNumber: 7, acknowledgmentNumber: 9, flags: [.psh, .ack],
        options: TCPOptions([.noOperation, .noOperation, .timestamps(value: 5, echoReply: 6)]),
        data: [UInt8](repeating: 120, count: 40)
    ).encoded()
    private static let datagram = UDPDatagram(
        sourcePort: 40_000, destinationPort: 53, data: [UInt8](repeating: 0, count: 20)
    ).encoded()
    private static let echo = ICMPv4Message(.echoRequest(ICMPEcho(identifier: 5, sequenceNumber: 6))).encoded()

    private func cut(_ packet: [UInt8], to count: Int) -> (bytes: [UInt8], line: String, json: String) {
        let bytes = Array(packet.prefix(count))
        let layers = PacketLayers(bytes.rawBytes, linkType: .rawIP)
        var line = TextBuffer()
        line.append(lineOf: bytes.rawBytes, layers, originalLength: packet.count)
        var json = PacketJSON()
        json.append(bytes.rawBytes, layers)
        return (bytes, line.text(), json.text.text())
    }

    private static let mark = "IP 192.0.2.1.40000 > 198.51.100.2."

    @Test(
        "a line shows the available fields, then tcpdump's mark",
        arguments: [
            (ipv4(.tcp, segment), 20, "IP 192.0.2.1 > 198.51.100.2:  [|tcp]"),
            (ipv4(.tcp, segment), 24, mark + "8080:  [|tcp]"), (ipv4(.tcp, segment), 39, mark + "8080:  [|tcp]"),
            (
                ipv4(.tcp, segment), 43,
                mark + "8080: Flags [P.], seq 7:47, ack 9, win 64240, options [nop,nop, [|tcp]"
            ),
            (
                ipv4(.tcp, segment), 50,
                mark + "8080: Flags [P.], seq 7:47, ack 9, win 64240, options [nop,nop,TS [|tcp]>"
            ),
            (ipv4(.udp, datagram), 24, mark + "53:  [|udp]"), (ipv4(.udp, datagram), 27, mark + "53:  [|udp]"),
            (ipv4(.icmp, echo), 24, "IP 192.0.2.1 > 198.51.100.2: ICMP echo request [|icmp]"),
            (ipv4(.igmp, [0x11, 100, 0, 0, 0, 0, 0, 0]), 25, "IP 192.0.2.1 > 198.51.100.2: igmp query v2 [|igmp]"),
            (ipv6(.tcp, segment), 44, "IP6 2001:db8::1.40000 > 2001:db8::1.8080:  [|tcp]"),
            (ipv6(.udp, datagram), 44, "IP6 2001:db8::1.40000 > 2001:db8::1.53:  [|udp]"),
            (
                ipv6(.icmpv6, [128, 0, 0, 0, 0, 5, 0, 6]), 44,
                "IP6 2001:db8::1 > 2001:db8::1: ICMP6, echo request [|icmp6]"
            ),
            (ipv6(.fragment, [17, 0, 0, 1, 0, 0, 0, 9]), 44, "IP6 2001:db8::1 > 2001:db8::1:  [|frag6]"),
            (ipv6(.hopByHopOptions, [17, 0, 5, 2, 0, 0, 1, 0]), 41, "IP6 2001:db8::1 > 2001:db8::1:  [|hbhopt]"),
            (
                ipv4(.udp, datagram, [.recordRoute(IPv4RouteData(emptySlots: 2))]), 24,
                "IP 192.0.2.1 > 198.51.100.2:  [|ip]"
            ),
        ])
    func lines(packet: [UInt8], count: Int, line: String) {
        #expect(cut(packet, to: count).line == line)
    }

    @Test(
        "JSON contains the layer with the available fields, and a problem",
        arguments: [
            (
                ipv4(.tcp, segment), 50,
                #"{"layer":"tcp","source_port":40000,"destination_port":8080,"sequence":7,"acknowledgment":9,"header_length":32,"flags":["psh","ack"],"window":64240,"checksum":"unchecked","checksum_value":"0x0000","urgent_pointer":0,"options":["nop","nop"]}],"problems":["tcp: header at offset 0 needs 32 bytes, but has 30"]"#
            ),
            (
                ipv4(.udp, datagram), 26,
                #"{"layer":"udp","source_port":40000,"destination_port":53,"length":28}],"problems":["udp: header at offset 0 needs 8 bytes, but has 6"]"#
            ),
            (
                ipv4(.icmp, echo), 26,
                #"{"layer":"icmp","type":8,"code":0,"checksum":"unchecked","checksum_value":"0xf7f4","identifier":5}],"problems":["icmp: header at offset 0 needs 8 bytes, but has 6"]"#
            ),
            (
                ipv4(.udp, datagram, [.routerAlert(value: 0), .recordRoute(IPv4RouteData(emptySlots: 2))]), 27,
                #""source":"192.0.2.1","destination":"198.51.100.2","options":["router-alert 0"]}],"problems":["ipv4: header at offset 0 needs 36 bytes, but has 27"]"#
            ),
            (
                ipv6(.icmpv6, [135, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 1, count: 16)), 52,
                #"{"layer":"ndp","type":135,"code":0,"checksum":"unchecked","checksum_value":"0x0000"}],"problems":["ndp: header at offset 0 needs 24 bytes, but has 12"]"#
            ),
        ])
    func json(packet: [UInt8], count: Int, end: String) {
        let found = cut(packet, to: count).json
        #expect(found.hasSuffix(end), "\(found)")
    }

    @Test("ARP with address lengths that exceed its bytes")
    func arp() throws {
        let mac = MACAddress(rawValue: 0x0200_0000_0001)
        var packet = ARPPacket.request(for: Self.server, from: mac, Self.client).encoded()
        let link = EthernetHeader(destination: .broadcast, source: mac, etherType: .arp).encoded()
        func layers(_ bytes: [UInt8]) -> (line: String, json: String) {
            let layers = PacketLayers(bytes.rawBytes, linkType: .ethernet)
            var line = TextBuffer()
            line.append(lineOf: bytes.rawBytes, layers, originalLength: 42)
            var json = PacketJSON()
            json.append(bytes.rawBytes, layers)
            return (line.text(), json.text.text())
        }
        let cut = link + packet.prefix(20)
        #expect(layers(cut).line == "ARP, Request tell 192.0.2.1 [|arp]")
        #expect(
            layers(cut).json.contains(
                #""operation":"request","sender_mac":"02:00:00:00:00:01","sender_addr":"192.0.2.1"}],"problems":["arp: addresses at offset 8 needs 28 bytes, but has 20"]"#
            ))
        let walked = PacketLayers(cut.rawBytes, linkType: .ethernet)
        #expect(try PacketFilter("arp and src host 192.0.2.1").matches(cut.rawBytes, walked))
        packet[5] = 200
        #expect(layers(link + packet).line == "ARP, Request [|arp]")
        #expect(
            layers(link + packet).json.contains(
                #""protocol_length":200,"operation":"request","sender_hardware_length":6,"sender_protocol_length":14}"#)
        )
    }

    @Test(
        "filters use the available fields",
        arguments: [
            ("port 8080", ipv4(.tcp, segment), 50, true), ("port 8080", ipv4(.tcp, segment), 24, true),
            ("port 8080", ipv4(.tcp, segment), 23, false), ("src port 40000", ipv4(.tcp, segment), 22, true),
            ("tcp", ipv4(.tcp, segment), 20, true), ("udp port 53", ipv4(.udp, datagram), 26, true),
            ("port 53", ipv6(.udp, datagram), 44, true), ("host 192.0.2.1", ipv4(.tcp, segment), 16, true),
            ("dst host 198.51.100.2", ipv4(.tcp, segment), 16, false), ("ndp", ipv6(.icmpv6, [135, 0]), 42, true),
            (
                "udp and host 198.51.100.2", ipv4(.udp, datagram, [.recordRoute(IPv4RouteData(emptySlots: 2))]), 24,
                true
            ),
            ("port 53", ipv4(.udp, datagram, [.recordRoute(IPv4RouteData(emptySlots: 2))]), 24, false),
        ])
    func filters(text: String, packet: [UInt8], count: Int, isWanted: Bool) throws {
        let bytes = Array(packet.prefix(count))
        let layers = PacketLayers(bytes.rawBytes, linkType: .rawIP)
        #expect(try PacketFilter(text).matches(bytes.rawBytes, layers) == isWanted)
    }

    @Test("a header truncated anywhere: every available field is shown")
    func allFields() throws {
        let headers: [Layer] = [.ethernet, .vlan, .arp, .rarp, .ipv4, .ipv6, .tcp, .udp, .icmp, .icmpv6]
        func fields(_ bytes: [UInt8]) -> [(name: String, offset: Int, end: Int)] {
            Explanation(bytes.rawBytes, startingAt: .ethernet).sections
                .filter { headers.contains($0.layer) && !$0.isQuoted }
                .flatMap { $0.fields.map { ($0.name, $0.offset, $0.offset + $0.length) } }
                .filter { !["padding", "frame check sequence", "extension header"].contains($0.0) }
        }
        let link = EthernetHeader(destination: .broadcast, source: .broadcast, etherType: .ipv4).encoded()
        let frames =
            Corpus.seeds(.frame).map { Array($0.bytes.dropFirst()) }
            + [
                link + Self.ipv4(.tcp, Self.segment), link + Self.ipv4(.udp, Self.datagram),
                link + Self.ipv4(.icmp, Self.echo), link + Self.ipv4(.udp, Self.datagram, [.routerAlert(value: 0)]),
            ]
        for frame in frames {
            let all = fields(frame)
            for count in 0..<frame.count {
                let shown = fields(Array(frame.prefix(count)))
                for field in all where field.end <= count {
                    #expect(
                        shown.contains { $0.name == field.name && $0.offset == field.offset },
                        "\(field) of \(frame.count) bytes cut to \(count)")
                }
                #expect(shown.allSatisfy { $0.end <= count })
            }
        }
    }
}
