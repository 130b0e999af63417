import Testing

/// What cannot be written is reported, whatever the command and whichever the output.
@Suite("Write errors")
struct WriteErrorTests {
    private func script(_ text: String) async throws -> Lab.Outcome {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            try await lab.run(
                "a",
                [
                    "sh", "-c",
                    """
                    cd /mnt; B=\(Binary.swiftNet); echo '02:00:00:00:00:01 192.0.2.9' > E
                    $B ping -c1 -q --pcap in.pcapng 127.0.0.1 >/dev/null || exit 99
                    \(text)
                    """,
                ])
        }
    }

    @Test(
        "standard output on a full device: one line with the reason, status 2",
        arguments: [
            "--version", "help", "help ping", "ping --help", "decode --help", "ping -V",
            "--generate-completion-script bash", "address 192.0.2.1", "address -j 192.0.2.1", "decode in.pcapng",
            "decode -j in.pcapng", "decode -q in.pcapng", "decode in.pcapng --pcap -", "ping -c1 127.0.0.1",
            "ping -j -c1 127.0.0.1", "ping -c1 127.0.0.1 127.0.0.2", "traceroute 127.0.0.1",
            "traceroute --report --cycles 1 127.0.0.1", "traceroute -j 127.0.0.1", "tcp-syn-scan 127.0.0.1 -p 1 --all",
            "http-probe http://127.0.0.1:9", "http-fingerprint http://127.0.0.1:9", "arping -c1 -I va 192.0.2.2",
            "arping --sweep 192.0.2.0/29 -I va", "rarp serve -I va --ethers E -w 0.1", "igmp-query -I va -w 0.1",
            "dhcp-discover -I va -w 0.1",
            "igmp-join -I va --duration 0.1 239.1.2.3", "host -I va --address 192.0.2.5/24 --duration 0.1",
        ])
    func standardOutput(command: String) async throws {
        let outcome = try await script("timeout 20 $B \(command) > /dev/full")
        #expect(outcome.status == 2 && outcome.lines.isEmpty, "\(outcome)")
        #expect(outcome.errors.hasSuffix(": No space left on device\n"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test(
        "a file on a full device: one line with the option and the reason, status 2",
        arguments: [
            ("--pcap", "ping -q -c1 --pcap /dev/full 127.0.0.1"), ("--pcap", "decode -q in.pcapng --pcap /dev/full"),
            ("--pcap", "tcp-syn-scan -p 1 127.0.0.1 --pcap /dev/full"),
            ("-o", "tcp-syn-scan -p 1 127.0.0.1 --all -o /dev/full"),
        ])
    func files(option: String, command: String) async throws {
        let outcome = try await script("timeout 20 $B \(command)")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(": \(option): /dev/full: No space left on device"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test("a file size limit is such an error and no signal")
    func sizeLimit() async throws {
        for command in ["help", "address 192.0.2.1", "decode -v in.pcapng"] {
            let outcome = try await script("prlimit --fsize=64 $B \(command) > out")
            #expect(
                outcome.status == 2 && outcome.errors.hasSuffix(": standard output: File too large\n"), "\(outcome)")
        }
        let outcome = try await script("prlimit --fsize=64 $B ping -q -c1 --pcap out 127.0.0.1")
        #expect(outcome.status == 2 && outcome.errors.contains(": --pcap: out: File too large"), "\(outcome)")
    }

    @Test("a closed standard output is an error; no file of the run takes its number")
    func closed() async throws {
        let outcome = try await script("$B decode in.pcapng --pcap out >&-; s=$?; $B decode -q out; exit $s")
        #expect(outcome.status == 2 && outcome.errors.contains("standard output: Bad file descriptor"), "\(outcome)")
        #expect(outcome.output.hasSuffix(" packets\n") || outcome.output.hasSuffix(" packet\n"), "\(outcome)")
    }

    @Test("a reader that went is no error", arguments: ["help", "address 192.0.2.1", "decode -v in.pcapng"])
    func closedPipe(command: String) async throws {
        let outcome = try await script(
            "mkfifo p; exec 3<>p 4>p 3<&-; $B \(command) >&4; exit $?")
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
    }
}
