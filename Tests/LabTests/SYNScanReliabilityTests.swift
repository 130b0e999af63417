import Testing

/// What `tcp-syn-scan` makes of silence: a firewall's is an answer, that of a host that limits what it answers is none.
@Suite("tcp-syn-scan and hosts that limit their answers, in the lab")
struct SYNScanReliabilityTests {
    /// Rules for what comes to `b` and leaves it.
    private func layout(input: String = "", output: String = "") -> Lab.Layout {
        .pair.and(
            """
            ip -n b addr add 192.0.2.3/24 dev vb; ip -n b addr add 192.0.2.4/24 dev vb
            ip netns exec b nft -f - <<'END'
            table inet t {
                chain i {
                    type filter hook input priority 0;
                    \(input)
                }
                chain o {
                    type filter hook output priority 0;
                    \(output)
                }
            }
            END
            """)
    }

    private func slowSYNs(_ match: String = "") -> String {
        """
        \(match) tcp flags & (syn | ack | rst) == syn limit rate 25/second burst 50 packets accept
        \(match) tcp flags & (syn | ack | rst) == syn drop
        """
    }

    private let slowResets = """
        tcp flags & rst == rst limit rate 200/second burst 50 packets accept
        tcp flags & rst == rst drop
        """

    private func ports(_ outcome: Lab.Outcome, _ state: String) -> [JSONLine] {
        outcome.objects("port").filter { $0["state"] == state }
    }

    @Test(
        "25 SYNs per second and no open port: the ports are reported as unknown, with the reason",
        arguments: ["192.0.2.2", "2001:db8::2"], Lab.Wire.allCases)
    func limitedSYNs(target: String, wire: Lab.Wire) async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(layout(input: slowSYNs()), over: wire) { lab in
            let outcome = try await lab.scan("\(target) -p 1-4000 --all -j")
            #expect(outcome.status == 2, "\(outcome.lines.last ?? "")")
            let hosts = outcome.objects("host")
            #expect(hosts.map { $0["addr"] } == [target] && hosts.first?["reliable"] == "false", "\(hosts)")
            #expect(hosts.first?["note"] == "limits SYNs", "\(hosts)")
            let rate = hosts.first?["packets_per_second"].flatMap { Int($0) } ?? 0
            #expect(rate > 0, "\(hosts)")
            let silent = self.ports(outcome, "filtered")
            #expect(!silent.isEmpty && silent.allSatisfy { $0["reliable"] == "false" })
            #expect(self.ports(outcome, "closed").allSatisfy { $0["reliable"] == nil })
            #expect(outcome.summary?["unresolved"] == "\(silent.count)", "\(outcome.lines.last ?? "")")
            let text = try await lab.scan("\(target) -p 1-4000 --all")
            #expect(text.status == 2, "\(text.lines.last ?? "")")
            #expect(text.output.contains("\(target): unreliable: it answers only about "), "\(text.lines.suffix(4))")
            #expect(text.output.contains(" ports without a reply are not known to be filtered\n"))
            #expect(text.output.contains("/tcp") && text.output.contains(" 0 filtered, "), "\(text.lines.suffix(4))")
            #expect(!text.lines.contains { $0.contains("no-response") && !$0.contains("filtered?") })
        }
    }

    @Test("where the report has no place for it, standard error says it", arguments: ["-q", "--format csv --all"])
    func besideTheReport(options: String) async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(layout(input: slowSYNs())) { lab in
            let outcome = try await lab.scan("192.0.2.2 -p 1-4000 \(options)")
            #expect(outcome.status == 2 && outcome.errors.contains("192.0.2.2: unreliable: "), "\(outcome.errors)")
            guard options.contains("csv") else { return }
            let rows = outcome.lines.dropFirst()
            #expect(
                rows.filter { $0.contains(",no-response,") }.allSatisfy {
                    $0.contains(",false,") && !$0.contains(",true,")
                })
            #expect(
                rows.filter { $0.contains(",reset,") }.allSatisfy { $0.contains(",true,") && !$0.contains(",false,") })
        }
    }

    @Test("200 resets a second: open ports are found, and the others are not known to be filtered")
    func limitedResets() async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(layout(output: slowResets)) { lab in
            try await lab.listening([22, 80, 443]) {
                let outcome = try await lab.scan("192.0.2.2 -p 1-20000 -j")
                #expect(outcome.status == 0 && outcome.summary?["open"] == "3", "\(outcome)")
                #expect(outcome.objects("host").map { $0["reliable"] } == ["false"], "\(outcome)")
            }
            let none = try await lab.scan("192.0.2.2 -p 1-20000 -j")
            #expect(none.status == 2 && none.objects("host").count == 1, "\(none)")
        }
    }

    @Test("a host that limits both SYNs and resets", arguments: Lab.Wire.allCases)
    func limitedBoth(wire: Lab.Wire) async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(layout(input: slowSYNs(), output: slowResets), over: wire) { lab in
            let outcome = try await lab.scan("192.0.2.2 -p 1-4000 -j")
            #expect(outcome.status == 2 && outcome.objects("host").count == 1, "\(outcome)")
        }
    }

    /// 203 ports with 5 open ones, without `--all`.
    private func findsAll(_ lab: Lab, _ target: String, _ options: String = "") async throws {
        let outcome = try await lab.scan("\(target) -p 1-203 -j \(options)")
        #expect(outcome.status == 0 && outcome.objects("host").isEmpty, "\(outcome)")
        #expect(outcome.objects("port").compactMap { $0["port"].flatMap { Int($0) } }.sorted() == open, "\(outcome)")
        #expect(outcome.summary?["closed"] == "198" && outcome.summary?["unresolved"] == "0", "\(outcome)")
    }

    private let open = [22, 80, 111, 139, 179]

    @Test(
        "203 ports of a host that limits SYNs or resets: all are found, as nmap finds them",
        arguments: [
            (0, "192.0.2.2", Lab.Wire.ethernet), (0, "2001:db8::2", .tunnel), (1, "192.0.2.2", .tunnel),
            (2, "2001:db8::2", .ethernet),
        ])
    func all(kind: Int, target: String, wire: Lab.Wire) async throws {
        guard await Peer.require(.nft, .nmap) else { return }
        let limits = layout(input: kind == 1 ? "" : slowSYNs(), output: kind == 0 ? "" : slowResets)
        try await Lab.with(limits, over: wire) { [open] lab in
            try await lab.listening(open) {
                try await self.findsAll(lab, target, kind == 0 ? "--host-timeout 30" : "")
                guard kind == 0, !target.contains(":") else { return }
                let theirs = try await lab.run("a", ["nmap", "-sS", "-n", "-Pn", "-T4", "-p", "1-203", target])
                let found = theirs.lines.filter { $0.contains("/tcp") && $0.contains(" open ") }.compactMap {
                    Int($0.prefix { $0 != "/" })
                }
                #expect(found == open, "\(theirs)")
            }
        }
    }

    @Test("limited hosts beside others, by a tunnel: each has its own rate")
    func beside() async throws {
        guard await Peer.require(.nft) else { return }
        let rules = slowSYNs("ip daddr 192.0.2.3") + "\nip daddr 192.0.2.4 tcp dport != 22 drop"
        try await Lab.with(layout(input: rules), over: .tunnel) { [open] lab in
            try await lab.listening(open) {
                let outcome = try await lab.scan("192.0.2.2-4 -p 1-203 --rate max -j")
                #expect(outcome.status == 0 && outcome.objects("host").isEmpty, "\(outcome)")
                #expect(outcome.summary?["open"] == "11" && outcome.summary?["filtered"] == "202", "\(outcome)")
            }
        }
    }

    @Test("--host-timeout 0: a host that limits SYNs is reported instead")
    func noTime() async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(layout(input: slowSYNs())) { lab in
            let outcome = try await lab.scan("192.0.2.2 -p 1-203 -j --host-timeout 0")
            #expect(outcome.status == 2 && outcome.objects("host").map { $0["note"] } == ["limits SYNs"], "\(outcome)")
        }
    }

    @Test("a router's limit that 256 hosts share is reported", arguments: Lab.Wire.allCases)
    func shared(wire: Lab.Wire) async throws {
        guard await Peer.require(.nft) else { return }
        let all = layout(input: slowSYNs()).and(
            "ip -n b route add local 198.18.0.0/24 dev lo")
        try await Lab.with(all, over: wire) { lab in
            let outcome = try await lab.scan("198.18.0.0/24 -p 80 -j")
            #expect(outcome.status == 2 && outcome.objects("host").isEmpty, "\(outcome)")
            let limit = outcome.lines.last ?? ""
            #expect(limit.contains("\"shared_limit\":{\"packets_per_second\":"), "\(outcome)")
            let text = try await lab.scan("198.18.0.0/24 -p 80")
            #expect(text.status == 2, "\(text)")
            #expect(text.output.contains("The hosts together answer only about "), "\(text)")
            #expect(text.output.contains(" are not known to be filtered: use a lower --rate\n"), "\(text)")
        }
    }

    @Test(
        "a host that answers every port: its ports are marked in each format, and its line names it",
        arguments: Lab.Wire.allCases)
    func everyPort(wire: Lab.Wire) async throws {
        guard await Peer.require(.nft) else { return }
        let redirected = Lab.Layout.pair.and(
            """
            ip netns exec b nft -f - <<'END'
            table ip t {
                chain p {
                    type nat hook prerouting priority -100;
                    tcp dport 1-65535 redirect to :9999
                }
            }
            END
            """)
        try await Lab.with(redirected, over: wire) { lab in
            try await lab.listening([9_999]) {
                let outcome = try await lab.scan("192.0.2.2 -p 1-1000 -j")
                #expect(outcome.status == 2 && outcome.summary?["unconfirmed"] == "1000", "\(outcome)")
                #expect(outcome.objects("host").map { $0["note"] } == ["answers every port"], "\(outcome)")
                let open = self.ports(outcome, "open")
                #expect(open.count == 1_000 && open.allSatisfy { $0["reliable"] == "false" }, "\(outcome)")
                let text = try await lab.scan("192.0.2.2 -p 1-1000")
                #expect(text.lines.count { $0.contains(" open? ") } == 1_000, "\(text)")
                #expect(
                    text.lines.contains(
                        "192.0.2.2: unreliable: it answers every port alike, as SYN proxies and tarpits do; open ports are not confirmed"
                    ), "\(text.lines.suffix(5))")
                #expect(text.output.contains(": 0 open, 0 closed, 0 filtered, 1000 unconfirmed\n"), "\(text)")
                let table = try await lab.scan("192.0.2.2 -p 1-1000 --format csv")
                #expect(table.lines.count { $0.contains(",false,") } == 1_000, "\(table)")
                #expect(table.errors.contains("it answers every port alike"), "\(table.errors)")
                let tree = try await lab.scan("192.0.2.2 -p 1-1000 --format xml")
                let unconfirmed =
                    #"<state state="open" reason="syn-ack" reason_ttl="64"/>.*<script id="unreliable" output="not confirmed"/></port>"#
                #expect(try tree.lines.count { try $0.contains(Regex(unconfirmed)) } == 1_000, "\(tree)")
                #expect(
                    tree.output.contains(
                        #"<hostscript><script id="unreliable" output="192.0.2.2: unreliable: it answers every port alike, "#
                    ), "\(tree)")
                let few = try await lab.scan("192.0.2.2 -p 1-50 -j")
                #expect(few.status == 0 && few.objects("host").isEmpty, "\(few)")
            }
        }
    }

    @Test("one of three hosts limits SYNs: only that host is reported", arguments: Lab.Wire.allCases)
    func oneOfThree(wire: Lab.Wire) async throws {
        guard await Peer.require(.nft) else { return }
        let rules = slowSYNs("ip daddr 192.0.2.3") + "\nip daddr 192.0.2.4 tcp dport != 22 drop"
        try await Lab.with(layout(input: rules), over: wire) { lab in
            let outcome = try await lab.scan("192.0.2.2-4 -p 1-4000 --all -j")
            #expect(outcome.status == 2, "\(outcome.lines.last ?? "")")
            #expect(outcome.objects("host").map { $0["addr"] } == ["192.0.2.3"], "\(outcome.objects("host"))")
            let filtered = self.ports(outcome, "filtered")
            #expect(filtered.allSatisfy { ($0["reliable"] == "false") == ($0["addr"] == "192.0.2.3") })
            #expect(filtered.filter { $0["addr"] == "192.0.2.4" }.count == 3_999)
        }
    }

    @Test(
        "firewalls and dead hosts: their silence is an answer",
        arguments: [
            ("tcp dport != { 22, 80, 443 } drop", 0), ("tcp dport != 25 drop", 1), ("meta l4proto tcp drop", 1),
            ("tcp dport 1-900 drop", 1), ("tcp dport 300 drop", 1),
            ("tcp dport 1-900 numgen random mod 100 < 3 drop", 1),
        ])
    func firewalls(rule: String, status: Int) async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(layout(input: rule)) { lab in
            try await lab.listening(status == 0 ? [22, 80] : []) {
                let outcome = try await lab.scan("192.0.2.2 -p 1-1000 -j")
                #expect(Int(outcome.status) == status && outcome.objects("host").isEmpty, "\(outcome)")
                #expect(outcome.summary?["unresolved"] == "0", "\(outcome)")
            }
        }
    }
}
