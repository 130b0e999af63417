import Testing

/// `dhcp-discover` on real links, beside dnsmasq and a second server.
@Suite("dhcp-discover in the lab")
struct DHCPDiscoverTests {
    private static let dnsmasq = [
        "dnsmasq", "--keep-in-foreground", "--port=0", "--conf-file=/dev/null", "--user=root",
        "--interface=vb", "--bind-interfaces", "--dhcp-range=192.0.2.100,192.0.2.150,600",
        "--dhcp-option=option:router,192.0.2.2", "--dhcp-option=option:dns-server,192.0.2.2,192.0.2.3",
        "--dhcp-option=option:classless-static-route,198.51.100.0/24,192.0.2.2", "--dhcp-option=224,raw",
        "--domain=lab.example", "--dhcp-option=option:domain-search,lab.example,b.example",
        "--dhcp-host=02:00:00:00:00:77,192.0.2.177", "--dhcp-authoritative", "--no-ping", "--log-dhcp",
        "--dhcp-leasefile=/mnt/leases", "--pid-file=/mnt/pid", "--log-facility=/mnt/log",
    ]

    private func discover(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run(
            "a", ["timeout", "30", Binary.swiftNet, "dhcp-discover"] + arguments.split(separator: " ").map(String.init))
    }

    /// Runs `body` beside dnsmasq in `b`.
    private func withServer(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        guard await Peer.require(.dnsmasq) else { return }
        let ready = "until grep -qs 'IP range' /mnt/log; do sleep 0.02; done; echo begun"
        let script = "(\(ready)) & exec \(Self.dnsmasq.joined(separator: " "))"
        try await Lab.with(Lab.Layout.pair.withFiles) { lab in
            try await lab.beside("b", ["sh", "-c", script], readyMark: "begun") { try await body(lab) }
        }
    }

    /// Runs `body` beside the second server, with replies of these kinds.
    private func withRogue(
        _ lab: Lab, _ kinds: String..., body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let script = "\(Binary.repository)/Tests/LabTests/DHCPServer/rogue.py"
        try await lab.beside("b", ["python3", script, "vb"] + kinds, readyMark: "ready", body)
    }

    @Test("an offer of dnsmasq, in text and JSON, with its options; no lease is taken")
    func offer() async throws {
        try await withServer { lab in
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).lines[0]
            let json = try await self.discover(
                lab, "-I va -w 1 --json --option 224 --option 60=lab --option 12=0x6c6162")
            #expect(json.status == 0 && json.errors.isEmpty, "\(json)")
            let offer = try #require(json.objects("offer").first)
            #expect(offer["server"] == "192.0.2.2" && offer.number("lease_s") == 600, "\(json)")
            #expect(offer["server_mac"] == String(mac) && (offer.number("rtt_ms") ?? 0) > 0, "\(json)")
            for member in [
                #""addr":"192.0.2.1"#, #""subnet_mask":"255.255.255.0""#, #""router":["192.0.2.2"]"#,
                #""domain_name_server":["192.0.2.2","192.0.2.3"]"#, #""domain_name":"lab.example""#,
                #""domain_search":["lab.example","b.example"]"#, #""message_type":"offer""#, #""renewal_time":300"#,
                #""classless_static_route":["198.51.100.0/24 via 192.0.2.2"]"#, #""option_224":"0x726177""#,
            ] {
                #expect(offer.text.contains(member), "\(member): \(json)")
            }
            #expect(json.summary?["servers"] == "1" && json.summary?["transmitted"] == "1", "\(json)")
            let text = try await self.discover(lab, "-w 1")
            #expect(text.status == 0 && text.errors.isEmpty, "\(text)")
            #expect(text.output.contains(" from 192.0.2.2 [\(mac)], lease 600 s, "), "\(text)")
            #expect(text.output.contains("\n  router                      192.0.2.2\n"), "\(text)")
            #expect(text.lines.last?.hasPrefix("1 message sent, offers from 1 server, time 10") == true, "\(text)")
            // The server was asked for the option, got the others, and assigned no address.
            let log = try await lab.run("b", ["cat", "/mnt/log"]).output
            #expect(log.contains("vendor class: lab") && log.contains("client provides name: lab"), "\(log)")
            #expect(log.contains("DHCPOFFER") && !log.contains("DHCPREQUEST") && !log.contains("DHCPACK"), "\(log)")
            let leases = try await lab.run("b", ["cat", "/mnt/leases"])
            #expect(leases.output.isEmpty, "\(leases)")
        }
    }

    @Test("a second server is listed, and named in a warning")
    func rogue() async throws {
        try await withServer { lab in
            try await self.withRogue(lab, "in-file") {
                let text = try await self.discover(lab, "-w 1")
                #expect(text.status == 0 && text.output.contains("192.0.2.200 from 192.0.2.66 [02:00:00:00:00:66]"))
                #expect(text.output.contains("\n  domain_name                 rogue\n"), "\(text)")
                #expect(text.output.contains(" from 192.0.2.2 [") && text.output.contains("offers from 2 servers"))
                #expect(text.errors.hasPrefix("dhcp-discover: warning: 2 DHCP servers: "), "\(text)")
                #expect(text.errors.contains("192.0.2.66 [02:00:00:00:00:66]"), "\(text)")
                let json = try await self.discover(lab, "-j -w 1")
                #expect(json.summary?["servers"] == "2" && json.objects("offer").count == 2, "\(json)")
                #expect(json.errors.hasPrefix("dhcp-discover: warning: 2 DHCP servers: "), "\(json)")
            }
        }
    }

    @Test("--mac, --explain, -q, and a capture that tcpdump and decode read")
    func effects() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await withServer { lab in
            let reserved = try await self.discover(
                lab, "-w 0.5 --mac 02:00:00:00:00:77 --explain 1 --pcap /mnt/p.pcapng")
            #expect(reserved.status == 0 && reserved.output.contains("192.0.2.177 from 192.0.2.2"), "\(reserved)")
            #expect(reserved.output.contains("message_type discover"), "\(reserved)")
            #expect(reserved.output.contains("client MAC            02:00:00:00:00:77"), "\(reserved)")
            let dump = try await lab.run("a", ["tcpdump", "-ner", "/mnt/p.pcapng"])
            #expect(dump.lines.count == 2, "\(dump)")
            #expect(dump.output.contains("BOOTP/DHCP, Request from 02:00:00:00:00:77, length 3"), "\(dump)")
            #expect(dump.output.contains("BOOTP/DHCP, Reply, length 3"), "\(dump)")
            let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "-j", "/mnt/p.pcapng"])
            #expect(decoded.output.contains(#""your_addr":"192.0.2.177""#) && decoded.status == 0, "\(decoded)")
            #expect(decoded.output.contains(#""message_type offer""#), "\(decoded)")
            // The lines of both, without tcpdump's times and link headers.
            let lines = try await lab.run("a", [Binary.swiftNet, "decode", "--time", "none", "/mnt/p.pcapng"])
            let plain = try await lab.run("a", ["tcpdump", "-ntr", "/mnt/p.pcapng"])
            #expect(lines.output == plain.output, "\(lines) \(plain)")
            let quiet = try await self.discover(lab, "-q -w 0.5")
            #expect(quiet.status == 0 && quiet.lines.count == 1, "\(quiet)")
        }
    }

    @Test("replies that are hostile or for others are rejected, and -v names why")
    func hostile() async throws {
        try await Lab.with(.pair) { lab in
            try await self.withRogue(lab, "overrun", "no-end", "overload", "xid", "chaddr", "bootp", "checksum") {
                let outcome = try await self.discover(lab, "-I va -w 0.5 -v -j")
                #expect(outcome.status == 1 && outcome.objects("offer").isEmpty, "\(outcome)")
                #expect(outcome.summary?["rejected"] == "7" && outcome.summary?["servers"] == "0", "\(outcome)")
                let start = "dhcp-discover: rejected a reply from 02:00:00:00:00:66: "
                let reasons = [
                    "dhcp: option 12 at offset 261 needs 202 bytes, but has 3",
                    "dhcp: end option at offset 261 needs 1 bytes, but has 0",
                    "dhcp: end option at offset 236 needs 1 bytes, but has 0", "transaction ID 0x0 was not sent",
                    "it is for 02:00:00:00:00:99", "BOOTP, not DHCP: it has no message type",
                    "the udp checksum is incorrect",
                ]
                #expect(outcome.errors == reasons.map { start + $0 + "\n" }.joined(), "\(outcome)")
                let quiet = try await self.discover(lab, "-I va -w 0.5")
                #expect(quiet.status == 1 && quiet.errors.isEmpty, "\(quiet)")
                #expect(quiet.output.hasPrefix("1 message sent, offers from 0 servers, time 5"), "\(quiet)")
            }
        }
    }

    @Test("without a server the message is repeated, and the exit status is 1")
    func silence() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await self.discover(lab, "-j -w 5.5")
            #expect(outcome.status == 1 && outcome.summary?["transmitted"] == "2", "\(outcome)")
        }
    }

    @Test("values and arguments that do not fit")
    func usage() async throws {
        let codes = "expected a code from 1 to 254 other than 52, 53 and 55, alone or with =VALUE"
        for (arguments, part) in [
            ("eth0", "eth0: dhcp-discover takes no operand (use -I INTERFACE for an interface)"),
            ("-w 0", "invalid value '0' for -w (expected 0.001 to 2147483 seconds)"),
            ("--mac x", "invalid value 'x' for --mac (expected a MAC address)"),
            (
                "--mac 01:00:5e:00:00:01",
                "invalid value '01:00:5e:00:00:01' for --mac (expected the MAC address of one host)"
            ),
            ("--option x", "invalid value 'x' for --option (\(codes))"),
            ("--option 53", "invalid value '53' for --option (\(codes))"),
            ("--option 256=a", "invalid value '256=a' for --option (\(codes))"),
            (
                "--option 60=0x123",
                "invalid value '60=0x123' for --option (expected an even number of hexadecimal digits after 0x)"
            ),
        ] {
            let outcome = try await Lab.run(
                [Binary.swiftNet, "dhcp-discover"] + arguments.split(separator: " ").map(String.init))
            let errors = outcome.errors + outcome.output
            #expect(outcome.status == 2 && errors == "dhcp-discover: \(part)\n", "\(arguments): \(outcome)")
        }
    }

    @Test("an interface that does not exist, and options that no frame can hold")
    func link() async throws {
        try await Lab.with(.pair) { lab in
            let missing = try await self.discover(lab, "-I nonesuch")
            let message = "dhcp-discover: -I: no such interface: nonesuch (have: lo, va)\n"
            #expect(missing.status == 2 && missing.errors == message, "\(missing)")
            let long = "--option 43=" + String(repeating: "x", count: 1_400)
            let outcome = try await self.discover(lab, long)
            #expect(outcome.status == 2, "\(outcome)")
            #expect(
                outcome.errors
                    == "dhcp-discover: the options make a datagram of 1713 bytes, the MTU of va is 1500\n", "\(outcome)"
            )
        }
    }
}
