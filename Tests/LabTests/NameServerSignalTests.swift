import Testing

/// Signals during a lookup by DNS or by getent.
@Suite("signals during lookups")
struct NameServerSignalTests {
    /// Commands that begin with a lookup.
    private static let waiting = [
        "ping silent.test", "ping silent.test silent-2.test silent-3.test", "traceroute silent.test",
        "traceroute --report silent.test", "arping silent.test", "tcp-syn-scan -p 80 silent.test",
        "http-probe http://silent.test/", "http-fingerprint http://silent.test/", "ping -j silent.test",
    ]

    @Test("SIGINT and SIGTERM end a lookup at once, as they end any program")
    func signals() async throws {
        try await NameServerLab.withPair { named in
            // From before anything was asked to the second question.
            let moments = Self.waiting.flatMap { command in
                [("INT", 0.0), ("TERM", 0.03), ("INT", 0.1), ("TERM", 0.4)].map { (command, $0, $1) }
            }
            let repeated = NameServerLab.Files("nameserver 192.0.2.2", "options timeout:1 attempts:5")
            let late = ["ping silent.test", "http-probe http://silent.test/"].map { ($0, "INT", 1.3) }
            try await NameServerLab.concurrently(late + moments) { command, signal, seconds in
                let files = seconds > 1 ? repeated : .slow
                let outcome = try await named.interrupt(command, signal, after: seconds, files)
                #expect(
                    outcome.status == (signal == "INT" ? 130 : 143) && outcome.output.isEmpty && outcome.errors.isEmpty,
                    "\(command), SIG\(signal) after \(seconds) s: \(outcome)")
            }
            // Something was sent: the result so far counts.
            let sent = try await named.interrupt("ping 192.0.2.2 silent.test", "INT", after: 1, .slow)
            #expect(sent.status == 2 && sent.output.contains("192.0.2.2 is alive"), "\(sent)")
        }
    }

    @Test("SIGQUIT prints one line during a lookup, and the lookup goes on")
    func statusLines() async throws {
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(Self.waiting) { command in
                async let undisturbed = named.run(command)
                let outcome = try await named.interrupt(command, "QUIT", after: 0.2, .quick)
                let calm = try await undisturbed
                let lines = outcome.errors.split(separator: "\n")
                let others = calm.errors.split(separator: "\n")
                #expect(
                    outcome.status == calm.status && calm.status > 0 && calm.status < 3
                        && lines.count == others.count + 1 && Set(others).isSubset(of: lines),
                    "\(command): \(outcome); without SIGQUIT: \(calm)")
                // It names what is waited for, or how far the run is.
                let line = lines.first { !others.contains($0) } ?? ""
                #expect(line.contains("looking up silent") || line.contains("0"), "\(command): \(outcome)")
            }
        }
    }

    @Test("a getent that is running ends with the command, whatever ends it", arguments: ["INT", "TERM", "KILL"])
    func children(signal: String) async throws {
        let status: [String: Int32] = ["INT": 130, "TERM": 143, "KILL": 137]
        try await NameServerLab.withPair { named in
            let commands = Self.waiting + ["ping " + (1...40).map { "silent-\($0).test" }.joined(separator: " ")]
            try await NameServerLab.concurrently(commands) { command in
                let outcome = try await named.interrupt(command, signal, after: 0.5, .hanging)
                #expect(
                    outcome.status == status[signal] && outcome.output.isEmpty && outcome.errors.isEmpty,
                    "\(command): \(outcome)")
            }
            let children = try await named.lab.run("a", ["cat", "/mnt/children"]).lines
            #expect(children.count >= commands.count)
        }
    }
}
