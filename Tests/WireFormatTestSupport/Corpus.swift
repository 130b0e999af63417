import WireFormat

/// An input of each kind for every entry point, built by the library itself:
/// the seeds of the fuzzer, which the unit tests truncate and change.
public enum Corpus {
    public struct Seed: Sendable {
        public var name: String
        public var bytes: [UInt8]

        public init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    static let client = IPv4Address(192, 0, 2, 1)
    static let server = IPv4Address(198, 51, 100, 2)
    static let client6 = IPv6Address(high: 0x2001_0DB8 << 32, low: 1)
    static let server6 = IPv6Address(high: 0x2001_0DB8_0001_0000, low: 2)
    static let clientMAC = MACAddress(rawValue: 0x0200_0000_0001)
    static let serverMAC = MACAddress(rawValue: 0x0200_0000_0002)

    public static func seeds(_ target: FuzzTarget) -> [Seed] {
        switch target {
        case .frame: frames
        case .arp:
            [
                Seed("request", ARPPacket.request(for: server, from: clientMAC, client).encoded()),
                Seed("probe", ARPPacket.probe(for: server, from: clientMAC).encoded()),
                Seed("odd-lengths", [0, 6, 8, 0, 8, 2, 0, 8] + [UInt8](repeating: 7, count: 20)),
            ]
        case .ipv4: packets4
        case .ipv6: packets6
        case .icmp: messages4
        case .icmpv6: messages6
        case .igmp: groupMessages
        case .udp: [Seed("datagram", udp(Array(0..<10)))]
        case .tcp: [Seed("syn", tcp()), Seed("data", tcp(flags: [.ack, .psh], data: Array(0..<9)))]
        case .options: optionLists
        case .http: httpTexts
        case .dns: dnsMessages
        case .dhcp: dhcpMessages
        case .socks: socksMessages
        case .pcap: captures
        case .pcapng: [Seed("two-interfaces", pcapng)]
        case .reassembly:
            [Seed("in-order", fragmentStream(reversed: false)), Seed("reversed", fragmentStream(reversed: true))]
        }
    }

    // MARK: SOCKS

    private static var socksMessages: [Seed] {
        let name = SOCKSAddress.name(Array("a.test".utf8))
        let messages: [(String, UInt8, (any SOCKSMessage)?)] = [
            ("4-request", 0, SOCKS4Request(.ipv4(server), port: 80, user: [0x75])),
            ("4a-request", 0, SOCKS4Request(name, port: 80)), ("4-reply", 1, SOCKS4Reply(code: 90)),
            ("5-greeting", 2, SOCKS5Greeting(methods: [0, 2])), ("5-selection", 3, SOCKS5Selection(method: 2)),
            ("5-credentials", 4, SOCKS5Credentials(user: [0x75], password: [0x70, 0x71])),
            ("5-credentials-reply", 5, SOCKS5CredentialsReply(status: 0)),
            ("5-request", 6, SOCKS5Message(code: SOCKS5Message.connect, name, port: 443)),
            ("5-reply", 6, SOCKS5Message(code: 0, .ipv6(server6), port: 443)),
            ("5-failure", 6, SOCKS5Message(code: 4, .ipv4(.unspecified), port: 0)),
        ]
        return messages.map { name, selector, message in Seed(name, [selector] + (message?.bytes ?? [])) }
    }

    // MARK: DNS

    private static var dnsMessages: [Seed] {
        guard let name = DNSName("a.test"), let alias = DNSName("b.test") else { return [] }
        let question = DNSMessage(identification: 1, flags: 0x0100, questions: [.init(name, type: 1)])
        var answer = question
        answer.flags = 0x8180
        answer.answers = [
            .init(name, type: 5, timeToLive: 60, data: .name(alias)),
            .init(alias, type: 1, timeToLive: 60, data: .ipv4(server)),
            .init(alias, type: 28, timeToLive: 60, data: .ipv6(server6)),
        ]
        // The same alias, with a compression pointer to the question's name.
        let pointer =
            question.encoded()[..<6] + [0, 1, 0, 0, 0, 0] + question.encoded()[12...] + [
                0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, 0x63, 0xC0, 14,
            ]
        return [
            Seed("question", question.encoded()), Seed("answer", answer.encoded()), Seed("pointer", Array(pointer)),
            Seed("https", httpsReply(name, alias).encoded()),
        ]
    }

    /// A reply with HTTPS records: an alias, an endpoint with a parameter of every key, and one without any.
    private static func httpsReply(_ name: DNSName, _ alias: DNSName) -> DNSMessage {
        let bindings = [
            ServiceBinding(priority: 0, target: alias),
            ServiceBinding(
                priority: 1, target: alias,
                parameters: [
                    .mandatory([.applicationProtocols]), .applicationProtocols([[0x68, 0x33], [0x68, 0x32]]),
                    .noDefaultApplicationProtocol, .port(443), .ipv4Hints([server]),
                    .encryptedClientHello([0, 4, 0xFE, 0x0D, 0, 0]), .ipv6Hints([server6]), .other(.init(667), [0x61]),
                ]),
            ServiceBinding(priority: 2, target: DNSName("") ?? alias),
        ]
        let type = DNSMessage.RecordType.https
        var reply = DNSMessage(identification: 1, flags: 0x8180, questions: [.init(name, type: type)])
        reply.answers = bindings.map { .init(name, type: type, timeToLive: 60, data: .other($0.encoded())) }
        return reply
    }

    // MARK: DHCP

    /// An offer with an option of every type.
    public static var dhcpOffer: DHCPMessage {
        let addresses = ByteOrderBytes.bigEndian(client.rawValue) + ByteOrderBytes.bigEndian(server.rawValue)
        let serverIdentifier = ByteOrderBytes.bigEndian(client.rawValue)
        var message = DHCPMessage(
            operation: 2, transactionID: 0x1234_5678, clientMAC: clientMAC,
            options: [
                DHCPOption(53, [2]), DHCPOption(54, serverIdentifier), DHCPOption(51, [0, 0, 2, 0x58]),
                DHCPOption(1, [255, 255, 255, 0]), DHCPOption(2, [255, 255, 255, 0]), DHCPOption(3, addresses),
                DHCPOption(15, Array("lab.example".utf8)), DHCPOption(19, [1]), DHCPOption(26, [5, 220]),
                DHCPOption(33, addresses), DHCPOption(55, [1, 3, 6]), DHCPOption(61, [1, 2, 0, 0, 0, 0, 1]),
                DHCPOption(82, [1, 2, 65, 66, 9, 1, 7]),
                DHCPOption(119, [1, 97, 4, 116, 101, 115, 116, 0, 1, 98, 0xC0, 2]),
                DHCPOption(121, [24, 198, 51, 100] + serverIdentifier + [0] + serverIdentifier), DHCPOption(224, [1]),
            ])
        message.yourAddress = server
        message.nextServerAddress = client
        message.serverName = Array("boot".utf8)
        message.file = Array("image".utf8)
        return message
    }

    private static var dhcpMessages: [Seed] {
        let discover = DHCPMessage(
            operation: 1, transactionID: 1, clientMAC: clientMAC,
            options: [DHCPOption(53, [1]), DHCPOption(43, [UInt8](repeating: 7, count: 300))])
        var overloaded = DHCPMessage(
            operation: 2, transactionID: 1, clientMAC: clientMAC, options: [DHCPOption(53, [2]), DHCPOption(52, [3])])
        overloaded.file = [15, 2, 97, 46, 255]
        overloaded.serverName = [15, 4, 116, 101, 115, 116, 0, 255]
        var bootstrap = dhcpOffer
        bootstrap.vendorArea = [UInt8](repeating: 0, count: 64)
        return [
            Seed("discover", discover.encoded()), Seed("offer", dhcpOffer.encoded()),
            Seed("overloaded", overloaded.encoded()), Seed("bootp", bootstrap.encoded()),
        ]
    }

    /// The UDP datagram of an offer.
    static var dhcpDatagram: [UInt8] {
        var datagram = UDPDatagram(sourcePort: 67, destinationPort: 68, data: dhcpOffer.encoded())
        datagram.updateChecksum(source: .v4(client), destination: .v4(server))
        return datagram.encoded()
    }

    static var dnsDatagram: [UInt8] {
        var datagram = UDPDatagram(sourcePort: 53, destinationPort: 40_000, data: dnsMessages[1].bytes)
        datagram.updateChecksum(source: .v4(client), destination: .v4(server))
        return datagram.encoded()
    }

    /// Two messages, each after its length.
    static var dnsSegment: [UInt8] {
        let messages = [dnsMessages[0].bytes, dnsMessages[3].bytes]
        var segment = TCPSegment(
            sourcePort: 53, destinationPort: 40_000, sequenceNumber: 1, acknowledgmentNumber: 1, flags: .ack,
            data: messages.flatMap { ByteOrderBytes.bigEndian(UInt16($0.count)) + $0 })
        segment.updateChecksum(source: .v4(client), destination: .v4(server))
        return segment.encoded()
    }

    // MARK: Transport

    static func udp(_ data: [UInt8]) -> [UInt8] {
        var datagram = UDPDatagram(sourcePort: 40_000, destinationPort: 33_434, data: data)
        datagram.updateChecksum(source: .v4(client), destination: .v4(server))
        return datagram.encoded()
    }

    static let allOptions = TCPOptions([
        .maximumSegmentSize(1_460), .selectiveAcknowledgmentPermitted, .timestamps(value: 1, echoReply: 2),
        .noOperation, .windowScale(7), .fastOpen(cookie: [1, 2, 3, 4]), .multipath([0x10, 0x81]),
        .unknown(kind: 254, data: [9]), .endOfOptionList,
    ])

    static func tcp(flags: TCPFlags = .syn, data: [UInt8] = []) -> [UInt8] {
        var segment = TCPSegment(
            sourcePort: 40_001, destinationPort: 80, sequenceNumber: 0xFFFF_FFF0, acknowledgmentNumber: 5, flags: flags,
            options: data.isEmpty
                ? allOptions
                : TCPOptions([.noOperation, .noOperation, .selectiveAcknowledgment([.init(start: 1, end: 9)])]),
            data: data)
        segment.updateChecksum(source: .v4(client), destination: .v4(server))
        return segment.encoded()
    }

    /// Returns a transport's bytes with an offloaded checksum: the 16-bit field at
    /// `offset` contains the sum of the pseudo-header alone.
    static func offloaded(
        _ bytes: [UInt8], at offset: Int, _ transport: IPProtocol, from source: IPAddress, to destination: IPAddress
    ) -> [UInt8] {
        var sum = InternetChecksum()
        _ = sum.addPseudoHeader(source: source, destination: destination, protocol: transport, length: bytes.count)
        var bytes = bytes
        bytes.replaceSubrange(offset..<offset + 2, with: ByteOrderBytes.bigEndian(~sum.value))
        return bytes
    }

    // MARK: IPv4

    static func datagram(
        _ transport: IPProtocol, _ data: [UInt8], _ options: [IPv4Option] = [], timeToLive: UInt8 = 64
    ) -> [UInt8] {
        IPv4Header(
            source: client, destination: server, protocol: transport, payloadLength: data.count,
            timeToLive: timeToLive, identification: 7, options: IPv4Options(options)
        ).encoded() + data
    }

    static let routeOptions: [IPv4Option] = [
        .noOperation, .recordRoute(IPv4RouteData(pointer: 8, slots: [client, .unspecified])), .routerAlert(value: 0),
        .timestamp(
            IPv4TimestampData(pointer: 13, flag: .withAddresses, entries: [.init(address: client, timestamp: 5)])),
    ]

    static let sourceRoute: [IPv4Option] = [.looseSourceRoute(IPv4RouteData(slots: [client, server]))]

    static var packets4: [Seed] {
        var fragment = IPv4Header(source: client, destination: server, protocol: .udp, payloadLength: 16)
        fragment.fragmentOffset = 185
        return [
            Seed("udp", datagram(.udp, udp([1, 2, 3]))), Seed("syn", datagram(.tcp, tcp())),
            Seed("options", datagram(.udp, udp([1]), routeOptions)),
            Seed("source-route", datagram(.tcp, tcp(flags: .ack, data: [1]), sourceRoute)),
            Seed("echo", datagram(.icmp, messages4[0].bytes)), Seed("error", datagram(.icmp, messages4[1].bytes)),
            Seed("igmp", datagram(.igmp, groupMessages[1].bytes, [.routerAlert(value: 0)], timeToLive: 1)),
            Seed("fragment", fragment.encoded() + [UInt8](repeating: 1, count: 16)),
            Seed("padded", datagram(.tcp, tcp()) + [0, 0, 0, 0, 0, 0]),
            Seed("http", datagram(.tcp, tcp(flags: [.ack, .psh], data: httpTexts[0].bytes))),
            Seed("offloaded-tcp", datagram(.tcp, offloaded(tcp(), at: 16, .tcp, from: .v4(client), to: .v4(server)))),
            Seed(
                "offloaded-udp", datagram(.udp, offloaded(udp([1]), at: 6, .udp, from: .v4(client), to: .v4(server)))),
            Seed("dhcp", datagram(.udp, dhcpDatagram)), Seed("dns", datagram(.udp, dnsDatagram)),
            Seed("dns-stream", datagram(.tcp, dnsSegment)),
        ]
    }

    static var messages4: [Seed] {
        let quote = Array(datagram(.udp, udp([1, 2, 3, 4])).prefix(28))
        let extensions = ICMPExtensions([
            .init(
                classNumber: 1, classType: 1,
                data: ByteOrderBytes.bigEndian(
                    MPLSLabel(label: 16_001, trafficClass: 3, isBottomOfStack: true, timeToLive: 1).rawValue)),
            ICMPInterfaceInformation(
                role: .incoming, index: 2, address: .v4(server), name: Array("eth0".utf8), mtu: 1_500
            ).object,
        ])
        let bodies: [(String, ICMPv4Message.Body)] = [
            ("echo", .echoRequest(ICMPEcho(identifier: 1, sequenceNumber: 2, data: Array(0..<8)))),
            ("extended", .timeExceeded(code: 0, ICMPErrorBody(v4Original: quote, extensions: extensions))),
            ("too-big", .destinationUnreachable(.fragmentationNeeded, ICMPErrorBody(restOfHeader: 1_400, data: quote))),
            ("redirect", .redirect(code: 1, ICMPErrorBody(restOfHeader: client.rawValue, data: quote))),
            (
                "timestamp",
                .timestampReply(.init(identifier: 1, sequenceNumber: 2, originate: 3, receive: 4, transmit: 5))
            ),
            ("mask", .addressMaskReply(.init(identifier: 1, sequenceNumber: 2, mask: .limitedBroadcast))),
            ("router", .routerAdvertisement(.init(lifetime: 1_800, routers: [.init(address: client, preference: -1)]))),
        ]
        return bodies.map { Seed($0, ICMPv4Message($1).encoded()) }
    }

    static var groupMessages: [Seed] {
        let group = IPv4Address(239, 1, 2, 3)
        return [
            Seed("query-v2", IGMPMessage.query(group: group).encoded()),
            Seed(
                "report-v3",
                IGMPMessage(
                    .version3Report(
                        reserved: 0,
                        [
                            GroupRecord(.changeToExclude, group: group),
                            GroupRecord(.modeIsInclude, group: group, sources: [client, server]),
                        ])
                ).encoded()),
            Seed(
                "query-v3",
                IGMPMessage.version3Query(group: group, maximumResponseTime: 2_000, SourceQuery(sources: [client]))
                    .encoded()),
            Seed("leave", IGMPMessage(.leaveGroup(group: group)).encoded()),
        ]
    }

    // MARK: IPv6

    static func packet6(
        _ transport: IPProtocol, _ data: [UInt8], _ headers: [IPv6ExtensionHeader] = [],
        source: IPv6Address = client6, hopLimit: UInt8 = 64
    ) -> [UInt8] {
        var chain: [UInt8] = []
        for (index, header) in headers.enumerated() {
            let next = index + 1 < headers.count ? headers[index + 1].protocol : transport
            var bytes = [UInt8](repeating: 0, count: header.byteCount)
            bytes.withMutableBytes { span in try? header.write(into: &span, at: 0, nextHeader: next) }
            chain += bytes
        }
        return IPv6Header(
            source: source, destination: server6, nextHeader: headers.first?.protocol ?? transport,
            payloadLength: chain.count + data.count, hopLimit: hopLimit, flowLabel: 0x12345
        ).encoded() + chain + data
    }

    static var packets6: [Seed] {
        var route: [UInt8] = [0, 0, 0, 0]
        route += ByteOrderBytes.bigEndian(client6.high) + ByteOrderBytes.bigEndian(client6.low)
        return [
            Seed("tcp", packet6(.tcp, tcp())),
            Seed("offloaded-tcp", packet6(.tcp, offloaded(tcp(), at: 16, .tcp, from: .v6(client6), to: .v6(server6)))),
            Seed(
                "mld",
                packet6(
                    .icmpv6,
                    ICMPv6Message(.multicastListener(listenerReport), source: linkLocal6, destination: server6)
                        .encoded(),
                    [.hopByHopOptions([.routerAlert(0)])], source: linkLocal6, hopLimit: 1)),
            Seed("routing", packet6(.udp, udp([1]), [.routing(type: 2, segmentsLeft: 1, data: route)])),
            Seed(
                "chain",
                packet6(
                    .tcp, tcp(),
                    [
                        .hopByHopOptions([.unknown(type: 0x1E, data: [1, 2])]),
                        .destinationOptions([.padN([0, 0, 0, 0])]),
                        .fragment(offset: 0, reserved: 0, moreFragments: true, identification: 9),
                    ])),
            Seed(
                "fragment",
                packet6(
                    .udp, [UInt8](repeating: 3, count: 16),
                    [.fragment(offset: 181, reserved: 0, moreFragments: false, identification: 9)])),
            Seed("error", packet6(.icmpv6, messages6[1].bytes)),
            // With 4 words after the first two, before a segment.
            Seed(
                "authentication",
                packet6(.authenticationHeader, [6, 4] + [UInt8](repeating: 0, count: 22) + tcp())),
            Seed("quoted-chain", packet6(.icmpv6, quotedChain)),
        ]
    }

    /// An error about a segment after destination options.
    private static var quotedChain: [UInt8] {
        let quote = Array(packet6(.tcp, tcp(), [.destinationOptions([.padN([0, 0, 0, 0])])]).prefix(56))
        return ICMPv6Message(
            .destinationUnreachable(.port, ICMPErrorBody(data: quote)), source: client6, destination: server6
        ).encoded()
    }

    private static let linkLocal6 = IPv6Address(high: 0xFE80 << 48, low: 1)
    private static let group6 = IPv6Address(high: 0xFF05 << 48, low: 0x1234)
    private static var listenerReport: MLDMessage {
        MLDMessage(.version2Report([GroupRecord(.changeToInclude, group: group6, sources: [client6])]))
    }

    static var messages6: [Seed] {
        let quote = Array(packet6(.udp, udp([1, 2])).prefix(48))
        let extensions = ICMPExtensions([ICMPInterfaceInformation(role: .nextHop, address: .v6(server6)).object])
        let bodies: [(String, ICMPv6Message.Body)] = [
            ("echo", .echoRequest(ICMPEcho(identifier: 1, sequenceNumber: 2, data: Array(0..<8)))),
            ("extended", .timeExceeded(code: 0, ICMPErrorBody(v6Original: quote, extensions: extensions))),
            ("report-v2", .multicastListener(listenerReport)),
            (
                "query-v2",
                .multicastListener(
                    MLDMessage(.query(group: group6, SourceQuery(sources: [server6])), maximumResponseCode: 0x9ABC))
            ),
            ("too-big", .packetTooBig(code: 0, ICMPErrorBody(restOfHeader: 1_280, data: quote))),
            (
                "solicitation",
                .neighborDiscovery(
                    NDPMessage(
                        .neighborSolicitation(reserved: 0, target: server6),
                        options: [.sourceLinkLayerAddress(clientMAC)]))
            ),
            (
                "advertisement",
                .neighborDiscovery(
                    NDPMessage(
                        .routerAdvertisement(.init(currentHopLimit: 64, flags: 0xC0, routerLifetime: 1_800)),
                        options: [
                            .mtu(reserved: 0, 1_500),
                            .prefixInformation(
                                prefixLength: 64, flags: 0xC0, validLifetime: 1, preferredLifetime: 2, reserved: 0,
                                prefix: client6),
                            .redirectedHeader(reserved: [0, 0, 0, 0, 0, 0], packet: Array(0..<8)),
                        ]))
            ),
        ]
        return bodies.map { Seed($0, ICMPv6Message($1, source: client6, destination: server6).encoded()) }
    }

    // MARK: Frames

    static func ethernet(_ type: EtherType, _ data: [UInt8]) -> [UInt8] {
        EthernetHeader(destination: serverMAC, source: clientMAC, etherType: type).encoded() + data
    }

    /// Each preceded by the number of its link type.
    static var frames: [Seed] {
        let arp = ARPPacket.request(for: server, from: clientMAC, client)
        let llc = LogicalLinkControl(destination: 0x42, source: 0x42).encoded() + [UInt8](repeating: 0, count: 35)
        let snap = LogicalLinkControl(etherType: .ipv4).encoded() + packets4[0].bytes
        let tagged =
            VLANTag(identifier: 100, priority: 5, etherType: .vlan).encoded()
            + VLANTag(identifier: 5, isDropEligible: true, etherType: .ipv6).encoded() + packets6[0].bytes
        let cooked = { (version: LinuxCooked.Version) in
            LinuxCooked(
                version: version, packetType: .outgoing, address: clientMAC, protocolType: .ipv4, interfaceIndex: 2
            )
            .encoded()
        }
        return [
            Seed("arp", [0] + EthernetHeader.padded(ethernet(.arp, arp.encoded()))),
            Seed(
                "rarp",
                [0]
                    + ethernet(
                        .reverseARP,
                        ARPPacket(
                            operation: .reverseRequest, senderMAC: clientMAC, senderAddress: .unspecified,
                            targetMAC: clientMAC,
                            targetAddress: .unspecified
                        ).encoded())),
            // A message too short for its type, in a complete packet.
            Seed("short-mld", [1] + packet6(.icmpv6, [131, 0, 0x12, 0x34, 0, 0, 0, 0, 1])),
            Seed("tagged", [0] + ethernet(.serviceVLAN, tagged)),
            Seed("llc", [0] + ethernet(EtherType(rawValue: 38), llc)),
            Seed("snap", [0] + ethernet(EtherType(rawValue: UInt16(snap.count)), snap)),
            Seed(
                "checked",
                [0] + FrameCheckSequence.appended(to: EthernetHeader.padded(ethernet(.ipv4, packets4[0].bytes)))),
            Seed("error", [0] + ethernet(.ipv4, packets4[5].bytes)), Seed("raw", [1] + packets4[1].bytes),
            Seed("cooked", [2] + cooked(.first) + packets4[0].bytes),
            Seed("cooked2", [3] + cooked(.second) + packets4[2].bytes),
            Seed("null", [4] + NullLoopback(family: 10, isLittleEndian: true).encoded() + packets6[1].bytes),
        ]
    }

    static var optionLists: [Seed] {
        [
            Seed("tcp", allOptions.encoded()), Seed("ipv4", IPv4Options(routeOptions).encoded()),
            Seed("broken", [1, 1, 7, 200, 4, 0, 0, 0]), Seed("ipv6", [6, 0, 5, 2, 0, 0, 1, 0]),
        ]
    }

    // MARK: Text and files

    static var httpTexts: [Seed] {
        [
            Seed("request", Array("GET /a?b HTTP/1.1\r\nHost: example.net\r\nCache-Control: max-age=5\r\n\r\n".utf8)),
            Seed(
                "response",
                Array(
                    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 3\r\nX: a\r\n b\r\n\r\nabc"
                        .utf8)),
            Seed("odd", Array("\r\nget  / HTTP/3.0\nHost : x\n Fold\nnocolon\n\n".utf8)),
            Seed(
                "chunked",
                HTTPChunkedBody(Array("hello, world".utf8), chunkSize: 5, trailers: [HTTPField("A", "b")]).encoded()),
            Seed("cache", Array("public, max-age=60, private=\"a, b\", x".utf8)),
            Seed("date", Array("Sunday, 06-Nov-94 08:49:37 GMT".utf8)),
        ]
    }

    static var captures: [Seed] {
        let frames = [ethernet(.ipv4, packets4[0].bytes), ethernet(.ipv6, packets6[0].bytes)]
        return [ByteOrder.bigEndian, .littleEndian].flatMap { order in
            [false, true].map { isNanoseconds in
                let writer = PcapWriter(
                    linkType: .ethernet, order: order, hasNanoseconds: isNanoseconds, snapLength: 80)
                let file = frames.enumerated().reduce(writer.header) { file, item in
                    file
                        + writer.record(
                            item.element.rawBytes, nanoseconds: 1_700_000_000_123_456_789 + UInt64(item.offset))
                }
                return Seed(
                    "\(order == .bigEndian ? "big" : "little")-\(isNanoseconds ? "nanoseconds" : "microseconds")", file)
            }
        }
    }

    static var pcapng: [UInt8] {
        let frame = Array(frames[0].bytes.dropFirst())
        let packet = packets4[0].bytes
        return PcapNG.sectionHeader(application: "corpus") + PcapNG.interface(name: "eth0", linkType: .ethernet)
            + PcapNG.interface(name: "tun0", linkType: .rawIP, snapLength: 100)
            + PcapNG.packet(
                frame.rawBytes, interface: 0, nanoseconds: 1_700_000_000_123_456_789, direction: .inbound)
            + PcapNG.packet(packet.rawBytes, interface: 1, nanoseconds: 5, originalLength: 900)
    }

    static func fragmentStream(reversed: Bool) -> [UInt8] {
        let whole = datagram(.udp, udp([UInt8](repeating: 9, count: 150)), routeOptions)
        let pieces = (try? Fragmentation.fragments(of: whole, mtu: 96)) ?? []
        return (reversed ? pieces.reversed() : pieces).flatMap { piece in
            ByteOrderBytes.bigEndian(UInt16(piece.count)) + piece
        }
    }
}

/// Integers as bytes.
enum ByteOrderBytes {
    static func bigEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
