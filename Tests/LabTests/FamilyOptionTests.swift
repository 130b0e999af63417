import Testing

@Suite("options of one address family, and zones, in the lab")
struct FamilyOptionTests {
    @Test("an option that only one address family has refuses the other, by name")
    func families() async throws {
        try await Lab.with(.pair) { lab in
            for (arguments, message) in [
                ("ping -F 5 192.0.2.2", "192.0.2.2: -F supports only IPv6"),
                ("ping -4 -F 5 b", "-F supports only IPv6"),
                ("ping -R 2001:db8::2", "2001:db8::2: -R supports only IPv4"),
                ("ping -T tsonly 2001:db8::2", "2001:db8::2: -T supports only IPv4"),
                ("ping --icmp timestamp 2001:db8::2", "2001:db8::2: --icmp timestamp supports only IPv4"),
                ("traceroute -l 5 192.0.2.2", "-l: 192.0.2.2: IPv4 has no flow labels"),
            ] {
                let command = arguments.split(separator: " ").map(String.init)
                let outcome = try await lab.run("a", [Binary.swiftNet] + command)
                #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments)")
                #expect(outcome.errors == "\(command[0]): \(message)\n", "\(arguments)")
            }
            let label = try await lab.ping("a", "-c 1 -F 5 2001:db8::2")
            #expect(label.status == 0 && label.output.contains(", flow 0x00005, "))
            // In a sweep, the other targets are pinged.
            let sweep = try await lab.ping("a", "-F 5 --retries 0 192.0.2.2 2001:db8::2")
            #expect(sweep.status == 2 && sweep.errors == "ping: 192.0.2.2: -F supports only IPv6\n")
            #expect(sweep.output.contains("2001:db8::2 is alive"))
            let network = try await lab.ping("a", "-4 --retries 0 192.0.2.2 2001:db8::/126")
            let reason = "Address family for hostname not supported"
            #expect(network.status == 2 && network.errors == "ping: 2001:db8::/126: \(reason)\n", "\(network)")
            #expect(network.output.contains("192.0.2.2 is alive"), "\(network)")
        }
    }

    @Test("a zone that is not the interface of -I, an unknown zone, and two zones in one sweep are errors")
    func zones() async throws {
        let second = Lab.Layout.pair.and(
            "ip -n a link add dev vc type veth peer name vd; ip -n a link set dev vc up; ip -n a link set dev vd up")
        try await Lab.with(second) { lab in
            for (arguments, message) in [
                ("ping -I vc fe80::1%va", "fe80::1%va: the zone va is not the interface vc"),
                ("ping -I vc fe80::1%va fe80::2%va", "fe80::1%va: the zone va is not the interface vc"),
                (
                    "ping fe80::1%va fe80::2%vc",
                    "fe80::2%vc: the zone differs from va: all link-local targets of a sweep have one"
                ),
                ("traceroute -i vc fe80::1%va", "fe80::1%va: the zone va is not the interface vc"),
                ("http-probe -I vc http://[fe80::1%va]/", "http://[fe80::1%va]/: the zone va is not the interface vc"),
                (
                    "http-fingerprint http://[fe80::1%25nosuch0]/",
                    "http://[fe80::1%25nosuch0]/: no such interface: nosuch0"
                ),
            ] {
                let command = arguments.split(separator: " ").map(String.init)
                let outcome = try await lab.run("a", [Binary.swiftNet] + command)
                #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments)")
                #expect(outcome.errors == "\(command[0]): \(message)\n", "\(arguments)")
            }
        }
    }

    @Test("--split has a part for neighbor resolution only where a neighbor is resolved")
    func split() async throws {
        try await Lab.with(.pair) { lab in
            let near = try await lab.ping("a", "-c 1 --split 192.0.2.2")
            #expect(near.output.contains("\nfirst round trip: neighbor resolution "))
            for target in ["192.0.2.1", "127.0.0.1", "::1", "ff02::1%va"] {
                let outcome = try await lab.ping("a", "-c 1 --split \(target)")
                #expect(outcome.output.contains("\nfirst round trip: queue "), "\(outcome)")
            }
            let json = try await lab.ping("a", "-c 1 --split -j 127.0.0.1")
            let split = try #require(json.objects("split").first)
            #expect(split["neighbor_resolution_ms"] == nil && split.number("queue_ms") != nil)
        }
    }
}
