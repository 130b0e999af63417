import Testing

/// `host` and single packets, scanners and iperf, with the kernel as the reference.
@Suite("packets to a host of our own in the lab")
struct UserHostPacketTests {
    private func hosting(
        _ layout: Lab.Layout, _ arguments: String, in namespace: String = "b",
        _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws {
        try await Lab.with(layout) { lab in
            try await lab.beside(
                namespace, [Binary.swiftNet, "host"] + arguments.split(separator: " ").map(String.init),
                readyMark: "the host is up"
            ) {
                try await body(lab)
            }
        }
    }

    private func shell(_ lab: Lab, _ script: String, in namespace: String = "a") async throws -> Lab.Outcome {
        try await lab.run(namespace, ["sh", "-c", script])
    }

    /// Runs a host in `b` to its end beside a script in `a`.
    /// - Returns: the host's output; the last line is its exit status.
    private func ending(_ arguments: String, _ script: String) async throws -> String {
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            let program = """
                echo begun
                \(Binary.swiftNet) host -I vb --address 192.0.2.50/24 --no-check \(arguments) > /mnt/log 2>&1
                echo "status $?" >> /mnt/log; touch /mnt/done
                """
            return try await lab.beside("b", ["sh", "-c", program], readyMark: "begun") {
                let outcome = try await lab.run(
                    "a",
                    [
                        "sh", "-c",
                        """
                        until ping -c 1 -W 1 192.0.2.50 > /dev/null; do sleep 0.1; done
                        \(script)
                        """,
                    ])
                _ = try await lab.run(
                    "b", ["timeout", "60", "sh", "-c", "until test -e /mnt/done; do sleep 0.05; done"])
                return try await lab.run("b", ["cat", "/mnt/log"]).output + outcome.output
            }
        }
    }

    @Test("ECN of fragments, UDP lengths and invalid IPv6 fragments: what Linux does")
    func likeLinux() async throws {
        guard await Peer.require(.scapy) else { return }
        let arguments = "-I vb --address 192.0.2.50/24 --address 2001:db8::50/64 --no-check -w 120"
        try await hosting(.pair, arguments) { lab in
            @Sendable func outcomes(_ addresses: String) async throws -> [Substring] {
                let script = "\(Binary.repository)/Tests/LabTests/Adversary/fragments.py"
                let outcome = try await lab.run(
                    "a",
                    ["timeout", "100", "/usr/bin/python3", script, "va"]
                        + addresses.split(separator: " ").map(String.init))
                #expect(outcome.status == 0, "\(outcome.errors)")
                return outcome.lines
            }
            let theirs = try await outcomes("192.0.2.2 2001:db8::2")
            let ours = try await outcomes("192.0.2.50 2001:db8::50")
            #expect(theirs.count == 30 && ours.count == 30, "\(ours)")
            for (our, their) in zip(ours, theirs) { #expect(our == their) }
        }
    }

    @Test("a scan of 8,000 closed ports takes seconds, and ping prints the routes and times that it records")
    func scanAndOptions() async throws {
        guard await Peer.require(.nmap) else { return }
        try await hosting(.pair, "-I vb --address 192.0.2.50/24 --no-check -w 100") { lab in
            let scan = try await lab.run(
                "a", ["timeout", "80", "nmap", "-n", "-Pn", "-sS", "-p", "1-8000", "192.0.2.50"])
            #expect(
                scan.output.contains("All 8000 scanned ports on 192.0.2.50 are in ignored states."), "\(scan.output)")
            let seconds = scan.output.split(separator: " ").dropLast().last.flatMap { Double($0) }
            #expect(seconds ?? 100 < 10, "\(scan.output)")
            let route = try await lab.run("a", ["ping", "-R", "-c", "1", "192.0.2.50"])
            #expect(route.output.contains("RR: \t192.0.2.1\n\t192.0.2.50\n\t192.0.2.1\n"), "\(route.output)")
            let times = try await lab.run("a", ["ping", "-T", "tsandaddr", "-c", "1", "192.0.2.50"])
            let line = times.lines.first { $0.hasPrefix("\t192.0.2.50\t") }
            // Relative to the time before it, in milliseconds.
            let difference = line?.split(separator: "\t").last.flatMap { Int($0.split(separator: " ").first ?? "") }
            #expect(difference.map { abs($0) < 2_000 } == true, "\(times.output)")
        }
    }

    @Test("iperf: streams by TCP and UDP, and the report to the client")
    func iperf() async throws {
        guard await Peer.require(.iperf) else { return }
        let output = try await ending(
            "--serve iperf -j -w 15",
            """
            timeout 20 iperf -u -c 192.0.2.50 -b 2M -t 1 2>&1; timeout 20 iperf -c 192.0.2.50 -n 1M 2>&1
            """)
        #expect(output.contains("Server Report:") && output.contains(" ms 0/"), "\(output)")
        #expect(!output.contains("did not receive ack"), "\(output)")
        let streams = output.split(separator: "\n").filter { $0.hasPrefix(#"{"type":"stream","#) }
        #expect(streams.count == 2, "\(output)")
        #expect(streams.first?.contains(#""protocol":"udp","addr":"192.0.2.1""#) == true, "\(output)")
        #expect(streams.first?.contains(#""lost":0,"out_of_order":0,"#) == true, "\(output)")
        #expect(streams.last?.contains(#""protocol":"tcp","addr":"192.0.2.1""#) == true, "\(output)")
        #expect(streams.last?.contains(#""bytes":1048576,"#) == true, "\(output)")
    }

    /// Claims the host's address; the sender is the kernel of `a`.
    private static let claims = "ip addr add 192.0.2.50/24 dev va; arping -U -q -I va -c 2 192.0.2.50"

    @Test("an address that another host claims twice is announced once, and given up")
    func relinquished() async throws {
        let output = try await ending("-j -w 30", Self.claims)
        let lines = output.split(separator: "\n")
        let conflicts = lines.filter { $0.hasPrefix(#"{"type":"conflict","addr":"192.0.2.50","#) }
        #expect(conflicts.count == 2, "\(output)")
        #expect(conflicts.first?.contains(#""action":"defended""#) == true, "\(output)")
        #expect(conflicts.last?.contains(#""action":"given-up""#) == true, "\(output)")
        #expect(lines.last == "status 1", "\(output)")
        let text = try await ending("-w 30", Self.claims)
        #expect(text.contains("; announced it again\n"), "\(text)")
        #expect(text.contains("; given up after 2 conflicts within 10 s (--defend keeps it)\n"), "\(text)")
        #expect(text.hasSuffix("status 1\n"), "\(text)")
    }

    @Test("with --defend the address is kept")
    func kept() async throws {
        let output = try await ending("--defend -j -w 8", Self.claims)
        #expect(output.contains(#""action":"defended""#) && !output.contains("given-up"), "\(output)")
        #expect(output.hasSuffix("status 0\n"), "\(output)")
    }

    @Test("http-probe with a TCP of our own waits for its link, and ends with its summary when the link is deleted")
    func probeWithoutLink() async throws {
        try await Lab.with(.pair) { lab in
            let serve = [
                Binary.swiftNet, "host", "-I", "va", "--address", "192.0.2.60/24", "--no-check", "--serve", "http",
                "-w", "100",
            ]
            try await lab.beside("a", serve, readyMark: "the host is up") {
                let probe =
                    "\(Binary.swiftNet) http-probe --http-first --stack user --source 192.0.2.50/24 -I vb -i 0.5"
                let script = """
                    (\(probe) -c 14 http://192.0.2.60/; echo "status $?") 2>&1 &
                    sleep 8; ip link set vb down; sleep 2; ip link set vb up; wait
                    (\(probe) -c 100 http://192.0.2.60/; echo "status $?") 2>&1 &
                    sleep 8; ip link del vb; wait
                    """
                let outcome = try await shell(lab, script, in: "b")
                let parts = outcome.output.components(separatedBy: "status ")
                #expect(parts.count == 3, "\(outcome)")
                #expect(parts.first?.contains("vb is down; waiting for it") == true, "\(outcome.output)")
                #expect(parts.dropFirst().first?.hasPrefix("0\n") == true, "\(outcome.output)")
                #expect(parts.last?.hasPrefix("2\n") == true, "\(outcome.output)")
                #expect(parts.dropFirst().first?.contains("vb was deleted") == true, "\(outcome.output)")
            }
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
