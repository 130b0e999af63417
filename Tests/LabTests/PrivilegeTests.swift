import Testing

@Suite("privileges")
struct PrivilegeTests {
    private static let unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]

    /// A copy of a binary that every user may run, with or without the capability.
    private func withCopy(
        of binary: String = Binary.swiftNet, capability: Bool,
        _ body: @Sendable @escaping (Lab, String) async throws -> Void
    ) async throws {
        guard Environment.userIdentifier == 0 else {
            print("skipped: changing the user needs root")
            return
        }
        guard await Peer.require(.setcap) else { return }
        try await Lab.with(.pair) { lab in
            let path = "/tmp/swift-net-copy-\(lab.id)-\(capability)"
            _ = try await lab.run("a", ["cp", binary, path])
            _ = try await lab.run("a", ["chmod", "755", path])
            if capability {
                let outcome = try await lab.run("a", ["setcap", "cap_net_raw+p", path])
                #expect(outcome.status == 0)
            }
            do { try await body(lab, path) } catch {
                _ = try await lab.run("a", ["rm", "-f", path])
                throw error
            }
            _ = try await lab.run("a", ["rm", "-f", path])
        }
    }

    @Test("cap_net_raw+p is enough, and is dropped for good")
    func capability() async throws {
        try await withCopy(capability: true) { lab, path in
            let outcome = try await lab.run(
                "a", Self.unprivileged + [path, "ping", "-c", "1", "--icmp", "timestamp", "192.0.2.2"])
            #expect(outcome.status == 0, "\(outcome)")
            let script =
                "\(path) ping -q -c 20 -i 0.1 192.0.2.2 >/dev/null & p=$!; sleep 0.4; grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/$p/status; wait $p; echo $?"
            let status = try await lab.run("a", Self.unprivileged + ["bash", "-c", script])
            #expect(
                status.lines.filter { $0.hasPrefix("Cap") }.allSatisfy { $0.hasSuffix("0000000000000000") }, "\(status)"
            )
            #expect(status.output.contains("NoNewPrivs:\t1") && status.output.hasSuffix("0\n"))
        }
    }

    @Test("an ordinary user's interval is 2 ms at least, adaptive or not")
    func intervals() async throws {
        try await withCopy(capability: true) { lab, path in
            for (options, status) in [
                ("-A -i 0", 2), ("-i 0.001", 2), ("-f", 2), ("-A", 0), ("-A -f", 0), ("-i 0.002", 0),
            ] {
                let arguments =
                    ["ping", "-q", "-c", "3"] + options.split(separator: " ").map(String.init) + ["192.0.2.2"]
                let outcome = try await lab.run("a", Self.unprivileged + [path] + arguments)
                #expect(outcome.status == status, "\(options): \(outcome)")
                #expect(outcome.errors.contains("cannot flood") == (status == 2), "\(options): \(outcome)")
            }
        }
    }

    @Test("without the capability a capture is refused, and its file is left alone")
    func capture() async throws {
        try await withCopy(capability: false) { lab, path in
            let script =
                "f=$(mktemp); echo kept > $f; for t in '192.0.2.2' '192.0.2.2 192.0.2.3'; do"
                + " \(path) ping -c 1 --pcap $f $t; echo \"$? $(cat $f)\"; done; rm $f"
            let outcome = try await lab.run("a", Self.unprivileged + ["bash", "-c", script])
            #expect(outcome.lines == ["2 kept", "2 kept"], "\(outcome)")
            #expect(outcome.errors.contains("ping: --pcap needs CAP_NET_RAW\n"), "\(outcome)")
        }
    }

    @Test("every thread gives up its capabilities, also one that blocks all signals")
    func threads() async throws {
        let outcome = try await Lab.run([Binary.privilegeTrial, "drop"])
        #expect(outcome.status == 0, "\(outcome)")
        let values = outcome.lines.filter { !$0.hasSuffix("before") && !$0.hasSuffix("after") }
            .map { String($0.split(separator: "\t").last ?? "") }
        let none = String(repeating: "0", count: 16)
        // The first thread, four that wait or compute, the one that starts others, and a worker of Dispatch.
        #expect(values.count >= 7 * 5, "\(outcome)")
        for start in stride(from: 0, to: values.count, by: 5) {
            #expect(values[start...].prefix(5) == [none, none, none, none, "1"], "\(outcome)")
        }
    }

    @Test("what was raised is lowered again, and no more than that")
    func lowering() async throws {
        try await withCopy(of: Binary.privilegeTrial, capability: true) { lab, path in
            let outcome = try await lab.run("a", Self.unprivileged + [path, "lower"])
            let values = outcome.lines.map { $0.split(separator: "\t").last.flatMap { Int($0, radix: 16) } }
            // CAP_NET_RAW is capability 13.
            #expect(values == [0, 1 << 13, 0], "\(outcome)")
        }
        let outcome = try await Lab.run([Binary.privilegeTrial, "lower"])
        #expect(Set(outcome.lines).count == 1 && outcome.lines.count == 3, "\(outcome)")
    }

    @Test("without it a datagram socket does, where the system allows it")
    func datagram() async throws {
        try await withCopy(capability: false) { lab, path in
            _ = try await lab.run("a", ["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"])
            for target in ["192.0.2.2", "2001:db8::2"] {
                let outcome = try await lab.run(
                    "a", Self.unprivileged + [path, "ping", "-c", "2", "-i", "0.1", target])
                #expect(
                    outcome.status == 0 && outcome.output.contains("64 bytes from \(target): icmp_seq=2 ttl=64 time="),
                    "\(outcome)")
            }
            let far = try await lab.run("a", Self.unprivileged + [path, "ping", "-c", "1", "-W", "4", "192.0.2.77"])
            #expect(
                far.status == 1 && far.output.contains("From 192.0.2.1 icmp_seq=1 Destination Host Unreachable"),
                "\(far)")
            let large = try await lab.run(
                "a", Self.unprivileged + [path, "ping", "-c", "1", "-s", "5000", "192.0.2.2"])
            #expect(large.status == 0 && large.output.contains("5008 bytes from"))
            let strict = try await lab.run(
                "a", Self.unprivileged + [path, "ping", "-c", "1", "-M", "do", "-s", "2000", "192.0.2.2"])
            #expect(strict.status == 1 && strict.errors.contains("message too long, mtu=1500"), "\(strict)")
            // The kernel delivers the options of a reply beside the message.
            for (options, expected) in [
                (["-R"], "RR: \t192.0.2.1\n\t192.0.2.2\n"), (["-T", "tsandaddr"], "TS: \t192.0.2.1\t"),
                (["-T", "tsprespec", "192.0.2.1"], "TS: \t192.0.2.1\t"),
            ] {
                let recorded = try await lab.run(
                    "a", Self.unprivileged + [path, "ping", "-c", "1"] + options + ["192.0.2.2"])
                #expect(recorded.status == 0 && recorded.output.contains(expected), "\(recorded)")
            }
            let sweep = try await lab.run("a", Self.unprivileged + [path, "ping", "192.0.2.2", "2001:db8::2"])
            #expect(sweep.status == 0)
            let needsRaw = try await lab.run(
                "a", Self.unprivileged + [path, "ping", "--icmp", "timestamp", "192.0.2.2"])
            #expect(needsRaw.status == 2 && needsRaw.errors.contains("sudo setcap cap_net_raw+p \(path)"))
        }
    }

    @Test("a scan with cap_net_raw+p, by the fast way and the exact one; without it one line says what helps")
    func scan() async throws {
        try await withCopy(capability: true) { lab, path in
            for rate in ["max", "100"] {
                let outcome = try await lab.run(
                    "a",
                    Self.unprivileged + [
                        path, "tcp-syn-scan", "192.0.2.2", "127.0.0.1", "-p", "9", "--all", "--rate", rate,
                    ])
                #expect(outcome.status == 1 && outcome.output.contains("2 probes: 0 open, 2 closed"), "\(outcome)")
            }
            let script =
                "\(path) tcp-syn-scan 192.0.2.2 -p 1-100 --rate 100 >/dev/null & p=$!; sleep 0.4; grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/$p/status; wait $p; echo $?"
            let status = try await lab.run("a", Self.unprivileged + ["bash", "-c", script])
            #expect(
                status.lines.filter { $0.hasPrefix("Cap") }.allSatisfy { $0.hasSuffix("0000000000000000") }, "\(status)"
            )
            #expect(status.output.contains("NoNewPrivs:\t1") && status.output.hasSuffix("1\n"), "\(status)")
        }
        try await withCopy(capability: false) { lab, path in
            let connects = try await lab.run("a", Self.unprivileged + [path, "tcp-syn-scan", "192.0.2.2", "-p", "9"])
            #expect(connects.status == 1 && connects.errors.contains("scanning with --connect"), "\(connects)")
            let outcome = try await lab.run(
                "a", Self.unprivileged + [path, "tcp-syn-scan", "--source", "192.0.2.9", "192.0.2.2", "-p", "9"])
            #expect(outcome.status == 2 && outcome.errors.contains("sudo setcap cap_net_raw+p \(path)"), "\(outcome)")
        }
    }

    @Test("where neither is allowed, one line says what helps")
    func refused() async throws {
        try await withCopy(capability: false) { lab, path in
            _ = try await lab.run("a", ["sysctl", "-qw", "net.ipv4.ping_group_range=1 0"])
            let outcome = try await lab.run("a", Self.unprivileged + [path, "ping", "-c", "1", "192.0.2.2"])
            #expect(outcome.status == 2 && outcome.errors.contains("sudo setcap cap_net_raw+p \(path)"), "\(outcome)")
        }
    }

    @Test("ordinary users are held to iputils' limits")
    func limits() async throws {
        try await withCopy(capability: true) { lab, path in
            for (arguments, mention) in [
                ("-f 192.0.2.2", "minimal interval for user"), ("-i 0.001 192.0.2.2", "minimal interval for user"),
                ("-l 4 192.0.2.2", "preload to value greater than 3"),
                ("-i 0.005 192.0.2.2 192.0.2.1", ">= 10 ms in a sweep"),
                ("-i 0.2 -I va 224.0.0.1", "minimal interval for broadcast ping"),
            ] {
                let outcome = try await lab.run(
                    "a",
                    Self.unprivileged + [path, "ping", "-c", "1"] + arguments.split(separator: " ").map(String.init))
                #expect(outcome.status == 2 && outcome.errors.contains(mention), "\(arguments): \(outcome)")
            }
            let adaptive = try await lab.run(
                "a", Self.unprivileged + [path, "ping", "-A", "-c", "20", "-j", "-q", "192.0.2.2"])
            #expect(adaptive.summary?.number("elapsed_ms").map { $0 >= 36 } == true)
        }
    }

    @Test(
        "no capability is left while a name is looked up",
        arguments: [
            "ping", "ping 192.0.2.2", "traceroute", "traceroute --report", "arping", "tcp-syn-scan -p 80", "http-probe",
            "http-fingerprint",
        ])
    func lookups(command: String) async throws {
        let layout = Lab.Layout.pair.and(
            """
            printf 'nameserver 198.18.0.53\\noptions timeout:5 attempts:1\\n' > /run/netns/resolv.conf
            mount --bind /run/netns/resolv.conf /etc/resolv.conf
            """)
        try await Lab.with(layout) { lab in
            let target = command.hasPrefix("http") ? "http://slow.test/" : "slow.test"
            let script = """
                \(Binary.swiftNet) \(command) \(target) >/dev/null 2>&1 & p=$!
                for i in $(seq 100); do
                    grep -q '^NoNewPrivs:.*1' /proc/$p/status && break
                    sleep 0.02
                done
                grep -E '^(CapInh|CapPrm|CapEff|NoNewPrivs)' /proc/$p/status
                kill $p; wait $p
                """
            let outcome = try await lab.run("a", ["bash", "-c", script])
            let values = outcome.lines.compactMap { $0.split(separator: "\t").last.map(String.init) }
            let none = String(repeating: "0", count: 16)
            #expect(values == [none, none, none, "1"], "\(command): \(outcome)")
        }
    }

    @Test("decode reads its first byte without a capability")
    func decode() async throws {
        try await Lab.with(.pair) { lab in
            let script = """
                mkfifo /run/netns/pipe; sleep 20 >/run/netns/pipe & w=$!
                \(Binary.swiftNet) decode - </run/netns/pipe >/dev/null 2>&1 & p=$!
                for i in $(seq 100); do
                    grep -q '^NoNewPrivs:.*1' /proc/$p/status && break
                    sleep 0.02
                done
                grep -E '^(CapInh|CapPrm|CapEff|NoNewPrivs)' /proc/$p/status
                kill $p $w; wait $p
                """
            let outcome = try await lab.run("a", ["bash", "-c", script])
            let values = outcome.lines.compactMap { $0.split(separator: "\t").last.map(String.init) }
            let none = String(repeating: "0", count: 16)
            #expect(values == [none, none, none, "1"], "\(outcome)")
        }
    }
}
