import Testing

/// Files that a run reads and writes at the same time.
@Suite("Output files")
struct OutputFileTests {
    /// Runs a shell script in a folder of its own, with `$B` the binary and `in.pcapng` a capture of two packets.
    private func script(_ text: String) async throws -> Lab.Outcome {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            try await lab.run(
                "a",
                [
                    "sh", "-c",
                    """
                    cd /mnt; B=\(Binary.swiftNet)
                    $B ping -c1 -q --pcap in.pcapng 127.0.0.1 >/dev/null || exit 99
                    \(text)
                    """,
                ])
        }
    }

    @Test(
        "an output that is the decoded file is refused, by whichever name, and the file stays as it is",
        arguments: [
            "$B decode in.pcapng --pcap in.pcapng", "ln -s in.pcapng s; $B decode in.pcapng --pcap s",
            "ln in.pcapng h; $B decode h --pcap in.pcapng", "$B decode - --pcap in.pcapng < in.pcapng",
            "$B decode /dev/stdin --pcap ./in.pcapng < in.pcapng", "$B decode in.pcapng >> in.pcapng",
        ])
    func decoded(command: String) async throws {
        let outcome = try await script("cp in.pcapng keep; \(command); s=$?; cmp keep in.pcapng || exit 98; exit $s")
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("is the same file as "), "\(outcome.errors)")
    }

    @Test(
        "an output that is a file of an option is refused, and the file stays as it is",
        arguments: [
            "ping --targets T --pcap T", "ping --targets - --pcap T < T", "tcp-syn-scan --targets T -o T -p 1",
            "tcp-syn-scan 127.0.0.1 --exclude-file T -o T -p 1", "tcp-syn-scan --targets T --pcap T -p 1",
            "tcp-syn-scan -p 1 --targets - -o T < T", "http-probe --targets T -o T",
            "http-probe --raw T -o T http://127.0.0.1:9", "http-probe -d @T -o T http://127.0.0.1:9",
            "http-probe -d @T --pcap T http://127.0.0.1:9", "http-probe --cacert T --pcap T http://127.0.0.1:9",
            "http-fingerprint --targets T --learn x -o T", "http-fingerprint --targets T --pcap T",
            "rarp serve -I va --ethers T --pcap T", "host -I va --address 192.0.2.9/24 --ethers T --pcap T",
            "ping -c1 --targets T >> T",
        ])
    func options(command: String) async throws {
        let outcome = try await script(
            "echo 127.0.0.1 | tee T > keep; timeout 10 $B \(command); s=$?; cmp keep T || exit 98; exit $s")
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.errors.contains("is the same file as "), "\(outcome.errors)")
    }

    @Test(
        "two outputs never share a file",
        arguments: [
            "tcp-syn-scan 127.0.0.1 -p 1 -o R --pcap R", "tcp-syn-scan 127.0.0.1 -p 1 -o R --resume R",
            "tcp-syn-scan 127.0.0.1 -p 1 --pcap R --resume R", "http-probe -o R --pcap R http://127.0.0.1:9",
            "ping -c1 --pcap R 127.0.0.1 > R", "tcp-syn-scan 127.0.0.1 -p 1 -o R > R",
            "http-probe -o - --pcap - http://127.0.0.1:9", "ping -c1 --json --pcap - 127.0.0.1",
        ])
    func outputs(command: String) async throws {
        #expect(try await script("timeout 10 $B \(command)").status == 2)
    }

    @Test("- is standard output, which then carries nothing else")
    func standardOutput() async throws {
        let copied = try await script("$B decode in.pcapng --pcap - | $B decode - -q; test ! -e - || exit 98")
        #expect(copied.output == "2 packets\n" && copied.errors.isEmpty && copied.status == 0, "\(copied)")
        let pinged = try await script("$B ping -c1 --pcap - 127.0.0.1 2>text | $B decode - -q; cat text")
        #expect(pinged.lines.first == "2 packets" && pinged.output.contains("1 received"), "\(pinged)")
        let scanned = try await script("$B tcp-syn-scan 127.0.0.1 -p 1 --all -o - --format csv; test ! -e - || exit 98")
        #expect(scanned.lines.count == 2 && scanned.output.hasPrefix("addr,port,"), "\(scanned)")
    }

    @Test("a run that cannot begin leaves the files of an earlier one alone; one that runs replaces them whole")
    func earlierFiles() async throws {
        let refused = try await script("echo kept > R; $B tcp-syn-scan -p 1 -o R --pcap in.pcapng no.invalid.; cat R")
        #expect(refused.output == "kept\n")
        // The capability, the interface, the name and the route are looked at before the file is.
        let commands = [
            "ping -c1 -I 192.0.2.9 192.0.2.2", "ping -c1 203.0.113.1", "ping -c1 fe80::1%none", "ping -c1 no.invalid.",
            "ping -c1 192.0.2.255", "traceroute 203.0.113.1", "traceroute -s 192.0.2.9 192.0.2.2",
            "arping -I lo 192.0.2.2",
            "arping --sweep 192.0.2.0/30 -I lo", "rarp query -I lo", "dhcp-discover -I lo", "igmp-join -I lo 239.1.1.1",
            "igmp-query -I lo",
            "tcp-syn-scan -p 1 -I none 192.0.2.2", "tcp-syn-scan -p 1 no.invalid.",
            "tcp-syn-scan -p 1 --source 192.0.2.2 192.0.2.3",
            "host -I lo --address 192.0.2.9/24", "http-probe -I none http://192.0.2.2:9/",
            "http-probe http://no.invalid./", "http-probe --stack user -I va --source 192.0.2.2 http://192.0.2.2:9/",
            "http-fingerprint -I none http://192.0.2.2:9/", "http-fingerprint http://no.invalid./",
        ].map { "$B \($0) --pcap in.pcapng >/dev/null 2>&1; echo \"$? $(cmp keep in.pcapng)\"" }
        let unbegun = try await script("cp in.pcapng keep\n" + commands.joined(separator: "\n"))
        #expect(unbegun.lines == Array(repeating: "2 ", count: commands.count), "\(unbegun)")
        let replaced = try await script(
            "seq 99999 > R; $B tcp-syn-scan 127.0.0.1 -p 1 --all -o R --format csv -q; wc -l < R")
        #expect(replaced.output.hasSuffix("\n2\n") || replaced.output == "2\n", "\(replaced)")
    }
}
