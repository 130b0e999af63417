import Testing

/// Commands on a trunk: beside a station whose frames have VLAN tags, customer tags (802.1Q), service tags (802.1ad),
/// or both.
@Suite("VLANs on a trunk")
struct VLANTests {
    /// The station 192.0.2.9 in `b`, with these tags.
    private static func station(_ tags: String, _ more: String...) -> [String] {
        ["python3", "\(Binary.repository)/Tests/LabTests/Stations/vlan.py", "vb", "192.0.2.9", tags]
            + more
    }

    private static func arping(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run("a", [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
    }

    @Test("a station is found in its VLAN only; a service VLAN with the same identifier is another network")
    func arp() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await Lab.with(.pair.withFiles) { lab in
            // Which of --vlan 7, --vlan 8 and no option finds the station, and what -v reports of its frames.
            let cases: [(tags: String, found: [Bool], ignored: String?)] = [
                ("-", [false, false, true], "untagged"), ("8100:0", [false, false, true], "untagged"),
                ("8100:7", [true, false, false], "of VLAN 7"), ("8100:8", [false, true, false], "of VLAN 8"),
                ("88a8:7", [false, false, false], "of service VLAN 7"),
                // The socket's filter for ARP drops frames with two tags.
                ("88a8:8+8100:7", [false, false, false], nil), ("8100:7+8100:8", [false, false, false], nil),
            ]
            for (tags, found, ignored) in cases {
                // The station answers what it receives in its own VLAN; replies to all requests come from `unasked`.
                try await lab.beside("b", Self.station(tags), readyMark: "ready") {
                    for (options, isFound) in zip(["--vlan 7", "--vlan 8", ""], found) {
                        let one = try await Self.arping(lab, "-I va -c 2 -i 0.1 -f \(options) 192.0.2.9")
                        #expect(one.status == (isFound ? 0 : 1), "\(tags) \(options): \(one)")
                        let sweep = try await Self.arping(
                            lab, "-I va --sweep 192.0.2.8/30 -w 0.1 --retries 0 \(options)")
                        #expect(sweep.status == (isFound ? 0 : 1), "\(tags) \(options): \(sweep)")
                    }
                }
                let unasked = """
                    import socket, sys, time
                    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("vb", 0)); own = s.getsockname()[4]
                    tags = b"".join(bytes.fromhex(tag[:4] + "%04x" % int(tag[5:])) for tag in sys.argv[2].split("+") if tag != "-")
                    us = bytes.fromhex(sys.argv[1].replace(":", ""))
                    print("ready", flush=True)
                    for _ in range(3000):
                        s.send(us + own + tags + bytes.fromhex("080600010800060400 02".replace(" ", "")) + own
                            + socket.inet_aton("192.0.2.9") + us + socket.inet_aton("192.0.2.1") + bytes(18))
                        time.sleep(0.02)
                    """
                let mac = try await lab.run("a", ["cat", "/sys/class/net/va/address"]).output.dropLast()
                try await lab.beside(
                    "b", ["python3", "-c", unasked, String(mac), tags], readyMark: "ready"
                ) {
                    for (options, isFound) in zip(["--vlan 7", "--vlan 8", ""], found) where !isFound {
                        for run in ["-c 2 -i 0.1 192.0.2.9", "--sweep 192.0.2.8/30 -w 0.2 --retries 0"] {
                            let outcome = try await Self.arping(lab, "-v -I va --pcap /mnt/q \(options) \(run)")
                            #expect(outcome.status == 1, "\(tags) \(options): \(outcome)")
                            // Without --vlan the kernel hides the tag from a sweep's socket.
                            let hidden = options.isEmpty && run.hasPrefix("--sweep")
                            #expect(
                                ignored.map { outcome.errors.contains(hidden ? "of another VLAN" : ", \($0)\n") }
                                    ?? outcome.errors.isEmpty, "\(tags) \(options): \(outcome)")
                        }
                    }
                    // The capture has the frames as they were on the wire.
                    let dump = try await lab.run("a", ["tcpdump", "-enr", "/mnt/q", "src 192.0.2.9 or vlan"])
                    let type = tags.hasPrefix("88a8") ? "802.1Q-QinQ (0x88a8)" : "802.1Q (0x8100)"
                    #expect(
                        tags == "-" || ignored == nil || dump.output.contains("ethertype \(type)"), "\(tags): \(dump)")
                }
            }
        }
    }

    @Test("echo to a MAC address in a VLAN; the capture has the tags of both directions")
    func echoAndCapture() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await Lab.with(.pair.withFiles) { lab in
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast()
            try await lab.beside("b", Self.station("8100:7"), readyMark: "ready") {
                let echo = try await Self.arping(
                    lab, "-I va --vlan 7 -c 1 -w 3 -T 192.0.2.9 --pcap /mnt/p --explain 2 \(mac)")
                #expect(echo.status == 0 && echo.output.contains("reply from 192.0.2.9"), "\(echo)")
                let dump = try await lab.run("a", ["tcpdump", "-enr", "/mnt/p"])
                #expect(dump.lines.count == 2 && dump.lines.allSatisfy { $0.contains("vlan 7, p 0,") }, "\(dump)")
                let none = try await Self.arping(lab, "-I va --vlan 8 -c 1 -i 0.2 -T 192.0.2.9 \(mac)")
                #expect(none.status == 1, "\(none)")
            }
        }
    }

    @Test("igmp-join and igmp-query on a trunk: tagged frames belong to other networks, a priority tag does not")
    func groups() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            for (tags, isOurs) in [
                ("8100:7", false), ("88a8:7", false), ("88a8:5+8100:7", false), ("8100:7+8100:0", false),
                ("8100:0", true), ("-", true),
            ] {
                try await lab.beside("b", Self.station(tags, "239.1.2.3", "send"), readyMark: "ready") {
                    let joined = try await lab.run(
                        "a",
                        [
                            Binary.swiftNet, "igmp-join", "-j", "-v", "-I", "va", "239.1.2.3", "-w", "0.6", "--pcap",
                            "/mnt/p",
                        ])
                    #expect(joined.status == 0, "\(tags): \(joined)")
                    #expect(joined.objects("datagram").isEmpty == !isOurs, "\(tags): \(joined)")
                    #expect(joined.objects("query").isEmpty == !isOurs, "\(tags): \(joined)")
                    #expect(joined.objects("heard").isEmpty == !isOurs, "\(tags): \(joined)")
                    #expect(joined.summary?["unwanted"] == "0")
                    let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "/mnt/p"])
                    #expect(decoded.output.contains("192.0.2.9") == isOurs, "\(tags): \(decoded)")
                    let other = try await lab.run(
                        "a", [Binary.swiftNet, "igmp-query", "-I", "va", "--listen", "0.4", "--response", "0.1"])
                    #expect(other.status == (isOurs ? 2 : 1), "\(tags): \(other)")
                }
                try await lab.beside("b", Self.station(tags, "239.1.2.3"), readyMark: "ready") {
                    let asked = try await lab.run(
                        "a",
                        [Binary.swiftNet, "igmp-query", "-I", "va", "--listen", "0", "--response", "0.3", "239.1.2.3"])
                    #expect(asked.output.contains("239.1.2.3  192.0.2.9 [") == isOurs, "\(tags): \(asked)")
                }
            }
        }
    }
}
