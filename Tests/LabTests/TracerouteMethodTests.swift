import Testing

/// What `traceroute` sends, and to whom: TCP, source routes, several targets, captures.
@Suite("methods of traceroute in the lab")
struct TracerouteMethodTests {
    /// Listens on port 80 until it is ended.
    private static let listener = """
        import socket, time
        s = socket.socket(); s.bind(("", 80)); s.listen(5)
        print("ready", flush=True)
        time.sleep(60)
        """

    @Test("TCP: a port that listens answers every probe of its hop, and no connection is left; a closed one resets")
    func tcp() async throws {
        guard await Peer.require(.traceroute) else { return }
        try await Lab.with(.chain(hops: 4)) { lab in
            let closed = try await lab.traceroute("h0", "-nT -O info 198.18.4.2")
            #expect(closed.status == 0 && closed.lines.count == 5, "\(closed.output)")
            let resets = closed.lines.last.map { $0.ranges(of: "<rst,ack>").count }
            #expect(resets == 3 && closed.lines.last?.hasPrefix(" 4  198.18.4.2  ") == true, "\(closed.output)")
            try await lab.beside("h4", ["python3", "-c", Self.listener], readyMark: "ready") {
                let open = try await lab.traceroute("h0", "-nT -O info 198.18.4.2")
                let theirs = try await lab.run("h0", ["traceroute", "-nT", "198.18.4.2"])
                #expect(
                    open.status == 0 && open.lines.count == 5 && open.lines.first == theirs.lines.first,
                    "\(open.output)\(theirs.output)")
                #expect(open.lines.last.map { $0.ranges(of: "<syn,ack>").count } == 3, "\(open.output)")
                let json = try await lab.traceroute("h0", "-j -q 1 -M tcp 198.18.4.2")
                #expect(
                    json.objects("hop").last?.text.contains(#""tcp_flags":["syn","ack"]"#) == true, "\(json.output)")
                let sockets = try await lab.run("h4", ["ss", "-Htan", "state", "connected"])
                #expect(sockets.output.isEmpty, "\(sockets.output)")
            }
        }
    }

    @Test("TCP over IPv6, listening and closed")
    func tcpIPv6() async throws {
        try await Lab.with(.routed) { lab in
            _ = try await lab.ping("a", "-c 1 -w 5 2001:db8:1::2")
            let closed = try await lab.traceroute("a", "-nT -O info 2001:db8:1::2")
            #expect(closed.status == 0 && closed.output.ranges(of: "<rst,ack>").count == 3, "\(closed.output)")
            let listener = Self.listener.replacing("socket.socket()", with: "socket.socket(socket.AF_INET6)")
            try await lab.beside("b", ["python3", "-c", listener], readyMark: "ready") {
                let open = try await lab.traceroute("a", "-nT -O info 2001:db8:1::2")
                #expect(open.status == 0 && open.lines.count == 3, "\(open.output)")
                #expect(open.lines[1].hasPrefix(" 1  2001:db8::fe  "), "\(open.output)")
                #expect(open.lines.last.map { $0.ranges(of: "<syn,ack>").count } == 3, "\(open.output)")
            }
        }
    }

    @Test("a loose source route goes through its gateways", arguments: ["", " -I", " -T"])
    func gateways(method: String) async throws {
        let allow = (0...3).map { hop in
            "ip netns exec h\(hop) sh -c 'for f in /proc/sys/net/ipv4/conf/*/accept_source_route; do echo 1 > $f; done'"
        }
        // The straight way to h3 ends at h1; by way of h2's other address it goes on.
        let layout = Lab.Layout.chain(hops: 3).and(
            (allow + ["ip -n h1 route add unreachable 198.18.3.0/24"]).joined(separator: "\n"))
        try await Lab.with(layout) { lab in
            let straight = try await lab.traceroute("h0", "-n\(method) 198.18.3.2")
            #expect(straight.status == 1 && straight.output.contains("!H"), "\(straight.output)")
            let routed = try await lab.traceroute("h0", "-n\(method) -g 198.18.2.2 198.18.3.2")
            #expect(routed.status == 0 && routed.lines.count == 4, "\(routed.output)")
            for hop in 1...3 { #expect(routed.lines[hop].hasPrefix(" \(hop)  198.18.\(hop).2  "), "\(routed.output)") }
        }
    }

    /// Answers one line of whois a connection: routes for 198.18.0.0/16, a more specific one from two systems.
    private static let registry = """
        import socket
        s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", 4343)); s.listen(5)
        print("ready", flush=True)
        while True:
            c, _ = s.accept()
            question = c.makefile().readline().strip()
            if question == "198.18.1.2":
                c.sendall(b"route:      198.18.0.0/16\\norigin:     AS64500\\n\\nroute:      198.18.1.0/24\\norigin:     AS64501\\n"
                    b"\\nroute:      198.18.1.0/24\\norigin:     AS64502\\nremarks:    origin: AS1\\n")
            else:
                c.sendall(b"%  No entries found\\n")
            c.close()
        """

    @Test("the registry's word for each host, and no word")
    func origins() async throws {
        try await Lab.with(.chain(hops: 2)) { lab in
            try await lab.beside("h0", ["python3", "-c", Self.registry], readyMark: "ready") {
                func trace(_ arguments: String) async throws -> Lab.Outcome {
                    try await lab.run(
                        "h0",
                        ["env", "RA_SERVER=127.0.0.1", "RA_SERVICE=4343", Binary.swiftNet, "traceroute"]
                            + arguments.split(separator: " ").map(String.init))
                }
                let text = try await trace("-nA 198.18.2.2")
                #expect(
                    text.status == 0 && text.lines[1].hasPrefix(" 1  198.18.1.2 [AS64501/AS64502]  "), "\(text.output)")
                #expect(text.lines[2].hasPrefix(" 2  198.18.2.2 [*]  "), "\(text.output)")
                let json = try await trace("-nAj -q 1 198.18.2.2")
                #expect(json.output.contains(#""origins":["AS64501","AS64502"]"#), "\(json.output)")
            }
            // Without a reply, the trace continues.
            let alone = try await lab.run(
                "h0",
                ["env", "RA_SERVER=127.0.0.1", "RA_SERVICE=4344", Binary.swiftNet, "traceroute", "-nA", "198.18.2.2"])
            #expect(alone.status == 0 && alone.lines[1].hasPrefix(" 1  198.18.1.2 [*]  "), "\(alone.output)")
        }
    }

    @Test("the autonomous systems by DNS: several records, junk, other prefixes, a server that does not answer")
    func originsByDNS() async throws {
        @Sendable func name(_ hop: Int) -> String { "2.\(hop).18.198.origin.as.test" }
        let texts = [
            "\(name(1))=64500 64501 | 198.18.1.0/24 | US | arin | 2001-01-01",
            "\(name(1))=64502 | 198.18.0.0/15 | US | arin | 2001-01-01",
            "\(name(2))=evil\\x1b[31m | 198.18.2.0/24 | | |", "\(name(2))=64503\\n | 198.18.2.0/24",
            "\(name(3))=64504 | 192.0.2.0/24 | US | arin | 2001-01-01", "\(name(4))===badtext", "\(name(5))===silent",
        ]
        let server = NameServerLab.server(["--udp", "198.18.1.2"] + texts.flatMap { ["--text", $0] })
        try await Lab.with(Lab.Layout.chain(hops: 5).withFiles) { lab in
            try await lab.beside("h1", server, readyMark: "begun") {
                let client = NameServerLab(lab: lab, client: "h0")
                let files = NameServerLab.Files("nameserver 198.18.1.2", "options timeout:1 attempts:1")
                let zone = ["RA_ZONE=as.test"]
                let text = try await client.run(
                    "traceroute -nA --as-source dns 198.18.5.2", files, environment: zone)
                #expect(text.status == 0 && text.lines.count == 6, "\(text)")
                #expect(text.lines[1].hasPrefix(" 1  198.18.1.2 [AS64500/AS64501]  "), "\(text.output)")
                for hop in 2...5 {
                    #expect(text.lines[hop].hasPrefix(" \(hop)  198.18.\(hop).2 [*]  "), "\(text.output)")
                }
                for mode in ["-q 1", "--paths", "--report --cycles 1"] {
                    let json = try await client.run(
                        "traceroute -nAj --as-source dns \(mode) 198.18.2.2", files, environment: zone)
                    #expect(json.output.contains(#""origins":["AS64500","AS64501"]"#), "\(json.output)")
                }
                let queries = try await client.queries().filter { $0.type == "TXT" }
                #expect(queries.prefix(5).map { "\($0.name)" }.sorted() == (1...5).map(name), "\(queries)")
            }
        }
        let alone = try await Lab.run([Binary.swiftNet, "traceroute", "--as-source", "dns", "127.0.0.1"])
        #expect(alone.status == 2 && alone.errors == "traceroute: --as-source requires -A\n", "\(alone)")
    }

    @Test("routers with link-local addresses only have their interface as zone, in every mode")
    func zones() async throws {
        // `m` has no other address, so its errors come from fe80::fe on both links.
        let layout = Lab.Layout.routed.and(
            """
            for i in ma mb; do ip -n m -6 addr flush dev $i scope global; done
            ip -n m addr add fe80::fe/64 dev ma nodad; ip -n m addr add fe80::fe/64 dev mb nodad
            for i in ma mb; do
                for old in $(ip -n m -6 -o addr show dev $i | grep -o 'fe80::[0-9a-f:]*/64' | grep -v '^fe80::fe/'); do
                    ip -n m addr del $old dev $i
                done
            done
            ip -n m -6 route add 2001:db8::/64 dev ma; ip -n m -6 route add 2001:db8:1::/64 dev mb
            ip -n a -6 route replace default via fe80::fe dev va; ip -n b -6 route replace default via fe80::fe dev vb
            """)
        try await Lab.with(layout) { lab in
            _ = try await lab.ping("a", "-c 1 -w 5 2001:db8:1::2")
            let repeated = "--cycles 2 --interval 0.1"
            for (mode, line) in [
                ("", " 1  fe80::fe%va  "), ("-I", " 1  fe80::fe%va  "), ("--paths", " 1  fe80::fe%va  "),
                ("--report \(repeated)", "  1.|-- fe80::fe%va  "), ("--live \(repeated)", "  1.|-- fe80::fe%va  "),
                ("--dot", #"    "1 fe80::fe" [label="fe80::fe%va"];"#),
                ("--report --csv \(repeated)", ",1,fe80::fe%va,"),
            ] {
                let text = try await lab.traceroute("a", "-n \(mode) 2001:db8:1::2")
                #expect(text.status == 0 && text.output.contains(line), "\(mode): \(text)")
                guard !["--dot", "--live"].contains(where: mode.contains), !mode.contains("csv") else { continue }
                let json = try await lab.traceroute("a", "-nj \(mode) 2001:db8:1::2")
                #expect(json.output.contains(#""addr":"fe80::fe","zone":"va","name":null,"#), "\(mode): \(json)")
                #expect(!json.output.contains(#""addr":"2001:db8:1::2","zone""#), "\(mode): \(json)")
            }
            let near = try await lab.traceroute("a", "-n fe80::fe%va")
            #expect(near.lines.first?.hasPrefix("traceroute to fe80::fe%va (fe80::fe%va), ") == true, "\(near)")
            #expect(near.lines.last?.hasPrefix(" 1  fe80::fe%va  ") == true, "\(near)")
        }
    }

    @Test("several targets: a block each, and exit status 1 when one does not answer")
    func severalTargets() async throws {
        try await Lab.with(.chain(hops: 3).and("ip -n h3 route add blackhole 198.18.99.0/24")) { lab in
            let both = try await lab.traceroute("h0", "-n -q 1 198.18.2.2 198.18.3.2 60")
            #expect(both.status == 0 && both.lines.count == 8 && both.lines[3].isEmpty, "\(both.output)")
            #expect(
                both.lines[0].hasPrefix("traceroute to 198.18.2.2 (")
                    && both.lines[4].hasPrefix("traceroute to 198.18.3.2 ("), "\(both.output)")
            let one = try await lab.traceroute("h0", "-j -n -q 1 -w 0.2 --gap 2 198.18.2.2 198.18.99.1")
            let reached = one.objects("summary").map { $0["reached"] }
            #expect(one.status == 1 && reached == ["true", "false"], "\(one.output)")
        }
    }

    @Test("--pcap keeps what the trace sent and what answered it, and nothing else", arguments: ["", " -I", " -T"])
    func capture(method: String) async throws {
        try await Lab.with(.chain(hops: 2)) { lab in
            let file = "/tmp/swift-net-trace-\(lab.id)\(method.filter(\.isLetter)).pcapng"
            let outcome = try await lab.traceroute("h0", "-j -n\(method) -q 1 -N 1 --pcap \(file) 198.18.2.2")
            let decoded = try await Lab.run([Binary.swiftNet, "decode", "--json", file])
            _ = try await Lab.run(["rm", "-f", file])
            #expect(outcome.status == 0 && decoded.status == 0)
            #expect(decoded.objects("packet").count == 4, "\(decoded.output)")
            #expect(decoded.output.ranges(of: #""checksum":"incorrect""#).isEmpty, "\(decoded.output)")
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("-I -T 192.0.2.1", "-I cannot be used with -T"),
            ("-M sctp 192.0.2.1", "invalid value 'sctp' for -M (expected default, udp, icmp, tcp)"),
            ("-M udp -I 192.0.2.1", "-M udp cannot be used with -I"),
            ("-O info 192.0.2.1", "-O requires -T"), ("-I -O ecn 192.0.2.1", "-O requires -T"),
            ("-I -p 80 192.0.2.1", "-p cannot be used with -I"),
            ("-M icmp --sport 9 192.0.2.1", "--sport cannot be used with -M icmp"),
            ("-T -O sack 192.0.2.1", "invalid value 'sack' for -O (expected info, ecn, mss=N)"),
            ("-T --size 100 192.0.2.1", "--size cannot be used with -T"),
            ("-g nowhere 192.0.2.1", "invalid value 'nowhere' for -g (expected IPv4 addresses)"),
            ("-g 2001:db8::1 192.0.2.1", "invalid value '2001:db8::1' for -g (expected IPv4 addresses)"),
            ("-T 192.0.2.1 100", "LENGTH cannot be used with -T"),
            ("-T --mtu 192.0.2.1", "--mtu cannot be used with -T"),
            ("-T --no-paris 192.0.2.1", "--no-paris cannot be used with -T"),
            ("-g 192.0.2.7 2001:db8::1", "-g: 2001:db8::1: IPv6 has no source routes (RFC 5095)"),
            ("-T 127.0.0.1 ::1", "-T: targets must be of one family, IPv4 or IPv6"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "traceroute"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == "traceroute: \(message)\n" && outcome.output.isEmpty)
    }
}
