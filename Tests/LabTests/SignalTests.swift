import Testing

@Suite("signals and outputs")
struct SignalTests {
    @Test("SIGINT and SIGTERM end the run with its summary and the result so far", arguments: ["INT", "TERM"])
    func stop(signal: String) async throws {
        try await Lab.with(.pair) { lab in
            let script =
                "\(Binary.swiftNet) ping -i 0.05 $1 & p=$!; sleep 0.5; kill -\(signal) $p; wait $p; echo status $?"
            let answered = try await lab.run("a", ["bash", "-c", script, "-", "192.0.2.2"])
            #expect(
                answered.output.contains("ping statistics ---\n") && answered.output.hasSuffix("status 0\n"),
                "\(answered)")
            let silent = try await lab.run("a", ["bash", "-c", script, "-", "198.18.0.1"])
            #expect(silent.output.contains("100% packet loss") && silent.output.hasSuffix("status 1\n"))
        }
    }

    @Test("SIGQUIT prints one line and the run goes on")
    func status() async throws {
        try await Lab.with(.pair) { lab in
            let script =
                "\(Binary.swiftNet) ping -c 10 -i 0.1 192.0.2.2 & p=$!; sleep 0.45; kill -QUIT $p; wait $p; echo status $?"
            let outcome = try await lab.run("a", ["bash", "-c", script])
            #expect(
                outcome.errors.contains(
                    #/\r[0-9]+/[0-9]+ packets, 0% loss, min/avg/ewma/max = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms\n/#),
                "\(outcome)")
            #expect(
                outcome.output.contains("10 packets transmitted, 10 received") && outcome.output.hasSuffix("status 0\n")
            )
            let sweep =
                "\(Binary.swiftNet) ping -W 1 --retries 0 198.18.0.0/28 & p=$!; sleep 0.3; kill -QUIT $p; wait $p"
            #expect(
                try await lab.run("a", ["bash", "-c", sweep]).errors.contains("/16 targets, 0 alive, 16 packets sent"))
        }
    }

    @Test("a closed standard output ends the run quietly")
    func closedOutput() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.run(
                "a",
                ["bash", "-c", "timeout 10 \(Binary.swiftNet) ping -i 0.05 192.0.2.2 | head -2; echo ${PIPESTATUS[0]}"])
            #expect(outcome.lines.count == 3 && outcome.errors.isEmpty && outcome.lines[2] != "124", "\(outcome)")
        }
    }

    @Test("a full disk under standard output is said, and fails")
    func fullOutput() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.run(
                "a", ["bash", "-c", "timeout 10 \(Binary.swiftNet) ping -c 1 192.0.2.2 >/dev/full; echo $?"])
            #expect(outcome.output == "2\n")
        }
    }

    @Test("an interface that goes down in mid-run costs replies, not the run")
    func interfaceDown() async throws {
        try await Lab.with(.pair) { lab in
            let script = """
                \(Binary.swiftNet) ping -c 12 -i 0.1 -W 0.2 192.0.2.2 & p=$!
                sleep 0.35; ip link set dev va down; sleep 0.4; ip link set dev va up; wait $p; echo status $?
                """
            let outcome = try await lab.run("a", ["bash", "-c", script])
            #expect(
                outcome.output.contains("12 packets transmitted, ") && outcome.output.hasSuffix("status 0\n"),
                "\(outcome)")
            #expect(outcome.errors.contains("Network is unreachable"))
        }
    }

    @Test("a wall clock that is set in mid-run changes no round trip")
    func clockStep() async throws {
        guard Environment.userIdentifier == 0 else { return }
        try await Lab.with(.pair) { lab in
            // The clock belongs to the whole machine: a time namespace cannot move it, so the stamps are the
            // kernel's and the step is ours to simulate: without them (-U) and with them the times agree.
            let stamped = try await lab.ping("a", "-j -q -c 50 -i 0.002 192.0.2.2")
            let own = try await lab.ping("a", "-j -q -U -c 50 -i 0.002 192.0.2.2")
            let pair = try (#require(stamped.summary?.number("p50")), #require(own.summary?.number("p50")))
            #expect(pair.0 > 0 && pair.0 < 5 && pair.1 > 0 && pair.1 < 5)
        }
    }
}
