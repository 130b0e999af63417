import Testing

/// `tcp-syn-scan` on interfaces without Ethernet.
@Suite("tcp-syn-scan through tunnels")
struct SYNScanTunnelTests {
    private func hosts(_ scan: Lab.Outcome, _ state: String) -> Set<String> {
        Set(scan.objects("port").filter { $0["state"] == state }.compactMap { $0["addr"] })
    }

    /// TUN, PPP, raw IP, IPIP, IPv6 tunnel, SIT, GRE.
    @Test(
        "open and closed ports of both families, and a capture without Ethernet headers",
        arguments: [65534, 512, 519, 768, 769, 776, 778])
    func types(type: Int) async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await Lab.with(Lab.Layout.everybody.withFiles) { lab in
            try await lab.over(.tunnel, type: type) {
                try await lab.listening([80]) {
                    let scan = try await lab.scan(
                        "-j --all -p 79,80 --pcap /mnt/p --explain 1 198.18.0.0/29 2001:db8:18::/126")
                    #expect(scan.status == 0 && scan.summary?["open"] == "12", "\(scan)")
                    #expect(scan.summary?["closed"] == "12" && scan.summary?["refused"] == "0", "\(scan)")
                    #expect(scan.summary?["sent"] == "24", "\(scan)")
                    let text = scan.output + scan.errors
                    #expect(!text.contains("Ethernet") && text.contains("TCP"), "\(scan)")
                }
                let dump = try await lab.run("a", ["tcpdump", "-nvvtr", "/mnt/p"])
                #expect(dump.output.contains("Flags [S]") && dump.output.contains("Flags [S.]"), "\(dump)")
                #expect(dump.output.hasPrefix("IP") && !dump.output.contains("incorrect"), "\(dump)")
                let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "-j", "/mnt/p"])
                #expect(decoded.lines.allSatisfy { !$0.contains("\"layer\":\"ethernet\"") }, "\(decoded)")
                // The kernel resets the open ports' connections.
                #expect(decoded.lines.filter { $0.contains("\"type\":\"packet\"") }.count == 60, "\(decoded)")
            }
        }
    }

    @Test("-I, link-local addresses and a point-to-point address need no neighbors")
    func nearby() async throws {
        try await Lab.with(.pair, over: .tunnel) { lab in
            let addresses = try await lab.run(
                "a",
                [
                    "sh", "-ec",
                    """
                    for n in "a 1 2" "b 2 1"; do
                        set -- $n
                        ip -n $1 addr add fe80::$2/64 dev t0
                        ip -n $1 addr add 203.0.113.$2 peer 203.0.113.$3 dev t0
                        ip -n $1 addr add 2001:db8:9::$2 peer 2001:db8:9::$3 dev t0
                    done
                    """,
                ])
            try #require(addresses.status == 0, "\(addresses)")
            try await lab.listening([80]) {
                for target in ["fe80::2%t0", "-I t0 fe80::2", "203.0.113.2", "2001:db8:9::2", "-I t0 198.51.100.2"] {
                    let scan = try await lab.scan("-j --all -p 79,80 \(target)")
                    #expect(scan.status == 0 && scan.summary?["open"] == "1", "\(scan)")
                    #expect(scan.summary?["closed"] == "1" && scan.summary?["sent"] == "2", "\(scan)")
                }
            }
        }
    }

    @Test(
        "Ethernet, tunnel and loopback in one run, each target once",
        arguments: ["", "--rate max", "--ping", "--targets -"])
    func mixed(options: String) async throws {
        try await Lab.with(Lab.Layout.everybody.withFiles) { lab in
            try await lab.beside("a", Lab.tunnel(), readyMark: "ready") {
                let route = try await lab.run("a", ["ip", "route", "add", "198.19.0.0/16", "dev", "t0"])
                try #require(route.status == 0, "\(route)")
                try await lab.listening([80]) {
                    let targets =
                        "192.0.2.2 198.18.0.0/28 198.19.0.0/28 198.51.100.2 127.0.0.1 198.51.100.1 ::1 2001:db8::2"
                    let scan = try await lab.scan(
                        "-j --all -p 80 --pcap /mnt/p \(options) \(options.contains("-t") ? "" : targets)",
                        input: targets + "\n")
                    #expect(scan.summary?["open"] == "35" && scan.summary?["closed"] == "3", "\(scan)")
                    #expect(hosts(scan, "closed") == ["127.0.0.1", "198.51.100.1", "::1"], "\(scan)")
                    #expect(scan.status == 0 && scan.errors.isEmpty, "\(scan)")
                }
                let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "-j", "/mnt/p"])
                for address in ["192.0.2.2", "198.19.0.3", "127.0.0.1", "198.51.100.1", "2001:db8::2"] {
                    #expect(decoded.output.contains("\"destination\":\"\(address)\""), "\(address): \(decoded)")
                }
                #expect(!decoded.output.contains("\"checksum\":\"incorrect\""), "\(decoded)")
            }
        }
    }

    @Test("--ping asks hosts behind a tunnel, for there is no ARP")
    func ping() async throws {
        guard await Peer.require(.nft) else { return }
        let firewall = """
            ip netns exec b nft -f - <<'END'
            table inet t {
                chain i {
                    type filter hook input priority 0;
                    ip daddr 198.18.0.1 icmp type echo-request accept
                    ip daddr 198.18.0.2 tcp dport 443 accept
                    ip daddr 198.18.0.3 tcp dport 80 accept
                    ip daddr 198.18.0.0/28 drop
                }
            }
            END
            """
        try await Lab.with(Lab.Layout.everybody.and(firewall), over: .tunnel) { lab in
            let scan = try await lab.scan("-j --all --ping -p 80,443 198.18.0.0/28")
            let found = Set(scan.objects("port").compactMap { $0["addr"] })
            #expect(found == ["198.18.0.1", "198.18.0.2", "198.18.0.3"], "\(scan)")
            #expect(scan.summary?["silent_hosts"] == "13" && scan.summary?["refused"] == "0", "\(scan)")
        }
    }

    @Test("corrupted, truncated, repeated and late replies: no port is found that is not there")
    func hostile() async throws {
        try await Lab.with(
            Lab.Layout.everybody, over: .tunnel, faults: "loss=0.05 corrupt=0.3 duplicate=0.3 jitter=40"
        ) { lab in
            try await lab.listening([80]) {
                let scan = try await lab.scan("-j --all -p 1-400 --retries 24 --wait 0.3 198.18.0.1 2001:db8:18::1")
                let ports = scan.objects("port")
                #expect(Set(ports.map { "\($0["addr"] ?? "") \($0["port"] ?? "")" }).count == 800, "\(scan)")
                #expect(ports.filter { $0["state"] == "open" }.allSatisfy { $0["port"] == "80" }, "\(scan)")
                #expect(scan.summary?["open"] == "2" && scan.summary?["closed"] == "798", "\(scan.summary?.text ?? "")")
                #expect(Int(scan.summary?["refused"] ?? "") ?? 0 > 50, "\(scan.summary?.text ?? "")")
            }
        }
    }

    @Test(
        "late, twice and out of order, and one port filtered: every port once, and no other filtered",
        arguments: ["delay=300 duplicate=0.5", "duplicate=0.5 jitter=40"])
    func late(faults: String) async throws {
        guard await Peer.require(.nft) else { return }
        let filter =
            "ip netns exec b nft 'table inet t { chain i { type filter hook input priority 0; tcp dport 25 drop; }; }'"
        try await Lab.with(Lab.Layout.pair.and(filter), over: .tunnel, faults: faults) { lab in
            try await lab.listening([22, 80]) {
                let ports = try await lab.scan("192.0.2.2 -p 1-200 --all -j").objects("port")
                let found = ports.filter { $0["state"] != "closed" }.map { "\($0["port"] ?? "") \($0["state"] ?? "")" }
                #expect(found.sorted() == ["22 open", "25 filtered", "80 open"], "\(found)")
                #expect(ports.count == 200 && Set(ports.compactMap { $0["port"] }).count == 200, "\(ports.count)")
            }
        }
    }

    @Test(
        "the tunnel goes down during the scan: the run ends with the results so far",
        arguments: ["ip link set dev t0 down", "ip link delete t0", "ip link set dev t0 carrier off"])
    func down(how: String) async throws {
        try await Lab.with(Lab.Layout.everybody, over: .tunnel) { lab in
            try await lab.listening([80]) {
                let script = """
                    (sleep 1; \(how)) &
                    timeout 20 $0 tcp-syn-scan -j --all --rate 200 -p 80 198.18.0.0/22; echo "status $?"
                    """
                let scan = try await lab.run("a", ["bash", "-c", script, Binary.swiftNet])
                #expect(scan.lines.last == "status 2", "\(scan)")
                #expect(scan.objects("error").contains { $0["message"]?.contains("t0: ") ?? false }, "\(scan)")
                #expect(hosts(scan, "filtered").isEmpty, "\(scan)")
                #expect((50...400).contains(hosts(scan, "open").count), "\(scan)")
            }
        }
    }

    @Test("4,096 hosts at several rates, each once", arguments: ["", "--rate 20000", "--rate max"])
    func manyHosts(options: String) async throws {
        try await Lab.with(Lab.Layout.everybody, over: .tunnel) { lab in
            try await lab.listening([80]) {
                let scan = try await lab.scan("-j -p 80 \(options) 198.18.0.0/20")
                #expect(hosts(scan, "open").count == 4_096, "\(scan.summary?.text ?? "") \(scan.errors)")
                #expect(scan.objects("port").count == 4_096 && scan.status == 0, "\(scan.summary?.text ?? "")")
            }
        }
    }

    @Test(
        "a source of its own and banners need MAC addresses, and say so",
        arguments: [(65534, "a TUN or WireGuard interface"), (512, "a PPP link"), (778, "a GRE tunnel")])
    func refusals(type: Int, kind: String) async throws {
        try await Lab.with(.pair) { lab in
            try await lab.beside("a", Lab.tunnel(type: type), readyMark: "ready") {
                for options in [
                    "-I t0 --source 198.51.100.9", "--source 198.51.100.9", "--source 198.51.100.9 --banners",
                ] {
                    let scan = try await lab.scan("-p 80 \(options) 198.51.100.2")
                    #expect(scan.status == 2, "\(scan)")
                    #expect(
                        scan.errors.hasSuffix(
                            "interface t0 is not an Ethernet interface: \(kind) has no MAC addresses\n"),
                        "\(scan)")
                    #expect(scan.errors.split(separator: "\n").count == 1, "\(scan)")
                }
            }
        }
    }
}
