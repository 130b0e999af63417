import Testing

/// `traceroute` through real routers, beside the one that people know.
@Suite("traceroute in the lab")
struct TracerouteTests {
    /// The address of each hop, nil for a silent one.
    private func addresses(_ outcome: Lab.Outcome) -> [String?] {
        outcome.lines.dropFirst().filter { $0.hasPrefix(" ") || $0.first?.isNumber == true }.map { line in
            let arguments = line.split(separator: " ")
            return arguments.count > 1 && arguments[1] != "*" ? String(arguments[1]) : nil
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
            #expect(ours.lines.last == "hop 5 forwards packets but sends no replies")
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

    @Test("a bare number of -z above 10 is of milliseconds")
    func sendInterval() async throws {
        try await Lab.with(.chain(hops: 2)) { lab in
            let outcome = try await lab.traceroute("h0", "-nj -q 1 -z 11 198.18.2.2")
            let elapsed = try #require(outcome.summary?.number("elapsed_ms"))
            // Of seconds it would be 11,000 at the least.
            #expect(outcome.status == 0 && (11..<11_000).contains(elapsed), "\(outcome.output)")
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
            #expect(
                outcome.lines[1].hasPrefix(
                    #"{"type":"hop","ttl":2,"probes":[{"timeout":true},{"timeout":true}],"time":""#))
            let summary = try #require(outcome.summary)
            #expect(summary["reached"] == "true" && summary["hops"] == "4" && summary["path_mtu"] == "1500")
            #expect(summary.text.contains(#""verdict":[{"kind":"silent-hop","ttl":2}],"#))
        }
    }

    @Test(
        "packets that exceed the first link: fragments as traceroute sends, with -F !F-MTU once",
        arguments: ["", " -I"])
    func longPackets(method: String) async throws {
        guard await Peer.require(.traceroute) else { return }
        try await Lab.with(.chain(hops: 3)) { lab in
            let theirs = try await lab.run(
                "h0", ["traceroute", "-n"] + method.split(separator: " ").map(String.init) + ["198.18.3.2", "1600"])
            let ours = try await lab.traceroute("h0", "-n\(method) 198.18.3.2 1600")
            let hosts = { (outcome: Lab.Outcome) in outcome.lines.map { $0.split(separator: " ").prefix(2) } }
            #expect(ours.status == 0 && hosts(ours) == hosts(theirs), "\(ours.output)\(theirs.output)")
            #expect(!ours.output.contains("*"), "\(ours.output)")
            for option in ["", " --report --cycles 2 --interval 0.1", method.isEmpty ? " --paths" : " -q 1"] {
                let long = try await lab.traceroute("h0", "-nj\(method)\(option) 198.18.3.2 20000")
                #expect(long.status == 0 && long.objects("hop").count == 3, "\(long)")
            }
            for option in ["", " --report", method.isEmpty ? " --paths" : " --mtu"] {
                let refused = try await lab.traceroute("h0", "-nF\(method)\(option) 198.18.3.2 1600")
                #expect(refused.status == 1 && refused.output.ranges(of: "!F-1500").count == 1, "\(refused)")
                #expect(
                    refused.lines.last
                        == "not reached: packets of 1600 bytes exceed the MTU of the first link, 1500 bytes")
                let json = try await lab.traceroute("h0", "-njF\(method)\(option) 198.18.3.2 1600")
                #expect(json.output.contains(#""annotation":"!F-1500""#), "\(json)")
                #expect(json.output.firstMatch(of: #/\b[a-z]\w*\(\w+: /#) == nil, "\(json)")
                #expect(json.summary?["sent"] == "0", "\(json)")
            }
        }
    }

    @Test("the same over IPv6, where a router's MTU makes the fragments smaller", arguments: ["", " -I"])
    func longPacketsIPv6(method: String) async throws {
        try await Lab.with(.routed) { lab in
            _ = try await lab.ping("a", "-c 1 -w 5 2001:db8:1::2")
            for option in ["", " --report --cycles 3 --interval 0.1"] {
                let outcome = try await lab.traceroute("a", "-nj\(method)\(option) 2001:db8:1::2 1600")
                #expect(
                    outcome.status == 0 && outcome.objects("hop").map { $0["addr"] == "2001:db8:1::2" }.last == true)
            }
            let refused = try await lab.traceroute("a", "-nF\(method) 2001:db8:1::2 1600")
            #expect(refused.lines.dropFirst().first == " 1  !F-1500", "\(refused)")
            let narrow = try await lab.traceroute("a", "-nF\(method) 2001:db8:1::2 1450")
            #expect(narrow.status == 1 && narrow.output.contains(" ms !F-1400"), "\(narrow)")
        }
    }

    /// Answers UDP datagrams to 198.18.1.1 as a router at which they end, with a label stack (RFC 4950)
    /// and, where it is asked for, what it is to say of its interface (RFC 5837).
    private static let labelRouter = """
        import socket, struct, sys
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        def checksum(data):
            total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
            while total >> 16: total = (total & 0xFFFF) + (total >> 16)
            return ~total & 0xFFFF
        objects = struct.pack("!HBBII", 12, 1, 1, 16001 << 12 | 3 << 9 | 1, 3 << 12 | 1 << 8 | 1)
        if "interface" in sys.argv:
            name = b"eth\\x1b0".ljust(7, b"\\0")
            body = struct.pack("!I", 7) + bytes([len(name) + 1]) + name + struct.pack("!I", 1400)
            objects += struct.pack("!HBB", 4 + len(body), 2, 0x0B) + body
        extension = struct.pack("!BBH", 0x20, 0, 0) + objects
        extension = extension[:2] + struct.pack("!H", checksum(extension)) + extension[4:]
        print("ready", flush=True)
        while True:
            packet = tap.recv(2048)
            if packet[9] != 17 or packet[16:20] != bytes([198, 18, 1, 1]): continue
            body = bytes([0, 32, 0, 0]) + packet[:128].ljust(128, b"\\0") + extension
            message = struct.pack("!BBH", 11, 0, checksum(bytes([11, 0, 0, 0]) + body)) + body
            out.sendto(message, (socket.inet_ntoa(packet[12:16]), 0))
        """

    @Test("label stacks as traceroute prints them, and what a router says of its interface")
    func extensions() async throws {
        guard await Peer.require(.traceroute) else { return }
        try await Lab.with(.pair) { lab in
            try await lab.beside("b", ["python3", "-c", Self.labelRouter], readyMark: "ready") {
                let ours = try await lab.traceroute("a", "-n -e -m 1 198.18.1.1")
                let theirs = try await lab.run("a", ["traceroute", "-n", "-e", "-m", "1", "198.18.1.1"])
                let start = " 1  192.0.2.2 <MPLS:L=16001,E=3,S=0,T=1/L=3,E=0,S=1,T=1>  "
                #expect(ours.lines.count > 1 && ours.lines[1].hasPrefix(start), "\(ours.output)")
                #expect(theirs.lines.count > 1 && theirs.lines[1].hasPrefix(start), "\(theirs.output)")
            }
            try await lab.beside("b", ["python3", "-c", Self.labelRouter, "interface"], readyMark: "ready") {
                let text = try await lab.traceroute("a", "-n -e -m 1 198.18.1.1")
                #expect(
                    text.output.contains(#"T=1> <incoming:index=7,name="eth\x1b0",mtu=1400>  "#), "\(text.output)")
                let json = try await lab.traceroute("a", "-nj -q 1 -m 1 198.18.1.1")
                #expect(
                    json.output.contains(
                        #""interfaces":[{"role":"incoming","index":7,"name":"eth\u001b0","mtu":1400}]"#),
                    "\(json.output)")
            }
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
            let short = try await lab.traceroute("h0", "-n -m 2 198.18.3.2")
            #expect(
                short.status == 1
                    && short.lines.suffix(2) == [
                        "asymmetric from hop 2: 2 hops forward, about 6 back",
                        "not reached: the last reply came from hop 2",
                    ], "\(short.output)")
            let loop = try await lab.traceroute("h0", "-nj -m 12 198.18.99.1")
            let summary = try #require(loop.summary)
            #expect(
                loop.status == 1
                    && summary.text.contains(
                        #""verdict":[{"kind":"loop","ttl":2,"length":2},{"kind":"unreachable","ttl":12}],"#),
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
            #expect(outcome.lines.last == "not reached: the last reply came from hop 2")
        }
    }

    @Test("IPv6, by UDP and by ICMP", arguments: ["", "-I "])
    func ipv6(method: String) async throws {
        try await Lab.with(.routed) { lab in
            // New neighbors are found first.
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
            ("192.0.2.0/24", "traceroute: 192.0.2.0/24: traceroute takes hosts; ping takes networks\n"),
            ("-m 0 192.0.2.1", "traceroute: invalid value '0' for -m (expected 1 to 255)\n"),
            ("-f 9 -m 3 192.0.2.1", "traceroute: invalid value '9' for -f (expected 1 to 3, the last hop)\n"),
            (
                "-w 1,2,3,4 192.0.2.1",
                "traceroute: invalid value '1,2,3,4' for -w (expected MAX,HERE,NEAR: a duration from 1ms and up to 2 factors from 1 to 1000)\n"
            ),
            ("-z -1 192.0.2.1", "traceroute: invalid value '-1' for -z (expected 0 to 2147483 seconds)\n"),
            ("-q 11 192.0.2.1", "traceroute: invalid value '11' for -q (expected 1 to 10)\n"),
            ("-4 -6 192.0.2.1", "traceroute: -4 cannot be used with -6\n"),
            (
                "http://192.0.2.1/",
                "traceroute: http://192.0.2.1/: traceroute takes hosts; http-probe takes URLs\n"
            ),
            ("-n --name-wait 2 192.0.2.1", "traceroute: --name-wait cannot be used with -n\n"),
            (
                "-r 192.0.2.1",
                "traceroute: unknown option '-r': --report prints a table as mtr -r does\nTry 'swift-net traceroute --help'.\n"
            ),
            ("-n", "traceroute: no TARGET given (expected a name or an address)\n"),
            ("192.0.2.1 20", "traceroute: invalid value '20' for LENGTH (expected 30 to 65000)\n"),
            ("--size 90 192.0.2.1 100", "traceroute: LENGTH cannot be used with --size\n"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "traceroute"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == message && outcome.output.isEmpty)
    }
}
