import Testing

/// The file of `tcp-syn-scan --resume`, whatever ends the scan.
@Suite("resumed scans in the lab")
struct SYNScanResumptionTests {
    /// Runs a script in `a`, with the scan as `scan FILE [OPTION...]`; /mnt is a file system of its own.
    private func run(_ lab: Lab, _ script: String) async throws -> [String] {
        let scan = """
            scan() { f=$1; shift; \(Binary.swiftNet) tcp-syn-scan 198.18.0.0/22 -p 80 -q --format csv --resume "$f" "$@"; }
            """
        let outcome = try await lab.run("a", ["bash", "-c", "cd /mnt\n\(scan)\n\(script)"])
        return outcome.lines.map(String.init) + outcome.errors.split(separator: "\n").map(String.init)
    }

    private func with(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(Lab.Layout.everybody.withFiles) { lab in
            try await lab.listening([80]) { try await body(lab) }
        }
    }

    /// The open ports of both runs together: each of the 1,024 once.
    private static let together = """
        scan f --rate max > second; cat first second | grep -c ,open,; cut -d, -f1 first second | grep ^198 | sort | uniq -d | wc -l
        """

    @Test("killed: what was found is not lost, and nothing is missing together")
    func killed() async throws {
        try await with { lab in
            let lines = try await run(
                lab,
                """
                scan f --rate 100 > first & sleep 0.5; cp f early
                sleep 4; kill -KILL $(pgrep -P $!) $!; wait 2>/dev/null
                head -n 1 early; head -n 1 f; cmp -s early f || echo moved; ls -A | grep -c tmp
                scan f --rate max > second; cat first second | grep ,open, | cut -d, -f1 | sort -u | wc -l
                grep -c ,open, second
                """)
            let heading = "swift-net tcp-syn-scan position 2"
            try #require(lines.count >= 6, "\(lines)")
            #expect(Array(lines[..<5]) == [heading, heading, "moved", "0", "1024"], "\(lines)")
            #expect(try #require(Int(lines[5])) < 1_000, "\(lines)")
        }
    }

    @Test("the interface goes down: what was found is reported and written down")
    func interfaceDown() async throws {
        for how in ["ip link set dev va down", "ip link delete va", "ip netns exec b ip link set dev vb down"] {
            try await with { lab in
                let lines = try await run(
                    lab,
                    """
                    scan f --rate 200 > first 2> errors & sleep 1; \(how); wait $!; echo $?
                    head -n 1 f; wc -l < f; grep -c ,open, first; grep -c filtered first; cat errors
                    """)
                try #require(lines.count >= 6, "\(lines)")
                // No reply over a link that is down is not a result of a port.
                #expect(lines[4] == "0" && lines.last?.hasPrefix("tcp-syn-scan: ") == true, "\(how): \(lines)")
                if how.contains("vb") { #expect(lines.last?.contains("va: no carrier") == true, "\(lines)") }
                #expect(lines[0] == "2" && lines[1] == "swift-net tcp-syn-scan position 2", "\(how): \(lines)")
                #expect(Int(lines[2]) ?? 0 > 4, "\(how): nothing answered is written down: \(lines)")
                #expect(Int(lines[3]) ?? 0 > 50, "\(how): \(lines)")
            }
        }
    }

    @Test("a full disk leaves the file as it was")
    func full() async throws {
        try await with { lab in
            let lines = try await run(
                lab,
                """
                mkdir d; mount -t tmpfs -o size=8k none d
                scan d/f --rate 1000 -w 0.2 > /dev/null 2>&1; cp d/f before; cat /dev/zero > d/fill 2>/dev/null
                scan d/f --rate max > out; echo $?; cmp before d/f && echo same; ls -A d; grep -c ,open, out
                rm d/fill; scan d/f --rate 300 > /dev/null 2> errors & sleep 0.5
                cat /dev/zero > d/fill 2>/dev/null; cp d/f before; wait $!; echo $?
                cmp before d/f && echo same; cat errors
                """)
            try #require(lines.count >= 8, "\(lines)")
            // Nothing is scanned where the position cannot be written down.
            #expect(Array(lines[..<5]) == ["2", "same", "f", "fill", "0"], "\(lines)")
            #expect(Array(lines[5..<7]) == ["2", "same"], "\(lines)")
            #expect(
                lines.contains { $0 == "tcp-syn-scan: --resume: d/f: No space left on device" }, "\(lines)")
        }
    }

    @Test("a path that cannot be written is refused before the first packet")
    func unwritable() async throws {
        try await with { lab in
            let lines = try await run(
                lab,
                """
                mkdir d; mkfifo p; mkdir ro; mount -t tmpfs -o ro none ro; ln -s /dev/null n; echo text > t
                before=$(cat /sys/class/net/va/statistics/tx_packets)
                for f in none/f d d/ ro/f p /dev/null n /proc/f t ''; do scan "$f" > /dev/null 2>> errors; echo $?; done
                after=$(cat /sys/class/net/va/statistics/tx_packets)
                echo $((after - before < 10)); ls -A ro d; test -c /dev/null && cat t; wc -l < errors
                """)
            #expect(Array(lines.prefix(10)) == [String](repeating: "2", count: 10), "\(lines)")
            #expect(lines.contains("1") && lines.contains("text") && Int(lines.last ?? "") ?? 0 >= 10, "\(lines)")
        }
    }

    @Test("a symbolic link stays one, and the file keeps its owner and its mode")
    func links() async throws {
        try await with { lab in
            let lines = try await run(
                lab,
                """
                mkdir other; chown 1234:1235 other; chmod 755 other; ln -s other/f link
                scan other/f --rate 1000 -w 0.3 > first; chown 1234:1235 other/f; chmod 640 other/f
                scan link --rate max > second; echo $?
                stat -c '%u:%g %a' other/f; test -L link && echo link; ls -A other
                cat first second | grep -c ,open,
                """)
            // The directory is another user's: after the drop of privileges nothing can be made in it.
            #expect(lines == ["0", "1234:1235 640", "link", "f", "1024"], "\(lines)")
        }
    }

    @Test("every other end writes it too")
    func ends() async throws {
        try await with { lab in
            for how in ["-INT", "-TERM"] {
                let lines = try await run(
                    lab,
                    """
                    rm -f f; scan f --rate 300 > first & sleep 1; kill \(how) $(pgrep -P $!); wait $! 2>/dev/null
                    \(Self.together)
                    """)
                #expect(lines == ["1024", "0"], "\(how): \(lines)")
            }
            // The reader goes: what it did not read may be found again.
            let lines = try await run(
                lab, "rm -f f; scan f --rate 500 | head -n 3 > first; head -n 1 f; scan f --rate max | grep -c ,open,")
            #expect(lines.first == "swift-net tcp-syn-scan position 2" && Int(lines.last ?? "") ?? 0 > 900, "\(lines)")
        }
    }

    @Test("a finished scan says so, and exclusions may grow")
    func finishedAndExcluded() async throws {
        try await with { lab in
            let lines = try await run(
                lab,
                """
                scan f --rate max > /dev/null; scan f; echo $?
                scan g --rate 1000 -w 0.3 > first; scan g --rate max --exclude 198.18.0.0/23,198.18.3.255 > second; echo $?
                echo $(cat first second | grep -c ,open,); grep -c '^198.18.[01]\\.' second
                cut -d, -f1 first second | grep ^198 | sort | uniq -d | wc -l
                scan h --exclude 198.18.3.0/24 --rate 1000 -w 0.1 > first; scan h --rate max > second; echo $?
                cat first second | grep -c ,open,
                """)
            try #require(lines.count == 9, "\(lines)")
            #expect(lines[0] == "2" && lines[1] == "0" && lines[3] == "0" && lines[4] == "0", "\(lines)")
            // The first part has some of those that were excluded later.
            #expect(try #require(Int(lines[2])) > 511 && Int(lines[2]) ?? 0 < 1_023, "\(lines)")
            // Hosts that were left out of the order are not scanned, which is not passed over.
            #expect(lines[5] == "0" && lines[6] == "768", "\(lines)")
            #expect(
                Set(lines[7...]) == [
                    "tcp-syn-scan: --resume: the scan of f is finished (to scan again, remove the file)",
                    "tcp-syn-scan: some targets or ports were left out of the scan of h: still not scanned",
                ], "\(lines)")
        }
    }
}
