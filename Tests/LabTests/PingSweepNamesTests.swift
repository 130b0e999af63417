import Testing

@Suite("names and statistics of a sweep, in the lab")
struct PingSweepNamesTests {
    /// 192.0.2.77 is not assigned, 203.0.113.9 has no route, and 192.0.2.2 and 192.0.2.3 answer.
    private static let files = NameServerLab.Files(
        "nameserver 192.0.2.2", "options timeout:1 attempts:1",
        hosts: """
            192.0.2.77 quiet
            192.0.2.2 quiet
            203.0.113.9 unrouted
            192.0.2.3 unrouted
            2001:db8:ffff::1 dead6
            192.0.2.4 dead6
            192.0.2.78 lost
            192.0.2.79 lost
            192.0.2.2 both
            192.0.2.3 both
            192.0.2.3 single

            """)

    @Test("a name whose first address is dead is pinged at the next; names without an address are counted")
    func deadFirstAddress() async throws {
        try await NameServerLab.withPair { named in
            let outcome = try await named.run(
                "ping --retries 0 quiet unrouted dead6 lost nosuch.invalid", Self.files, limit: 30)
            for name in ["quiet", "unrouted", "dead6"] {
                #expect(outcome.lines.contains { $0.hasPrefix("\(name) is alive (") }, "\(name): \(outcome)")
            }
            #expect(outcome.lines.contains("lost is unreachable (no reply to ARP)"), "\(outcome)")
            #expect(
                outcome.output.contains("\n4 targets, 3 alive, 1 unreachable, 1 without an address\n"), "\(outcome)")
            #expect(outcome.status == 2 && outcome.errors.contains("ping: nosuch.invalid: "))
            let json = try await named.run("ping -j --retries 0 quiet lost nosuch.invalid", Self.files, limit: 30)
            #expect(json.summary?.number("unresolved") == 1 && json.summary?.number("targets") == 2, "\(json)")
            let host = json.objects("host").first { $0["target"] == "quiet" }
            #expect(host?["addr"] == "192.0.2.2")
            // One target: the first address with a route.
            for command in ["ping -c 1 unrouted", "traceroute -n -q 1 unrouted"] {
                let single = try await named.run(command, Self.files)
                #expect(single.status == 0 && single.output.contains("(192.0.2.3)"), "\(single)")
            }
        }
    }

    @Test("--all-addresses pings each address of a name, as fping -m does")
    func allAddresses() async throws {
        try await NameServerLab.withPair { named in
            let outcome = try await named.run("ping --all-addresses --retries 0 both", Self.files)
            #expect(
                Set(outcome.lines.prefix(2).map { $0.prefix { $0 != "i" } }) == [
                    "both (192.0.2.2) ", "both (192.0.2.3) ",
                ])
            #expect(outcome.output.contains("\n2 targets, 2 alive, 0 unreachable\n") && outcome.status == 0)
            let json = try await named.run("ping -j --all-addresses --retries 0 both lost", Self.files, limit: 30)
            #expect(
                json.objects("host").map { "\($0["target"] ?? "") \($0["addr"] ?? "")" }.sorted()
                    == ["both 192.0.2.2", "both 192.0.2.3", "lost 192.0.2.78", "lost 192.0.2.79"])
            #expect(json.status == 1)
        }
    }

    @Test("--reachable sets how many targets must reply")
    func reachable() async throws {
        try await NameServerLab.withPair { named in
            for (count, status, verdict) in [
                (2, 0, "Enough hosts reachable (required: 2, reachable: 2)"),
                (3, 1, "Not enough hosts reachable (required: 3, reachable: 2)"),
            ] {
                let outcome = try await named.run(
                    "ping --retries 0 --reachable \(count) 192.0.2.2 192.0.2.3 192.0.2.77", Self.files)
                #expect(outcome.status == status && outcome.output.hasSuffix(verdict + "\n"), "\(outcome)")
            }
            // The name without an address could have been the third.
            let unknown = try await named.run(
                "ping -j --retries 0 --reachable 3 192.0.2.2 192.0.2.3 nosuch.invalid", Self.files)
            #expect(unknown.status == 2 && unknown.summary?.number("required") == 3, "\(unknown)")
        }
    }

    @Test("--report-every prints the statistics of every target until the run ends")
    func statistics() async throws {
        try await NameServerLab.withPair { named in
            let outcome = try await named.run(
                "ping --report-every 0.2 -i 0.1 -w 1 192.0.2.2 single 192.0.2.77", Self.files)
            let reports = outcome.lines.filter { $0.hasPrefix("[") }
            #expect(reports.count == 4, "\(outcome)")
            // In the first 0.2 s two probes each, at 0 and 0.1 s.
            #expect(outcome.lines[1].hasPrefix("192.0.2.2 : xmt/rcv/%loss = 2/2/0%, min/avg/max = "), "\(outcome)")
            #expect(outcome.lines.contains("192.0.2.77 : xmt/rcv/%loss = 2/0/100%"), "\(outcome)")
            #expect(outcome.output.contains("\n3 targets, 2 alive, 1 unreachable\n") && outcome.status == 1)
            let json = try await named.run(
                "ping -j --report-every 0.2 -i 0.1 -w 0.5 192.0.2.2 single", Self.files)
            #expect(json.objects("report").count == 4 && json.objects("host").count == 2, "\(json)")
            let last = try #require(json.objects("report").last)
            #expect(last.text.contains(#""total":{"transmitted":4,"received":4,"rtt":{"min":"#), "\(json)")
        }
    }

    @Test("with -c, JSON has the round trip of each probe, as fping -C prints them")
    func roundTrips() async throws {
        try await NameServerLab.withPair { named in
            let json = try await named.run("ping -j -c 3 -i 0.05 -W 0.2 192.0.2.2 198.18.0.1", Self.files)
            for (address, pattern) in [
                ("192.0.2.2", #/"round_trips_ms":\[[0-9.]+,[0-9.]+,[0-9.]+\]/#),
                ("198.18.0.1", #/"round_trips_ms":\[[0-9.]+,[0-9.]+,[0-9.]+\]/#),
            ] {
                let host = try #require(json.objects("host").first { $0["addr"] == address })
                #expect(host.text.contains(pattern), "\(json)")
            }
        }
    }
}
