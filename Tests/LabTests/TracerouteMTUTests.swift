import Testing

/// `traceroute --mtu` over narrow links, reported and not reported.
@Suite("traceroute --mtu in the lab")
struct TracerouteMTUTests {
    /// The link behind `h2` takes 1,400 bytes.
    private static let narrow = """
        ip -n h2 link set dev r3 mtu 1400
        ip -n h3 link set dev l3 mtu 1400
        """

    @Test("the hop at which each MTU holds, as traceroute and tracepath find it", arguments: ["", " -I"])
    func reported(method: String) async throws {
        guard await Peer.require(.traceroute, .tracepath) else { return }
        try await Lab.with(.chain(hops: 4).and(Self.narrow)) { lab in
            // Twice: what the kernel has learned of the path must not hide it.
            for _ in 0..<2 {
                let ours = try await lab.traceroute("h0", "-n --mtu\(method) 198.18.4.2")
                #expect(ours.status == 0 && ours.lines.count == 5, "\(ours.output)")
                #expect(
                    ours.lines[1].contains(" ms F=1500  ") && ours.lines[3].contains(" ms F=1400  "), "\(ours.output)")
                #expect(ours.output.ranges(of: "F=").count == 2, "\(ours.output)")
            }
            let theirs = try await lab.run("h0", ["traceroute", "-n", "--mtu", "198.18.4.2"])
            #expect(theirs.output.contains("F=1400"), "\(theirs.output)")
            let path = try await lab.run("h0", ["tracepath", "-n", "198.18.4.2"])
            #expect(path.output.contains("pmtu 1400"), "\(path.output)")
            let json = try await lab.traceroute("h0", "-nj --mtu -q 1 198.18.4.2")
            #expect(json.objects("hop").map { $0["mtu"] } == ["1500", "1500", "1400", "1400"], "\(json.output)")
            #expect(json.summary?["path_mtu"] == "1400" && json.summary?.text.contains(#""verdict":[],"#) == true)
        }
    }

    @Test("a router that drops what is too long without a word is named, with the size")
    func blackHole() async throws {
        guard await Peer.require(.nft) else { return }
        let layout = Lab.Layout.chain(hops: 4).and(
            Self.narrow + "\n"
                + """
                ip netns exec h2 nft add table ip t
                ip netns exec h2 nft add chain ip t o '{ type filter hook output priority 0; }'
                ip netns exec h2 nft add rule ip t o icmp type destination-unreachable drop
                """)
        try await Lab.with(layout) { lab in
            let text = try await lab.traceroute("h0", "-n --mtu 198.18.4.2")
            #expect(text.status == 0 && text.lines.count == 6, "\(text.output)")
            #expect(
                text.lines.last
                    == "path-MTU black hole between hops 2 and 3: packets of more than 1400 bytes are lost there without an ICMP error",
                "\(text.output)")
            let json = try await lab.traceroute("h0", "-njI --mtu 198.18.4.2")
            #expect(
                json.summary?.text.contains(#""verdict":[{"kind":"mtu-black-hole","ttl":2,"size":1400}],"#) == true,
                "\(json.output)")
        }
    }

    @Test(
        "hosts with Linux's default limit of ICMP errors: no black hole where the MTU is reported, and an end in time")
    func defaultLimit() async throws {
        guard await Peer.require(.nft) else { return }
        let limits = (1...4).map { "ip netns exec h\($0) sysctl -qw net.ipv4.icmp_ratelimit=1000" }
        let layout = Lab.Layout.chain(hops: 4).and(Self.narrow + "\n" + limits.joined(separator: "\n"))
        try await Lab.with(layout) { lab in
            // The second and later ones find the routers' budget spent, and the kernel knows the path MTU.
            for options in ["-njI", "-nj", "-njI", "-nj"] {
                let outcome = try await lab.traceroute("h0", "\(options) --mtu 198.18.4.2")
                #expect(outcome.summary?["path_mtu"] == "1400", "\(outcome.output)")
                #expect(outcome.summary?.text.contains("black-hole") == false, "\(outcome.output)")
                for hop in outcome.objects("hop") {
                    guard let ttl = hop["ttl"].flatMap({ Int($0) }), let mtu = hop["mtu"] else { continue }
                    #expect(mtu == (ttl <= 2 ? "1500" : "1400"), "\(outcome.output)")
                }
            }
        }
    }

    @Test("--report and --live have a column with the MTU of each hop; JSON and CSV have it too")
    func table() async throws {
        try await Lab.with(.chain(hops: 4).and(Self.narrow)) { lab in
            let options = "-n --mtu --cycles 2 --interval 0.2"
            for mode in ["--report", "--report -U", "--live", "--report --paths"] {
                let text = try await lab.traceroute("h0", "\(mode) \(options) 198.18.4.2")
                let header = try #require(text.lines.first { $0.hasPrefix("HOST:") })
                #expect(text.status == 0 && header.hasSuffix(" StDev    MTU"), "\(text)")
                let rows = text.lines.filter { $0.contains(".|--") }
                let ends = rows.map { $0.split(separator: " ").last.map(String.init) }
                #expect(ends == ["1500", "1500", "1400", "1400"], "\(mode): \(text.output)")
            }
            let json = try await lab.traceroute("h0", "-j --report \(options) 198.18.4.2")
            #expect(json.objects("hop").map { $0["mtu"] } == ["1500", "1500", "1400", "1400"], "\(json.output)")
            #expect(json.summary?["path_mtu"] == "1400", "\(json.output)")
            let csv = try await lab.traceroute("h0", "--csv --report \(options) 198.18.4.2")
            #expect(csv.lines.first?.hasSuffix(",Name,Mark,Others,Mtu") == true, "\(csv.output)")
            let last = csv.lines.dropFirst().map { $0.split(separator: ",").last.map(String.init) }
            #expect(last == ["1500", "1500", "1400", "1400"], "\(csv.output)")
            let without = try await lab.traceroute("h0", "-nj --report --cycles 1 198.18.4.2")
            #expect(without.status == 0 && !without.output.contains(#""mtu":"#), "\(without.output)")
            let screen = try await lab.inTerminal(
                "h0",
                """
                type_in '\(Binary.swiftNet) traceroute -n --live --mtu --interval 0.2 198.18.4.2'
                wait_for 'StDev    MTU'; wait_for '198.18.3.2 .* 1400'; wait_for 'MTU 1500'
                t send-keys j; t send-keys j; t send-keys j; wait_for 'hop 4: .*MTU 1400'
                t send-keys q; wait_for 'HOST:'; echo good
                """)
            #expect(screen.output == "good\n", "\(screen.output)")
        }
    }

    @Test("IPv6, and the loopback interface with the longest packets there are")
    func others() async throws {
        try await Lab.with(.routed) { lab in
            _ = try await lab.ping("a", "-c 1 -w 5 2001:db8:1::2")
            let ipv6 = try await lab.traceroute("a", "-nj --mtu 2001:db8:1::2")
            #expect(ipv6.objects("hop").map { $0["mtu"] } == ["1500", "1400"], "\(ipv6.output)")
            let loopback = try await lab.traceroute("a", "-nj --mtu 127.0.0.1")
            #expect(loopback.status == 0 && loopback.summary?["path_mtu"] == "65535", "\(loopback.output)")
            for mode in ["-I", "-U", "--report --cycles 1"] {
                let longest = try await lab.traceroute("a", "-nj --mtu \(mode) ::1")
                #expect(longest.status == 0 && longest.summary?["path_mtu"] == "65535", "\(mode): \(longest.output)")
                #expect(longest.summary?.text.contains(#""verdict":[]"#) == true, "\(mode): \(longest.output)")
            }
            let refused = try await lab.traceroute("a", "-T --mtu 192.0.2.254")
            #expect(
                refused.status == 2
                    && refused.errors == "traceroute: --mtu cannot be used with -T\n")
        }
    }
}
