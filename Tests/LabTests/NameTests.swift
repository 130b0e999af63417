import Testing

/// Names by files and by a real DNS server: what a static executable must get right.
@Suite("names")
struct NameTests {
    /// `b` runs dnsmasq on 192.0.2.2; the lab's own resolv.conf and hosts file name it.
    private static let layout = Lab.Layout.pair.and(
        """
        printf 'nameserver 192.0.2.2\\nsearch lab.test\\noptions timeout:1 attempts:1\\n' > /run/netns/resolv.conf
        printf '127.0.0.1 localhost\\n192.0.2.2 fromfile\\n2001:db8::2 fromfile6\\n' > /run/netns/hosts
        mount --bind /run/netns/resolv.conf /etc/resolv.conf
        mount --bind /run/netns/hosts /etc/hosts
        """)

    private static let server = [
        "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root",
        "--group=root",
        "--log-facility=-",
        "--log-queries", "--bind-interfaces", "--local=/lab.test/", "--listen-address=192.0.2.2", "--pid-file=",
        "--host-record=both.lab.test,192.0.2.2,2001:db8::2", "--host-record=four.lab.test,192.0.2.2",
        "--host-record=six.lab.test,2001:db8::2", "--cname=alias.lab.test,four.lab.test",
    ]

    private func withServer(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        guard await Peer.require(.dnsmasq) else { return }
        try await Lab.with(Self.layout) { lab in
            try await lab.beside("b", Self.server, readyMark: "started") { try await body(lab) }
        }
    }

    @Test("from the hosts file, without a server")
    func files() async throws {
        try await Lab.with(Self.layout) { lab in
            for (name, address) in [
                ("fromfile", "192.0.2.2"), ("fromfile6", "2001:db8::2"), ("localhost", "127.0.0.1"),
            ] {
                let outcome = try await lab.ping("a", "-n -c 1 \(name)")
                #expect(outcome.output.hasPrefix("PING \(name) (\(address)) ") && outcome.status == 0, "\(outcome)")
            }
            let scan = try await lab.scan("-j --all -p 80 FromFile 2001:DB8::2")
            let targets = scan.objects("port").compactMap { port in port["target"].map { "\($0) \(port["addr"] ?? "")" }
            }
            #expect(
                targets.sorted() == ["2001:db8::2 2001:db8::2", "FromFile 192.0.2.2"],
                "\(scan)")
            #expect(
                scan.output.contains(#"{"type":"port","target":"FromFile","addr":"192.0.2.2","port":80,"#), "\(scan)")
        }
    }

    @Test("A, AAAA, an alias and the search domain, from dnsmasq")
    func server() async throws {
        try await withServer { lab in
            for (name, address) in [
                ("-4 both.lab.test", "192.0.2.2"), ("-6 both.lab.test", "2001:db8::2"), ("four.lab.test", "192.0.2.2"),
                ("six.lab.test", "2001:db8::2"), ("six", "2001:db8::2"), ("-4 both", "192.0.2.2"),
            ] {
                let outcome = try await lab.ping("a", "-n -c 1 \(name)")
                #expect(outcome.status == 0 && outcome.output.contains(" (\(address)) "), "\(name): \(outcome)")
            }
            let alias = try await lab.ping("a", "-n -c 1 alias.lab.test")
            #expect(alias.output.hasPrefix("PING four.lab.test (192.0.2.2) "))
            let missing = try await lab.ping("a", "-c 1 nosuch.lab.test")
            #expect(missing.status == 2 && missing.errors == "ping: nosuch.lab.test: Name or service not known\n")
            let wrongFamily = try await lab.ping("a", "-6 -c 1 four.lab.test")
            #expect(wrongFamily.status == 2 && wrongFamily.errors.contains("four.lab.test: "))
            let swept = try await lab.ping("a", "four.lab.test six.lab.test")
            #expect(
                swept.status == 0 && swept.output.contains("four.lab.test is alive")
                    && swept.output.contains("six.lab.test is alive"))
        }
    }

    @Test("a name with terminal escapes is printed escaped")
    func escapes() async throws {
        let layout = Self.layout.and("printf '192.0.2.2 e\\033[31mvil\\n' > /run/netns/hosts")
        try await Lab.with(layout) { lab in
            let outcome = try await lab.ping("a", "-H -c 2 -i 0.3 192.0.2.2")
            #expect(!outcome.output.contains("\u{1B}") && outcome.status == 0)
            #expect(outcome.output.contains("64 bytes from e\\x1b[31mvil (192.0.2.2): "), "\(outcome)")
        }
    }

    @Test("a DNS server that hangs delays neither probes nor times, and lines but a little")
    func hangingServer() async throws {
        // No server listens on 192.0.2.99; the hosts file has the target's name, but not its reverse name.
        let layout = Self.layout.and(
            "printf 'nameserver 198.18.0.53\\noptions timeout:30 attempts:5\\n' > /run/netns/resolv.conf; printf '192.0.2.2 fromfile\\n' > /run/netns/hosts"
        )
        try await Lab.with(layout) { lab in
            let outcome = try await lab.ping("a", "-D -H -c 5 -i 0.1 192.0.2.2")
            #expect(outcome.status == 0)
            let times = outcome.output.matches(of: #/\[([0-9.]+)\]/#).compactMap { Double($0.output.1) }
            #expect(times.count == 5)
            for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier > 0.02) }
            // All replies came before the first query's timeout of 30 seconds.
            let elapsed = outcome.output.firstMatch(of: #/time ([0-9]+)ms/#).flatMap { Int($0.output.1) }
            #expect(elapsed.map { (400..<30_000).contains($0) } == true)
        }
    }

    @Test("a name whose server hangs holds up no other target of a sweep")
    func hangingName() async throws {
        let layout = Self.layout.and(
            "printf 'nameserver 198.18.0.53\\noptions timeout:1 attempts:1\\n' > /run/netns/resolv.conf")
        try await Lab.with(layout) { lab in
            // Ended by a signal while the name is still being looked up: the others are known by then.
            let arguments = ["timeout", "0.5", Binary.swiftNet, "ping", "-j", "slow.test", "192.0.2.2", "localhost"]
            let cut = try await lab.run("a", arguments)
            #expect(cut.objects("host").filter { $0["alive"] == "true" }.count == 2, "\(cut)")
            let whole = try await lab.ping("a", "slow.test 192.0.2.2")
            #expect(
                whole.output.contains("192.0.2.2 is alive") && whole.errors.contains("ping: slow.test: ")
                    && whole.status == 2)
            let none = try await lab.ping("a", "slow.test slower.test")
            #expect(none.status == 2 && none.errors.contains("no target has an address"))
        }
    }
}
