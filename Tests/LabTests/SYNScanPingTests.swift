import Testing

/// `tcp-syn-scan --ping`: which hosts are scanned.
@Suite("tcp-syn-scan --ping in the lab")
struct SYNScanPingTests {
    /// Hosts behind `b` that let one kind of question pass, reject one, or none.
    private static let firewall = """
        table inet filter {
            chain input {
                type filter hook input priority 0
                ip daddr 198.18.0.1 icmp type echo-request accept
                ip daddr 198.18.0.2 tcp dport 443 accept
                ip daddr 198.18.0.3 tcp dport 80 accept
                ip daddr 198.18.0.4 tcp dport 8080 accept
                ip daddr 198.18.0.5 tcp dport 443 reject
                ip daddr 198.18.0.0/28 drop
                ip6 daddr 2001:db8:18::1 icmpv6 type echo-request accept
                ip6 daddr 2001:db8:18::2 tcp dport 443 accept
                ip6 daddr 2001:db8:18::3 tcp dport 80 accept
                ip6 daddr 2001:db8:18::4 tcp dport 8080 accept
                ip6 daddr 2001:db8:18::5 tcp dport 443 reject
                ip6 daddr 2001:db8:18::/124 drop
            }
        }

        """

    private func with(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(Lab.Layout.everybody) { lab in
            let filter = try await lab.run("b", ["nft", "-f", "-"], input: Self.firewall)
            try #require(filter.status == 0, "\(filter)")
            try await body(lab)
        }
    }

    private func hosts(_ scan: Lab.Outcome) -> Set<String> { Set(scan.objects("port").compactMap { $0["addr"] }) }

    @Test("hosts that answer an echo, a SYN to 443 or an ACK to 80 are scanned, as with nmap; silent ones are not")
    func questions() async throws {
        guard await Peer.require(.nmap) else { return }
        try await with { lab in
            // The kernel of `b` sends errors of IPv6 from its own address, which do not show that the target is there.
            for (network, prefix, there) in [
                ("198.18.0.0/28", "198.18.0.", [1, 2, 3, 5]), ("2001:db8:18::/124", "2001:db8:18::", [1, 2, 3]),
            ] {
                let scan = try await lab.scan("-j --all --ping -p 80,443,8080 \(network)")
                #expect(hosts(scan) == Set(there.map { "\(prefix)\($0)" }), "\(scan)")
                #expect(
                    scan.summary?["silent_hosts"] == "\(16 - there.count)" && scan.summary?["refused"] == "0", "\(scan)"
                )
                let family = network.contains(":") ? ["-6"] : []
                let nmap = try await lab.run(
                    "a", ["nmap", "-n", "-sn", "-PE", "-PS443", "-PA80", "-oG", "-"] + family + [network])
                let up = nmap.lines.filter { $0.contains("Status: Up") }.compactMap {
                    $0.split(separator: " ").dropFirst().first
                }
                #expect(Set(up.map(String.init)) == hosts(scan), "\(nmap)")
            }
            let text = try await lab.scan("--ping -p 80 198.18.0.0/28")
            #expect(text.output.contains("1 closed, 3 filtered; 12 silent hosts not scanned\n"), "\(text)")
            let all = try await lab.scan("-j --all -Pn -p 80 --retries 0 --wait 0.1 198.18.0.0/28")
            #expect(hosts(all).count == 16 && all.summary?["silent_hosts"] == nil, "\(all)")
        }
    }

    @Test("neighbors and this host itself are not asked; without privileges SYNs ask")
    func others() async throws {
        try await with { lab in
            let near = try await lab.scan("-j --all --ping -p 9 192.0.2.2 192.0.2.1 127.0.0.1 2001:db8::2 ::1")
            #expect(hosts(near).count == 5 && near.summary?["sent"] == "5", "\(near)")
            let connect = try await lab.scan("-j --all --ping --connect -p 8080 198.18.0.0/28")
            #expect(hosts(connect) == ["198.18.0.2", "198.18.0.3", "198.18.0.5"], "\(connect)")
            let source = try await lab.scan("-j --all --ping --no-check --source 192.0.2.77 -p 8080 198.18.0.0/28")
            #expect(hosts(source).count == 4, "\(source)")
            _ = try await lab.run("a", ["ip", "route", "add", "default", "via", "192.0.2.2"])
            let many = try await lab.scan("--ping -p 80 0.0.0.0/0")
            #expect(many.status == 2 && many.errors.contains("--ping: more than 67108864 targets"), "\(many)")
            let refused = try await lab.scan("--ping -Pn -p 80 192.0.2.2")
            #expect(refused.status == 2 && refused.errors.contains("cannot be used with"), "\(refused)")
        }
    }

    @Test("hosts that are named while the scan runs are asked too; a capture has the questions and their replies")
    func arrivals() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await with { lab in
            let later = try await lab.run(
                "a",
                [
                    "bash", "-c",
                    "(echo 198.18.0.1; sleep 1; echo 198.18.0.2,3,4) | \(Binary.swiftNet) tcp-syn-scan -j --all --ping -p 80 --targets -",
                ])
            #expect(hosts(later) == ["198.18.0.1", "198.18.0.2", "198.18.0.3"], "\(later)")
            #expect(later.summary?["silent_hosts"] == "1", "\(later)")
            let capture = try await lab.run(
                "a",
                [
                    "sh", "-c",
                    "\(Binary.swiftNet) tcp-syn-scan --ping -q -p 9 --pcap - 198.18.0.1 198.18.0.3 | tcpdump -nr - 2>/dev/null",
                ])
            for part in [
                "> 198.18.0.1: ICMP echo request", "198.18.0.1 > 192.0.2.1: ICMP echo reply", ".80: Flags [.]",
            ] {
                #expect(capture.output.contains(part), "\(part): \(capture)")
            }
            let reset = capture.lines.filter { $0.contains("198.18.0.3.80 > ") && $0.contains("Flags [R]") }
            #expect(!reset.isEmpty, "\(capture)")
        }
    }
}
