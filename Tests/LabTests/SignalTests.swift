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

    @Test("replies that find the receive buffer full are counted, and not called loss of the network")
    func overflow() async throws {
        guard Environment.userIdentifier == 0 else { return }
        let layout = Lab.Layout.relayed.and(
            """
            ip -n b route add local 198.18.0.0/19 dev lo; ip -n a route add 198.18.0.0/19 via 192.0.2.2
            ip netns exec a sysctl -qw "net.ipv4.ping_group_range=0 2147483647"
            """)
        try await Lab.with(layout) { lab in
            let path = "/tmp/swift-net-overflow-\(lab.id)"
            // An ordinary user's buffer cannot hold 8,192 replies of 1,400 bytes that arrive while the process does not read.
            let script = """
                cp \(Binary.swiftNet) \(path); chmod 755 \(path)
                setpriv --reuid=65534 --regid=65534 --clear-groups -- \(path) ping -j -q --rate 20000 -s 1400 --retries 0 -W 4 198.18.0.0/19 & p=$!
                sleep 0.8; kill -STOP $p; sleep 1.5; kill -CONT $p; wait $p; rm -f \(path)
                """
            try await lab.relaying("--direction left delay:1000/1") {
                let outcome = try await lab.run("a", ["bash", "-c", script])
                let overflows = try #require(outcome.summary?.number("receive_overflows"), "\(outcome)")
                let alive = try #require(outcome.summary?.number("alive"))
                #expect(overflows > 0 && alive > 0 && alive + overflows <= 8_192, "\(outcome)")
                #expect(outcome.errors.contains("packets were lost by this host: the receive buffer was full"))
            }
        }
    }
}
