import Testing
import WireFormat

@Suite("classes, kinds, ports")
struct AddressKindTests {
    @Test(
        "the bounds of the classes (RFC 791, section 3.2)",
        arguments: [
            ("0.0.0.0", "A", "0", "0.0.0"), ("127.255.255.255", "A", "127", "255.255.255"),
            ("128.0.0.0", "B", "128.0", "0.0"),
            ("140.252.20.68", "B", "140.252", "20.68"), ("191.255.0.1", "B", "191.255", "0.1"),
            ("192.0.0.0", "C", "192.0.0", "0"),
            ("223.255.255.255", "C", "223.255.255", "255"), ("224.0.0.0", "D", "", ""),
            ("239.255.255.255", "D", "", ""),
            ("240.0.0.0", "E", "", ""), ("255.255.255.255", "E", "", ""),
        ])
    func classes(text: String, name: String, network: String, host: String) throws {
        let address = try #require(IPv4Address(text))
        #expect(address.addressClass.rawValue == name)
        #expect(
            (address.classParts?.networkIdentifier ?? "") == network
                && (address.classParts?.hostIdentifier ?? "") == host)
        let bits = String(address.rawValue | 0, radix: 2)
        let full = String(repeating: "0", count: 32 - bits.count) + bits
        #expect(full.hasPrefix(address.addressClass.leadingBits))
    }

    @Test(
        "kinds of addresses in the registries (RFC 6890)",
        arguments: [
            ("10.1.2.3", "private use"), ("172.31.255.255", "private use"), ("172.32.0.0", "global unicast"),
            ("100.127.0.1", "shared by carrier-grade NAT"), ("169.254.9.9", "link-local"), ("127.0.0.1", "loopback"),
            ("192.0.2.1", "documentation (TEST-NET-1)"), ("198.19.255.255", "benchmarking"),
            ("224.0.0.251", "multicast, local network control"),
            ("239.1.2.3", "multicast, administratively scoped"), ("255.255.255.255", "limited broadcast"),
            ("250.0.0.1", "reserved"),
            ("0.0.0.0", "unspecified: this host on this network"), ("192.0.0.9", "port control protocol anycast"),
            ("8.8.4.4", "global unicast"), ("::", "unspecified"), ("::1", "loopback"), ("fe80::1", "link-local"),
            ("fd00::1", "unique local"), ("2001:db8::1", "documentation"), ("3fff::1", "documentation"),
            ("2002:c000:201::", "6to4"),
            ("2001::1", "Teredo"), ("64:ff9b::1", "IPv4/IPv6 translation"),
            ("ff02::1:ff00:1", "multicast, link-local, solicited-node"),
            ("ff05::2", "multicast, site-local, well-known"), ("ff1e::2", "multicast, global, transient"),
            ("4000::1", "unassigned"),
            ("2600::1", "global unicast"), ("::ffff:192.0.2.1", "IPv4-mapped"),
        ])
    func kinds(text: String, name: String) throws {
        #expect(try #require(IPAddress(text)).kind.name == name)
    }

    @Test("masks must have contiguous ones")
    func masks() {
        #expect(IPv4Address("255.255.255.0")?.maskLength == 24 && IPv4Address("0.0.0.0")?.maskLength == 0)
        #expect(IPv4Address.limitedBroadcast.maskLength == 32 && IPv4Address("255.0.255.0")?.maskLength == nil)
        #expect(
            IPv4Network("192.0.2.0/24")?.broadcast == IPv4Address(192, 0, 2, 255)
                && IPv4Network("192.0.2.0/31")?.broadcast == nil)
        #expect(IPv4Network("192.0.2.77/26")?.wildcard.description == "0.0.0.63")
    }

    @Test("derived addresses: interface identifiers, solicited-node groups, groups of a MAC address")
    func derived() throws {
        // RFC 4291, appendix A inverts the universal/local bit.
        let mac = try #require(MACAddress("34:56:78:9a:bc:de"))
        #expect(
            mac.linkLocalAddress.description == "fe80::3656:78ff:fe9a:bcde" && mac.linkLocalAddress.interfaceMAC == mac)
        // RFC 4291, section 2.7.1.
        let address = try #require(IPv6Address("4037::01:800:200e:8c6c"))
        #expect(
            address.solicitedNodeGroup.description == "ff02::1:ff0e:8c6c" && address.solicitedNodeGroup.isSolicitedNode)
        #expect(MACAddress("01:00:5e:01:02:03")?.firstIPv4Group == IPv4Address(224, 1, 2, 3))
        #expect(MACAddress("01:00:5e:81:02:03")?.firstIPv4Group == nil)
        #expect(IPv6Address("2002:c000:201::1")?.embeddedIPv4 == IPv4Address(192, 0, 2, 1))
        // RFC 4380's obfuscation.
        #expect(IPv6Address("2001:0:c000:201::3fff:fdfe")?.embeddedIPv4 == IPv4Address(192, 0, 2, 1))
        #expect(IPv6Address("2001:db8::1")?.embeddedIPv4 == nil)
    }

    @Test("names of reverse lookups (RFC 1035, section 3.5; RFC 3596, section 2.5), and digits without abbreviation")
    func texts() throws {
        let v4 = IPv4Address(192, 0, 2, 1)
        #expect(IPAddress.v4(v4).reverseName == "1.2.0.192.in-addr.arpa")
        #expect(v4.binaryDigits == "11000000.00000000.00000010.00000001")
        let v6 = try #require(IPv6Address("4321:0:1:2:3:4:567:89ab"))
        #expect(
            IPAddress.v6(v6).reverseName
                == "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa")
        #expect(v6.expanded == "4321:0000:0001:0002:0003:0004:0567:89ab")
        #expect(IPAddress.v6(.unspecified).reversedLabels == Array(repeating: "0", count: 32).joined(separator: "."))
    }

    @Test("the role of an address in its network")
    func roles() throws {
        let network = try #require(IPv4Network("192.0.2.0/24"))
        #expect(network.role(of: IPv4Address(192, 0, 2, 0)) == .networkAddress)
        #expect(network.role(of: IPv4Address(192, 0, 2, 255)) == .directedBroadcast)
        #expect(network.role(of: IPv4Address(192, 0, 2, 7)) == .host)
        // RFC 3021: both addresses of a /31 are hosts.
        let link = try #require(IPv4Network("192.0.2.0/31"))
        #expect(link.role(of: IPv4Address(192, 0, 2, 0)) == .host && link.role(of: IPv4Address(192, 0, 2, 1)) == .host)
        let rows: [(String, String?)] = [
            ("2001:db8::7/64", "2001:db8::"), ("2001:db8::7/126", "2001:db8::4"), ("2001:db8::7/127", nil),
            ("2001:db8::7/128", nil), ("ff02::1/16", nil),
        ]
        for (text, anycast) in rows {
            #expect(try #require(IPv6Network(text)).subnetRouterAnycast?.description == anycast, "\(text)")
        }
    }

    @Test("Internet timestamps: time of day, other units, and the offset of a clock across midnight")
    func timestamps() {
        #expect(InternetTimestamp(nanosecondsSince1970: 86_400_000_000_000 + 5_000_000).rawValue == 5)
        #expect(InternetTimestamp(nanosecondsSince1970: -1_000_000).rawValue == 86_399_999)
        #expect(InternetTimestamp(rawValue: 86_400_000).millisecondsSinceMidnight == nil)
        let other = InternetTimestamp(rawValue: 0x8000_0007)
        #expect(!other.isStandard && other.value == 7 && other.millisecondsSinceMidnight == nil)
        func offset(_ times: UInt32...) -> Int? {
            let times = times.map(InternetTimestamp.init(rawValue:))
            return InternetTimestamp.clockOffset(
                sent: times[0], received: times[1], answered: times[2], returned: times[3])
        }
        // 10 ms each way, and a clock that is 100 ms ahead.
        #expect(offset(1_000, 1_110, 1_110, 1_020) == 100)
        #expect(offset(86_399_990, 100, 100, 10) == 100)
        #expect(offset(5, 86_399_915, 86_399_915, 25) == -100)
        #expect(offset(5, 0x8000_0000, 5, 5) == nil)
    }

    @Test("timestamp options have the entries that a header has room for")
    func timestampOptions() {
        #expect(IPv4Options([.timestamp(IPv4TimestampData(emptyEntries: .timestampsOnly))]).paddedByteCount == 40)
        #expect(IPv4Options([.timestamp(IPv4TimestampData(emptyEntries: .withAddresses))]).paddedByteCount == 36)
        let hosts = (1...5).map { IPv4Address(192, 0, 2, $0) }
        #expect(IPv4TimestampData(prespecified: hosts) == nil && IPv4TimestampData(prespecified: []) == nil)
        #expect(
            IPv4TimestampData(prespecified: Array(hosts.prefix(4)))?.entries.map(\.address)
                == hosts.prefix(4).map { $0 })
    }

    @Test("port ranges (RFC 6335)")
    func ranges() {
        let rows: [(UInt16, PortClass)] = [
            (0, .wellKnown), (1_023, .wellKnown), (1_024, .registered), (49_151, .registered), (49_152, .dynamic),
            (65_535, .dynamic),
        ]
        for (port, range) in rows { #expect(PortClass(port) == range, "\(port)") }
    }

    @Test("service names from a services file")
    func services() {
        let names = ServiceNames(lines: [
            "# comment", "http\t\t80/tcp\t\twww\t# WorldWideWeb HTTP", "domain 53/udp", "domain 53/tcp", "other 80/tcp",
            "bad line", "x 99999/tcp",
        ])
        #expect(
            names.name(of: 80, .tcp) == "http" && names.name(of: 80, .udp) == nil
                && names.name(of: 53, .udp) == "domain")
        #expect(
            names.port(named: "WWW", .tcp) == 80 && names.port(named: "other", .tcp) == 80
                && names.port(named: "x", .tcp) == nil)
    }

    @Test(
        "port lists",
        arguments: [
            ("80", [80...80]), ("80,443", [80...80, 443...443]), ("8000-8002,8003,7999", [7_999...8_003]),
            ("-", [1...65_535]),
            ("-1024", [1...1_024]), ("65000-", [65_000...65_535]), ("0", [0...0]), ("http,443", [80...80, 443...443]),
            ("5-10,7-8,1", [1...1, 5...10]), ("65535,65534", [65_534...65_535]),
        ] as [(String, [ClosedRange<UInt16>])])
    func portSets(text: String, ranges: [ClosedRange<UInt16>]) throws {
        let set = try PortSet(text) { $0 == "http" ? 80 : nil }
        #expect(set.ranges == ranges)
        #expect(set.port(at: 0) == ranges[0].lowerBound && set.port(at: set.count - 1) == ranges.last?.upperBound)
        #expect(set.port(at: set.count) == nil)
    }

    @Test("invalid port lists", arguments: ["", "80,", "65536", "10-5", "a-b", "80 ", "1--2", "nonesuch"])
    func noPortSets(text: String) {
        #expect(throws: PortSet.SyntaxError.self) { try PortSet(text) }
    }

    @Test("bytes of hexadecimal digits")
    func hexadecimalBytes() {
        #expect(bytes(ofHexadecimal: "00fFa1") == [0x00, 0xFF, 0xA1] && bytes(ofHexadecimal: "") == [])
        for text in ["0", "0g", "0x01", "\u{FF11}\u{FF11}"] { #expect(bytes(ofHexadecimal: text) == nil, "\(text)") }
    }

    @Test("a record-route option fills the header, and its slots are aligned")
    func recordRoute() {
        #expect(IPv4Options.recordRoute.paddedByteCount == 40)
        #expect(IPv4Options.recordRoute.encoded().prefix(4) == [1, 7, 39, 4])
        #expect(IPv4RouteData.maximumGateways == 8)
    }
}
