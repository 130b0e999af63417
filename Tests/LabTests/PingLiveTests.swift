import Testing

@Suite("ping --live in the lab")
struct PingLiveTests {
    @Test("a graph of each target, keys, another size, and the results that stay")
    func live() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.inTerminal(
                "a",
                """
                type_in '\(Binary.swiftNet) ping --live -i 0.05 192.0.2.2 192.0.2.77 2001:db8::2'
                wait_for '> 192.0.2.2  .*last [0-9.]*  min/avg/max .* ms  0.0% loss (0 of [0-9]'
                wait_for '  192.0.2.77  .*100.0% loss'; wait_for 'xxx'; wait_for '[⠁⠂⠄⡀⢀⣀⠈⠐⠠⠤⠒⠉⡄⢠⢄⡠⢸⡇⣄⣠⢀⣤⣶]'
                screen; echo =====
                t send-keys j; wait_for '> 192.0.2.77'; t send-keys k
                t send-keys p; wait_for paused; t send-keys p
                t resize-window -x 40 -y 6; wait_for '> 192.0.2.2'; t send-keys j j; wait_for '> 2001:db8::2'
                screen; echo =====
                t resize-window -x 100 -y 30; wait_for '  192.0.2.77'
                t send-keys q; wait_for '3 targets, 2 alive, 1 unreachable'; screen; echo =====
                type_in 'stty -a'; wait_for 'isig icanon'; screen | grep -o ' [-]*icanon\\| [-]*echo '
                """)
            let parts = outcome.output.split(separator: "=====\n", omittingEmptySubsequences: false)
            try #require(parts.count == 4, "\(outcome)")
            #expect(parts[0].hasPrefix("swift-net ping, every 0.05 s\nq quit "), "\(parts[0])")
            let small = parts[1].split(separator: "\n")
            #expect(small.count <= 6 && small.allSatisfy { $0.count <= 40 }, "\(parts[1])")
            #expect(parts[2].contains("192.0.2.77 : xmt/rcv/%loss = "), "\(parts[2])")
            #expect(parts[3] == " icanon\n echo \n", "\(parts[3])")
        }
    }

    @Test("without a terminal only the results are printed; options that do not apply are refused")
    func plain() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", "--live -i 0.02 192.0.2.2")
            #expect(
                outcome.status == 0 && outcome.lines[0].hasPrefix("192.0.2.2 : xmt/rcv/%loss = 10/10/0%, "),
                "\(outcome)")
            #expect(!outcome.output.contains("\u{1B}"))
            for (options, message) in [
                ("--live -j", "--live cannot be used with -j"),
                ("--live --explain", "--live cannot be used with --explain"),
                ("--live -O", "-O cannot be used with "),
            ] {
                let refused = try await lab.ping("a", "\(options) 192.0.2.2")
                #expect(refused.status == 2 && refused.errors.hasPrefix("ping: " + message), "\(refused)")
            }
        }
    }
}
