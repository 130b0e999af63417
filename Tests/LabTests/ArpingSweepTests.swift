import Testing

/// `arping --sweep`, `--compare` and `--duplicates` on real links.
@Suite("arping --sweep in the lab")
struct ArpingSweepTests {
    @Test("a sweep finds every host of a network, and a larger one at full speed")
    func sweep() async throws {
        let layout = Lab.Layout.pair.and(
            """
            ip -n b addr add 192.0.2.5/24 dev vb; ip -n b addr add 192.0.2.6/24 dev vb
            ip -n b route add local 198.18.0.0/16 dev lo
            """)
        try await Lab.with(layout) { lab in
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast()
            let text = try await lab.arping("-w 0.1 --retries 1 --sweep 192.0.2.0/28")
            let hosts = text.lines.filter { $0.contains(mac) }.map { $0.split(separator: " ")[0] }
            #expect(
                text.status == 0 && Set(hosts) == ["192.0.2.2", "192.0.2.5", "192.0.2.6"] && hosts.count == 3, "\(text)"
            )
            #expect(
                text.lines.last?.hasPrefix("16 addresses, 3 hosts, 0 claimed by several hosts; ") == true, "\(text)")
            let json = try await lab.arping("-j -w 0.1 --rate max -I va --sweep 198.18.0.0/16")
            #expect(json.status == 0 && json.summary?["hosts"] == "65536", "\(json.summary?.text ?? "")")
            let found = json.lines.filter { $0.hasPrefix("{\"type\":\"host\"") }
            #expect(found.count == 65_536 && json.errors.isEmpty)
            #expect(found.first?.contains(",\"broadcast\":false,\"time\":\"") == true)
            let none = try await lab.arping("-w 0.1 --retries 0 --sweep 192.0.2.16/28")
            #expect(none.status == 1, "\(none)")
        }
    }

    @Test("--compare: what is new, what has moved, what has gone; a machine that answers for everybody")
    func compare() async throws {
        let layout = Lab.Layout.pair.and("mount -t tmpfs none /mnt; ip -n b addr add 192.0.2.5/24 dev vb")
        try await Lab.with(layout) { lab in
            func sweep(_ arguments: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a",
                    [
                        "sh", "-c",
                        "\(Binary.swiftNet) arping --retries 1 -w 0.2 -I va --sweep 192.0.2.0/27 \(arguments)",
                    ])
            }
            let before = try await sweep("-j > /mnt/before")
            #expect(before.status == 0, "\(before)")
            let change = """
                ip -n b addr del 192.0.2.5/24 dev vb; ip -n b addr add 192.0.2.6/24 dev vb
                sed -i 's/"addr":"192.0.2.2","mac":"[^"]*"/"addr":"192.0.2.2","mac":"02:00:00:00:00:99"/' /mnt/before
                """
            _ = try await lab.run("b", ["sh", "-c", change])
            let text = try await sweep("--compare /mnt/before")
            #expect(text.lines.contains { $0.hasPrefix("192.0.2.6  ") && $0.hasSuffix("  new") }, "\(text)")
            #expect(
                text.lines.contains { $0.hasPrefix("192.0.2.2  ") && $0.hasSuffix("  was 02:00:00:00:00:99") },
                "\(text)")
            #expect(text.lines.contains { $0.hasPrefix("192.0.2.5  ") && $0.hasSuffix("  vanished") }, "\(text)")
            #expect(text.lines.last == "1 new, 1 with another MAC address, 1 vanished", "\(text)")
            let json = try await sweep("-j --compare /mnt/before")
            #expect(json.summary?["new"] == "1" && json.summary?["vanished"] == "1", "\(json)")
            #expect(json.objects("vanished").map { $0["addr"] } == ["192.0.2.5"], "\(json)")
            #expect(json.summary?["proxy_mac"] == "null", "\(json)")
            let none = try await sweep("--compare /nonexistent")
            #expect(none.status == 2 && none.errors.contains("--compare: /nonexistent"), "\(none)")
            _ = try await lab.run("b", ["sh", "-c", "echo '{\"type\":\"host\"' > /mnt/broken"])
            let broken = try await sweep("--compare /mnt/broken")
            #expect(broken.status == 2 && broken.errors.contains("is not a complete sweep"), "\(broken)")
            // A host that replies for every address is reported.
            _ = try await lab.run("b", ["ip", "route", "add", "local", "198.18.0.0/24", "dev", "lo"])
            let proxy = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-w", "0.2", "-I", "va", "--sweep", "198.18.0.0/26"])
            #expect(proxy.lines.last?.contains("replies for 64 addresses: a proxy") == true, "\(proxy)")
        }
    }

    @Test("two machines with one address: both are named")
    func duplicates() async throws {
        let layout = Lab.Layout(
            script: """
                ip netns add a; ip netns add b; ip netns add c; ip netns add s
                ip -n s link add dev bridge0 type bridge; ip -n s link set dev bridge0 up
                for n in a b c; do
                    ip link add dev v$n netns $n type veth peer name s$n netns s
                    ip -n s link set dev s$n master bridge0; ip -n s link set dev s$n up; ip -n $n link set dev v$n up
                done
                ip -n a addr add 192.0.2.1/24 dev va
                ip -n b addr add 192.0.2.2/24 dev vb; ip -n c addr add 192.0.2.2/24 dev vc
                """)
        try await Lab.with(layout) { lab in
            let outcome = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-b", "-c", "2", "-i", "0.2", "192.0.2.2"])
            #expect(outcome.status == 0 && outcome.output.contains("(DUP! another host)"), "\(outcome)")
            let claims = try await lab.run(
                "a",
                [Binary.swiftNet, "arping", "--duplicates", "--retries", "2", "-w", "0.3", "--sweep", "192.0.2.1-4"])
            #expect(claims.status == 1 && claims.lines.first?.contains("claimed by") == true, "\(claims)")
            let json = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-j", "-b", "-c", "1", "-i", "0.3", "192.0.2.2"])
            #expect(json.summary?["hosts"] == "2" && json.summary?["duplicates"] == "1", "\(json)")
        }
    }
}
