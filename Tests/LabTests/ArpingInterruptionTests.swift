import Testing

/// Links that fail, and checks of addresses that another host defends or that are cut short.
@Suite("arping and links that fail")
struct ArpingInterruptionTests {
    @Test("an interface that is deleted ends the run with its summary and status 2")
    func deleted() async {
        let cases = [
            ("arping -i 0.1 192.0.2.2", "Sent "), ("arping -i 30 192.0.2.2", "Sent "),
            ("arping -j -i 0.1 192.0.2.2", #""type":"summary""#),
            ("arping --style habets -W 0.1 192.0.2.2", "statistics"),
            ("arping --sweep 192.0.2.0/29 --rate 2 -I va", " addresses, "),
            ("arping -j --sweep 192.0.2.0/29 --rate 2 -I va", #""type":"summary""#),
        ]
        await together(cases) { command, summary in
            try await Lab.with(.pair) { lab in
                let script = """
                    sent() { cat /sys/class/net/va/statistics/tx_packets; }
                    start=$(sent)
                    \(Binary.swiftNet) \(command) & p=$!
                    while kill -0 $p && [ $(($(sent) - start)) -lt 1 ]; do sleep 0.01; done
                    sleep 0.3; ip link del dev va
                    wait $p; echo "status $?"
                    """
                let outcome = try await lab.run("a", ["timeout", "20", "bash", "-c", script])
                #expect(outcome.lines.last == "status 2" && outcome.output.contains(summary), "\(command): \(outcome)")
                #expect(outcome.errors.hasPrefix("arping: va: "), "\(command): \(outcome)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(command): \(outcome)")
                #expect(outcome.objects("error").count == (command.contains("-j") ? 1 : 0), "\(command): \(outcome)")
            }
        }
    }

    @Test(
        "a link without carrier is no answer",
        arguments: [
            "arping -D -c 1 192.0.2.9", "arping --probe 192.0.2.9", "arping -c 1 192.0.2.2",
            "arping -c 1 -I va 192.0.2.2",
            "arping --sweep 192.0.2.0/29 -I va", "rarp query -I va", "dhcp-discover -I va", "igmp-query -I va",
            "igmp-join -I va 239.1.2.3",
            "host -I va --address 192.0.2.9/24", "tcp-syn-scan -p 80 -I va --source 192.0.2.9 192.0.2.2",
            "arping --style habets -c 1 -i va 192.0.2.2", "igmp-join -I va ff05::1:3",
        ])
    func noCarrier(command: String) async throws {
        try await Lab.with(.pair.and("ip -n b link set dev vb down")) { lab in
            let outcome = try await lab.run(
                "a", ["timeout", "5", Binary.swiftNet] + command.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.contains("va has no carrier"), "\(command): \(outcome)")
        }
    }

    @Test("nor is a link that loses its carrier in mid-run")
    func lostCarrier() async {
        let cases = [
            "arping --probe 192.0.2.9", "arping -D -c 2 192.0.2.9", "arping -j --probe 192.0.2.9",
            "arping -c 2 192.0.2.9",
            "arping --sweep 192.0.2.8/29 --rate 5 -I va", "rarp query -I va -c 2 -i 0.5", "dhcp-discover -w 2",
            "arping --style habets -c 2 -i va 192.0.2.9",
        ]
        await together(cases) { command in
            try await Lab.with(.pair) { lab in
                let script = """
                    sent() { cat /sys/class/net/va/statistics/tx_packets; }
                    start=$(sent)
                    \(Binary.swiftNet) \(command) & p=$!
                    while kill -0 $p && [ $(($(sent) - start)) -lt 1 ]; do sleep 0.01; done
                    ip netns exec b ip link set vb down
                    wait $p; echo $?
                    """
                let outcome = try await lab.run("a", ["bash", "-c", script])
                #expect(
                    outcome.lines.last == "2" && outcome.errors.contains("va: no carrier"), "\(command): \(outcome)")
                #expect(
                    !outcome.output.contains("9 is free\n") && !outcome.output.contains(#""free":true"#), "\(outcome)")
            }
        }
    }

    @Test("a check that is cut short makes no address free", arguments: ["-w 0.1", "-j -w 1.2"])
    func cutShort(options: String) async throws {
        try await Lab.with(.pair) { lab in
            let arguments = ["arping", "--probe", "192.0.2.9"] + options.split(separator: " ").map(String.init)
            let outcome = try await lab.run("a", [Binary.swiftNet] + arguments)
            #expect(outcome.status == 2 && !outcome.output.contains("9 is free\n"), "\(outcome)")
            #expect(!outcome.output.contains(#""free":true"#), "\(outcome)")
        }
    }

    @Test("an address of another host is not announced, and a conflict over an announced address names both hosts")
    func announcements() async throws {
        try await Lab.with(.pair) { lab in
            for arguments in ["-U", "-A", "--announce", "--style habets -U", "--style habets -U -P"] {
                let isHabets = arguments.contains("habets")
                let outcome = try await lab.arping("\(isHabets ? "-i va" : "-I va") -c 1 \(arguments) 192.0.2.2")
                #expect(
                    outcome.status == 2 && outcome.errors.contains("192.0.2.2 is not an address of this host"),
                    "\(outcome)"
                )
            }
            let alone = try await lab.arping("--announce 192.0.2.1")
            #expect(alone.status == 0 && !alone.output.contains("conflict"), "\(alone)")
            let ours = try await lab.run("a", ["cat", "/sys/class/net/va/address"]).output.dropLast()
            // A host that defends the address; Linux does not answer itself.
            let defender = """
                import socket
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806)); s.bind(("vb", 0x806))
                print("ready", flush=True)
                while True:
                    b = s.recv(2048)
                    if b[20:22] == b"\\0\\1" and b[38:42] == socket.inet_aton("192.0.2.1"):
                        us = bytes.fromhex("020000000099")
                        s.send(b[6:12] + us + b[12:20] + b"\\0\\2" + us + b[38:42] + b[22:32] + bytes(18))
                """
            try await lab.beside("b", ["timeout", "30", "python3", "-c", defender], readyMark: "ready") {
                let conflict = try await lab.run("a", [Binary.swiftNet, "arping", "--announce", "192.0.2.1"])
                let line = "conflict: 192.0.2.1 [\(ours)] is also used by 02:00:00:00:00:99"
                #expect(conflict.status == 1 && conflict.lines.last.map(String.init) == line, "\(conflict)")
            }
        }
    }
}
