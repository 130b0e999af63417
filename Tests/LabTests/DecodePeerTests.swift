import LinuxProcess
import Testing
import WireFormat

/// `decode` beside tcpdump, tshark and Scapy.
@Suite("decode beside its peers")
struct DecodePeerTests {
    @Test(
        "its lines are tcpdump's, and both read what our writers wrote",
        arguments: [ByteOrder.bigEndian, .littleEndian], [false, true])
    func lines(order: ByteOrder, isNanoseconds: Bool) async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await DecodeLab.inFolder { folder in
            let path = "\(folder)/file.pcap"
            try DecodeLab.write(
                DecodeLab.capture(PcapWriter(linkType: .ethernet, order: order, hasNanoseconds: isNanoseconds)),
                to: path)
            let theirs = try await Lab.run(["tcpdump", "-nSr", path])
            let ours = try await DecodeLab.run(path)
            #expect(ours.status == 0 && ours.errors.isEmpty)
            #expect(
                ours.lines.count == DecodeLab.frames.count && theirs.lines.count == DecodeLab.frames.count, "\(theirs)")
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
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            let shown = try await DecodeLab.run(
                "\(folder)/file.pcap", "--filter", "not arp", "--pcap", "\(folder)/copy.pcapng", "-q")
            #expect(
                shown.status == 0
                    && shown.output == "\(DecodeLab.frames.count - 2) of \(DecodeLab.frames.count) packets\n")
            let theirs = try await Lab.run(["tcpdump", "-nSr", "\(folder)/copy.pcapng"])
            let ours = try await DecodeLab.run("\(folder)/copy.pcapng")
            #expect(ours.output == theirs.output && ours.lines.count == DecodeLab.frames.count - 2)
            let shark = try await Lab.run([
                "tshark", "-r", "\(folder)/copy.pcapng", "-o", "tcp.check_checksum:TRUE", "-o",
                "udp.check_checksum:TRUE", "-T", "fields",
                "-e", "frame.len", "-e", "tcp.checksum.status", "-e", "udp.checksum.status", "-e",
                "icmp.checksum.status",
            ])
            #expect(shark.lines.count == DecodeLab.frames.count - 2, "\(shark)")
            // 1 is "good" of a checksum, 0 "bad"; the quotes of errors have none of their own.
            for (line, frame) in zip(shark.lines, DecodeLab.frames.dropFirst(2)) {
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                #expect(
                    fields.first.map(String.init) == "\(frame.count)" && !fields.dropFirst().contains("0"), "\(line)")
            }
        }
    }
}
