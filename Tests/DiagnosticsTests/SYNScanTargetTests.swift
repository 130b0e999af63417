import Testing
import WireFormat

@testable import Diagnostics

/// Which targets and ports a scan has.
@Suite("targets and ports of a scan")
struct SYNScanTargetTests {
    @Test("a link-local address keeps its interface among its zero bits, and leaves without it")
    func scopes() throws {
        let address = try #require(IPAddress("fe80::1:2:3:4"))
        for interface: UInt32 in [1, 2, 0xFFFF, 0x1_0000, .max] {
            let scoped = try #require(address.scoped(to: interface))
            #expect(scoped.scope == interface && scoped.withoutScope == address && scoped != address)
        }
        var set = AddressSet()
        try set.insert(try #require(address.scoped(to: 2)))
        try set.insert(try #require(address.scoped(to: 3)))
        #expect(set.count == 2 && set.runs.map(\.first.scope) == [2, 3])
        for other in ["fe80:1::1", "febf::1", "2001:db8::1", "ff02::1", "::1", "169.254.0.1"] {
            let other = try #require(IPAddress(other))
            #expect(other.scoped(to: 2) == nil, "\(other)")
        }
        for other in ["2001:db8:1:2::1", "192.0.2.1", "ff02::1:2"] {
            let other = try #require(IPAddress(other))
            #expect(other.scope == 0 && other.withoutScope == other)
        }
    }

    @Test(
        "an IPv6 address may be in brackets, as in a URL; nothing else may",
        arguments: [
            ("[2001:db8::1]", TargetExpression.address(.v6(IPv6Address("2001:db8::1") ?? .unspecified), zone: nil)),
            ("[fe80::1%eth0]", .address(.v6(IPv6Address("fe80::1") ?? .unspecified), zone: "eth0")),
            ("[192.0.2.1]", nil), ("[127.1]", nil), ("[]", nil), ("[[::1]]", nil), ("[::1", nil), ("::1]", nil),
            ("[::1]:80", nil), ("[2001:db8::/64]", nil), ("[example.net]", nil),
        ] as [(String, TargetExpression?)])
    func brackets(text: String, expected: TargetExpression?) {
        #expect((try? TargetExpression(text, isOnlyTarget: true)) == expected, "\(text)")
    }

    @Test("the table of frequent ports has 1,000 ports, each once, the usual ones early")
    func frequentPorts() {
        let ports = FrequentPorts.ranked
        #expect(ports.count == 1_000 && Set(ports).count == 1_000 && !ports.contains(0))
        let usual: Set<UInt16> = [
            21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 443, 445, 993, 995, 1433, 3306, 3389, 5432, 5900, 6379,
            8080,
            8443, 27017,
        ]
        #expect(usual.isSubset(of: ports.prefix(100)), "\(usual.subtracting(ports.prefix(100)))")
        #expect(ports[0] == 80 && ports[1] == 443)
    }

    @Test("what two sets have in common")
    func intersection() throws {
        func set(_ ranges: [(String, String)]) throws -> AddressSet {
            var set = AddressSet()
            try set.insert(
                try ranges.map { (try #require(IPAddress($0.0)), try #require(IPAddress($0.1))) }
            )
            return set
        }
        var some = try set([("192.0.2.1", "192.0.2.20"), ("2001:db8::1", "2001:db8::9")])
        let removed = some.formIntersection(try set([("192.0.2.15", "192.0.2.30"), ("2001:db8::5", "2001:db8::5")]))
        let expected = try set([("192.0.2.15", "192.0.2.20"), ("2001:db8::5", "2001:db8::5")])
        #expect(some == expected && removed == 22)
    }

    @Test("a port list is written as it is read")
    func portLists() throws {
        for text in ["80", "22,80-82,443", "0-65535", ""] {
            let set = text.isEmpty ? PortSet() : try PortSet(text)
            #expect("\(set)" == text)
            #expect(PortSet(set.ranges.flatMap { Array($0) }.shuffled()) == set)
        }
        #expect("\(PortSet([3, 1, 2, 2, 65_535, 65_534]))" == "1-3,65534-65535")
    }
}
