import Testing

/// The times of `arping`'s lines, in both styles and in sweeps.
@Suite("arping's times")
struct ArpingTimestampTests {
    private static func arping(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run("a", [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
    }

    @Test("--timestamps: every line about a reply, a timeout or a host begins with the time, and no other line does")
    func timestamps() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            _ = try await lab.run("b", ["ip", "addr", "add", "192.0.2.3/24", "dev", "vb"])
            let earlier = try await Self.arping(lab, "-j --sweep 192.0.2.4/31 -w 0.1 --retries 0")
            #expect(earlier.status == 1)
            _ = try await lab.run(
                "a", ["sh", "-c", "$0 arping -j --sweep 192.0.2.2/31 -w 0.1 > /mnt/earlier", Binary.swiftNet])
            for (arguments, stamped) in [
                ("-c 2 -i 0.1 192.0.2.2", 2), ("-r -c 2 -i 0.1 192.0.2.2", 2), ("-D -c 1 -i 0.1 192.0.2.2", 1),
                ("--probe 192.0.2.2", 1), ("-c 1 -i 0.1 192.0.2.9", 0),
                ("--style habets -c 2 -W 0.1 192.0.2.2", 2), ("--style habets -c 2 -W 0.1 192.0.2.9", 2),
                ("--style habets -u -c 1 -W 0.1 192.0.2.2", 1), ("--style habets -r -R -c 1 -W 0.1 192.0.2.2", 1),
                ("--sweep 192.0.2.0/28 -w 0.1 --retries 0", 2),
                ("--sweep 192.0.2.0/28 -w 0.1 --retries 0 --compare /mnt/earlier", 2),
                ("-q -c 1 -i 0.1 192.0.2.2", 0),
            ] {
                let before = try await lab.run("a", ["date", "+%s"]).output.dropLast()
                let outcome = try await Self.arping(lab, "--timestamps \(arguments)")
                let times = outcome.lines.compactMap { $0.firstMatch(of: #/^\[([0-9]+)\.[0-9]{6}\] \S/#) }
                    .compactMap { Int($0.1) }
                let start = try #require(Int(before))
                #expect(times.count == stamped, "\(arguments): \(outcome)")
                #expect(times.allSatisfy { (start...start + 20).contains($0) }, "\(arguments): \(outcome)")
                // The rest of the output is as without the option.
                let plain = try await Self.arping(lab, arguments)
                #expect(
                    outcome.lines.count { $0.hasPrefix("[") } == stamped && plain.lines.count == outcome.lines.count,
                    "\(arguments): \(outcome)")
            }
            _ = try await lab.run("b", ["ip", "addr", "del", "192.0.2.3/24", "dev", "vb"])
            let vanished = try await Self.arping(
                lab, "--timestamps --sweep 192.0.2.2/31 -w 0.1 --compare /mnt/earlier")
            #expect(
                vanished.lines.contains { $0.hasPrefix("[") && $0.hasSuffix("  vanished") && $0.contains("192.0.2.3") },
                "\(vanished)")
            for (arguments, other) in [
                ("-j 192.0.2.2", "-j"), ("--style habets -D 192.0.2.2", "-D"), ("--style habets -j 192.0.2.2", "-j"),
                ("--table", "--table"),
            ] {
                let refused = try await Self.arping(lab, "--timestamps \(arguments)")
                #expect(
                    refused.status == 2
                        && refused.errors == "arping: --timestamps cannot be used with \(other)\n", "\(refused)")
            }
        }
    }
}
