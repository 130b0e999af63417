import Testing

@Suite("sweeps of the own link in the lab")
struct PingSweepLinkTests {
    /// Twenty-one stations on the link of `a` besides its own: `b`, and 192.0.2.10 to 29 with 2001:db8::10 to 29.
    private static let layout = Lab.Layout.pair.and(
        """
        for i in $(seq 10 29); do
            ip -n b addr add 192.0.2.$i/24 dev vb; ip -n b addr add 2001:db8::$i/64 dev vb nodad
        done
        ip netns exec a sysctl -qw net.ipv4.ping_group_range='0 2147483647'
        """)

    private static let alive = Set([1, 2].map { "192.0.2.\($0)" } + (10...29).map { "192.0.2.\($0)" })
    /// A process that lacks CAP_NET_RAW.
    private static let bare = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"]

    private func run(_ lab: Lab, _ arguments: String, by prefix: [String] = []) async throws -> Lab.Outcome {
        try await lab.run(
            "a", prefix + [Binary.swiftNet, "ping"] + arguments.split(separator: " ").map(String.init))
    }

    @Test("a /24 with the defaults: only stations that answer ARP are pinged")
    func network() async throws {
        try await Lab.with(Self.layout) { lab in
            let outcome = try await run(lab, "-j 192.0.2.0/24")
            let hosts = outcome.objects("host")
            #expect(Set(hosts.filter { $0["alive"] == "true" }.compactMap { $0["addr"] }) == Self.alive)
            let silent = hosts.filter { $0["alive"] == "false" }
            #expect(silent.count == 233 && silent.allSatisfy { $0["reason"] == "no reply to ARP" })
            #expect(silent.allSatisfy { $0["transmitted"] == "0" })
            #expect(outcome.summary?.number("alive") == 22 && outcome.summary?.number("unreachable") == 233)
            #expect(outcome.summary?.number("unchecked") == 0 && outcome.status == 1)
            #expect(!outcome.output.contains("uffer"), "\(outcome.output)")
            // What the kernel was not asked to seek it does not know.
            let table = try await lab.run("a", ["ip", "neigh"])
            #expect(!table.output.contains("FAILED") && !table.output.contains("INCOMPLETE"))
            let names = try await run(lab, "--alive 192.0.2.0/24")
            #expect(Set(names.lines.map(String.init)) == Self.alive && names.errors.isEmpty && names.status == 1)
        }
    }

    @Test("IPv6 neighbors, and targets beyond a router in the same run")
    func others() async throws {
        let layout = Self.layout.and("ip -n b route add local 198.18.0.0/24 dev lo")
        try await Lab.with(layout) { lab in
            let outcome = try await run(lab, "-j 2001:db8::/120 198.18.0.1 198.18.0.2 192.0.2.200")
            let hosts = outcome.objects("host")
            let alive = Set(hosts.filter { $0["alive"] == "true" }.compactMap { $0["addr"] })
            // The first address of a prefix is every router's (RFC 4291, section 2.6.1), and none is here.
            let expected = Set(
                ["1", "2"].map { "2001:db8::\($0)" } + (10...29).map { "2001:db8::\($0)" }
                    + ["198.18.0.1", "198.18.0.2"])
            #expect(alive == expected, "\(alive.symmetricDifference(expected))")
            let silent = hosts.filter { $0["alive"] == "false" }
            let reasons = Set(silent.compactMap { $0["reason"] })
            #expect(reasons == ["no reply to neighbor solicitations", "no reply to ARP"], "\(reasons)")
        }
    }

    @Test("an entry made by hand is believed, a station that ARP does not find is not pinged")
    func permanent() async throws {
        let layout = Self.layout.and(
            """
            ip netns exec b sysctl -qw net.ipv4.conf.all.arp_ignore=8
            ip -n a neigh add 192.0.2.12 lladdr $(ip -n b -br link show vb | awk '{print $3}') nud permanent dev va
            """)
        try await Lab.with(layout) { lab in
            let outcome = try await run(lab, "192.0.2.10-192.0.2.15")
            #expect(outcome.output.contains("192.0.2.12 is alive"), "\(outcome)")
            #expect(outcome.lines.filter { $0.hasSuffix("is unreachable (no reply to ARP)") }.count == 5)
        }
    }

    @Test("without CAP_NET_RAW the kernel seeks them, and its queue is no host's state")
    func unprivileged() async throws {
        try await Lab.with(Self.layout) { lab in
            let outcome = try await run(lab, "-j 192.0.2.0/24", by: Self.bare)
            let hosts = outcome.objects("host")
            #expect(Set(hosts.filter { $0["alive"] == "true" }.compactMap { $0["addr"] }) == Self.alive)
            let silent = hosts.filter { $0["alive"] == "false" }
            // A probe more would have begun the kernel's search anew.
            #expect(silent.count == 233 && silent.allSatisfy { $0["transmitted"] == "1" })
            #expect(!(outcome.output + outcome.errors).contains("uffer"), "\(outcome.errors)")
            #expect(outcome.summary?.number("unchecked") == 0 && outcome.status == 1)
        }
    }

    @Test(
        "an interface that is gone in mid-run: targets are not checked, and none is called unreachable",
        arguments: ["ip link set va down", "ip link del va", "ip netns exec b ip link set vb down"],
        ["192.0.2.0/24", "198.18.0.0/23"])
    func gone(how: String, targets: String) async throws {
        let layout = Self.layout.and("ip -n b route add local 198.18.0.0/23 dev lo")
        try await Lab.with(layout) { lab in
            // The first line says that the run has begun.
            let script =
                "\(Binary.swiftNet) ping -j --rate 1000 --retries 0 \(targets) 2>errors | { read -r first; \(how); cat; } >out; s=${PIPESTATUS[0]}; "
                + "cat out errors; echo $s"
            let directory = try await lab.run("a", ["mktemp", "-d"])
            let folder = directory.output.trimmingNewline
            let outcome = try await lab.run("a", ["bash", "-c", "cd \(folder); \(script); rm -r \(folder)"])
            let hosts = outcome.objects("host")
            let failed = hosts.filter { $0["alive"] == "null" }
            #expect(!failed.isEmpty && failed.allSatisfy { $0["interface"] == "va" }, "\(outcome.output.suffix(600))")
            #expect(outcome.objects("summary").first?["unchecked"] == "\(failed.count)")
            #expect(hosts.filter { $0["alive"] == "false" }.isEmpty, "\(hosts.filter { $0["alive"] == "false" })")
            let complaints = outcome.lines.filter { $0.hasSuffix("could not be checked") }
            #expect(
                !complaints.isEmpty
                    && complaints.allSatisfy { $0.hasPrefix("swift-net ping: va: ") || $0.hasPrefix("ping: va: ") })
            #expect(outcome.lines.last == "2", "\(outcome.lines.suffix(3))")
        }
    }

    @Test("--pcap has the search for neighbors too")
    func captured() async throws {
        try await Lab.with(Self.layout) { lab in
            let script = """
                d=$(mktemp -d); \(Binary.swiftNet) ping -q --pcap $d/f 192.0.2.10-192.0.2.11 2001:db8::10 192.0.2.77 >/dev/null
                \(Binary.swiftNet) decode $d/f; rm -r $d
                """
            let outcome = try await lab.run("a", ["bash", "-c", script])
            for sought in ["192.0.2.10", "192.0.2.11", "192.0.2.77"] {
                #expect(outcome.lines.contains { $0.contains("who-has \(sought) tell 192.0.2.1") }, "\(outcome.output)")
            }
            #expect(outcome.output.contains("192.0.2.10 is-at ") && outcome.output.contains("ICMP echo reply"))
            #expect(outcome.output.contains("neighbor solicitation, who has 2001:db8::10"), "\(outcome.output)")
        }
    }

    @Test("Ctrl-C while neighbors are sought prints what is known")
    func interrupted() async throws {
        try await Lab.with(Self.layout) { lab in
            let script =
                "\(Binary.swiftNet) ping 192.0.2.0/24 > out & p=$!; until grep -q alive out; do sleep 0.02; done; "
                // The lookups last longer; meanwhile the kernel refuses the broadcast address.
                + "sleep 0.3; kill -INT $p; wait $p; echo $?; cat out"
            let directory = try await lab.run("a", ["mktemp", "-d"])
            let folder = directory.output.trimmingNewline
            let outcome = try await lab.run("a", ["bash", "-c", "cd \(folder); \(script); rm -r \(folder)"])
            #expect(outcome.lines.first == "1" && outcome.output.contains("\n255 targets, "), "\(outcome.output)")
            #expect(outcome.output.contains("0 unreachable"), "\(outcome.output)")
        }
    }
}

extension String {
    fileprivate var trimmingNewline: String { String(prefix { $0 != "\n" }) }
}
