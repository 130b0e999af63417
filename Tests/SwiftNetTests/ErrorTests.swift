import Testing

@testable import SwiftNet

@Suite("errors of runs that cannot begin")
struct ErrorTests {
    @Test(
        "an invalid target, before anything is opened",
        arguments: [
            ("", "empty target"), ("192.0.2.0/33", "192.0.2.0/33: not a network (ADDRESS/LENGTH)"),
            ("192.0.2.9-192.0.2.1", "192.0.2.9-192.0.2.1: not a range (FIRST-LAST)"),
            ("300.1.1.1", "300.1.1.1: not an address"), ("fe80::1%", "fe80::1%: not an address"),
        ])
    func targets(text: String, message: String) {
        let single = #expect(throws: SwiftNetError.self) { try Ping.run(text) }
        #expect(single?.kind == .invalidArgument && single?.description == message)
        let sweep = #expect(throws: SwiftNetError.self) { try PingSweep.run(["192.0.2.1", text]) }
        #expect(sweep?.kind == .invalidArgument && sweep?.description == message)
    }

    @Test("an interface that does not exist")
    func interface() {
        var configuration = Ping.Configuration()
        configuration.interface = "none such"
        let error = #expect(throws: SwiftNetError.self) { try Ping.run("192.0.2.1", configuration) }
        #expect(error?.kind == .interface && error?.description == "unknown iface: none such")
    }

    @Test(
        "an invalid rate, before anything is opened",
        arguments: [0, -1, .nan, .infinity, 2_000_000_000] as [Double])
    func rates(rate: Double) {
        var sweep = PingSweep.Configuration()
        sweep.rate = rate
        var link = ArpingSweep.Configuration()
        link.rate = rate
        var server = RARPServer.Configuration()
        server.rate = rate
        let errors = [
            #expect(throws: SwiftNetError.self) { try PingSweep.run(["127.0.0.1"], sweep) },
            #expect(throws: SwiftNetError.self) { try ArpingSweep.run("192.0.2.0/30", link) },
            #expect(throws: SwiftNetError.self) { try RARPServer.run([], server) },
        ]
        for error in errors { #expect(error?.kind == .invalidArgument && error?.subject == "--rate") }
    }

    @Test("a request that would be more than one, by a line end in a field, the method or the user agent")
    func requests() {
        let changes: [(String, (inout HTTPProbeConfiguration) -> Void)] = [
            ("a header field", { $0.fields = [("X-A", "1\r\nHost: other")] }),
            ("a header field", { $0.fields = [("X-A\n", nil)] }),
            ("a header field", { $0.fields = [("", "1")] }),
            ("the method", { $0.method = HTTPMethod("GET /other HTTP/1.1\r\n") }),
            ("the method", { $0.method = HTTPMethod("") }),
            ("the user agent", { $0.userAgent = "a\u{0}b" }),
        ]
        for (part, change) in changes {
            var configuration = HTTPProbe.Configuration()
            change(&configuration.request)
            let error = #expect(throws: SwiftNetError.self) {
                try HTTPProbe.run(["http://127.0.0.1:9/"], configuration)
            }
            #expect(error?.kind == .invalidArgument)
            #expect(error?.description == "\(part) has characters that cannot be sent")
        }
    }

    @Test("DHCP options that the encoding determines, and a MAC address that is not a station's")
    func dhcpOptions() {
        for code in DHCPDiscoverConfiguration.reservedOptions {
            var configuration = DHCPDiscover.Configuration()
            configuration.requestedOptions = [code]
            let error = #expect(throws: SwiftNetError.self) { try DHCPDiscover.run(nil, configuration) }
            #expect(error?.description == "DHCP option \(code) cannot be set")
        }
        var configuration = DHCPDiscover.Configuration()
        configuration.mac = .broadcast
        let error = #expect(throws: SwiftNetError.self) { try DHCPDiscover.run(nil, configuration) }
        #expect(
            error?.description
                == "invalid value 'ff:ff:ff:ff:ff:ff' for --mac (expected the MAC address of one host)")
    }

    @Test("a query or an option that the family does not have, and a report interval of 0")
    func pings() {
        var configuration = Ping.Configuration(count: 1)
        configuration.query = .timestamp
        // The address is IPv6, which has no such query.
        let query = #expect(throws: SwiftNetError.self) { try Ping.run("::1", configuration) }
        #expect(query?.description == "::1: --icmp timestamp supports only IPv4")
        configuration.family = .v6
        let family = #expect(throws: SwiftNetError.self) { try Ping.run("::1", configuration) }
        #expect(family?.description == "--icmp timestamp supports only IPv4")
        configuration = Ping.Configuration(count: 1)
        configuration.reportInterval = .zero
        let reports = #expect(throws: SwiftNetError.self) { try Ping.run("127.0.0.1", configuration) }
        #expect(reports?.kind == .invalidArgument)
    }

    @Test("every error of the modules below has its own kind and text")
    func kinds() {
        #expect(SwiftNetError(Destination.Problem("x", "y")).description == "x: y")
        #expect(SwiftNetError(Destination.Problem("x", "y")).kind == .route)
        #expect(SwiftNetError(TargetExpression.Problem.empty).description == "empty target")
        struct Silent: Error {}
        #expect(SwiftNetError(Silent()).description == "unknown error")
    }
}
