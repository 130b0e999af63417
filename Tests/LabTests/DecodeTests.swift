import LinuxProcess
import Testing
import WireFormat

/// `decode` as it is shipped: its output and its arguments.
@Suite("decode")
struct DecodeTests {
    @Test("JSON: one object a packet, the summary last")
    func json() async throws {
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            let outcome = try await DecodeLab.run("-j", "\(folder)/file.pcap", "-c", "3")
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
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            let plain = try await DecodeLab.run("-v", "-c1", "\(folder)/file.pcap").output
            #expect(
                plain.contains("\n  arp\n      14  hardware type         1, Ethernet\n")
                    && plain.contains("      20  operation             1, request\n"))
            let both = try await DecodeLab.run("-vxc1", "\(folder)/file.pcap").output
            #expect(both.contains("      20  00 01                     operation             1, request\n"))
            let dump = try await DecodeLab.run("-x", "-c1", "\(folder)/file.pcap")
            #expect(dump.lines[1].hasPrefix("\t0x0000:  0200 0000 0002 0200 0000 0001 0806 0001  ......"))
            let explained = try await DecodeLab.run("--explain", "1", "-c2", "\(folder)/file.pcap").output
            #expect(
                explained.contains("00 01                     operation")
                    && !explained.contains("is-at 02:00:00:00:00:02, length 46\n  ethernet"))
        }
    }

    @Test("filters, valid and invalid")
    func filters() async throws {
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            let arp = try await DecodeLab.run("\(folder)/file.pcap", "arp")
            #expect(arp.lines.count == 2 && arp.status == 0)
            let arguments = try await DecodeLab.run("\(folder)/file.pcap", "tcp", "and", "dst", "port", "9999")
            #expect(arguments.lines.count == 8)
            let none = try await DecodeLab.run("\(folder)/file.pcap", "--filter", "host 203.0.113.1")
            #expect(none.status == 1 && none.output.isEmpty && none.errors.isEmpty)
            let wrong = try await DecodeLab.run("\(folder)/file.pcap", "--filter", "prot 5")
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
    func refusals(arguments: [String], message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "decode"] + arguments)
        let isJSON = arguments.contains("-j") || arguments.contains("--json")
        #expect(outcome.status == 2 && outcome.errors == message && outcome.output.isEmpty != isJSON, "\(outcome)")
    }

    @Test(
        "the options of other decoders lead to ours",
        arguments: [("-r", "swift-net decode FILE"), ("-tttt", "--time utc")])
    func habits(option: String, hint: String) async throws {
        let outcome = try await DecodeLab.run(option, "/dev/null")
        #expect(outcome.status == 2 && outcome.errors.contains(hint), "\(outcome)")
    }

    @Test("-w is --pcap; with - an option about lines prints them to standard error")
    func copyToOutput() async throws {
        try await DecodeLab.inFolder { folder in
            try DecodeLab.write(DecodeLab.capture(), to: "\(folder)/file.pcap")
            let script = "B=\(Binary.swiftNet); cd \(folder); $B decode file.pcap -w - --number | $B decode -q -"
            let outcome = try await Lab.run(["sh", "-c", script])
            #expect(
                outcome.output == "\(DecodeLab.frames.count) packets\n" && outcome.errors.hasPrefix("1 "), "\(outcome)")
            let plain = try await Lab.run(["sh", "-c", script.replacing(" --number", with: "")])
            #expect(plain.output == "\(DecodeLab.frames.count) packets\n" && plain.errors.isEmpty, "\(plain)")
        }
    }
}
