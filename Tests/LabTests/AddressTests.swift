import Testing

/// `address`, which sends nothing.
@Suite("address")
struct AddressTests {
    @Test("a network of class B, cut into subnets")
    func classB() async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", "140.252.20.68/24"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        for line in [
            "class               B  (first bits 10)", "net-id              140.252", "host-id             20.68",
            "mask                255.255.255.0",
            "network             140.252.20.0/24", "first host          140.252.20.1",
            "last host           140.252.20.254", "hosts               254",
            "directed broadcast  140.252.20.255", "kind                global unicast",
        ] {
            #expect(outcome.lines.contains(Substring(line)), "\(line)")
        }
    }

    @Test(
        "JSON of every kind of address",
        arguments: [
            ("140.252.20.68", "class", "B"), ("140.252.20.68", "network", "140.252.0.0/16"),
            ("140.252.255.255", "role", "the directed broadcast address"),
            ("192.0.2.0/255.255.255.128", "last_host", "192.0.2.126"), ("192.0.2.0/31", "host_count", "2"),
            ("239.1.2.3", "multicast_mac", "01:00:5e:01:02:03"),
            ("2001:db8::1/64", "network", "2001:db8::/64"), ("ff02::1", "scope", "link-local"),
            ("ff02::1", "multicast_mac", "33:33:00:00:00:01"),
            ("fe80::1", "solicited_node", "ff02::1:ff00:1"), ("02:00:00:00:00:01", "locally_administered", "true"),
            ("ff:ff:ff:ff:ff:ff", "kind", "broadcast"),
            ("443/tcp", "service", "https"), ("domain/udp", "port", "53"), ("49152/udp", "range", "dynamic"),
        ])
    func json(text: String, field: String, value: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", "--json", text])
        #expect(outcome.status == 0 && outcome.objects.first?[field] == value, "\(outcome.output)")
        #expect(outcome.summary?["addresses"] == "1")
    }

    @Test(
        "an invalid address is named",
        arguments: [
            ("x", "address: x: not an address\n"),
            ("192.0.2.1/33", "address: 192.0.2.1/33: invalid prefix length '33' (expected 0 to 32)\n"),
            (
                "192.0.2.1/255.0.255.0",
                "address: 192.0.2.1/255.0.255.0: not a mask: 255.0.255.0 (expected all 1 bits first)\n"
            ),
            (
                "nonesuch/tcp",
                "address: nonesuch/tcp: no such port: 'nonesuch' (expected 0 to 65535 or a service name)\n"
            ),
            ("65536/udp", "address: 65536/udp: no such port: '65536' (expected 0 to 65535 or a service name)\n"),
            ("::1/129", "address: ::1/129: invalid prefix length '129' (expected 0 to 128)\n"),
            ("192.0.2.1/", "address: 192.0.2.1/: invalid prefix length '' (expected 0 to 32)\n"),
            ("01:02:03:04:05:06/8", "address: 01:02:03:04:05:06/8: not an address\n"),
        ])
    func mistakes(text: String, message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", text])
        #expect(outcome.status == 2 && outcome.errors == message && outcome.output.isEmpty)
    }

    @Test("several addresses, in text and as JSON; none is an error")
    func several() async throws {
        let text = try await Lab.run([Binary.swiftNet, "address", "192.0.2.1", "::1"])
        #expect(text.status == 0 && text.output.contains("\n\naddress "), "\(text)")
        let json = try await Lab.run([Binary.swiftNet, "address", "-j", "192.0.2.1", "::1"])
        #expect(json.objects("address").count == 2 && json.summary?["addresses"] == "2", "\(json)")
        let none = try await Lab.run([Binary.swiftNet, "address"])
        #expect(
            none.status == 2
                && none.errors.hasPrefix(
                    "address: no ADDRESS given (expected an address, a network or PORT/tcp)\n"),
            "\(none)")
    }
}
