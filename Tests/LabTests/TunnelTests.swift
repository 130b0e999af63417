import Testing

/// Commands on interfaces without Ethernet, beside the kernel's own groups.
@Suite("links without Ethernet")
struct TunnelTests {
    /// Joins a group on interfaces of `b` by the kernel, for 20 s.
    private static let member = """
        import socket, struct, sys, time
        for name in sys.argv[2:]:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(0, 35, struct.pack("4s4si", socket.inet_aton(sys.argv[1]), bytes(4), socket.if_nametoindex(name)))
            globals()[name] = s
        print("joined", flush=True); time.sleep(20)
        """

    /// Sends datagrams to a group through an interface.
    private static let sender = """
        import socket, struct, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(0, 32, struct.pack("4s4si", bytes(4), bytes(4), socket.if_nametoindex(sys.argv[2])))
        for i in range(2): s.sendto(bytes(100), (sys.argv[1], 5000))
        """

    /// TUN, PPP, raw IP, IPIP, IPv6 tunnel, SIT, GRE.
    @Test(
        "the kernel's member is listed, and its querier's peer is ours",
        arguments: [65534, 512, 519, 768, 769, 776, 778])
    func query(type: Int) async throws {
        try await Lab.with(.pair.withFiles) { lab in
            try await lab.beside("a", Lab.tunnel(type: type), readyMark: "ready") {
                try await lab.beside("b", ["python3", "-c", Self.member, "239.1.2.3", "t0"], readyMark: "joined") {
                    let asked = try await lab.run(
                        "a",
                        [
                            Binary.swiftNet, "igmp-query", "-I", "t0", "-j", "--listen", "0", "--response", "0.3",
                            "239.1.2.3", "--pcap", "/mnt/p",
                        ])
                    let member = asked.objects("member").first
                    #expect(asked.status == 0 && member?["host"] == "198.51.100.2", "\(asked)")
                    #expect(member?["mac"] == "null" && member?["vendor"] == "null", "\(asked)")
                    let text = try await lab.run(
                        "a",
                        [Binary.swiftNet, "igmp-query", "-I", "t0", "--listen", "0", "--response", "0.3", "239.1.2.3"])
                    #expect(text.output.contains("239.1.2.3  198.51.100.2  IGMPv3, sources: all\n"), "\(text)")
                }
                let dump = try await lab.run("a", ["tcpdump", "-nvtr", "/mnt/p", "igmp"])
                #expect(dump.output.contains("igmp query v3") && dump.output.contains("igmp v3 report"), "\(dump)")
                #expect(!dump.output.contains("bad") && dump.output.hasPrefix("IP "), "\(dump)")
            }
        }
    }

    @Test(
        "one run joins on an Ethernet interface and on a tunnel, by our reports and by the kernel's",
        arguments: ["", "--kernel"])
    func mixed(kernel: String) async throws {
        try await Lab.with(.pair.withFiles) { lab in
            try await lab.beside("a", Lab.tunnel(), readyMark: "ready") {
                let script = """
                    (sleep 30; echo status -1 >> /mnt/log) & guard=$!
                    $0 igmp-join -j -I va -I t0 239.1.2.3 -c 4 -w 20 --pcap /mnt/p --explain 1 \(kernel) > /mnt/log & join=$!
                    for name in vb t0; do
                    until grep -q 'joined.*"interface":"t0"' /mnt/log; do sleep 0.02; done
                    ip netns exec b $0 igmp-query -q -I $name --force --response 0.3 --listen 0 239.1.2.3 > /mnt/$name; echo $?
                    ip netns exec b python3 -c '\(Self.sender)' 239.1.2.3 $name
                    done
                    wait $join; echo $?; kill $guard; cat /mnt/log
                    """
                let outcome = try await lab.run("a", ["timeout", "40", "bash", "-c", script, Binary.swiftNet])
                #expect(outcome.lines.prefix(3).map(String.init) == ["0", "0", "0"], "\(outcome)")
                for type in ["joined", "report", "left"] {
                    let names = Set(outcome.objects(type).compactMap { $0["interface"] })
                    #expect(names == ["va", "t0"], "\(type): \(outcome)")
                }
                let datagrams = outcome.objects("datagram").map { [$0["interface"], $0["from"], $0["bytes"]] }
                #expect(
                    datagrams == [
                        ["va", "192.0.2.2", "100"], ["va", "192.0.2.2", "100"], ["t0", "198.51.100.2", "100"],
                        ["t0", "198.51.100.2", "100"],
                    ], "\(outcome)")
                let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "-j", "/mnt/p"])
                #expect(decoded.lines.contains { $0.contains(#""layers":[{"layer":"ipv4""#) }, "\(decoded)")
                #expect(decoded.lines.contains { $0.contains(#""layers":[{"layer":"ethernet""#) }, "\(decoded)")
                #expect(!decoded.output.contains("incorrect"), "\(decoded)")
            }
        }
    }

    @Test("MLD through a tunnel: our member answers our query; without -I an Ethernet interface is preferred")
    func mld() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            try await lab.beside("a", Lab.tunnel(), readyMark: "ready") {
                let join = [Binary.swiftNet, "igmp-join", "-w", "30", "-I", "t0", "ff05::1:3", "239.1.2.3"]
                try await lab.beside("b", join, readyMark: "Joined 239.1.2.3 on t0") {
                    for group in ["ff05::1:3", "239.1.2.3"] {
                        let asked = try await lab.run(
                            "a",
                            [Binary.swiftNet, "igmp-query", group, "-I", "t0", "--listen", "0", "--response", "0.5"])
                        #expect(asked.status == 0 && asked.output.contains("\n\(group)  "), "\(asked)")
                    }
                }
                let chosen = try await lab.run("a", [Binary.swiftNet, "igmp-join", "239.1.2.3", "-w", "0.2"])
                #expect(chosen.output.hasPrefix("Joined 239.1.2.3 on va "), "\(chosen)")
                _ = try await lab.run("a", ["ip", "link", "set", "dev", "va", "down"])
                let alone = try await lab.run("a", [Binary.swiftNet, "igmp-join", "239.1.2.3", "-w", "0.2"])
                #expect(alone.output.hasPrefix("Joined 239.1.2.3 on t0 "), "\(alone)")
            }
        }
    }

    @Test(
        "commands that need MAC addresses say why they cannot run",
        arguments: [(65534, "a TUN or WireGuard interface"), (512, "a PPP link"), (778, "a GRE tunnel")])
    func refusals(type: Int, kind: String) async throws {
        try await Lab.with(.pair.withFiles.and("echo 02:00:00:00:00:01 198.51.100.7 > /mnt/ethers")) { lab in
            try await lab.beside("a", Lab.tunnel(type: type), readyMark: "ready") {
                let reason = "interface t0 is not an Ethernet interface: \(kind) has no MAC addresses\n"
                for arguments in [
                    "arping -c 1 -I t0 198.51.100.2", "arping -c 1 198.51.100.2", "arping -c 1 -I t0 02:00:00:00:00:01",
                    "arping --style habets -c 1 -i t0 198.51.100.2", "arping -D -c 1 -I t0 198.51.100.2",
                    "arping --sweep 198.51.100.0/28 -I t0", "arping --probe 198.51.100.9 -I t0",
                    "arping --announce 198.51.100.1 -I t0", "rarp query -I t0 02:00:00:00:00:01",
                    "rarp serve -I t0 --ethers /mnt/ethers", "dhcp-discover -I t0",
                    "host -I t0 --address 198.51.100.9/24",
                    "http-probe --stack user --source 198.51.100.9/24 -I t0 http://198.51.100.2/",
                ] {
                    let outcome = try await lab.run(
                        "a", [Binary.swiftNet] + arguments.split(separator: " ").map(String.init))
                    #expect(outcome.status == 2 && outcome.errors.hasSuffix(reason), "\(arguments): \(outcome)")
                    #expect(outcome.errors.split(separator: "\n").count == 1, "\(arguments): \(outcome)")
                }
            }
        }
    }
}
