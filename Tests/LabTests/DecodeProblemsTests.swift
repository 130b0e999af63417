import LinuxProcess
import Testing
import WireFormat

/// Impossible lengths: `decode` beside tcpdump, whole and with short snapshots.
@Suite("decode of impossible lengths")
struct DecodeProblemsTests {
    private static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }

    private static func ethernet(_ type: Int, _ data: [UInt8]) -> [UInt8] {
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + word(type) + data
    }

    private static func ipv4(
        _ transport: UInt8, _ data: [UInt8], length: Int? = nil, words: UInt8 = 5, fragment: Int = 0
    ) -> [UInt8] {
        ethernet(
            0x0800,
            [0x40 | words, 0] + word(length ?? 20 + data.count) + [0, 1] + word(fragment) + [64, transport, 0, 0]
                + [192, 0, 2, 1, 198, 51, 100, 2] + data)
    }

    private static func ipv6(_ next: UInt8, _ data: [UInt8], length: Int? = nil) -> [UInt8] {
        let prefix: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
        return ethernet(
            0x86DD,
            [0x60, 0, 0, 0] + word(length ?? data.count) + [next, 64] + prefix + [1] + prefix + [2] + data)
    }

    private static func udp(_ length: Int, data: Int = 3) -> [UInt8] {
        [0x9C, 0x40, 0x82, 0x9A] + word(length) + [0, 1] + [UInt8](repeating: 0, count: data)
    }

    private static func tcp(words: UInt8, data: Int = 0) -> [UInt8] {
        [0x9C, 0x40, 0x27, 0x0F, 0, 0, 0, 7, 0, 0, 0, 9, words << 4, 2, 0xFA, 0xF0, 0, 0, 0, 0]
            + [UInt8](repeating: 0, count: data)
    }

    private static let echo: [UInt8] = [8, 0, 0xF7, 0xFD, 0, 5, 0, 6]
    private static let report: [UInt8] = [0x16, 0, 9, 4, 224, 1, 2, 3]

    /// The frames, whose lines are tcpdump's.
    private static var frames: [[UInt8]] {
        let totals =
            [0, 1, 10, 19, 24, 27, 30, 31, 40, 100].map { ipv4(17, udp(11), length: $0) }
            + [0, 1, 10, 19, 40, 60, 100].map { ipv4(6, tcp(words: 5), length: $0) }
            + [0, 10, 28, 100].map { ipv4(1, echo, length: $0) } + [0, 10, 28, 100].map { ipv4(2, report, length: $0) }
            + [0, 1, 4, 15].map { ipv4(17, udp(11), words: $0) }
        let lengths = [0, 1, 7, 8, 9, 10, 11, 12, 20, 2_000]
        let datagrams =
            lengths.map { ipv4(17, udp($0)) } + lengths.map { ipv4(17, udp($0, data: 8), fragment: 0x2000) }
            + lengths.map { ipv6(17, udp($0)) } + [ipv4(17, udp(80, data: 8), length: 100, fragment: 0x2000)]
        // The options of 8 and 9 words end after the shorter snapshot.
        let segments =
            ([0, 1, 2, 3, 4, 5, 6, 7] + Array(10...15)).map { ipv4(6, tcp(words: $0, data: 16)) } + [
                ipv4(6, tcp(words: 6))
            ]
        let payloads =
            [4, 8, 10, 11, 12, 100, 2_000].map { ipv6(17, udp(11), length: $0) }
            + [20, 100].map { ipv6(6, tcp(words: 5), length: $0) }
            + [0, 8, 100].map { ipv6(58, [128] + echo.dropFirst(), length: $0) }
        return totals + datagrams + segments + payloads
    }

    private static func capture(_ frames: [[UInt8]], snapshot: Int = .max) -> [UInt8] {
        let writer = PcapWriter(linkType: .ethernet)
        return frames.reduce(writer.header) { file, frame in
            let kept = Array(frame.prefix(snapshot))
            return file
                + writer.record(kept.rawBytes, nanoseconds: 1_700_000_000_000_000_000, originalLength: frame.count)
        }
    }

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

    @Test("every line is tcpdump's")
    func lines() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await inFolder { folder in
            // Options and data are there, and the header of UDP is: what else is cut differs in detail.
            for snapshot in [Int.max, 62] {
                try write(Self.capture(Self.frames, snapshot: snapshot), to: "\(folder)/file.pcap")
                let theirs = try await Lab.run(["tcpdump", "-nSr", "\(folder)/file.pcap"])
                let ours = try await Lab.run([Binary.swiftNet, "decode", "\(folder)/file.pcap"])
                #expect(ours.status == 0 && ours.lines.count == Self.frames.count, "\(ours)")
                for (left, right) in zip(ours.lines, theirs.lines) { #expect(left == right) }
            }
        }
    }

    @Test("JSON, -v and the line agree: a faulty length is a problem in both")
    func problems() async throws {
        try await inFolder { folder in
            let rows: [([UInt8], String)] = [
                (Self.ipv4(17, Self.udp(11), length: 19), "ipv4: bad-len 19: "),
                (Self.ipv4(17, Self.udp(11), length: 0), "ipv4: bad-len 0: "),
                (Self.ipv4(17, Self.udp(11), length: 40), "ipv4: truncated-ip - 9 bytes missing!: "),
                (Self.ipv6(17, Self.udp(11), length: 40), "ipv6: truncated-ip6 - 29 bytes missing!: "),
                (Self.ipv4(17, Self.udp(7)), "udp: truncated-udplength 7: "),
                (Self.ipv4(17, Self.udp(20)), "udp: bad length 12 > 3: "),
            ]
            try write(Self.capture(rows.map(\.0)), to: "\(folder)/file.pcap")
            let json = try await Lab.run([Binary.swiftNet, "decode", "-j", "\(folder)/file.pcap"])
            let table = try await Lab.run([Binary.swiftNet, "decode", "-v", "\(folder)/file.pcap"])
            for (line, row) in zip(json.lines, rows) {
                #expect(line.contains("\"problems\":[\"\(row.1)"), "\(line)")
                #expect(table.output.contains(row.1), "\(row.1)")
            }
        }
    }
}
