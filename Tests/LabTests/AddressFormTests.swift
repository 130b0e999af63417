import Testing

/// The forms of addresses that people paste into `address`.
@Suite("forms of addresses")
struct AddressFormTests {
    private func address(_ text: String) async throws -> Lab.Outcome {
        try await Lab.run([Binary.swiftNet, "address", "--json", text])
    }

    @Test(
        "MAC addresses of every notation",
        arguments: [
            "02:00:00:00:00:01", "02-00-00-00-00-01", "2:0:0:0:0:1", "0200.0000.0001", "0200-0000-0001", "020000000001",
        ])
    func mac(text: String) async throws {
        let outcome = try await address(text)
        #expect(outcome.status == 0 && outcome.objects.first?["addr"] == "02:00:00:00:00:01", "\(outcome)")
    }

    @Test("capital digits too", arguments: ["AABB.CCDD.EEFF", "aabb.ccdd.eeff", "AA-BB-CC-DD-EE-FF", "AABBCCDDEEFF"])
    func capitals(text: String) async throws {
        let outcome = try await address(text)
        #expect(outcome.objects.first?["addr"] == "aa:bb:cc:dd:ee:ff", "\(outcome)")
    }

    @Test(
        "zones and brackets",
        arguments: [
            ("fe80::1%eth0", "fe80::1", "eth0", nil), ("fe80::1%eth0/64", "fe80::1", "eth0", "64"),
            ("fe80::1%3", "fe80::1", "3", nil), ("ff02::1%br-lan", "ff02::1", "br-lan", nil),
            ("[fe80::1%eth0]", "fe80::1", "eth0", nil), ("[fe80::1%25eth0]", "fe80::1", "eth0", nil),
            ("[2001:db8::1]", "2001:db8::1", nil, nil), ("[2001:db8::1]/64", "2001:db8::1", nil, "64"),
            ("fe80::1", "fe80::1", nil, nil),
        ] as [(String, String, String?, String?)])
    func zones(text: String, address: String, zone: String?, length: String?) async throws {
        let outcome = try await self.address(text)
        let object = outcome.objects.first
        #expect(outcome.status == 0 && object?["addr"] == address && object?["zone"] == zone, "\(outcome)")
        #expect(object?["prefix_length"] == length)
        let plain = try await Lab.run([Binary.swiftNet, "address", text])
        #expect(plain.lines.contains { $0.hasPrefix("zone ") } == (zone != nil), "\(plain)")
    }

    @Test(
        "the first address of a subnet is its routers' anycast address, but not in a /127, a /128 or among groups",
        arguments: [
            ("2001:db8::1/64", true), ("2001:db8::1/126", true), ("2001:db8::1/127", false), ("2001:db8::1/128", false),
            ("ff02::1/16", false),
        ])
    func anycast(text: String, isAnycast: Bool) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", text])
        #expect(outcome.status == 0 && outcome.output.contains("subnet-router anycast") == isAnycast, "\(outcome)")
    }

    @Test(
        "a single address may have any form of inet_aton(3), unless its digits are those of a MAC address",
        arguments: [
            ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0", "0.0.0.0"), ("0x7f.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"), ("1.2.3", "1.2.0.3"), ("256", "0.0.1.0"), ("0x07f000001", "127.0.0.1"),
            ("0x7f.0x01", "127.0.0.1"), ("0177", "0.0.0.127"), ("4294967295", "255.255.255.255"),
            ("037777777777", "03:77:77:77:77:77"), ("0177.0000.0001", "01:77:00:00:00:01"),
        ])
    func inetAton(text: String, expected: String) async throws {
        let outcome = try await address(text)
        #expect(outcome.status == 0 && outcome.objects.first?["addr"] == expected, "\(outcome)")
    }

    @Test(
        "a text that is not an address is named in the error",
        arguments: [
            ("fe80::1%", "fe80::1%: empty zone (expected an interface after %)"),
            (
                "2001:db8::1%eth0",
                "2001:db8::1%eth0: 2001:db8::1 has no zone (only link-local addresses and groups have)"
            ),
            ("192.0.2.1%eth0", "192.0.2.1%eth0: an IPv4 address has no zone"),
            ("[192.0.2.1]", "[192.0.2.1]: only an IPv6 address has brackets"),
            ("[2001:db8::1", "[2001:db8::1: no ] after the address"),
            (
                "[2001:db8::1]:443",
                "[2001:db8::1]:443: unexpected text after ] (the port is an argument of its own: 443/tcp)"
            ), ("0200.0000", "0200.0000: not an address"), ("0200.0000-0001", "0200.0000-0001: not an address"),
            ("08", "08: not an address"),
            ("4294967296", "4294967296: not an address"), ("1.16777216", "1.16777216: not an address"),
            ("127.1.", "127.1.: not an address"), ("1.2.3.4.5", "1.2.3.4.5: not an address"),
            ("[127.1]", "[127.1]: only an IPv6 address has brackets"), ("127.1/8", "127.1/8: not an address"),
            ("127.1 ", "127.1 : not an address"),
            ("0200.0000.000g", "0200.0000.000g: not an address"), ("02000000000", "02000000000: not an address"),
        ])
    func mistakes(text: String, message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "address", text])
        #expect(
            outcome.status == 2 && outcome.errors == "address: \(message)\n" && outcome.output.isEmpty, "\(outcome)")
    }
}
