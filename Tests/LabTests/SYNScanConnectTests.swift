import Testing

/// `tcp-syn-scan --connect`, by the kernel's TCP.
@Suite("tcp-syn-scan --connect in the lab")
struct SYNScanConnectTests {
    /// Ports of `b` that a firewall drops or rejects in each way.
    private static let firewall = """
        table inet filter {
            chain input {
                type filter hook input priority 0;
                tcp dport 90 drop
                tcp dport 91 reject with icmpx type admin-prohibited
                tcp dport 92 reject with icmpx type port-unreachable
                tcp dport 93 reject with tcp reset
                tcp dport 94 reject with icmpx type no-route
            }
        }

        """

    private func with(
        _ layout: Lab.Layout = .pair, _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws {
        try await Lab.with(layout) { lab in
            try await lab.listening([80, 8080]) { try await body(lab) }
        }
    }

    @Test("it finds the states and reasons that half-open scanning finds", arguments: ["192.0.2.2", "2001:db8::2"])
    func states(target: String) async throws {
        guard await Peer.require(.nft) else { return }
        try await with { lab in
            let filter = try await lab.run("b", ["nft", "-f", "-"], input: Self.firewall)
            try #require(filter.status == 0, "\(filter)")
            func ports(_ scan: Lab.Outcome) -> [String] {
                scan.objects("port").map { row in
                    ["port", "state", "reason", "from", "service"].map { row[$0] ?? "-" }.joined(separator: " ")
                }
            }
            let arguments = "-j --all --sort -p 79,80,90-94,8080 \(target)"
            let halfOpen = try await lab.scan(arguments)
            let full = try await lab.scan("--connect \(arguments)")
            #expect(ports(full) == ports(halfOpen) && ports(full).count == 8, "\(full) \(halfOpen)")
            #expect(full.output.contains(#""type":"start","method":"connect""#), "\(full)")
            // What the kernel does not report is not made up.
            let open = try #require(full.objects("port").first { $0["state"] == "open" })
            #expect(open["ttl"] == "null" && open["window"] == nil && open["tcp_options"] == nil, "\(open)")
            #expect(open.number("rtt_ms").map { $0 > 0 } == true, "\(open)")
        }
    }

    @Test("without CAP_NET_RAW it is used by itself, with one line of notice")
    func withoutPrivileges() async throws {
        let user = "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all"
        try await with { lab in
            func scan(_ arguments: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a",
                    "\(user) \(Binary.swiftNet) tcp-syn-scan \(arguments)".split(separator: " ").map(String.init))
            }
            let chosen = try await scan("-q -I va -p 79,80 192.0.2.2")
            #expect(chosen.status == 0 && chosen.lines.count == 1, "\(chosen)")
            #expect(
                chosen.errors
                    == "tcp-syn-scan: no CAP_NET_RAW: scanning with --connect, which completes each connection\n")
            let asked = try await scan("-q --connect -p 80 192.0.2.2")
            #expect(asked.status == 0 && asked.errors.isEmpty, "\(asked)")
            for option in ["--source 192.0.2.77", "--source 192.0.2.77 --banners", "--pcap /dev/null"] {
                let refused = try await scan("\(option) -p 80 192.0.2.2")
                #expect(refused.status == 2 && refused.errors.contains("setcap cap_net_raw+p"), "\(refused)")
            }
        }
    }

    @Test("every port of a host, and few descriptors: every open port is found, and no connection is left")
    func limits() async throws {
        guard await Peer.require(.nft) else { return }
        try await with { lab in
            let all = try await lab.scan("-j --connect --rate max -p - 192.0.2.2")
            #expect(all.objects("port").compactMap { $0["port"] }.sorted() == ["80", "8080"], "\(all)")
            #expect(all.summary?["closed"] == "65533" && all.summary?["failed"] == "0", "\(all)")
            // Filtered ports keep their descriptors until they are given up.
            _ = try await lab.run(
                "b", ["nft", "-f", "-"], input: Self.firewall.replacing("90 drop", with: "100-160 drop"))
            let few = try await lab.run(
                "a",
                [
                    "bash", "-c",
                    "ulimit -n 44; \(Binary.swiftNet) tcp-syn-scan -j --connect --rate max --retries 0 -p 70-170,8080 192.0.2.2",
                ])
            #expect(few.objects("port").compactMap { $0["port"] }.sorted() == ["80", "8080"], "\(few)")
            #expect(few.summary?["filtered"] == "64" && few.summary?["failed"] == "0", "\(few)")
            let left = try await lab.run("b", ["ss", "-tnH", "state", "connected"])
            #expect(left.output.isEmpty, "\(left)")
        }
    }

    @Test("link-local targets, unreachable ones and those of the loopback interface in one run")
    func kinds() async throws {
        let layout = Lab.Layout.pair.and(
            """
            ip -n a addr add fe80::a/64 dev va nodad; ip -n b addr add fe80::b/64 dev vb nodad
            ip -n a route add unreachable 203.0.113.0/24
            """)
        try await with(layout) { lab in
            let scan = try await lab.scan("--connect --format list -p 80 fe80::b%va 127.0.0.1 192.0.2.2 203.0.113.7")
            #expect(Set(scan.lines) == ["[fe80::b%va]:80", "192.0.2.2:80"] && scan.status == 0, "\(scan)")
            let lost = try await lab.scan("--connect -p 80 203.0.113.7")
            #expect(lost.status == 2, "\(lost)")
            let bound = try await lab.scan("--connect -p 80 -I lo 192.0.2.2")
            #expect(bound.status != 0 && !bound.output.contains("open "), "\(bound)")
        }
    }

    @Test(
        "options that need frames are refused", arguments: ["--source 192.0.2.7", "--explain", "--pcap x"])
    func refusals(option: String) async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.scan("--connect \(option) -p 80 192.0.2.2")
            let name = option.split(separator: " ")[0]
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.errors.contains("--connect cannot be used with \(name)"), "\(outcome)")
        }
    }
}
