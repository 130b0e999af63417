import Testing

/// `host --forward`, beside the kernel's router of the same addresses.
@Suite("a router of our own in the lab")
struct UserHostRouterTests {
    /// The far host answers as often as it is asked.
    private static let routed = Lab.Layout.routed.and(
        """
        ip netns exec b sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 \
            net.ipv4.icmp_msgs_burst=100000 net.ipv6.icmp.ratelimit=0
        """)

    /// `m` without anything of the kernel's.
    private static let bare = routed.and(
        """
        for n in a b; do
            ip -n m addr flush dev m$n; ip netns exec m sysctl -qw net.ipv6.conf.m$n.disable_ipv6=1
            ip netns exec $n ethtool -K v$n tx off >/dev/null
        done
        ip netns exec m sysctl -qw net.ipv4.ip_forward=0
        """)

    /// - Parameter more: further options of the router.
    private func routing(
        _ more: String = "", _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws -> Void {
        let arguments =
            "-I ma -I mb --address 192.0.2.254/24 --address 198.51.100.254/24@mb --address 2001:db8::fe/64 "
            + "--address 2001:db8:1::fe/64@mb --forward --no-check -w 100 \(more)"
        try await Lab.with(Self.bare) { lab in
            try await lab.beside(
                "m", [Binary.swiftNet, "host"] + arguments.split(separator: " ").map(String.init),
                readyMark: "the host is up"
            ) {
                try await body(lab)
            }
        }
    }

    /// What pings and traces say, without their times.
    private static func arguments(_ lab: Lab) async throws -> [String] {
        var all: [String] = []
        for (far, nowhere, absent) in [
            ("198.51.100.2", "203.0.113.9", "198.51.100.77"), ("2001:db8:1::2", "2001:db8:9::9", "2001:db8:1::77"),
        ] {
            // What comes through is learnt first: the router's word may come before this host has sent all fragments, or after.
            _ = try await lab.ping("a", "-c 2 -i 0.3 -s 3000 \(far)")
            for arguments in [
                "-c 3 -i 0.1 \(far)", "-c 2 -i 0.1 -s 3000 \(far)", "-c 1 -W 2 -M do -s 1390 \(far)",
                "-c 1 -W 2 \(nowhere)", "-c 1 -W 8 \(absent)", "-c 1 -t 1 -W 2 \(far)",
            ] {
                all += try await lab.ping("a", arguments).lines.map(String.init)
            }
            for arguments in ["-n -q 1 \(far)", "-n -I -q 1 \(far)", "-n -T -p 9 -q 1 \(far)", "-n --mtu \(far)"] {
                all += try await lab.traceroute("a", arguments).lines.map(String.init)
            }
        }
        return all.filter { !$0.contains("rtt min") && !$0.isEmpty }.map { line in
            line.split(separator: " ").filter { word in
                !word.hasPrefix("time=") && !word.hasSuffix("ms") && Double(word) == nil
            }.joined(separator: " ")
        }
    }

    @Test("pings and traces through it say what they say through the kernel's router")
    func likeTheKernels() async throws {
        let (theirs, ours) = (Gathered(), Gathered())
        try await Lab.with(Self.routed) { lab in await theirs.take(try await Self.arguments(lab)) }
        try await routing { lab in await ours.take(try await Self.arguments(lab)) }
        let (lines, wanted) = await (ours.lines, theirs.lines)
        #expect(lines.count > 40)
        for (line, other) in zip(lines, wanted) { #expect(line == other) }
        #expect(lines.count == wanted.count, "\(lines) \(wanted)")
    }

    private func shell(_ lab: Lab, _ script: String, in namespace: String = "a") async throws -> Lab.Outcome {
        try await lab.run(namespace, ["sh", "-c", script])
    }

    @Test("Linux takes an address, a default route and the MTU from its advertisements, and drops the route at the end")
    func advertisements() async throws {
        let state = "ip -6 addr show dev va dynamic; ip -6 route show default proto ra"
        try await Lab.with(Self.bare) { lab in
            let arguments =
                "-I ma -I mb --address 2001:db8::fe/64 --address 2001:db8:1::fe/64@mb --forward --advertise --no-check"
            let router = [Binary.swiftNet, "host"] + arguments.split(separator: " ").map(String.init)
            try await lab.beside("m", router + ["-w", "5"], readyMark: "the host is up") {
                let taken = try await shell(
                    lab,
                    """
                    for i in $(seq 100); do ip -6 route show default proto ra | grep -q . && break; sleep 0.1; done
                    \(state)
                    """)
                #expect(taken.output.contains("inet6 2001:db8::"), "\(taken.output)")
                #expect(taken.output.contains("default via fe80::6:ff:fe00:fe dev va"), "\(taken.output)")
                // The run ends, with a last advertisement.
                let left = try await shell(
                    lab,
                    """
                    for i in $(seq 150); do ip -6 route show default proto ra | grep -q . || break; sleep 0.1; done
                    ip -6 route show default proto ra
                    """)
                #expect(left.output.isEmpty, "\(left.output)")
            }
        }
    }

    @Test("Linux is redirected to the router that is the next hop on its own link")
    func redirects() async throws {
        try await routing("--gateway 192.0.2.253") { lab in
            let ping = try await lab.run("a", ["ping", "-c", "1", "-W", "1", "203.0.113.9"])
            #expect(ping.output.contains("Redirect Host(New nexthop: 192.0.2.253)"), "\(ping.output)")
        }
    }

    @Test("an MTU that is changed while it runs counts for later packets")
    func changedMTU() async throws {
        try await routing { lab in
            @Sendable func set(_ mtu: Int) async throws {
                _ = try await shell(lab, "ip link set mb mtu \(mtu); sleep 0.3", in: "m")
                _ = try await shell(lab, "ip link set vb mtu \(mtu)", in: "b")
                _ = try await shell(lab, "ip route flush cache; ip -6 route flush cache")
            }
            try await set(1_300)
            for (far, length, message) in [
                ("198.51.100.2", 1_330, "Frag needed and DF set (mtu = 1300)"),
                ("2001:db8:1::2", 1_310, "Packet too big: mtu=1300"),
            ] {
                let ping = try await lab.run("a", ["ping", "-c", "1", "-W", "2", "-M", "do", "-s", "\(length)", far])
                #expect(ping.output.contains(message), "\(ping.output)")
            }
            try await set(1_500)
            for (far, length) in [("198.51.100.2", 1_472), ("2001:db8:1::2", 1_452)] {
                let ping = try await lab.run("a", ["ping", "-c", "2", "-W", "2", "-M", "do", "-s", "\(length)", far])
                #expect(ping.output.contains(" 1 received") || ping.output.contains(" 2 received"), "\(ping.output)")
            }
        }
    }

    private actor Gathered {
        var lines: [String] = []
        func take(_ more: [String]) { lines += more }
    }

    @Test("connections go through it, of either version, and learn what comes through")
    func connections() async throws {
        try await routing { lab in
            for far in ["198.51.100.2", "[2001:db8:1::2]"] {
                let bare = far.filter { $0 != "[" && $0 != "]" }
                try await lab.beside(
                    "b", ["timeout", "60", "python3", "-m", "http.server", "-b", bare, "8000"], readyMark: ""
                ) {
                    let page = try await lab.run(
                        "a",
                        [
                            "sh", "-c",
                            "for i in $(seq 100); do \(Binary.swiftNet) http-probe http://\(far):8000/ && break; sleep 0.05; done",
                        ])
                    #expect(page.output.contains("200 OK"), "\(page.output)")
                }
            }
        }
    }
}
