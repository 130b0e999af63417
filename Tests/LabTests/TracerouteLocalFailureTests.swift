import Testing

@Suite("traceroute whose interface goes, in the lab")
struct TracerouteLocalFailureTests {
    /// Runs a trace from `h0`, removes the interface after a number of packets, and gives its output, its errors
    /// and its status as the last line.
    private func run(_ arguments: String, after packets: Int, _ how: String) async throws -> Lab.Outcome {
        try await Lab.with(.chain(hops: 3)) { lab in
            let script = """
                sent() { cat /sys/class/net/r1/statistics/tx_packets; }
                start=$(sent)
                \(Binary.swiftNet) traceroute \(arguments) 198.18.3.2 & p=$!
                until [ $(($(sent) - start)) -ge \(packets) ]; do sleep 0.01; done
                \(how); wait $p; echo $?
                """
            return try await lab.run("h0", ["bash", "-c", script])
        }
    }

    @Test(
        "--report counts what could not be sent apart, names the interface, and is status 2",
        arguments: ["ip link set r1 down", "ip link del r1"])
    func report(how: String) async throws {
        let json = try await run("-nj --report --cycles 30 --interval 0.1", after: 20, how)
        let summary = try #require(json.objects("summary").first, "\(json)")
        #expect(summary["reached"] == "true" && summary["interface"] == "r1", "\(json)")
        #expect(Int(summary["unsent"] ?? "") ?? 0 > 0 && summary["failure"] != nil, "\(json)")
        #expect(summary.text.contains(#""verdict":[]"#), "\(json)")
        for hop in json.objects("hop") { #expect(hop["loss_percent"] == "0.0", "\(json)") }
        #expect(json.lines.last == "2", "\(json)")
        #expect(
            json.errors.hasPrefix("traceroute: r1: ") && json.errors.hasSuffix("probes could not be sent\n"), "\(json)")
        let text = try await run("-n --report --cycles 30 --interval 0.1", after: 20, how)
        #expect(text.lines.last == "2" && text.errors.contains("r1: Network is "), "\(text)")
    }

    @Test("a carrier that is lost for a while is no loss on the way, and one that stays lost is no silence of hops")
    func carrier() async throws {
        let flap = "ip netns exec h1 ip link set l1 down; sleep 0.5; ip netns exec h1 ip link set l1 up; "
        let back = flap + "ip netns exec h1 ip route replace default via 198.18.2.2 dev r2"
        let json = try await run("-nj --report --cycles 30 --interval 0.1", after: 20, back)
        let summary = try #require(json.objects("summary").first, "\(json)")
        #expect(summary["reached"] == "true" && summary["failure"] == "no carrier", "\(json)")
        #expect(Int(summary["unsent"] ?? "") ?? 0 > 0 && summary.text.contains(#""verdict":[]"#), "\(json)")
        for hop in json.objects("hop") {
            #expect(hop["loss_percent"] == "0.0" && Int(hop["received"] ?? "") ?? 0 > 15, "\(json)")
        }
        #expect(json.lines.last == "2" && json.errors.contains("r1: no carrier: "), "\(json)")
        for option in ["-w 0.5", "-I -w 0.5", "--paths -w 0.5"] {
            let lost = try await Lab.with(.chain(hops: 3).and("ip -n h1 link set l1 down")) { lab in
                try await lab.traceroute("h0", "-n \(option) -m 4 198.18.3.2")
            }
            #expect(lost.status == 2 && lost.errors.contains("r1: no carrier: "), "\(option): \(lost)")
            #expect(!lost.output.contains("not reached") && !lost.output.contains("no replies"), "\(lost)")
        }
    }

    @Test(
        "--fwmark marks every probe, and the lookup of the route, in every mode",
        arguments: [
            "", "-I", "-T", "--mtu", "--paths", "--dot", "--paths -T", "--report --cycles 2 --interval 0.1",
            "--report -U --cycles 2 --interval 0.1", "--live --cycles 2 --interval 0.1",
        ])
    func markedRoute(mode: String) async throws {
        guard await Peer.require(.nft) else { return }
        // Packets without the mark have no route, and are dropped.
        let layout = Lab.Layout.chain(hops: 2).and(
            """
            ip -n h0 route del default
            ip -n h0 route add default via 198.18.1.2 table 7
            ip -n h0 rule add fwmark 7 table 7
            ip netns exec h0 nft add table ip t
            ip netns exec h0 nft add chain ip t o '{ type filter hook output priority 0; }'
            ip netns exec h0 nft add rule ip t o oifname r1 meta mark != 7 drop
            """)
        try await Lab.with(layout) { lab in
            let marked = try await lab.traceroute("h0", "-n --fwmark 7 \(mode) 198.18.2.2")
            #expect(marked.status == 0 && marked.errors.isEmpty && marked.output.contains("198.18.1.2"), "\(marked)")
            let other = try await lab.traceroute("h0", "-n \(mode) 198.18.2.2")
            #expect(other.status == 2 && other.errors.contains("Network is unreachable"), "\(other)")
        }
    }

    @Test("--fwmark marks every probe")
    func mark() async throws {
        guard await Peer.require(.nft) else { return }
        let layout = Lab.Layout.chain(hops: 2).and(
            """
            ip netns exec h0 nft add table ip t
            ip netns exec h0 nft add chain ip t o '{ type filter hook output priority 0; }'
            ip netns exec h0 nft add rule ip t o meta mark 7 drop
            """)
        try await Lab.with(layout) { lab in
            let marked = try await lab.traceroute("h0", "-n --fwmark 7 198.18.2.2")
            #expect(marked.status == 2 && marked.errors.contains("Operation not permitted: "), "\(marked)")
            let other = try await lab.traceroute("h0", "-n --fwmark 8 198.18.2.2")
            #expect(other.status == 0, "\(other)")
        }
    }

    @Test(
        "a firewall of this host that refuses every probe is no silent network", arguments: ["", "-I", "-T", "--paths"])
    func firewall(option: String) async throws {
        guard await Peer.require(.nft) else { return }
        let layout = Lab.Layout.chain(hops: 3).and(
            """
            ip netns exec h0 nft add table ip t
            ip netns exec h0 nft add chain ip t o '{ type filter hook output priority 0; }'
            ip netns exec h0 nft add rule ip t o ip daddr 198.18.3.2 drop
            """)
        try await Lab.with(layout) { lab in
            let outcome = try await lab.traceroute("h0", "-n \(option) -m 4 198.18.3.2")
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.errors.contains("r1: Operation not permitted: "), "\(outcome)")
            #expect(!outcome.output.contains("not reached") && !outcome.output.contains("no replies"), "\(outcome)")
        }
    }
}
