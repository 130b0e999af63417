import Testing
import WireFormat

@testable import LinuxNet

/// Destination address selection: the examples of RFC 6724, section 10.2, and glibc's rule for IPv4.
@Suite("address selection")
struct AddressSelectionTests {
    private func order(
        _ rows: [(destination: String, source: String?)], _ selection: AddressSelection = AddressSelection(),
        network: String? = nil
    ) throws -> [String] {
        let candidates = try rows.map { row in
            AddressSelection.Candidate(
                destination: try #require(IPAddress(row.destination)),
                source: try row.source.map { try #require(IPAddress($0)) },
                sourceNetwork: network.flatMap { IPv4Network($0) })
        }
        return selection.sorted(candidates).map { rows[$0].destination }
    }

    @Test("prefer matching scope")
    func scope() throws {
        #expect(
            try order([("198.51.100.121", "169.254.13.78"), ("2001:db8:1::1", "2001:db8:1::2")])
                == ["2001:db8:1::1", "198.51.100.121"])
        #expect(
            try order([("2001:db8:1::1", "fe80::1"), ("198.51.100.121", "198.51.100.117")])
                == ["198.51.100.121", "2001:db8:1::1"])
    }

    @Test("prefer higher precedence")
    func precedence() throws {
        #expect(
            try order([("10.1.2.3", "10.1.2.4"), ("2001:db8:1::1", "2001:db8:1::2")]) == ["2001:db8:1::1", "10.1.2.3"])
    }

    @Test("prefer smaller scope")
    func smallerScope() throws {
        #expect(
            try order([("2001:db8:1::1", "2001:db8:1::2"), ("fe80::1", "fe80::2")]) == ["fe80::1", "2001:db8:1::1"])
    }

    @Test("prefer matching label, and a longer prefix")
    func labels() throws {
        #expect(
            try order([("2001:db8:1::1", "2001:db8:1::2"), ("2002:c633:6401::1", "2002:c633:6401::2")])
                == ["2001:db8:1::1", "2002:c633:6401::1"])
        #expect(
            try order([("2002:c633:6401::1", "2002:c633:6401::2"), ("2001:db8:1::1", "2002:c633:6401::2")])
                == ["2002:c633:6401::1", "2001:db8:1::1"])
        #expect(
            try order([("2001:db8:3ffe::1", "2001:db8:1::2"), ("2001:db8:1::1", "2001:db8:1::2")])
                == ["2001:db8:1::1", "2001:db8:3ffe::1"])
    }

    @Test("destinations without a route come last; the order of equal ones is kept")
    func unusable() throws {
        #expect(try order([("2001:db8::1", nil), ("192.0.2.1", "192.0.2.9")]) == ["192.0.2.1", "2001:db8::1"])
        let spread = ["203.0.113.9", "203.0.113.1", "203.0.113.200"]
        #expect(try order(spread.map { ($0, "192.0.2.9") }) == spread)
        #expect(try order(spread.map { ($0, nil) }) == spread)
    }

    @Test("a longer IPv4 prefix counts only in the source's own network")
    func ownNetwork() throws {
        let rows = [("192.0.2.200", Optional("192.0.2.9")), ("192.0.2.8", "192.0.2.9")]
        #expect(try order(rows, network: "192.0.2.0/24") == ["192.0.2.8", "192.0.2.200"])
        #expect(try order(rows) == ["192.0.2.200", "192.0.2.8"])
    }

    @Test("gai.conf may prefer IPv4")
    func policy() throws {
        let selection = AddressSelection(Array("# comment\nprecedence ::ffff:0:0/96  100\n".utf8))
        let rows = [("2001:db8:1::1", Optional("2001:db8:1::2")), ("192.0.2.1", "192.0.2.9")]
        #expect(try order(rows, selection) == ["192.0.2.1", "2001:db8:1::1"])
        #expect(try order(rows) == ["2001:db8:1::1", "192.0.2.1"])
    }
}
