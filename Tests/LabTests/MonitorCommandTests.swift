import Testing

/// `swift-net monitor` starts another program, which has tests of its own (Tests/Monitor).
@Suite("starting the monitor")
struct MonitorCommandTests {
    /// A program that says how it was started.
    private static let substitute = """
        #!/bin/sh
        printf '%s\\n' "$0" "$@"
        exit 7
        """

    private func inFolder(_ body: (_ folder: String) async throws -> Void) async throws {
        let folder = String(try await Lab.run(["mktemp", "-d"]).output.dropLast())
        let program = "\(folder)/swift-net-monitor"
        let made = try await Lab.run(["sh", "-c", "cat > \(program) && chmod +x \(program)"], input: Self.substitute)
        #expect(made.status == 0, "\(made)")
        try await body(folder)
        _ = try await Lab.run(["rm", "-r", folder])
    }

    @Test("it gets all options and targets, from a folder of PATH")
    func arguments() async throws {
        try await inFolder { folder in
            let given = [
                "-c", "m.toml", "--check-config", "-i0.5", "--store", "m.sqlite", "--max-size=1GB", "--listen",
                "[::1]:1", "--token-file", "t", "--public-read-only", "--host", "a", "--host=b", "--on-event",
                "echo 'x y'", "--live", "-qj", "192.0.2.1", "--", "-z",
            ]
            let outcome = try await Lab.run(
                ["env", "PATH=\(folder):/usr/bin:/bin", Binary.swiftNet, "monitor"] + given)
            #expect(outcome.status == 7 && outcome.errors.isEmpty)
            #expect(
                outcome.lines.dropFirst() == [
                    "--config=m.toml", "--check-config", "--interval=0.5", "--store=m.sqlite", "--max-size=1GB",
                    "--listen=[::1]:1", "--token-file=t", "--public-read-only", "--host=a", "--host=b",
                    "--on-event=echo 'x y'", "--live", "--quiet", "--json", "--", "192.0.2.1", "-z",
                ], "\(outcome)")
            let memory = try await Lab.run([
                "env", "PATH=\(folder):/usr/bin:/bin", Binary.swiftNet, "monitor", "--no-store", "h",
            ])
            #expect(memory.lines.dropFirst() == ["--no-store", "--", "h"])
        }
    }

    @Test("one beside the executable comes first")
    func beside() async throws {
        try await inFolder { folder in
            let copied = try await Lab.run(["cp", Binary.swiftNet, folder])
            #expect(copied.status == 0)
            let outcome = try await Lab.run(["env", "PATH=/usr/bin:/bin", "\(folder)/swift-net", "monitor", "h"])
            #expect(outcome.status == 7 && outcome.lines == ["\(folder)/swift-net-monitor", "--", "h"], "\(outcome)")
        }
    }

    @Test("where there is none, it says what to do")
    func missing() async throws {
        let outcome = try await Lab.run(["env", "PATH=/usr/bin:/bin", Binary.swiftNet, "monitor", "h"])
        #expect(outcome.status == 2)
        #expect(
            outcome.errors == """
                monitor: swift-net-monitor is not installed
                It is built by 'make monitor', and installed beside swift-net or in a folder of PATH.

                """)
    }

    @Test("mistakes are found before it is started")
    func mistakes() async throws {
        for (arguments, message) in [
            ([], "monitor: no TARGET given"), (["--no-store", "--store", "x", "h"], "--no-store"),
            (["--nonsense", "h"], "monitor: unknown option '--nonsense'"),
        ] {
            let outcome = try await Lab.run([Binary.swiftNet, "monitor"] + arguments)
            #expect(outcome.status == 2 && outcome.errors.contains(message), "\(arguments): \(outcome)")
        }
    }
}
