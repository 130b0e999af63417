import Testing
import WireFormat

@testable import Diagnostics

/// Autonomous systems in the text of registries.
@Suite("origins of routes")
struct RouteOriginTests {
    private let ipv4 = IPAddress.v4(IPv4Address(192, 0, 2, 1))

    @Test("route objects: the most specific route, whatever the order")
    func objects() {
        let text = "route: 192.0.2.0/24\norigin: AS64500\n\nroute: 192.0.0.0/16\norigin: AS64501 # a\norigin: ASx\n"
        #expect(RouteObjects.origins(in: text) == ["AS64500"])
        #expect(RouteObjects.origins(in: "origin: AS64500\n").isEmpty)
    }

    @Test(
        "text records: several systems, several records, spaces",
        arguments: [
            ("64500 | 192.0.2.0/24 | US | arin | 2001-01-01", ["AS64500"]),
            ("64500 64501 | 192.0.2.0/24 | US | arin | 2001-01-01", ["AS64500", "AS64501"]),
            ("64500 | 192.0.0.0/16 | | |\n64501 | 192.0.2.0/24 | | |\n64502 | 192.0.2.0/24", ["AS64501", "AS64502"]),
            ("64500 64500|192.0.2.1/32", ["AS64500"]), ("4294967295 | 0.0.0.0/0 | ", ["AS4294967295"]),
        ])
    func records(text: String, origins: [String]) {
        #expect(OriginRecords.origins(in: text, of: ipv4) == origins)
    }

    @Test(
        "text records of another form are ignored",
        arguments: [
            "", "|", " | 192.0.2.0/24", "64500", "64500 | ", "64500 | 192.0.2.0", "64500 | 192.0.2.0/33",
            "64500 | 198.51.100.0/24 |", "64500 | 2001:db8::/32 |", "NA | 192.0.2.0/24 |", "AS64500 | 192.0.2.0/24 |",
            "-1 | 192.0.2.0/24 |", "+1 | 192.0.2.0/24 |", "4294967296 | 192.0.2.0/24 |", "1 x | 192.0.2.0/24 |",
            "64500\u{1B}[31m | 192.0.2.0/24 |", "\u{0661} | 192.0.2.0/24 |", "64500\r| 192.0.2.0/24 |",
            "1 2 3 4 5 6 7 8 9 | 192.0.2.0/24 |",
        ])
    func junk(text: String) {
        #expect(OriginRecords.origins(in: text, of: ipv4).isEmpty)
        #expect(OriginRecords.origins(in: text + "\n7 | 192.0.2.0/24 |", of: ipv4) == ["AS7"])
    }

    @Test("no more than 8 systems, and IPv6")
    func limits() throws {
        let text = (1...100).map { "\($0) | 192.0.2.0/24 |" }.joined(separator: "\n")
        #expect(OriginRecords.origins(in: text, of: ipv4) == (1...8).map { "AS\($0)" })
        let ipv6 = try #require(IPAddress("2001:db8::1"))
        #expect(OriginRecords.origins(in: "64500 | 2001:db8::/32 | | |", of: ipv6) == ["AS64500"])
    }
}
