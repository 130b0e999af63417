import Testing

/// `traceroute` through real routers, beside the one that people know.
@Suite("traceroute in the lab")
struct TracerouteTests {
    /// The address of each hop, nil for a silent one.
    private func addresses(_ outcome: Lab.Outcome) -> [String?] {
        outcome.lines.dropFirst().filter { $0.hasPrefix(" ") || $0.first?.isNumber == true }.map { line in
            let words = line.split(separator: " ")
            return words.count > 1 && words[1] != "*" ? String(words[1]) : nil
        }
    }

    @Test(
        "twelve hops, one of them silent: traceroute's addresses, by every method",
        arguments: ["", " -I", " -U", " --no-paris", " -I --no-paris", " -F"])
    func chain(method: String) async throws {
        guard await Peer.require(.traceroute, .nft) else { return }
        try await Lab.with(.chain(hops: 12, silent: 5)) { lab in
            let ours = try await lab.traceroute("h0", "-n\(method) 198.18.12.2")
            let theirs = try await lab.run(
                "h0", ["traceroute", "-n"] + (method.contains("I") ? ["-I"] : []) + ["198.18.12.2"])
            #expect(ours.status == 0 && ours.errors.isEmpty)
            #expect(ours.lines.first == theirs.lines.first && ours.lines.count == 14, "\(ours.output)")
            let expected = (1...12).map { $0 == 5 ? nil : "198.18.\($0).2" }
            #expect(
                self.addresses(ours) == expected && self.addresses(theirs) == expected, "\(ours.output)\(theirs.output)"
            )
            #expect(ours.lines[5] == " 5  * * *")
            #expect(ours.lines.last == "hop 5 is silent: it passes packets on and answers none")
        }
    }

    @Test("a length behind the target, as traceroute has it")
    func length() async throws {
        guard await Peer.require(.traceroute) else { return }
        try await Lab.with(.chain(hops: 2)) { lab in
            let ours = try await lab.traceroute("h0", "-n 198.18.2.2 1200")
            let theirs = try await lab.run("h0", ["traceroute", "-n", "198.18.2.2", "1200"])
            #expect(ours.status == 0 && self.addresses(ours) == ["198.18.1.2", "198.18.2.2"])
            #expect(
                ours.lines.first?.hasSuffix(", 1200 byte packets") == true && ours.lines.first == theirs.lines.first)
        }
    }

    @Test("JSON: a line a hop, and what was silent in the summary")
    func json() async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(.chain(hops: 4, silent: 2)) { lab in
            let outcome = try await lab.traceroute("h0", "-j -q 2 198.18.4.2")
            #expect(outcome.status == 0 && outcome.objects("hop").count == 4)
            let first = try #require(outcome.objects.first)
            #expect(
                first["ttl"] == "1" && first["addr"] == "198.18.1.2" && first["icmp_type"] == "11"
                    && first["reply_ttl"] == "64")
            #expect(outcome.lines[1] == #"{"type":"hop","ttl":2,"probes":[{"timeout":true},{"timeout":true}]}"#)
            let summary = try #require(outcome.summary)
            #expect(summary["reached"] == "true" && summary["hops"] == "4" && summary["path_mtu"] == "1500")
            #expect(summary.text.hasSuffix(#""verdict":[{"kind":"silent-hop","ttl":2}]}"#))
        }
    }

    @Test("a loop between two routers and a longer way back are said; --back as traceroute has it")
    func verdicts() async throws {
        guard await Peer.require(.traceroute) else { return }
        // What h3 gets for 198.18.99.0/24 it sends back to h2; h2 sets other times to live on what it answers.
        let layout = Lab.Layout.chain(hops: 3).and(
            """
            ip -n h3 route add 198.18.99.0/24 via 198.18.3.1
            ip netns exec h2 sysctl -qw net.ipv4.ip_default_ttl=60
            """)
        try await Lab.with(layout) { lab in
            let back = try await lab.traceroute("h0", "-n --back 198.18.3.2")
            let theirs = try await lab.run("h0", ["traceroute", "-n", "--back", "198.18.3.2"])
            #expect(back.status == 0 && back.lines.count == 4, "\(back.output)")
            #expect(
                back.lines[2].hasPrefix(" 2  198.18.2.2 '-6'  ") && theirs.lines[2].hasPrefix(" 2  198.18.2.2 '-6'  "),
                "\(back.output)\(theirs.output)")
            let loop = try await lab.traceroute("h0", "-nj -m 12 198.18.99.1")
            let summary = try #require(loop.summary)
            #expect(
                loop.status == 1
                    && summary.text.hasSuffix(
                        #""verdict":[{"kind":"loop","ttl":2,"length":2},{"kind":"unreachable","ttl":12}]}"#),
                "\(summary.text)")
        }
    }

    @Test("a NAT that does not mend quotes is seen at the hop behind it", arguments: ["", " -I"])
    func translated(method: String) async throws {
        guard await Peer.require(.nft) else { return }
        // Without connection tracking: what h2 sends on has another source, and answers find the way back.
        let layout = Lab.Layout.chain(hops: 4).and(
            """
            ip netns exec h2 nft add table ip n
            ip netns exec h2 nft add chain ip n out '{ type filter hook postrouting priority 0; }'
            ip netns exec h2 nft add rule ip n out ip saddr 198.18.1.1 oifname r3 ip saddr set 198.18.2.99
            ip netns exec h2 nft add chain ip n in '{ type filter hook prerouting priority -300; }'
            ip netns exec h2 nft add rule ip n in iifname r3 ip daddr 198.18.2.99 ip daddr set 198.18.1.1
            """)
        try await Lab.with(layout) { lab in
            let outcome = try await lab.traceroute("h0", "-n\(method) 198.18.4.2")
            #expect(outcome.status == 0)
            #expect(self.addresses(outcome) == (1...4).map { "198.18.\($0).2" }, "\(outcome.output)")
            #expect(outcome.lines.last?.hasPrefix("NAT before hop 3: ") == true, "\(outcome.output)")
        }
    }

    // A lab for each: the kernel has a budget of such errors for a peer.
    @Test(
        "a router's refusal ends it, with its mark and exit status 1",
        arguments: [("unreachable", "!H"), ("prohibit", "!X")])
    func refused(route: String, mark: String) async throws {
        try await Lab.with(.chain(hops: 3).and("ip -n h2 route add \(route) 198.18.99.0/24")) { lab in
            let outcome = try await lab.traceroute("h0", "-n 198.18.99.1")
            #expect(outcome.status == 1 && outcome.lines.count == 4, "\(outcome.output)")
            #expect(outcome.lines[2].contains("198.18.2.2") && outcome.lines[2].contains(" ms \(mark)"))
            #expect(outcome.lines.last == "not reached: the last answer came from hop 2")
        }
    }

    @Test("IPv6, by UDP and by ICMP", arguments: ["", "-I "])
    func ipv6(method: String) async throws {
        try await Lab.with(.routed) { lab in
            // New neighbours are found first.
            _ = try await lab.ping("a", "-c 1 -w 5 2001:db8:1::2")
            let outcome = try await lab.traceroute("a", "-n \(method)2001:db8:1::2")
            #expect(outcome.status == 0 && outcome.lines.count == 3, "\(outcome)")
            #expect(outcome.lines.first == "traceroute to 2001:db8:1::2 (2001:db8:1::2), 30 hops max, 80 byte packets")
            #expect(
                outcome.lines[1].hasPrefix(" 1  2001:db8::fe  ") && outcome.lines[2].hasPrefix(" 2  2001:db8:1::2  "))
        }
    }

    @Test("started under its name it is the command; its packets are explained")
    func nameAndExplanation() async throws {
        try await Lab.with(.chain(hops: 2)) { lab in
            let outcome = try await lab.run(
                "h0", ["bash", "-c", "exec -a traceroute \(Binary.swiftNet) -n -f 2 --explain 1 198.18.2.2"])
            #expect(
                outcome.status == 0 && outcome.output.contains("source port           ")
                    && outcome.output.contains("udp (quoted)"))
            #expect(outcome.lines.last?.hasPrefix(" 2  198.18.2.2  ") == true, "\(outcome.output)")
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("192.0.2.0/24", "traceroute: 192.0.2.0/24: one host is traced, not a network\n"),
            ("-m 0 192.0.2.1", "traceroute: -m: '0' is out of range: 1 <= value <= 255\n"),
            ("-f 9 -m 3 192.0.2.1", "traceroute: -f: the first hop, 9, is behind the last, 3\n"),
            ("-w 1,2,3,4 192.0.2.1", "traceroute: -w: '1,2,3,4' has more than three parts\n"),
            ("-z -1 192.0.2.1", "traceroute: -z: '-1' is out of range: 0 <= seconds <= 2147483\n"),
            ("-q 11 192.0.2.1", "traceroute: -q: '11' is out of range: 1 <= value <= 10\n"),
            ("-4 -6 192.0.2.1", "traceroute: -4 and -6 exclude each other\n"),
            ("-i nonesuch 192.0.2.1", "traceroute: -i: 'nonesuch' is no interface\n"),
            ("-n", "traceroute: a target is missing\n"),
            ("192.0.2.1 20", "traceroute: --size: '20' is out of range: 30 <= value <= 65000\n"),
            ("--size 90 192.0.2.1 100", "traceroute: --size and the length behind the target exclude each other\n"),
            ("192.0.2.1 192.0.2.2", "traceroute: one host is traced, not several: 192.0.2.1 192.0.2.2\n"),
        ])
    func refusals(words: String, message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "traceroute"] + words.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == message && outcome.output.isEmpty)
    }
}
