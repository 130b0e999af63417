import Testing

@Suite("sweeps in the lab")
struct PingSweepTests {
    private static let layout = Lab.Layout.pair.and(
        "ip -n b route add local 198.18.0.0/22 dev lo; ip -n b route add blackhole 198.18.4.0/22; ip -n b route add local 2001:db8:1::/120 dev lo; ip -n a route add 2001:db8:1::/64 via 2001:db8::2"
    )

    @Test("finds all that answer and names the silent")
    func everything() async throws {
        try await Lab.with(Self.layout) { lab in
            let alive = try await lab.ping("a", "--alive --rate max 198.18.0.0/22")
            #expect(Set(alive.lines).count == 1_024 && alive.status == 0)
            let half = try await lab.ping("a", "--rate max --retries 1 -W 0.5 198.18.2.0/23 198.18.4.0-198.18.5.255")
            #expect(half.lines.filter { $0.contains(" is alive (") }.count == 512)
            #expect(half.lines.filter { $0.contains(" is unreachable") }.count == 512)
            #expect(
                half.output.contains("1024 targets, 512 alive, 512 unreachable\n1536 packets transmitted, 512 received")
                    && half.status == 1)
            let ipv6 = try await lab.ping("a", "--alive 2001:db8:1::/120")
            #expect(ipv6.lines.count == 256 && ipv6.status == 0)
        }
    }

    @Test("finds what fping finds")
    func likeFping() async throws {
        guard await Peer.require(.fping) else { return }
        try await Lab.with(Self.layout) { lab in
            let theirs = try await lab.run(
                "a", ["fping", "-a", "-q", "-r", "0", "-t", "300", "-i", "1", "-g", "198.18.3.200", "198.18.4.50"])
            let ours = try await lab.ping("a", "--alive --retries 0 -W 0.3 198.18.3.200-198.18.4.50")
            #expect(Set(ours.lines) == Set(theirs.lines) && ours.lines.count == 56)
            #expect(ours.status == theirs.status)
        }
    }

    @Test("targets from standard input, with comments; --unreachable; counts; JSON")
    func targets() async throws {
        try await Lab.with(Self.layout) { lab in
            let piped = try await lab.ping(
                "a", "--targets - --unreachable --retries 0 -W 0.1", input: "# hosts\n198.18.0.1 # one\n\n198.18.4.1\n")
            #expect(piped.output == "198.18.4.1\n" && piped.status == 1)
            let single = try await lab.ping("a", "--alive 198.18.0.1")
            #expect(single.output == "198.18.0.1\n" && single.status == 0)
            let counted = try await lab.ping("a", "-c 3 -i 0.05 198.18.0.1 198.18.4.1 -W 0.1")
            #expect(counted.output.contains("198.18.0.1 : xmt/rcv/%loss = 3/3/0%, min/avg/max = "))
            #expect(counted.output.contains("198.18.4.1 : xmt/rcv/%loss = 3/0/100%"))
            let json = try await lab.ping("a", "-j 198.18.0.1 198.18.0.2")
            #expect(
                json.objects("host").allSatisfy { $0["alive"] == "true" && $0["addr"] != nil }
                    && json.objects("host").count == 2)
            #expect(json.summary?.number("alive") == 2 && json.status == 0)
            #expect(json.objects.allSatisfy { $0["time"] != nil }, "\(json)")
        }
    }

    @Test("leaves out the broadcast address of a network of its own")
    func broadcast() async throws {
        try await Lab.with(Self.layout) { lab in
            let outcome = try await lab.ping("a", "--retries 0 -W 0.1 192.0.2.252/30")
            #expect(outcome.output.contains("1 broadcast address skipped"))
        }
    }

    @Test("a name that has no address does not stop the others")
    func badName() async throws {
        try await Lab.with(Self.layout) { lab in
            let outcome = try await lab.ping("a", "198.18.0.1 nosuchhost.invalid")
            #expect(
                outcome.output.contains("198.18.0.1 is alive") && outcome.errors.contains("nosuchhost.invalid: ")
                    && outcome.status == 2)
        }
    }
}
