import Testing
import WireFormat
import WireFormatTestSupport

@Suite("DHCP messages")
struct DHCPTests {
    private static let mac = MACAddress(rawValue: 0x0200_0000_0001)

    private func options(
        _ area: [UInt8], file: [UInt8] = [], serverName: [UInt8] = []
    ) throws -> DHCPOptions {
        var message = DHCPMessage(operation: 2, transactionID: 7, clientMAC: Self.mac, options: [])
        message.vendorArea = [0x63, 0x82, 0x53, 0x63] + area
        message.file = file
        message.serverName = serverName
        let bytes = message.encoded()
        return DHCPOptions(try DHCPView(bytes.rawBytes))
    }

    @Test("the fixed fields are where RFC 2131 has them, and the message is 300 bytes long")
    func fixedFields() throws {
        var message = DHCPMessage(
            operation: 1, transactionID: 0x0102_0304, clientMAC: Self.mac, options: [DHCPOption(53, [1])])
        message.seconds = 5
        message.flags = 0x8000
        message.clientAddress = IPv4Address(192, 0, 2, 1)
        message.yourAddress = IPv4Address(192, 0, 2, 2)
        message.nextServerAddress = IPv4Address(192, 0, 2, 3)
        message.relayAddress = IPv4Address(192, 0, 2, 4)
        message.serverName = [0x73]
        message.file = [0x66]
        let bytes = message.encoded()
        #expect(
            Array(bytes.prefix(34)) == [
                1, 1, 6, 0, 1, 2, 3, 4, 0, 5, 0x80, 0, 192, 0, 2, 1, 192, 0, 2, 2, 192, 0, 2, 3, 192, 0, 2, 4,
                2, 0, 0, 0, 0, 1,
            ])
        #expect(bytes[44] == 0x73 && bytes[108] == 0x66 && bytes.count == 300)
        #expect(Array(bytes[236..<244]) == [0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255])
        let view = try DHCPView(bytes.rawBytes)
        #expect(view.clientMAC == Self.mac && view.isBroadcast && view.transactionID == 0x0102_0304)
        let again = DHCPMessage(view)
        #expect(again.encoded() == bytes)
        #expect(throws: ParseError.self) {
            let cut = Array(bytes.prefix(235))
            _ = try DHCPMessage(DHCPView(cut.rawBytes))
        }
    }

    @Test(
        "options by name and type",
        arguments: [
            (1, [255, 255, 255, 0], "subnet_mask", DHCPOption.Value.address(IPv4Address(255, 255, 255, 0))),
            (2, [255, 255, 241, 240], "time_offset", .number(-3_600)),
            (
                3, [192, 0, 2, 1, 192, 0, 2, 2], "router",
                .addresses([IPv4Address(192, 0, 2, 1), IPv4Address(192, 0, 2, 2)])
            ),
            (3, [192, 0, 2], "router", .bytes([192, 0, 2])), (3, [], "router", .bytes([])),
            (15, Array("lab.example\0".utf8), "domain_name", .text(Array("lab.example".utf8))),
            (19, [1], "ip_forwarding", .flag(true)), (19, [2], "ip_forwarding", .bytes([2])),
            (26, [5, 220], "interface_mtu", .number(1_500)),
            (33, [198, 51, 100, 1, 192, 0, 2, 1], "static_route", .list(["198.51.100.1 via 192.0.2.1"])),
            (51, [0, 0, 2, 88], "ip_address_lease_time", .number(600)),
            (53, [2], "message_type", .name("offer")), (53, [99], "message_type", .name("type-99")),
            (55, [1, 3], "parameter_request_list", .numbers([1, 3])),
            (61, [1, 2, 0, 0, 0, 0, 1], "client_identifier", .name("02:00:00:00:00:01")),
            (82, [1, 2, 0xAB, 0xCD, 9, 0], "relay_agent_information", .list(["circuit-id 0xabcd", "suboption-9 0x"])),
            (82, [1, 9, 0], "relay_agent_information", .bytes([1, 9, 0])),
            (119, [1, 97, 1, 98, 0, 1, 99, 0xC0, 2], "domain_search", .list(["a.b", "c.b"])),
            (119, [0xC0, 0], "domain_search", .bytes([0xC0, 0])),
            (
                121, [25, 198, 51, 100, 128, 192, 0, 2, 1, 0, 192, 0, 2, 2], "classless_static_route",
                .list(["198.51.100.128/25 via 192.0.2.1", "0.0.0.0/0 via 192.0.2.2"])
            ),
            (
                121, [33, 1, 2, 3, 4, 5, 192, 0, 2, 1], "classless_static_route",
                .bytes([33, 1, 2, 3, 4, 5, 192, 0, 2, 1])
            ),
            (224, [1, 2], "option_224", .bytes([1, 2])),
        ] as [(UInt8, [UInt8], String, DHCPOption.Value)])
    func values(code: UInt8, data: [UInt8], name: String, value: DHCPOption.Value) {
        let option = DHCPOption(code, data)
        #expect(option.name == name && option.value == value)
    }

    @Test("text with control bytes and bytes without a meaning are shown in printable ASCII")
    func descriptions() {
        #expect(DHCPOption.Value.text([0x61, 0x1B, 0xC3]).description == #"a\x1b\xc3"#)
        #expect(DHCPOption.Value.bytes([1, 0xAB]).description == "0x01ab")
        #expect(DHCPOption.Value.flag(true).description == "yes")
    }

    @Test("padding is skipped, and nothing after the end option is read")
    func padding() throws {
        let found = try options([0, 53, 1, 2, 0, 0, 255, 12, 1, 97])
        #expect(found.list == [DHCPOption(53, [2])] && found.problem == nil && found.messageType == .offer)
    }

    @Test("long data is split when it is written, and joined when it is read (RFC 3396)")
    func long() throws {
        let data = (0..<600).map { UInt8(truncatingIfNeeded: $0) }
        let message = DHCPMessage(
            operation: 2, transactionID: 1, clientMAC: Self.mac, options: [DHCPOption(43, data), DHCPOption(12, [97])])
        let bytes = message.encoded()
        let found = DHCPOptions(try DHCPView(bytes.rawBytes))
        #expect(found.list == [DHCPOption(43, data), DHCPOption(12, [97])] && found.problem == nil)
    }

    @Test("overload: options in the file and server name fields, in this order (RFC 2132, section 9.3)")
    func overload() throws {
        let file: [UInt8] = [12, 1, 98, 255]
        let serverName: [UInt8] = [12, 1, 99, 0, 15, 1, 100, 255]
        let both = try options([12, 1, 97, 52, 1, 3, 255], file: file, serverName: serverName)
        #expect(both.list == [DHCPOption(12, Array("abc".utf8)), DHCPOption(52, [3]), DHCPOption(15, [100])])
        #expect(both.problem == nil && both.isFileOverloaded && both.isServerNameOverloaded)
        let one = try options([52, 1, 2, 255], file: file, serverName: serverName)
        #expect(one[12] == [99] && !one.isFileOverloaded && one.isServerNameOverloaded)
        let none = try options([12, 1, 97, 255], file: file, serverName: serverName)
        #expect(none.list == [DHCPOption(12, [97])])
    }

    @Test(
        "options that cannot be read to their end have a problem, and those before it are there",
        arguments: [
            ([53, 1, 2], [], "dhcp: end option at offset 243 needs 1 bytes, but has 0"),
            ([53, 1, 2, 12, 200, 97, 255], [], "dhcp: option 12 at offset 243 needs 202 bytes, but has 4"),
            ([53, 1, 2, 12], [], "dhcp: option 12 at offset 243 needs 2 bytes, but has 1"),
            ([53, 1, 2, 52, 1, 4, 255], [], "dhcp: overload at offset 240 is 4, which is not allowed"),
            ([53, 1, 2, 52, 2, 1, 1, 255], [], "dhcp: overload at offset 240 is 1, which is not allowed"),
            (
                [53, 1, 2, 52, 1, 1, 255], [UInt8](repeating: 0, count: 128),
                "dhcp: end option at offset 236 needs 1 bytes, but has 0"
            ),
            (
                [53, 1, 2, 52, 1, 1, 255], [52, 1, 3, 255], "dhcp: overload at offset 108 is 52, which is not allowed"
            ),
        ] as [([UInt8], [UInt8], String)])
    func problems(area: [UInt8], file: [UInt8], problem: String) throws {
        let found = try options(area, file: file)
        #expect(found.problem?.description == problem && found.list.first == DHCPOption(53, [2]))
    }

    @Test("a message without the magic cookie has no options")
    func bootstrapProtocol() throws {
        var message = Corpus.dhcpOffer
        message.vendorArea = [UInt8](repeating: 1, count: 64)
        let bytes = message.encoded()
        let found = DHCPOptions(try DHCPView(bytes.rawBytes))
        #expect(found.list.isEmpty && found.problem == nil)
    }

    // MARK: In a packet

    private func packet(_ message: DHCPMessage, cutTo count: Int = .max) -> (line: String, json: String) {
        let datagram = UDPDatagram(sourcePort: 67, destinationPort: 68, data: message.encoded()).encoded()
        let header = IPv4Header(
            source: IPv4Address(192, 0, 2, 1), destination: .limitedBroadcast, protocol: .udp,
            payloadLength: datagram.count)
        let whole = header.encoded() + datagram
        let bytes = Array(whole.prefix(count))
        let layers = PacketLayers(bytes.rawBytes, linkType: .rawIP)
        var line = TextBuffer()
        line.append(lineOf: bytes.rawBytes, layers, originalLength: whole.count)
        var json = PacketJSON()
        json.append(bytes.rawBytes, layers)
        return (line.text(), json.text.text())
    }

    @Test("a line as tcpdump has it, and every field in JSON")
    func decoded() {
        var message = DHCPMessage(
            operation: 2, transactionID: 0x1234, clientMAC: Self.mac,
            options: [
                DHCPOption(53, [2]), DHCPOption(15, Array("a\u{1B}b".utf8)), DHCPOption(54, [192, 0, 2, 1]),
                DHCPOption(51, [0, 0, 2, 0x58]),
            ])
        message.yourAddress = IPv4Address(192, 0, 2, 9)
        message.file = Array("image".utf8)
        let (line, json) = packet(message)
        #expect(line == "IP 192.0.2.1.67 > 255.255.255.255.68: BOOTP/DHCP, Reply, length 300")
        let layer =
            #"{"layer":"dhcp","operation":"reply","hardware_type":1,"hardware_length":6,"hops":0,"transaction_id":"0x00001234","seconds":0,"broadcast":false,"client_addr":"0.0.0.0","your_addr":"192.0.2.9","next_server_addr":"0.0.0.0","relay_addr":"0.0.0.0","client_mac":"02:00:00:00:00:01","file":"image","options":["message_type offer","domain_name a\\x1bb","server_identifier 192.0.2.1","ip_address_lease_time 600"]}],"problems":[]"#
        #expect(json.hasSuffix(layer), "\(json)")
        message.operation = 1
        #expect(packet(message).line.hasSuffix("BOOTP/DHCP, Request from 02:00:00:00:00:01, length 300"))
    }

    @Test("of a message that is cut the fields that are there")
    func cut() {
        let (line, json) = packet(Corpus.dhcpOffer, cutTo: 28 + 12)
        #expect(line == "IP 192.0.2.1.67 > 255.255.255.255.68: UDP, length \(Corpus.dhcpOffer.byteCount)")
        let end =
            #""transaction_id":"0x12345678","seconds":0,"broadcast":false}],"problems":["dhcp: header at offset 0 needs 236 bytes, but has 12"]"#
        #expect(json.hasSuffix(end), "\(json)")
    }
}
