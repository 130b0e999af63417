import LinuxProcess
import WireFormat

/// Runs of `decode`, and captures to read.
enum DecodeLab {
    static func run(_ arguments: String...) async throws -> Lab.Outcome {
        try await Lab.run([Binary.swiftNet, "decode"] + arguments)
    }

    /// Runs `body` with a folder of its own, which is taken away again.
    static func inFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = String(try await Lab.run(["mktemp", "-d"]).output.dropLast())
        do {
            let result = try await body(folder)
            _ = try await Lab.run(["rm", "-r", folder])
            return result
        } catch {
            _ = try await Lab.run(["rm", "-r", folder])
            throw error
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try BufferedOutput.file(path)
        file.write(bytes)
        file.flush()
    }

    /// Frames that tcpdump decodes by their headers alone.
    static var frames: [[UInt8]] {
        let mac = MACAddress(rawValue: 0x0200_0000_0001)
        let peer = MACAddress(rawValue: 0x0200_0000_0002)
        let (client, server) = (IPv4Address(192, 0, 2, 1), IPv4Address(198, 51, 100, 2))
        let client6 = IPv6Address(high: 0x2001_0DB8 << 32, low: 1)
        func ethernet(_ type: EtherType, _ data: [UInt8]) -> [UInt8] {
            EthernetHeader.padded(EthernetHeader(destination: peer, source: mac, etherType: type).encoded() + data)
        }
        func ipv4(_ transport: IPProtocol, _ data: [UInt8]) -> [UInt8] {
            let header = IPv4Header(source: client, destination: server, protocol: transport, payloadLength: data.count)
            return ethernet(.ipv4, header.encoded() + data)
        }
        func tcp(_ flags: TCPFlags, _ options: [TCPOption], _ data: [UInt8] = []) -> [UInt8] {
            var segment = TCPSegment(
                sourcePort: 40_000, destinationPort: 9_999, sequenceNumber: 7, acknowledgmentNumber: 9, flags: flags,
                options: TCPOptions(options), data: data)
            segment.urgentPointer = 3
            segment.updateChecksum(source: .v4(client), destination: .v4(server))
            return ipv4(.tcp, segment.encoded())
        }
        var datagram = UDPDatagram(sourcePort: 40_000, destinationPort: 33_434, data: [1, 2, 3])
        datagram.updateChecksum(source: .v4(client), destination: .v4(server))
        let quote =
            IPv4Header(source: client, destination: server, protocol: .udp, payloadLength: 11).encoded()
            + datagram.encoded()
        let messages: [ICMPv4Message.Body] = [
            .echoRequest(ICMPEcho(identifier: 5, sequenceNumber: 6, data: [1, 2, 3])),
            .echoReply(ICMPEcho(identifier: 5, sequenceNumber: 6)), .timeExceeded(code: 0, ICMPErrorBody(data: quote)),
            .destinationUnreachable(.port, ICMPErrorBody(data: quote)),
            .destinationUnreachable(.host, ICMPErrorBody(data: quote)),
            .destinationUnreachable(.network, ICMPErrorBody(data: quote)),
            .destinationUnreachable(.protocol, ICMPErrorBody(data: quote)),
            .destinationUnreachable(.fragmentationNeeded, ICMPErrorBody(restOfHeader: 1_400, data: quote)),
            .destinationUnreachable(.communicationProhibited, ICMPErrorBody(data: quote)),
            .sourceQuench(code: 0, ICMPErrorBody(data: quote)),
            .redirect(code: 1, ICMPErrorBody(restOfHeader: client.rawValue, data: quote)),
        ]
        let messages6: [ICMPv6Message.Body] = [
            .echoRequest(ICMPEcho(identifier: 5, sequenceNumber: 6, data: [1, 2, 3])),
            .packetTooBig(code: 0, ICMPErrorBody(restOfHeader: 1_280, data: [])),
            .neighborDiscovery(NDPMessage(.neighborSolicitation(reserved: 0, target: client6))),
            .neighborDiscovery(NDPMessage(.neighborAdvertisement(flags: [], target: client6))),
        ]
        return [
            ethernet(.arp, ARPPacket.request(for: server, from: mac, client).encoded()),
            ethernet(.arp, ARPPacket.request(for: server, from: mac, client).reply(from: peer).encoded()),
            ipv4(.udp, datagram.encoded()),
            tcp(
                .syn,
                [
                    .maximumSegmentSize(1_460), .selectiveAcknowledgmentPermitted, .timestamps(value: 1, echoReply: 0),
                    .noOperation, .windowScale(7),
                ]),
            tcp([.syn, .ack], [.maximumSegmentSize(1_460)]), tcp([.ack, .psh], [], [1, 2, 3]), tcp([.rst], []),
            tcp([.fin, .ack, .urg], []),
            tcp([.ack], [.noOperation, .noOperation, .selectiveAcknowledgment([.init(start: 1, end: 2)])]), tcp([], []),
            tcp([.syn, .ece, .cwr], []),
        ] + messages.map { ipv4(.icmp, ICMPv4Message($0).encoded()) }
            + messages6.map { body in
                let data = ICMPv6Message(body, source: client6, destination: .allNodes).encoded()
                return ethernet(
                    .ipv6,
                    IPv6Header(source: client6, destination: .allNodes, nextHeader: .icmpv6, payloadLength: data.count)
                        .encoded() + data)
            }
    }

    static func capture(_ writer: PcapWriter = PcapWriter(linkType: .ethernet)) -> [UInt8] {
        frames.enumerated().reduce(writer.header) { file, item in
            file
                + writer.record(
                    item.element.rawBytes, nanoseconds: 1_700_000_000_000_001_000 + UInt64(item.offset) * 1_000_000)
        }
    }
}
