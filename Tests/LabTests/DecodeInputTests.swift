import LinuxProcess
import Testing
import WireFormat

/// The files that `decode` reads: compressed, of old versions, and with nanoseconds.
@Suite("decode of files")
struct DecodeInputTests {
    private static let frame: [UInt8] =
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1]
        + [0, 0, 0, 0, 0, 0, 192, 0, 2, 2] + [UInt8](repeating: 0, count: 18)

    private static func capture(_ count: Int) -> [UInt8] {
        let writer = PcapWriter(linkType: .ethernet)
        return (0..<count).reduce(into: writer.header) { file, index in
            file += writer.record(
                frame.rawBytes, nanoseconds: 1_700_000_000_123_456_789 + UInt64(index) * 1_000_000_001)
        }
    }

    private static let line = "22:13:20.123456 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 46"

    private func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = String(try await Lab.run(["mktemp", "-d"]).output.dropLast())
        do {
            try await body(folder)
        } catch {
            _ = try await Lab.run(["rm", "-r", folder])
            throw error
        }
        _ = try await Lab.run(["rm", "-r", folder])
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try BufferedOutput.file(path)
        file.write(bytes)
        file.flush()
    }

    /// Runs a script in a folder, where `$B` is the binary and the time zone is UTC.
    private func run(_ script: String, in folder: String) async throws -> Lab.Outcome {
        try await Lab.run(["bash", "-c", "export TZ=UTC; B=\(Binary.swiftNet); cd \(folder); \(script)"])
    }

    // MARK: gzip

    @Test(
        "a compressed file is read like the file: whole, from a pipe, in members, and byte by byte",
        arguments: [
            "$B decode f.gz", "gzip -c f | $B decode -", "$B decode - < f.gz", "cat f.gz empty.gz > t; $B decode t",
            "split -n 5 f; gzip -c xaa > t; for i in xab xac xad xae; do gzip -c $i >> t; done; $B decode t",
            "dd if=f.gz bs=1 status=none | $B decode -", "gzip -1c f | $B decode -", "gzip -9c f | $B decode -",
            "(cat f.gz; head -c 70000 /dev/zero) | $B decode -",
        ])
    func compressed(script: String) async throws {
        try await inFolder { folder in
            try write(Self.capture(300), to: "\(folder)/f")
            let whole = try await run("gzip -k f; gzip -c /dev/null > empty.gz; $B decode f", in: folder)
            #expect(whole.lines.count == 300 && whole.lines.first.map(String.init) == Self.line, "\(whole.errors)")
            let outcome = try await run(script, in: folder)
            #expect(
                outcome.status == 0 && outcome.output == whole.output && outcome.errors.isEmpty, "\(outcome.errors)")
        }
    }

    @Test("a compressed pcapng file is copied and counted")
    func compressedCopy() async throws {
        try await inFolder { folder in
            try write(Self.capture(3), to: "\(folder)/f")
            let outcome = try await run(
                "$B decode f -w - | gzip | $B decode - --pcap copy; $B decode -q copy", in: folder)
            #expect(outcome.status == 0 && outcome.lines.last == "3 packets", "\(outcome)")
        }
    }

    @Test(
        "compressed data that is cut or damaged is decoded up to there, reported, and the status is 1",
        arguments: [
            ("head -c -9 f.gz > t", "the gzip data is cut\n", true),
            ("head -c 300 f.gz > t", "the gzip data is cut\n", true),
            ("head -c 5 f.gz > t", "the gzip data is cut\n", false),
            // The check value before the length is wrong.
            ("head -c -8 f.gz > t; printf 12345678 >> t", "invalid gzip data: incorrect data check\n", true),
            (
                "printf '\\037\\213\\010\\340' > t; head -c 90 /dev/zero >> t",
                "invalid gzip data: unknown header flags set\n", false
            ),
            ("echo hello | gzip > t", "neither pcap nor pcapng: it begins with 0x68656c6c\n", false),
            ("gzip -c /dev/null > t", "the file is empty\n", false),
            ("gzip -c f | gzip > t", "neither pcap nor pcapng: it begins with 0x1f8b0808\n", false),
            ("head -c 1000 f | gzip > t", "the file is cut: only ", true),
        ])
    func damaged(script: String, message: String, hasPackets: Bool) async throws {
        try await inFolder { folder in
            try write(Self.capture(300), to: "\(folder)/f")
            let outcome = try await run("gzip -k f; \(script); $B decode t", in: folder)
            #expect(outcome.status == 1 && outcome.output.isEmpty != hasPackets, "\(outcome)")
            #expect(outcome.errors.hasPrefix("decode: t: \(message)"), "\(outcome.errors)")
            let json = try await run("$B decode -j t", in: folder)
            #expect(json.objects("error").count == 1 && json.summary?["complete"] == "false", "\(json)")
        }
    }

    @Test("memory stays flat for data that is compressed a thousand times")
    func compressedMemory() async throws {
        try await inFolder { folder in
            try write(Self.capture(1), to: "\(folder)/f")
            // 200 MB of records, which gzip compresses to 0.4 MB.
            let outcome = try await run(
                """
                tail -c +25 f > r; for i in 1 2 3 4 5 6 7 8 9 10 11; do cat r r r r > s; mv s r; done
                (head -c 24 f; head -c 200000000 r) | gzip -9 > t; ls -l t | awk '{ print $5 < 2000000 }'
                ulimit -v 49152; exec $B decode -q t
                """, in: folder)
            #expect(
                outcome.lines == ["1", "2631578 packets"] || outcome.lines.first == "1" && outcome.status <= 1,
                "\(outcome)")
            #expect(!outcome.errors.contains("memory"), "\(outcome.errors)")
        }
    }

    // MARK: Versions

    /// A file of a version, with the two lengths of each record in their order.
    private static func old(_ major: UInt16, _ minor: UInt16, lengths: [(UInt32, UInt32)], isBig: Bool) -> [UInt8] {
        let order: ByteOrder = isBig ? .bigEndian : .littleEndian
        func word(_ value: UInt32) -> [UInt8] {
            let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
            return order == .bigEndian ? bytes : bytes.reversed()
        }
        func half(_ value: UInt16) -> [UInt8] {
            isBig ? [UInt8(value >> 8), UInt8(value & 0xFF)] : [UInt8(value & 0xFF), UInt8(value >> 8)]
        }
        let header = word(0xA1B2_C3D4) + half(major) + half(minor) + word(0) + word(0) + word(262_144) + word(1)
        return lengths.reduce(header) { file, pair in
            file + word(1_700_000_000) + word(123_456) + word(pair.0) + word(pair.1) + frame.prefix(42)
        }
    }

    @Test(
        "the lengths of pcap before 2.4 are in the other order, as libpcap reads them",
        arguments: [
            (2, 0, [(60, 42), (60, 42)]), (2, 1, [(60, 42)]), (2, 2, [(60, 42)]),
            (2, 3, [(60, 42), (42, 60), (42, 42)]),
            (2, 4, [(42, 60)]), (543, 0, [(60, 42)]),
        ] as [(UInt16, UInt16, [(UInt32, UInt32)])], [false, true])
    func versions(version: (UInt16, UInt16, [(UInt32, UInt32)]), isBig: Bool) async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await inFolder { folder in
            let (major, minor, lengths) = version
            try write(Self.old(major, minor, lengths: lengths, isBig: isBig), to: "\(folder)/f")
            let ours = try await run("$B decode f", in: folder)
            let theirs = try await run("tcpdump -nr f 2>/dev/null", in: folder)
            #expect(ours.status == 0 && ours.output == theirs.output, "\(ours) \(theirs)")
            #expect(ours.lines.count == lengths.count)
            let json = try await run("$B decode -j f", in: folder)
            #expect(json.objects("packet").allSatisfy { $0["captured"] == "42" }, "\(json)")
        }
    }

    @Test(
        "versions that do not exist are refused", arguments: [(2, 5), (3, 0), (1, 4), (543, 1)] as [(UInt16, UInt16)])
    func unknownVersions(major: UInt16, minor: UInt16) async throws {
        try await inFolder { folder in
            try write(Self.old(major, minor, lengths: [(42, 42)], isBig: false), to: "\(folder)/f")
            let outcome = try await run("$B decode f", in: folder)
            #expect(
                outcome.status == 1 && outcome.errors == "decode: f: unsupported format version \(major).\(minor)\n",
                "\(outcome)")
        }
    }

    // MARK: Times and values

    @Test(
        "--precise prints nanoseconds in every format of --time",
        arguments: [
            ("", "22:13:20.123456789"), ("--time local", "22:13:20.123456789"),
            ("--time utc", "2023-11-14T22:13:20.123456789Z"), ("--time epoch", "1700000000.123456789"),
            ("--time delta", "0.000000000"),
        ])
    func precise(option: String, time: String) async throws {
        try await inFolder { folder in
            try write(Self.capture(2), to: "\(folder)/f")
            let outcome = try await run("$B decode --precise \(option) f", in: folder)
            #expect(outcome.status == 0 && outcome.lines.first?.hasPrefix("\(time) ARP, ") == true, "\(outcome)")
            if option == "--time delta" {
                #expect(outcome.lines.last?.hasPrefix("1.000000001 ARP, ") == true, "\(outcome)")
            }
        }
    }

    @Test("--precise in JSON, of lines and of tables; the times are tcpdump's with nanoseconds")
    func preciseJSON() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await inFolder { folder in
            try write(Self.capture(1), to: "\(folder)/f")
            for options in ["-j", "-jv"] {
                let outcome = try await run("$B decode \(options) --precise f", in: folder)
                #expect(outcome.output.contains(#""time":"2023-11-14T22:13:20.123456789Z""#), "\(outcome)")
                let plain = try await run("$B decode \(options) f", in: folder)
                #expect(plain.output.contains(#""time":"2023-11-14T22:13:20.123456Z""#), "\(plain)")
            }
            let theirs = try await run("tcpdump -nr f --time-stamp-precision=nano 2>/dev/null", in: folder)
            let ours = try await run("$B decode --precise f", in: folder)
            #expect(ours.output == theirs.output, "\(ours) \(theirs)")
        }
    }

    @Test(
        "--precise without times is refused",
        arguments: [
            ("--precise --time none f", "decode: --precise cannot be used with --time none\n"),
            ("-q --precise f", "decode: --precise cannot be used with -q\n"),
        ])
    func preciseRefusals(arguments: String, message: String) async throws {
        let outcome = try await run("$B decode \(arguments)", in: "/")
        #expect(outcome.status == 2 && outcome.errors == message, "\(outcome)")
    }

    @Test("the value of every checksum is in JSON, beside its state")
    func checksums() async throws {
        try await inFolder { folder in
            var datagram = UDPDatagram(sourcePort: 40_000, destinationPort: 33_434, data: [1, 2, 3])
            let (source, destination) = (IPv4Address(192, 0, 2, 1), IPv4Address(198, 51, 100, 2))
            datagram.updateChecksum(source: .v4(source), destination: .v4(destination))
            var header = IPv4Header(
                source: source, destination: destination, protocol: .udp, payloadLength: datagram.byteCount)
            header.headerChecksum = 0x0102
            let writer = PcapWriter(linkType: .rawIP)
            let packet = header.encoded() + datagram.encoded()
            try write(writer.header + writer.record(packet.rawBytes, nanoseconds: 1), to: "\(folder)/f")
            let outcome = try await run("$B decode -j f", in: folder)
            let digits = String(datagram.checksum, radix: 16)
            let value = "0x" + String(repeating: "0", count: 4 - digits.count) + digits
            #expect(outcome.output.contains(#""checksum":"incorrect","checksum_value":"0x0102""#), "\(outcome)")
            #expect(outcome.output.contains(#""checksum":"correct","checksum_value":"\#(value)""#), "\(outcome)")
        }
    }
}
