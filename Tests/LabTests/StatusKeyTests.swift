import Testing

/// The status line of a key, and the terminal's mode after the run.
@Suite("status keys in the lab")
struct StatusKeyTests {
    /// Waits until `$1` lines of the screen end with the time left; checks the terminal's normal mode.
    private static let functions = """
        scan='\(Binary.swiftNet) tcp-syn-scan 192.0.2.2 -p 1-3000 --rate 100'
        shows() {
            for i in $(seq 300); do [ "$(screen | grep -c ' left$')" -ge $1 ] && return; sleep 0.1; done
            echo "never $1 lines"; screen
        }
        is_normal() {
            n=$((n + 1)); type_in 'clear; stty -a; echo end-$((0+'$n'))'; wait_for "^end-$n"
            screen | grep -q ' icanon' && screen | grep -q ' echo ' || { echo "not normal"; screen; }
        }

        """

    private func run(_ script: String) async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.inTerminal("a", Self.functions + script)
            #expect(outcome.output.isEmpty && outcome.status == 0, "\(outcome)")
        }
    }

    @Test("a key prints the status, and the terminal is restored by Ctrl-Z, Ctrl-C and SIGTERM")
    func keys() async throws {
        try await run(
            """
            type_in "$scan"; shows 1; t send-keys Space; shows 2; t send-keys x; shows 3
            screen | grep '^x'
            t send-keys C-z; wait_for Stopped; is_normal
            type_in 'clear; fg'; shows 1; t send-keys Space; shows 2
            t send-keys C-c; wait_for ' closed, '; is_normal
            type_in "clear; $scan"; shows 1; t send-keys Space; shows 2
            kill -TERM $(program); wait_for ' closed, '; is_normal
            type_in 'clear; \(Binary.swiftNet) ping -c 300 -i 0.1 192.0.2.2 192.0.2.77'
            wait_for '. [0-9]*/2 targets, '; t send-keys Space; wait_for '^[0-9]*/2 targets, '
            t send-keys C-c; wait_for '2 targets, 1 alive'; is_normal
            """)
    }

    @Test("keys are left to others: in the background, and if targets are typed")
    func others() async throws {
        try await run(
            """
            type_in "$scan &"; shows 1; is_normal; kill -TERM $(program); wait_for ' closed, '
            type_in "clear; $scan"; shows 1; t send-keys C-z; wait_for Stopped; type_in 'clear; bg'; shows 1
            is_normal; kill -TERM $(program); wait_for ' closed, '; is_normal
            type_in 'clear; \(Binary.swiftNet) tcp-syn-scan --targets - -p 81'; sleep 0.5; type_in 192.0.2.2
            wait_for '^192.0.2.2'; t send-keys C-d; wait_for ' 1 closed, '
            """)
    }
}
