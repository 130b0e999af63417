import Testing

@Suite("ping in the lab")
struct PingTests {
    @Test("answers, lines and exit status")
    func answers() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", "-c 3 -i 0.02 192.0.2.2")
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            #expect(
                masked(outcome.output) == """
                    PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.
                    64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=T ms
                    64 bytes from 192.0.2.2: icmp_seq=2 ttl=64 time=T ms
                    64 bytes from 192.0.2.2: icmp_seq=3 ttl=64 time=T ms

                    --- 192.0.2.2 ping statistics ---
                    3 packets transmitted, 3 received, 0% packet loss, time Tms
                    rtt min/avg/max/mdev = T ms

                    """)
            let ipv6 = try await lab.ping("a", "-c 1 2001:db8::2")
            #expect(
                ipv6.output.hasPrefix(
                    "PING 2001:db8::2 (2001:db8::2) 56 data bytes\n64 bytes from 2001:db8::2: icmp_seq=1 ttl=64 time="))
            let silent = try await lab.ping("a", "-c 1 -W 0.2 198.18.0.1")
            #expect(silent.status == 1)
            #expect(silent.output.contains("1 packets transmitted, 0 received"))
        }
    }

    /// The same arguments for iputils' ping and ours, in one network: the same lines and exit status.
    @Test("says what iputils' ping says")
    func likeIputils() async {
        let cases = [
            "-c 2 -i 0.1 192.0.2.2", "-nqc 2 -i 0.1 192.0.2.2", "-c 1 -s 0 192.0.2.2", "-c 1 -p ff00 192.0.2.2",
            "-c 1 -s 1472 192.0.2.2", "-c 1 -s 4000 192.0.2.2", "-c 1 -M do -s 1472 192.0.2.2",
            "-c 2 -R -i 0.1 192.0.2.2",
            "-c 1 -T tsonly 192.0.2.2", "-c 1 -T tsandaddr 192.0.2.2", "-c 1 -T tsprespec 192.0.2.1 192.0.2.2",
            "-c 1 -W 1 198.18.0.77", "-c 1 -t 3 192.0.2.2", "-c 1 -Q 0x10 192.0.2.2", "-c 1 -I va 192.0.2.2",
            "-c 1 -I 192.0.2.1 192.0.2.2", "-c 1 -D 192.0.2.2", "-O -c 2 -i 0.3 -W 1 198.18.0.78", "-c 3 -A 192.0.2.2",
            "-q -c 100 -f 192.0.2.2", "-c 1 127.0.0.1", "-c 1 203.0.113.1", "-c 1 -w 1 198.18.0.79",
            "-c 1 -b 192.0.2.255",
            "-c 1 192.0.2.255", "-c 1 -I nosuch0 192.0.2.2", "-c 1 -I 192.0.2.9 192.0.2.2",
            "-c 1 -M do -s 2000 192.0.2.2",
            "-c 1 -B 192.0.2.2", "-c 1 -L 192.0.2.2", "-c 1 -r 192.0.2.2", "-c 1 -U 192.0.2.2", "-c 1 -C 192.0.2.2",
            "-c 1 -e 77 192.0.2.2", "-c 1 -m 5 192.0.2.2", "-c 1 -S 100000 192.0.2.2", "-l 3 -c 3 -i 0.1 192.0.2.2",
            "-a -c 1 192.0.2.2",
        ]
        await together(cases) { arguments in
            guard await Peer.require(.ping) else { return }
            try await Lab.with(.pair.and("ip netns exec b sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0")) { lab in
                let list = arguments.split(separator: " ").map(String.init)
                let theirs = try await lab.run("a", ["ping"] + list)
                let ours = try await lab.run("a", [Binary.swiftNet, "ping"] + list)
                // The time of a probe is ours: it is printed even where the data has no room for one.
                let expected =
                    arguments.contains("-s 0")
                    ? masked(theirs.output).replacing("ttl=64\n", with: "ttl=64 time=T ms\n") : masked(theirs.output)
                let actual =
                    arguments.contains("-s 0")
                    ? masked(ours.output).replacing(#/\nrtt.*ms\n/#, with: "\n\n") : masked(ours.output)
                #expect(actual == expected, "\(arguments): \(theirs.errors)\(ours.errors)")
                #expect(ours.status == theirs.status, "\(arguments)")
                #expect(
                    ours.errors.isEmpty == theirs.errors.isEmpty,
                    "\(arguments): theirs \(theirs.errors) ours \(ours.errors)")
            }
        }
    }

    @Test("errors of routers are shown in iputils' wording, the MTU is learned")
    func routed() async throws {
        try await Lab.with(.routed) { lab in
            // First: Linux keeps a budget of errors for each host, and time exceeded draws on it.
            let unreachable = try await lab.ping("a", "-c 1 203.0.113.9")
            #expect(unreachable.output.contains("From 192.0.2.254 icmp_seq=1 Destination Net Unreachable\n"))
            let expired = try await lab.ping("a", "-c 1 -t 1 198.51.100.2")
            #expect(expired.output.contains("From 192.0.2.254 icmp_seq=1 Time to live exceeded\n"))
            #expect(
                expired.output.contains("1 packets transmitted, 0 received, +1 errors, 100% packet loss")
                    && expired.status == 1)
            let expired6 = try await lab.ping("a", "-c 1 -t 1 2001:db8:1::2")
            #expect(expired6.output.contains("From 2001:db8::fe icmp_seq=1 Time exceeded: Hop limit\n"))
            // 1,472 bytes of data fit the first link and not the second.
            let strict = try await lab.ping("a", "-c 2 -i 0.1 -M do -s 1472 --json 198.51.100.2")
            #expect(strict.objects("icmp-error").first?["mtu"] == "1400")
            #expect(strict.objects("send-error").first?["mtu"] == "1400" && strict.status == 1)
            let patient = try await lab.ping("a", "-c 3 -i 0.1 -M want -s 1300 198.51.100.2")
            #expect(patient.status == 0)
            let ipv6 = try await lab.ping("a", "-c 3 -i 0.1 -s 1452 2001:db8:1::2")
            #expect(
                ipv6.output.contains("Packet too big: mtu=1400")
                    && ipv6.output.contains("1460 bytes from 2001:db8:1::2: icmp_seq=2"))
            let dump = try await lab.ping("a", "-v -c 1 -t 1 198.51.100.2")
            #expect(
                dump.output.contains(
                    "Vr HL TOS  Len   ID Flg  off TTL Pro  cks      Src      Dst Data\n 4  5  00 0054 "))
        }
    }

    @Test("JSON: every field of the contract, and the account balances")
    func json() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", "-j -c 2 -i 0.02 192.0.2.2")
            let reply = try #require(outcome.objects.first)
            #expect(
                reply.text.hasPrefix(
                    #"{"type":"reply","target":"192.0.2.2","addr":"192.0.2.2","seq":1,"bytes":64,"ttl":64,"rtt_ms":"#))
            Self.expectTimes(outcome)
            let summary = try #require(outcome.summary)
            for (name, value) in [
                "transmitted": 2, "received": 2, "duplicates": 0, "errors": 0, "loss_percent": 0, "late": 0, "lost": 0,
                "failed": 0,
            ] {
                #expect(summary.number(name) == Double(value), "\(name)")
            }
            for name in ["min", "avg", "max", "mdev", "p50", "p90", "p99", "jitter_ms", "elapsed_ms"] {
                #expect(summary.number(name) != nil, "\(name)")
            }
            // 20 ms and some microseconds, which are not rounded away.
            #expect(summary.number("elapsed_ms").map { $0 >= 20 && $0 != $0.rounded() } == true, "\(summary)")
            let timeouts = try await lab.ping("a", "-j -c 2 -i 0.1 -W 0.05 198.18.0.1")
            #expect(timeouts.objects("timeout").map { $0["seq"] } == ["1", "2"] && timeouts.status == 1)
            Self.expectTimes(timeouts)
            let failure = try await lab.ping("a", "-j nosuchhost.invalid")
            #expect(failure.objects("error").count == 1 && failure.status == 2)
            Self.expectTimes(failure)
        }
    }

    /// Every object ends with its time.
    private static func expectTimes(_ outcome: Lab.Outcome) {
        for object in outcome.objects {
            let time = object.text.firstMatch(of: #/,"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"}$/#)
            #expect(time != nil, "\(object)")
        }
    }

    @Test("a zone chooses the link; multicast and broadcast are answered by many")
    func zones() async throws {
        try await Lab.with(.pair.and("ip netns exec b sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0")) { lab in
            // The link-local address of b, once its duplicate address detection is over.
            let wait =
                "for i in $(seq 100); do ip -6 addr show dev $1 scope link | grep -q tentative || break; sleep 0.1; done; ip -6 -o addr show dev $1 scope link"
            _ = try await lab.run("a", ["sh", "-c", wait, "-", "va"])
            let shown = try await lab.run("b", ["sh", "-c", wait, "-", "vb"])
            let address = try #require(shown.output.firstMatch(of: #/fe80::[0-9a-f:]+/#)).output
            let zoned = try await lab.ping("a", "-c 1 \(address)%va")
            #expect(zoned.status == 0 && zoned.output.contains("64 bytes from \(address)%va: icmp_seq=1"))
            #expect(try await lab.ping("a", "-c 1 \(address)%nosuch0").status == 2)
            let group = try await lab.ping("a", "-c 1 -W 1 ff02::1%va")
            #expect(group.status == 0)
            let ipv4 = try await lab.ping("a", "-c 1 -I va 224.0.0.1")
            #expect(ipv4.status == 0 && ipv4.output.contains("ttl="))
        }
    }

    @Test("timestamp, address mask and router solicitation in words")
    func questions() async throws {
        try await Lab.with(.pair) { lab in
            let time = try await lab.ping("a", "-c 1 --icmp timestamp 192.0.2.2")
            #expect(
                time.status == 0 && time.output.contains("\n\toriginate ")
                    && time.output.contains("\n\tclock offset "))
            // Linux answers no address mask requests.
            let mask = try await lab.ping("a", "-c 1 -W 0.2 --icmp address-mask 192.0.2.2")
            #expect(mask.status == 1)
            let router = try await lab.ping("a", "-c 1 -W 0.2 --icmp router-solicitation ff02::2%va")
            #expect(router.status == 1)
            #expect(try await lab.ping("a", "-6 --icmp timestamp 2001:db8::2").status == 2)
        }
    }

    @Test("the whole conversation as pcapng that a peer reads")
    func capture() async throws {
        guard await Peer.require(.tshark) else { return }
        try await Lab.with(.pair) { lab in
            let file = "/tmp/swift-net-capture-\(lab.id).pcapng"
            let outcome = try await lab.ping("a", "-c 3 -i 0.02 --pcap \(file) 192.0.2.2")
            #expect(outcome.status == 0)
            let read = try await lab.run(
                "a",
                [
                    "tshark", "-r", file, "-T", "fields", "-e", "icmp.type", "-e", "icmp.checksum.status", "-e",
                    "frame.time_epoch", "-o", "ip.check_checksum:TRUE",
                ])
            #expect(read.lines.count == 6, "\(read)")
            #expect(read.lines.map { $0.prefix(1) } == ["8", "0", "8", "0", "8", "0"])
            #expect(read.lines.allSatisfy { $0.contains("\t1\t") })
            let ipv6 = try await lab.ping("a", "-c 1 --pcap \(file) 2001:db8::2")
            #expect(ipv6.status == 0)
            #expect(try await lab.run("a", ["tshark", "-r", file, "-Y", "icmpv6.checksum.status==1"]).lines.count == 2)
            let full = try await lab.ping("a", "-c 1 --pcap /dev/full 192.0.2.2")
            #expect(
                full.status == 2 && full.errors.contains("No space left on device")
                    && full.output.contains("1 received"))
            _ = try await lab.run("a", ["rm", "-f", file])
        }
    }

    @Test("explains packets field by field")
    func explains() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", "-c 1 --explain 1 192.0.2.2")
            #expect(
                outcome.output.contains("  checksum              0x") && outcome.output.contains(", correct\n")
                    && outcome.output.contains("8, Echo Request"))
            #expect(outcome.output.contains("0, Echo Reply"))
            let json = try await lab.ping("a", "-j -c 1 --explain 1 192.0.2.2")
            #expect(json.objects("packet").count == 2)
            let flow = try await lab.ping("a", "-c 1 -F 0x12345 --explain 1 2001:db8::2")
            #expect(flow.output.hasPrefix("PING 2001:db8::2 (2001:db8::2) , flow 0x12345, 56 data bytes\n"))
            #expect(flow.output.contains("flow label            0x12345") && flow.status == 0)
        }
    }

    @Test("splits the first round trip when the kernel stamps what leaves")
    func split() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", "-c 1 --split 192.0.2.2")
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("first round trip: neighbor resolution "), "\(outcome)")
        }
    }

    @Test("several pings at once do not take each other's answers")
    func side() async throws {
        try await Lab.with(.pair) { lab in
            // A new link resolves no IPv6 neighbor for a while, and the kernel keeps few packets waiting for it.
            _ = try await lab.ping("a", "-c 1 2001:db8::2")
            try await withThrowingTaskGroup(of: Lab.Outcome.self) { group in
                for target in ["192.0.2.2", "192.0.2.2", "192.0.2.2", "2001:db8::2", "2001:db8::2"] {
                    group.addTask { try await lab.ping("a", "-j -q -c 200 -i 0.002 \(target)") }
                }
                for try await outcome in group {
                    let summary = try #require(outcome.summary)
                    #expect(summary.number("received") == 200 && summary.number("duplicates") == 0, "\(summary.text)")
                }
            }
        }
    }
}
