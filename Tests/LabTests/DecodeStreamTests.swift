import LinuxProcess
import Testing
import WireFormat

/// Captures that are cut, long or still being written, and readers that stop.
@Suite("decode of streams")
struct DecodeStreamTests {
    @Test("a capture that is cut is decoded to there, said, and exits 1")
    func cut() async throws {
        try await DecodeLab.inFolder { folder in
            let file = DecodeLab.capture()
            try DecodeLab.write(Array(file.dropLast(5)), to: "\(folder)/cut.pcap")
            let outcome = try await DecodeLab.run("\(folder)/cut.pcap")
            #expect(outcome.status == 1 && outcome.lines.count == DecodeLab.frames.count - 1)
            #expect(
                outcome.errors.hasPrefix("decode: \(folder)/cut.pcap: the file is cut: only ")
                    && outcome.errors.hasSuffix("\n"))
            let json = try await DecodeLab.run("-j", "\(folder)/cut.pcap")
            #expect(json.status == 1 && json.objects("error").count == 1 && json.summary?["complete"] == "false")
        }
    }

    @Test("from a pipe, beside tcpdump")
    func pipe() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            let piped = try await Lab.run([
                "sh", "-c", "tcpdump -r \(folder)/file.pcap -w - 2>/dev/null | \(Binary.swiftNet) decode -",
            ])
            let direct = try await DecodeLab.run("\(folder)/file.pcap")
            #expect(piped.status == 0 && piped.output == direct.output && !direct.output.isEmpty)
        }
    }

    @Test("what has come is shown while the writer waits, and Ctrl-C ends it with the summary")
    func interrupted() async throws {
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            // The last packet of the file is waited for in the output, line by line.
            let script = """
                cd \(folder); mkfifo in out
                (cat file.pcap; exec sleep 60) > in & writer=$!
                \(Binary.swiftNet) decode -j - < in > out & decoder=$!
                exec 3< out
                while read -r line <&3; do case $line in *'"number":\(DecodeLab.frames.count),'*) break;; esac; done
                kill -INT $decoder; last=$(cat <&3); wait $decoder; echo status $?
                kill $writer; echo "$last"
                """
            let outcome = try await Lab.run(["timeout", "30", "sh", "-c", script])
            #expect(
                outcome.output.hasPrefix(
                    "status 0\n{\"type\":\"summary\",\"packets\":\(DecodeLab.frames.count),\"shown\":\(DecodeLab.frames.count),\"complete\":false,\"time\":\""
                ),
                "\(outcome)")
            #expect(outcome.lines.count == 2, "\(outcome)")
        }
    }

    @Test("a reader that has enough ends it quietly")
    func closedOutput() async throws {
        try await DecodeLab.inFolder { folder in
            let writer = PcapWriter(linkType: .ethernet)
            let frame = DecodeLab.frames[0]
            let record = writer.record(frame.rawBytes, nanoseconds: 1)
            try DecodeLab.write(
                (0..<20_000).reduce(into: writer.header) { file, _ in file += record }, to: "\(folder)/long.pcap")
            let outcome = try await Lab.run([
                "bash", "-c", "\(Binary.swiftNet) decode \(folder)/long.pcap | head -n 1; echo ${PIPESTATUS[0]}",
            ])
            #expect(outcome.errors.isEmpty && outcome.lines.count == 2 && outcome.lines.last == "0", "\(outcome)")
        }
    }

    @Test("memory stays flat, however long the file")
    func memory() async throws {
        try await DecodeLab.inFolder { folder in
            let writer = PcapWriter(linkType: .ethernet)
            let block = DecodeLab.frames.reduce(into: [UInt8]()) { $0 += writer.record($1.rawBytes, nanoseconds: 1) }
            try DecodeLab.write(
                (0..<20_000).reduce(into: writer.header) { file, _ in file += block }, to: "\(folder)/long.pcap")
            // The limit is on all of the address space: the file alone is larger.
            let outcome = try await Lab.run([
                "sh", "-c", "ulimit -v 40960; exec \(Binary.swiftNet) decode -q \(folder)/long.pcap",
            ])
            #expect(outcome.output == "\(20_000 * DecodeLab.frames.count) packets\n", "\(outcome)")
        }
    }
}
