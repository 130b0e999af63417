import Testing
import WireFormat

@Suite("Addresses")
struct AddressTests {
    @Test("IPv4 texts", arguments: [("0.0.0.0", 0), ("192.0.2.1", 0xC000_0201), ("255.255.255.255", UInt32.max)])
    func ipv4(text: String, value: UInt32) {
        #expect(IPv4Address(text)?.rawValue == value)
        #expect(IPv4Address(rawValue: value).description == text)
    }

    @Test(
        "invalid IPv4 addresses",
        arguments: [
            ("", "empty"), ("1", "inet_aton's one part"), ("1.2.3", "three parts"), ("1.2.3.4.5", "five parts"),
            ("01.2.3.4", "leading zero: octal to some"), ("0x1.2.3.4", "hexadecimal"), ("256.1.1.1", "too large"),
            ("1.2.3.4 ", "trailing space"), (" 1.2.3.4", "leading space"), ("1.2.3.", "empty part"),
            ("1..3.4", "empty part"),
            ("-1.2.3.4", "sign"), ("1.2.3.4/8", "prefix"), ("1000.1.1.1", "four digits"), ("١.2.3.4", "other digits"),
        ])
    func notIPv4(text: String, reason: String) {
        #expect(IPv4Address(text) == nil, "\(reason)")
    }

    // RFC 5952, sections 1, 2 and 4: text forms and the canonical form.
    @Test(
        "IPv6 texts in canonical form",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"),
            ("2001:0db8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::AbCd", "2001:db8::abcd"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::ffff:c000:201", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::1", "fe80::1"),
        ])
    func ipv6(text: String, canonical: String) {
        let address = IPv6Address(text)
        #expect(address?.description == canonical)
        #expect(IPv6Address(canonical) == address)
    }

    @Test(
        "invalid IPv6 addresses",
        arguments: [
            ("", "empty"), (":", "one colon"), (":::", "three colons"), ("1:2:3:4:5:6:7", "seven groups"),
            ("1:2:3:4:5:6:7:8:9", "nine groups"),
            ("1::2::3", "two gaps"), ("12345::", "five digits"), ("g::", "no digit"),
            ("1:2:3:4:5:6:7:8::", "gap of nothing"),
            ("::1%eth0", "zone"), ("[::1]", "brackets"), ("::1.2.3", "short IPv4 part"),
            ("1.2.3.4::", "IPv4 part in front"),
            (":1:2:3:4:5:6:7", "leading colon"), ("1:2:3:4:5:6:7:", "trailing colon"),
            ("::ffff:192.0.2.256", "octet too large"),
        ])
    func notIPv6(text: String, reason: String) {
        #expect(IPv6Address(text) == nil, "\(reason)")
    }

    @Test("every IPv6 address is parsed back from its text", arguments: 0..<200)
    func ipv6RoundTrip(seed: UInt64) {
        var random = Seeded(seed)
        // With many zero groups, which the canonical form depends on.
        func half(_ random: inout Seeded) -> UInt64 {
            (0..<4).reduce(0) { value, _ in
                value << 16 | (Bool.random(using: &random) ? 0 : UInt64.random(in: 0...0xFFFF, using: &random))
            }
        }
        let address = IPv6Address(high: half(&random), low: half(&random))
        #expect(IPv6Address(address.description) == address, "seed \(seed): \(address)")
    }

    @Test("kinds of addresses")
    func kinds() throws {
        #expect(
            IPv4Address(224, 0, 0, 1).isMulticast && !IPv4Address(223, 255, 255, 255).isMulticast
                && !IPv4Address(240, 0, 0, 1).isMulticast)
        #expect(
            IPv4Address(127, 9, 9, 9).isLoopback && IPv4Address(169, 254, 1, 1).isLinkLocal
                && IPv4Address.limitedBroadcast.isLimitedBroadcast)
        #expect(
            IPv4Address(240, 0, 0, 0).isReserved && IPv4Address.limitedBroadcast.isReserved
                && !IPv4Address(239, 255, 255, 255).isReserved)
        #expect(try #require(IPv6Address("febf::1")).isLinkLocal && !(try #require(IPv6Address("fec0::1")).isLinkLocal))
        #expect(try #require(IPAddress("ff02::1")).needsZone && !(try #require(IPAddress("ff05::1")).needsZone))
    }

    @Test(
        "MAC texts",
        arguments: [
            ("02:00:00:00:00:01", 0x0200_0000_0001), ("2-0-0-0-0-a", 0x0200_0000_000A),
            ("FF:FF:FF:FF:FF:FF", 0xFFFF_FFFF_FFFF), ("0200.0000.0001", 0x0200_0000_0001),
            ("AABB.ccdd.EEff", 0xAABB_CCDD_EEFF), ("0200-0000-0001", 0x0200_0000_0001),
        ] as [(String, UInt64)])
    func mac(text: String, value: UInt64) {
        #expect(MACAddress(text)?.rawValue == value)
    }

    @Test(
        "invalid MAC addresses",
        arguments: [
            "", "02:00:00:00:00", "02:00:00:00:00:01:02", "02:00-00:00:00:01", "020000000001", "02:00:00:00:00:001",
            "0g:00:00:00:00:00", ":00:00:00:00:00", "0200.0000-0001", "0200.0000.000", "0200.0000.00010",
            "0200:0000:0001",
            "020.00000.0001", "0200.0000.000g",
        ])
    func notMAC(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test("multicast groups and their link-layer addresses")
    func multicast() throws {
        // RFC 1112, section 6.4: only 23 bits are mapped, so 224.0.1.1 and 239.128.1.1 share an address.
        #expect(MACAddress(multicast: IPv4Address(239, 129, 2, 3)).description == "01:00:5e:01:02:03")
        #expect(MACAddress(multicast: IPv4Address(224, 0, 1, 1)) == MACAddress(multicast: IPv4Address(239, 128, 1, 1)))
        #expect(MACAddress(multicast: try #require(IPv6Address("ff02::1:ff00:1"))).description == "33:33:ff:00:00:01")
    }

    @Test("networks")
    func networks() throws {
        let network = try #require(IPv4Network("192.0.2.130/25"))
        #expect(network.description == "192.0.2.128/25" && network.lastAddress == IPv4Address(192, 0, 2, 255))
        #expect(network.contains(IPv4Address(192, 0, 2, 200)) && !network.contains(IPv4Address(192, 0, 2, 1)))
        #expect(network.hosts == IPv4Address(192, 0, 2, 129).rawValue...IPv4Address(192, 0, 2, 254).rawValue)
        #expect(IPv4Network("0.0.0.0/0")?.addressCount == 1 << 32)
        #expect(IPv4Network("192.0.2.1/31")?.hosts.count == 2 && IPv4Network("192.0.2.1/32")?.hosts.count == 1)
        for text in ["192.0.2.0", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/08", "192.0.2.0/", "192.0.2/24", "/24"] {
            #expect(IPv4Network(text) == nil, "\(text)")
        }
        let ipv6 = try #require(IPv6Network("2001:db8:ffff::1/33"))
        #expect(ipv6.description == "2001:db8:8000::/33")
        #expect(IPv6Network("2001:db8::/64")?.addressCount == nil && IPv6Network("2001:db8::/120")?.addressCount == 256)
        #expect(IPv6Network("::/0")?.contains(.loopback) == true && IPv6Network("::/129") == nil)
        for length in 0...128 {
            let network = try #require(IPv6Network(.loopback, prefixLength: length))
            #expect((network.mask.high.nonzeroBitCount + network.mask.low.nonzeroBitCount) == length)
        }
    }
}
