import Testing

/// What a ping says on a faulty wire.
@Suite("ping through the relay")
struct RelayTests {
    @Test("loss", arguments: ["192.0.2.2", "2001:db8::2"])
    func loss(target: String) async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left drop/2") {
                let outcome = try await lab.ping("a", "-j -c 4 -i 0.02 -W 0.3 \(target)")
                #expect(outcome.objects("reply").map { $0["seq"] } == ["1", "3"])
                #expect(outcome.summary?.number("loss_percent") == 50 && outcome.status == 0)
            }
        }
    }

    @Test("duplicates", arguments: ["192.0.2.2", "2001:db8::2"])
    func duplicates(target: String) async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left duplicate@1") {
                let outcome = try await lab.ping("a", "-c 2 -i 0.1 \(target)")
                #expect(outcome.lines.filter { $0.contains("icmp_seq=1 ") && $0.hasSuffix("(DUP!)") }.count == 1)
                #expect(outcome.output.contains("2 packets transmitted, 2 received, +1 duplicates, 0% packet loss"))
            }
        }
    }

    @Test("corruption: a wrong checksum does not count, mended data is shown")
    func corruption() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left corrupt@1 alter@2") {
                let outcome = try await lab.ping("a", "-c 3 -i 0.1 -w 2 192.0.2.2")
                #expect(outcome.lines.contains { $0.contains("icmp_seq=1 ") && $0.contains("(BAD CHECKSUM!)") })
                #expect(outcome.output.contains("wrong data byte #16 should be 0x10 but was 0xef\n#0\t"))
                #expect(outcome.output.contains("+1 corrupted"))
            }
        }
    }

    @Test("replies truncated at every length are marked or ignored", arguments: ["192.0.2.2", "2001:db8::2"])
    func truncation(target: String) async throws {
        try await Lab.with(.relayed) { lab in
            for length in [8, 9, 12, 15, 16, 17, 40, 63] {
                try await lab.relaying("--direction left truncate:\(length)/1") {
                    let outcome = try await lab.ping("a", "-v -c 1 -W 0.3 \(target)")
                    if length >= 16 {
                        #expect(
                            outcome.output.contains("\(length) bytes from \(target): icmp_seq=1")
                                && outcome.output.contains("(truncated)") && outcome.status == 0,
                            "\(length): \(outcome)")
                    } else {
                        #expect(
                            outcome.output.contains("packet too short (\(length) bytes)") && outcome.status == 1,
                            "\(length): \(outcome)")
                    }
                }
            }
        }
    }

    @Test("an answer after its timeout is late, not lost")
    func late() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left delay:250@1") {
                let outcome = try await lab.ping("a", "-j -c 3 -i 0.2 -W 0.1 192.0.2.2")
                let summary = try #require(outcome.summary)
                #expect(outcome.objects("timeout").map { $0["seq"] } == ["1"])
                #expect(outcome.objects("reply").contains { $0["seq"] == "1" && $0["late"] == "true" })
                #expect(summary.number("late") == 1 && summary.number("answered") == 2 && summary.number("lost") == 0)
            }
        }
    }

    @Test("the account balances on a bad wire, from any seed", arguments: [1, 2, 3])
    func account(seed: Int) async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--seed \(seed) drop=0.1 duplicate=0.1 corrupt=0.05 jitter:40=0.5") {
                let outcome = try await lab.ping("a", "-j -q -c 200 -i 0.005 -W 0.02 -l 3 192.0.2.2")
                let summary = try #require(outcome.summary)
                let parts = ["answered", "late", "lost", "failed"].compactMap { summary.number($0) }
                #expect(summary.number("transmitted") == parts.reduce(0, +), "seed \(seed): \(summary.text)")
                #expect(summary.number("received").map { $0 > 100 } == true, "seed \(seed): \(summary.text)")
            }
        }
    }

    @Test("running reports and outage")
    func reports() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left drop@3 drop@4") {
                let outcome = try await lab.ping("a", "-j -c 8 -i 0.1 -W 0.05 --report-every 300ms 192.0.2.2")
                #expect(outcome.objects("report").count >= 2)
                // From the third probe to the fifth of eight: two intervals of seven.
                let outage = try #require(outcome.summary?.number("outage_ms"))
                let elapsed = try #require(outcome.summary?.number("elapsed_ms"))
                #expect(outage > 150 && outage < elapsed - 300, "\(outcome)")
            }
        }
    }

    @Test("ICMPv6 replies with a wrong checksum are not called a full receive buffer")
    func checksumDrops() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left --seed 3 corrupt=0.5") {
                let outcome = try await lab.ping("a", "-j -c 20 -i 0.05 -W 0.2 2001:db8::2")
                #expect(outcome.summary?["receive_overflows"] == "0", "\(outcome)")
                #expect(outcome.summary?.number("receive_drops").map { $0 > 0 } == true, "\(outcome)")
                #expect(!outcome.errors.contains("packets were lost by this host"), "\(outcome)")
                #expect(outcome.errors.contains("full receive buffer, or wrong ICMPv6 checksum"), "\(outcome)")
            }
        }
    }

    @Test("the plot marks what was lost")
    func plot() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left drop@3") {
                let outcome = try await lab.ping("a", "-q --plot -c 6 -i 0.02 -W 0.2 192.0.2.2")
                #expect(
                    outcome.output.contains("┤") && outcome.output.contains("lost  ") && outcome.output.contains("×"))
                #expect(outcome.output.contains("█") && outcome.output.contains("rtt p50/p90/p99 = "))
            }
        }
    }
}
