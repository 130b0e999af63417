import Testing

/// A standard output that is full and not read: signals and deadlines still end the run.
@Suite("output that is not read", .timeLimit(.minutes(3)))
struct UnreadOutputTests {
    /// Runs a command whose standard output is a full pipe, sends it a signal after half a second where there is one,
    /// and kills it after 8 s.
    /// - Returns: what it wrote to standard error; "137" is printed when it had to be killed.
    private func run(_ command: String, signal: String?, errors: String = "2>err") async throws -> Lab.Outcome {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            try await lab.run(
                "a",
                [
                    "bash", "-c",
                    """
                    cd /mnt; B=\(Binary.swiftNet); mkfifo p; exec 3<>p; head -c 65536 /dev/zero >&3
                    echo '02:00:00:00:00:01 192.0.2.9' > E
                    $B ping -c 2000 -i 0.0001 -q --pcap in.pcapng 127.0.0.1 >/dev/null
                    $B \(command) >&3 \(errors) &
                    P=$!
                    \(signal.map { "sleep 0.5; kill -\($0) $P 2>/dev/null" } ?? "")
                    (exec 3>&-; sleep 8; kill -9 $P 2>/dev/null) >/dev/null 2>&1 &
                    K=$!
                    wait $P; echo $?; kill $K; cat err 2>/dev/null; true
                    """,
                ])
        }
    }

    @Test("a signal ends the run within seconds, with the reason on standard error")
    func signals() async {
        let commands = [
            "ping 127.0.0.1", "ping -j -i 0.0001 127.0.0.1", "ping -c 1 127.0.0.1", "ping -j 127.0.0.1 127.0.0.2",
            "decode -v in.pcapng", "traceroute 127.0.0.1", "traceroute --report 127.0.0.1",
            "tcp-syn-scan --all -p 1-65535 127.0.0.1", "http-probe http://127.0.0.1:9",
            "http-fingerprint http://127.0.0.1:9", "arping -I va 192.0.2.2", "arping --sweep 192.0.2.0/24 -I va",
            "host -I va --address 192.0.2.5/24", "igmp-join -I va 239.1.2.3", "rarp serve -I va --ethers E",
        ]
        let cases = commands.flatMap { command in ["INT", "TERM"].map { (command: command, signal: $0) } }
        await together(cases) { command, signal in
            let outcome = try await run(command, signal: signal)
            #expect(outcome.lines.first == "2", "\(outcome)")
            #expect(outcome.output.contains("standard output: reader is blocked"), "\(outcome)")
        }
    }

    @Test("a deadline ends the run too")
    func deadlines() async {
        let cases = [
            "ping -w 1 127.0.0.1", "ping -w 1 -j -i 0.0001 127.0.0.1", "ping -w 1 127.0.0.1 127.0.0.2",
            "tcp-syn-scan -w 1 --all -p 1-65535 127.0.0.1", "arping -w 1 -I va 192.0.2.77",
            "host -I va --address 192.0.2.5/24 -w 1", "igmp-join -I va --duration 1 239.1.2.3",
            "igmp-query -I va -w 1", "rarp query -w 1 -I va", "dhcp-discover -w 1 -I va",
            "rarp serve -I va --ethers E -w 1",
        ]
        await together(cases) { command in
            let outcome = try await run(command, signal: nil)
            #expect(outcome.lines.first == "2", "\(outcome)")
            #expect(outcome.output.contains("standard output: reader is blocked"), "\(outcome)")
        }
    }

    @Test("standard error that is not read does not delay the end either")
    func standardError() async throws {
        let outcome = try await run("ping 127.0.0.1", signal: "TERM", errors: "2>&3")
        #expect(outcome.lines.first != "137", "\(outcome)")
    }

    @Test("a named pipe without a reader")
    func namedPipe() async throws {
        let waiting = try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            try await lab.run(
                "a",
                [
                    "bash", "-c",
                    "mkfifo /mnt/q; timeout -k 5 1 \(Binary.swiftNet) ping --pcap /mnt/q 127.0.0.1; echo $?",
                ])
        }
        #expect(waiting.output.hasSuffix("124\n"), "\(waiting)")
    }

    @Test("a slow reader gets everything")
    func slowReader() async throws {
        let outcome = try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            try await lab.run(
                "a",
                [
                    "bash", "-c",
                    "\(Binary.swiftNet) tcp-syn-scan --all -p 1-30000 --rate max --sort -q 127.0.0.1 | (sleep 2; wc -l)",
                ])
        }
        #expect(outcome.output == "30000\n" && outcome.errors.isEmpty, "\(outcome)")
    }
}
