import HostStackTestSupport
import LinuxProcess
import Testing
import WireFormat
import WireFormatTestSupport

/// `decode` as it is shipped: against the peers that read and write captures too.
@Suite("decode")
struct DecodeTests {
    private func decode(_ argumentList: String...) async throws -> Lab.Outcome {
        try await Lab.run([Binary.swiftNet, "decode"] + argumentList)
    }

    /// Runs `body` with a folder of its own, which is taken away again.
    private func inFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
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

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try BufferedOutput.file(path)
        file.write(bytes)
        file.flush()
    }

    /// Frames that tcpdump decodes by their headers alone.
    private var frames: [[UInt8]] {
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

    private func capture(_ writer: PcapWriter = PcapWriter(linkType: .ethernet)) -> [UInt8] {
        frames.enumerated().reduce(writer.header) { file, item in
            file
                + writer.record(
                    item.element.rawBytes, nanoseconds: 1_700_000_000_000_001_000 + UInt64(item.offset) * 1_000_000)
        }
    }

    @Test(
        "its lines are tcpdump's, and both read what our writers wrote",
        arguments: [ByteOrder.bigEndian, .littleEndian], [false, true])
    func lines(order: ByteOrder, isNanoseconds: Bool) async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await inFolder { folder in
            let path = "\(folder)/file.pcap"
            try write(capture(PcapWriter(linkType: .ethernet, order: order, hasNanoseconds: isNanoseconds)), to: path)
            let theirs = try await Lab.run(["tcpdump", "-nSr", path])
            let ours = try await decode(path)
            #expect(ours.status == 0 && ours.errors.isEmpty)
            #expect(ours.lines.count == frames.count && theirs.lines.count == frames.count, "\(theirs)")
            for (left, right) in zip(ours.lines, theirs.lines) { #expect(left == right) }
        }
    }

    @Test("checksums that the kernel leaves to a veth are offloaded, not incorrect")
    func offloaded() async throws {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            let outcome = try await lab.run(
                "a",
                [
                    "sh", "-c",
                    """
                    for a in 192.0.2.2 '[2001:db8::2]'; do
                        \(Binary.swiftNet) http-probe -q --pcap /mnt/f "http://$a:9/" >/dev/null
                        \(Binary.swiftNet) decode -j /mnt/f; \(Binary.swiftNet) decode -v /mnt/f
                    done
                    """,
                ])
            #expect(outcome.output.contains(#""checksum":"offloaded""#), "\(outcome)")
            #expect(outcome.output.contains(", not filled in (offload)"))
            #expect(!outcome.output.contains("incorrect"))
        }
    }

    @Test("a pcapng copy is read by tcpdump and tshark, packet by packet")
    func copies() async throws {
        guard await Peer.require(.tcpdump, .tshark) else { return }
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            let shown = try await decode(
                "\(folder)/file.pcap", "--filter", "not arp", "--pcap", "\(folder)/copy.pcapng", "-q")
            #expect(shown.status == 0 && shown.output == "\(frames.count - 2) of \(frames.count) packets\n")
            let theirs = try await Lab.run(["tcpdump", "-nSr", "\(folder)/copy.pcapng"])
            let ours = try await decode("\(folder)/copy.pcapng")
            #expect(ours.output == theirs.output && ours.lines.count == frames.count - 2)
            let shark = try await Lab.run([
                "tshark", "-r", "\(folder)/copy.pcapng", "-o", "tcp.check_checksum:TRUE", "-o",
                "udp.check_checksum:TRUE", "-T", "fields",
                "-e", "frame.len", "-e", "tcp.checksum.status", "-e", "udp.checksum.status", "-e",
                "icmp.checksum.status",
            ])
            #expect(shark.lines.count == frames.count - 2, "\(shark)")
            // 1 is "good" of a checksum, 0 "bad"; the quotes of errors have none of their own.
            for (line, frame) in zip(shark.lines, frames.dropFirst(2)) {
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                #expect(
                    fields.first.map(String.init) == "\(frame.count)" && !fields.dropFirst().contains("0"), "\(line)")
            }
        }
    }

    @Test("Scapy says the same of 20,000 random packets, and they are written as they were read")
    func oracle() async throws {
        guard await Peer.require(.scapy) else { return }
        let seed = UInt32.random(in: 1...UInt32.max)
        try await inFolder { folder in
            let outcome = try await Lab.run([
                "/usr/bin/python3", "\(Binary.repository)/Tests/LabTests/Oracle/oracle.py", Binary.swiftNet, "\(seed)",
                "20000", folder,
            ])
            #expect(outcome.status == 0, "seed \(seed): \(outcome.output)\(outcome.errors)")
            let listing = try await Lab.run(["cat", "\(folder)/packets.txt"])
            #expect(listing.lines.count == 20_000)
            for line in listing.lines {
                let parts = line.split(separator: " ")
                guard parts.count == 2, let link = UInt16(parts[0]) else { continue }
                let packet = Self.bytes(parts[1])
                let written = Reencoder.reencoded(packet.rawBytes, linkType: LinkType(rawValue: link))
                if written != packet {
                    Issue.record("seed \(seed), link type \(link): \(parts[1]) is not written as it was read")
                }
            }
        }
    }

    private static func bytes(_ text: Substring) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
        }
    }

    @Test("the committed corpus is the one that the library makes")
    func corpus() async throws {
        let wire = FuzzTarget.allCases.map { (folder: $0.rawValue, seeds: Corpus.seeds($0)) }
        for (folder, seeds) in wire + [(folder: "host", seeds: HostCorpus.seeds)] {
            for seed in seeds {
                let path = "\(Binary.repository)/Tests/Fuzz/Corpus/\(folder)/\(seed.name)"
                let hex = try await Lab.run(["od", "-An", "-v", "-tx1", path]).output.filter(\.isHexDigit)
                #expect(Self.bytes(hex[...]) == seed.bytes, "\(folder)/\(seed.name): make corpus")
            }
        }
    }

    @Test("JSON: one object a packet, the summary last")
    func json() async throws {
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            let outcome = try await decode("-j", "\(folder)/file.pcap", "-c", "3")
            let first = try #require(outcome.lines.first)
            #expect(
                first
                    == #"{"type":"packet","number":1,"time":"2023-11-14T22:13:20.000001Z","length":60,"captured":60,"layers":[{"layer":"ethernet","destination":"02:00:00:00:00:02","source":"02:00:00:00:00:01","type":2054,"padding":18},{"layer":"arp","hardware_type":1,"protocol_type":2048,"hardware_length":6,"protocol_length":4,"operation":"request","sender_mac":"02:00:00:00:00:01","sender_addr":"192.0.2.1","target_mac":"00:00:00:00:00:00","target_addr":"198.51.100.2"}],"problems":[]}"#
            )
            #expect(
                outcome.lines.last?.hasPrefix(#"{"type":"summary","packets":3,"shown":3,"complete":false,"time":"2"#)
                    == true
                    && outcome.lines.count == 4)
        }
    }

    @Test("-v has every field with its offset, -x the bytes beside them")
    func verbose() async throws {
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            let plain = try await decode("-v", "-c1", "\(folder)/file.pcap").output
            #expect(
                plain.contains("\n  arp\n      14  hardware type         1, Ethernet\n")
                    && plain.contains("      20  operation             1, request\n"))
            let both = try await decode("-vxc1", "\(folder)/file.pcap").output
            #expect(both.contains("      20  00 01                     operation             1, request\n"))
            let dump = try await decode("-x", "-c1", "\(folder)/file.pcap")
            #expect(dump.lines[1].hasPrefix("\t0x0000:  0200 0000 0002 0200 0000 0001 0806 0001  ......"))
            let explained = try await decode("--explain", "1", "-c2", "\(folder)/file.pcap").output
            #expect(
                explained.contains("00 01                     operation")
                    && !explained.contains("is-at 02:00:00:00:00:02, length 46\n  ethernet"))
        }
    }

    @Test("a capture that is cut is decoded to there, said, and exits 1")
    func cut() async throws {
        try await inFolder { folder in
            let file = capture()
            try write(Array(file.dropLast(5)), to: "\(folder)/cut.pcap")
            let outcome = try await decode("\(folder)/cut.pcap")
            #expect(outcome.status == 1 && outcome.lines.count == frames.count - 1)
            #expect(
                outcome.errors.hasPrefix("decode: \(folder)/cut.pcap: the file is cut: only ")
                    && outcome.errors.hasSuffix("\n"))
            let json = try await decode("-j", "\(folder)/cut.pcap")
            #expect(json.status == 1 && json.objects("error").count == 1 && json.summary?["complete"] == "false")
        }
    }

    @Test("from a pipe, beside tcpdump")
    func pipe() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            let piped = try await Lab.run([
                "sh", "-c", "tcpdump -r \(folder)/file.pcap -w - 2>/dev/null | \(Binary.swiftNet) decode -",
            ])
            let direct = try await decode("\(folder)/file.pcap")
            #expect(piped.status == 0 && piped.output == direct.output && !direct.output.isEmpty)
        }
    }

    @Test("what has come is shown while the writer waits, and Ctrl-C ends it with the summary")
    func interrupted() async throws {
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            // The last packet of the file is waited for in the output, line by line.
            let script = """
                cd \(folder); mkfifo in out
                (cat file.pcap; exec sleep 60) > in & writer=$!
                \(Binary.swiftNet) decode -j - < in > out & decoder=$!
                exec 3< out
                while read -r line <&3; do case $line in *'"number":\(frames.count),'*) break;; esac; done
                kill -INT $decoder; last=$(cat <&3); wait $decoder; echo status $?
                kill $writer; echo "$last"
                """
            let outcome = try await Lab.run(["timeout", "30", "sh", "-c", script])
            #expect(
                outcome.output.hasPrefix(
                    "status 0\n{\"type\":\"summary\",\"packets\":\(frames.count),\"shown\":\(frames.count),\"complete\":false,\"time\":\""
                ),
                "\(outcome)")
            #expect(outcome.lines.count == 2, "\(outcome)")
        }
    }

    @Test("a reader that has enough ends it quietly")
    func closedOutput() async throws {
        try await inFolder { folder in
            let writer = PcapWriter(linkType: .ethernet)
            let frame = frames[0]
            let record = writer.record(frame.rawBytes, nanoseconds: 1)
            try write((0..<20_000).reduce(into: writer.header) { file, _ in file += record }, to: "\(folder)/long.pcap")
            let outcome = try await Lab.run([
                "bash", "-c", "\(Binary.swiftNet) decode \(folder)/long.pcap | head -n 1; echo ${PIPESTATUS[0]}",
            ])
            #expect(outcome.errors.isEmpty && outcome.lines.count == 2 && outcome.lines.last == "0", "\(outcome)")
        }
    }

    @Test("memory stays flat, however long the file")
    func memory() async throws {
        try await inFolder { folder in
            let writer = PcapWriter(linkType: .ethernet)
            let block = frames.reduce(into: [UInt8]()) { $0 += writer.record($1.rawBytes, nanoseconds: 1) }
            try write((0..<20_000).reduce(into: writer.header) { file, _ in file += block }, to: "\(folder)/long.pcap")
            // The limit is on all of the address space: the file alone is larger.
            let outcome = try await Lab.run([
                "sh", "-c", "ulimit -v 40960; exec \(Binary.swiftNet) decode -q \(folder)/long.pcap",
            ])
            #expect(outcome.output == "\(20_000 * frames.count) packets\n", "\(outcome)")
        }
    }

    @Test("filters, valid and invalid")
    func filters() async throws {
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            let arp = try await decode("\(folder)/file.pcap", "arp")
            #expect(arp.lines.count == 2 && arp.status == 0)
            let argumentList = try await decode("\(folder)/file.pcap", "tcp", "and", "dst", "port", "9999")
            #expect(argumentList.lines.count == 8)
            let none = try await decode("\(folder)/file.pcap", "--filter", "host 203.0.113.1")
            #expect(none.status == 1 && none.output.isEmpty && none.errors.isEmpty)
            let wrong = try await decode("\(folder)/file.pcap", "--filter", "prot 5")
            #expect(
                wrong.status == 2
                    && wrong.errors
                        == "decode: --filter: unexpected 'prot' (expected a layer, 'host', 'net', 'port' or an address)\n"
            )
        }
    }

    @Test(
        "what it cannot read is said, and exits 2",
        arguments: [
            (["/nonexistent"], "decode: /nonexistent: No such file or directory\n"),
            (["/tmp"], "decode: /tmp: Is a directory\n"),
            (["-c", "0", "/dev/null"], "decode: invalid value '0' for -c (expected a whole number, 1 or more)\n"),
            (
                ["--time", "noon", "/dev/null"],
                "decode: invalid value 'noon' for --time (expected local, utc, epoch, delta, none)\n"
            ), ([], "decode: no FILE given (expected a pcap or pcapng file, or -)\n"),
            (["-q", "-x", "f"], "decode: -x cannot be used with -q\n"),
            (["-v", "f", "-q"], "decode: -v cannot be used with -q\n"),
            (["--explain", "-v", "f"], "decode: --explain cannot be used with -v\n"),
            (["-e", "f", "-j"], "decode: -e cannot be used with -j\n"),
            (["--number", "f", "--json"], "decode: --number cannot be used with --json\n"),
            (["--time", "utc", "f", "-j"], "decode: --time cannot be used with -j\n"),
            (
                ["--filter", "tcp", "/dev/null", "udp"],
                "decode: --filter cannot be used with a filter after the file\n"
            ),
        ] as [([String], String)])
    func refusals(argumentList: [String], message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "decode"] + argumentList)
        let isJSON = argumentList.contains("-j") || argumentList.contains("--json")
        #expect(outcome.status == 2 && outcome.errors == message && outcome.output.isEmpty != isJSON, "\(outcome)")
    }

    @Test(
        "the options of other decoders lead to ours",
        arguments: [("-r", "swift-net decode FILE"), ("-tttt", "--time utc")])
    func habits(option: String, hint: String) async throws {
        let outcome = try await decode(option, "/dev/null")
        #expect(outcome.status == 2 && outcome.errors.contains(hint), "\(outcome)")
    }

    @Test("-w is --pcap; with - an option about lines prints them to standard error")
    func copyToOutput() async throws {
        try await inFolder { folder in
            try write(capture(), to: "\(folder)/file.pcap")
            let script = "B=\(Binary.swiftNet); cd \(folder); $B decode file.pcap -w - --number | $B decode -q -"
            let outcome = try await Lab.run(["sh", "-c", script])
            #expect(outcome.output == "\(frames.count) packets\n" && outcome.errors.hasPrefix("1 "), "\(outcome)")
            let plain = try await Lab.run(["sh", "-c", script.replacing(" --number", with: "")])
            #expect(plain.output == "\(frames.count) packets\n" && plain.errors.isEmpty, "\(plain)")
        }
    }
}

/// `address`, which sends nothing.
@Suite("address")
struct AddressTests {
    @Test("a network of class B, cut into subnets")
    func classB() async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", "140.252.20.68/24"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        for line in [
            "class               B  (first bits 10)", "net-id              140.252", "host-id             20.68",
            "mask                255.255.255.0",
            "network             140.252.20.0/24", "first host          140.252.20.1",
            "last host           140.252.20.254", "hosts               254",
            "directed broadcast  140.252.20.255", "kind                global unicast",
        ] {
            #expect(outcome.lines.contains(Substring(line)), "\(line)")
        }
    }

    @Test(
        "JSON of every kind of address",
        arguments: [
            ("140.252.20.68", "class", "B"), ("140.252.20.68", "network", "140.252.0.0/16"),
            ("140.252.255.255", "role", "the directed broadcast address"),
            ("192.0.2.0/255.255.255.128", "last_host", "192.0.2.126"), ("192.0.2.0/31", "host_count", "2"),
            ("239.1.2.3", "multicast_mac", "01:00:5e:01:02:03"),
            ("2001:db8::1/64", "network", "2001:db8::/64"), ("ff02::1", "scope", "link-local"),
            ("ff02::1", "multicast_mac", "33:33:00:00:00:01"),
            ("fe80::1", "solicited_node", "ff02::1:ff00:1"), ("02:00:00:00:00:01", "locally_administered", "true"),
            ("ff:ff:ff:ff:ff:ff", "kind", "broadcast"),
            ("443/tcp", "service", "https"), ("domain/udp", "port", "53"), ("49152/udp", "range", "dynamic"),
        ])
    func json(text: String, field: String, value: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", "--json", text])
        #expect(outcome.status == 0 && outcome.objects.first?[field] == value, "\(outcome.output)")
        #expect(outcome.summary?["addresses"] == "1")
    }

    @Test(
        "an invalid address is named",
        arguments: [
            ("x", "address: x: not an address\n"),
            ("192.0.2.1/33", "address: 192.0.2.1/33: invalid prefix length '33' (expected 0 to 32)\n"),
            (
                "192.0.2.1/255.0.255.0",
                "address: 192.0.2.1/255.0.255.0: not a mask: 255.0.255.0 (expected all 1 bits first)\n"
            ),
            (
                "nonesuch/tcp",
                "address: nonesuch/tcp: no such port: 'nonesuch' (expected 0 to 65535 or a service name)\n"
            ),
            ("65536/udp", "address: 65536/udp: no such port: '65536' (expected 0 to 65535 or a service name)\n"),
            ("::1/129", "address: ::1/129: invalid prefix length '129' (expected 0 to 128)\n"),
            ("192.0.2.1/", "address: 192.0.2.1/: invalid prefix length '' (expected 0 to 32)\n"),
            ("01:02:03:04:05:06/8", "address: 01:02:03:04:05:06/8: not an address\n"),
        ])
    func mistakes(text: String, message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", text])
        #expect(outcome.status == 2 && outcome.errors == message && outcome.output.isEmpty)
    }

    @Test("several addresses, in text and as JSON; none is an error")
    func several() async throws {
        let text = try await Lab.run([Binary.swiftNet, "address", "192.0.2.1", "::1"])
        #expect(text.status == 0 && text.output.contains("\n\naddress "), "\(text)")
        let json = try await Lab.run([Binary.swiftNet, "address", "-j", "192.0.2.1", "::1"])
        #expect(json.objects("address").count == 2 && json.summary?["addresses"] == "2", "\(json)")
        let none = try await Lab.run([Binary.swiftNet, "address"])
        #expect(
            none.status == 2
                && none.errors.hasPrefix(
                    "address: no ADDRESS given (expected an address, a network or PORT/tcp)\n"),
            "\(none)")
    }
}
