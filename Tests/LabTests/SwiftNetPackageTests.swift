import Testing

/// SwiftNet as another package uses it: `Tests/SamplePackage`, copied away from the repository and built there. It imports
/// SwiftNet alone, and has the examples of its documentation.
@Suite("a package that depends on SwiftNet")
struct SwiftNetPackageTests {
    /// `a` and `b` with the router `m` between them; the interface of `a` is called eth0, as in the documentation.
    private static let layout = Lab.Layout(
        script: """
            ip netns add a; ip netns add b; ip netns add m
            ip link add eth0 netns a type veth peer name ma netns m
            ip link add vb netns b type veth peer name mb netns m
            ip -n a link set dev lo up; ip -n a link set dev eth0 up; ip -n m link set dev ma up
            ip -n b link set dev lo up; ip -n b link set dev vb up; ip -n m link set dev mb up
            ip -n a addr add 192.0.2.1/24 dev eth0; ip -n m addr add 192.0.2.254/24 dev ma
            ip -n b addr add 198.51.100.2/24 dev vb; ip -n m addr add 198.51.100.254/24 dev mb
            ip -n a addr add 2001:db8::1/64 dev eth0 nodad; ip -n m addr add 2001:db8::fe/64 dev ma nodad
            ip -n b addr add 2001:db8:1::2/64 dev vb nodad; ip -n m addr add 2001:db8:1::fe/64 dev mb nodad
            ip -n a route add default via 192.0.2.254; ip -n b route add default via 198.51.100.254
            ip -n a -6 route add default via 2001:db8::fe; ip -n b -6 route add default via 2001:db8:1::fe
            ip netns exec m sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
                net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
            """)

    /// Copies the package to a new folder and builds it there; the folder is removed again.
    private func withSample(_ body: @Sendable @escaping (Lab, String) async throws -> Void) async throws {
        try await Lab.with(Self.layout) { lab in
            let folder = "/tmp/swift-net-sample-\(lab.id)"
            let build =
                "rm -rf \(folder) && cp -r \(Binary.repository)/Tests/SamplePackage \(folder) && cd \(folder)"
                + " && SWIFT_NET=\(Binary.repository) nice swift build 2>&1"
            do {
                let outcome = try await Lab.run(["sh", "-c", build])
                try #require(outcome.status == 0, "\(outcome)")
                #expect(!outcome.output.contains("warning:"), "\(outcome)")
                try await body(lab, folder)
            } catch {
                _ = try await Lab.run(["rm", "-rf", folder])
                throw error
            }
            _ = try await Lab.run(["rm", "-rf", folder])
        }
    }

    @Test("the examples of the documentation do what they say, in a library that leaves the process alone")
    func examples() async throws {
        try await withSample { lab, folder in
            let sample = folder + "/.build/debug/sample"
            @Sendable func run(_ example: String, in namespace: String = "a") async throws -> [Substring] {
                let outcome = try await lab.run(namespace, ["timeout", "30", sample, example])
                #expect(outcome.status == 0, "\(example): \(outcome)")
                return outcome.lines
            }
            let mac = try await lab.run("m", ["cat", "/sys/class/net/ma/address"]).lines[0]

            #expect(try await run("ping").last == "received 3")
            let swept = try await run("ping-sweep")
            #expect(Set(swept.dropLast()) == ["192.0.2.1", "192.0.2.254", "198.51.100.2"] && swept.last == "alive 3")
            let hops = try await run("traceroute")
            #expect(hops.count == 2 && hops[0].hasPrefix("1 [192.0.2.254") && hops[1].hasPrefix("2 [198.51.100.2"))
            #expect(try await run("paths-and-monitor") == ["reached true", "hop 1 3 3", "hop 2 3 3"])
            #expect(try await run("arping") == [mac, mac, mac, "received 3"])
            #expect(try await run("arp-sweep") == ["192.0.2.254 \(mac)", "hosts 1"])
            let joined = try await run("igmp-join").last?.split(separator: " ")
            #expect(joined?.first == "reports" && (joined?.last.flatMap { Int($0) } ?? 0) >= 2)
            let readme = try await run("readme")
            #expect(readme.contains("received 3") && readme.last == hops.last)
            #expect(try await run("landing-page").last == "198.51.100.2 eth0")
            #expect(try await run("errors") == ["interface unknown iface: none"])

            // Two runs at the same time, another one after them, and one whose task is canceled.
            #expect(try await run("two-at-once") == ["received 5 5", "received 1"])
            let events = try await run("canceled")
            let replies = events.count { $0.hasPrefix("reply ") }
            #expect(replies > 1 && events.last == "received \(replies) missed 0", "\(events)")

            let again = try await run("used-twice")
            #expect(again == Array(repeating: "a prepared run can be run only once", count: 7), "\(again)")

            // The process keeps its signals and privileges, unless it says otherwise.
            #expect(try await run("leaves-alone") == ["as before"])
            #expect(
                try await run("drops-for-good") == [
                    "received 3", "dropped in every thread", "permission",
                ])

            let server = ["python3", "-u", "-m", "http.server", "--bind", "198.51.100.2", "80"]
            try await lab.beside("b", server, readyMark: "Serving") {
                let scan = try await run("syn-scan")
                #expect(scan == ["198.51.100.2 80", "open 1"])
                let probe = try await run("http-probe")
                #expect(probe.last == "answered 1")
                let fingerprint = try await run("http-fingerprint")
                #expect(fingerprint == ["http://198.51.100.2:80/ Python http.server", "recognized 1"])
            }
            // A member of the group on the link, while the query is out.
            try await lab.beside(
                "m", [Binary.swiftNet, "igmp-join", "-I", "ma", "233.252.0.1"], readyMark: "Joined"
            ) {
                let query = try await run("igmp-query")
                #expect(query == ["233.252.0.1 192.0.2.254", "hosts 1"])
            }
            let offering = ["python3", "\(Binary.repository)/Tests/LabTests/DHCPServer/rogue.py", "ma", "offer"]
            try await lab.beside("m", offering, readyMark: "ready") {
                let offers = try await run("dhcp-discover")
                #expect(offers == ["192.0.2.200 192.0.2.66 3600", "servers 1"])
            }
            // Servers: their output is kept by the pipe until they end, so they are asked until they answer.
            @Sendable func serving(_ example: String) -> [String] {
                [
                    "sh", "-c",
                    "cd \(folder); echo '\(mac) 192.0.2.77' > ethers; echo ready; exec timeout 40 \(sample) \(example)",
                ]
            }
            try await lab.beside("a", serving("rarp-server"), readyMark: "ready") {
                let outcome = try await lab.run("m", [Binary.swiftNet, "rarp", "query", "-f", "-I", "ma", "-c", "20"])
                #expect(outcome.output.contains("\(mac) is 192.0.2.77"), "\(outcome)")
            }
            try await lab.beside("a", serving("user-host"), readyMark: "ready") {
                let outcome = try await lab.run("m", [Binary.swiftNet, "ping", "-c", "1", "-w", "20", "192.0.2.50"])
                #expect(outcome.status == 0, "\(outcome)")
            }
            let own = try await lab.run("a", ["cat", "/sys/class/net/eth0/address"]).lines[0]
            let serve =
                "cd \(folder); echo '\(own) 192.0.2.1' > ethers; exec \(Binary.swiftNet) rarp serve -I ma --ethers ethers"
            try await lab.beside("m", ["sh", "-c", serve], readyMark: "Serving") {
                let asked = try await run("rarp-query")
                #expect(asked == ["\(own) 192.0.2.1 192.0.2.254", "answered 1"])
            }
        }
    }
}
