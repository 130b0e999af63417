import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The endpoints of --resolve, by curl's rules.
@Suite("endpoints of overrides")
struct EndpointOverridesTests {
    private func endpoints(_ texts: String...) throws -> [StreamEndpoint] {
        try texts.map { .tcp(try #require(IPAddress($0)), zone: 0, port: 80) }
    }

    private func endpoint(_ url: String, _ overrides: EndpointOverrides) throws -> HTTPOrigin.Endpoint {
        overrides.origin(of: try HTTPURL(url)).endpoint
    }

    @Test("a later entry replaces an earlier one, and that of a host is used before that of all")
    func order() throws {
        var overrides = EndpointOverrides()
        overrides.set(try endpoints("192.0.2.1"), host: "a.example", port: 80)
        overrides.set(try endpoints("192.0.2.2"), host: "*", port: 80)
        #expect(try endpoint("http://A.example/", overrides) == .endpoint(try endpoints("192.0.2.1")[0]))
        #expect(try endpoint("http://b.example/", overrides) == .endpoint(try endpoints("192.0.2.2")[0]))
        #expect(try endpoint("http://b.example:81/", overrides) == .name("b.example", port: 81))
        overrides.set(try endpoints("192.0.2.3", "2001:db8::3"), host: "a.example", port: 80)
        #expect(try endpoint("http://a.example/", overrides) == .endpoints(try endpoints("192.0.2.3", "2001:db8::3")))
        overrides.set([], host: "a.example", port: 80)
        #expect(try endpoint("http://a.example/", overrides) == .endpoint(try endpoints("192.0.2.2")[0]))
        overrides.set([], host: "*", port: 80)
        #expect(try endpoint("http://a.example/", overrides) == .name("a.example", port: 80))
    }

    @Test("only the addresses of the family remain; an entry without any is an error")
    func families() throws {
        var overrides = EndpointOverrides()
        overrides.set(try endpoints("192.0.2.3", "2001:db8::3"), host: "a", port: 80)
        #expect(overrides.restrict(to: .v6) == nil)
        #expect(try endpoint("http://a/", overrides) == .endpoint(try endpoints("2001:db8::3")[0]))
        #expect(overrides.restrict(to: .v4) == IPAddress("2001:db8::3"))
    }

    @Test("the endpoints are tried one after the other")
    func attempts() throws {
        var overrides = EndpointOverrides()
        overrides.set(try endpoints("198.51.100.9", "198.51.100.1"), host: "web.example", port: 80)
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.overrides = overrides
        var servers = SimulatedServers([80: { _ in [.send(Array("HTTP/1.1 204 No Content\r\n\r\n".utf8))] }])
        let plan = HTTPProbePlan(try HTTPURL("http://web.example/"), configuration, number: 0)
        let outcomes = try PlanObserver.events([plan], &servers).compactMap {
            if case .answer(let answer) = $0 { answer.outcome } else { nil }
        }
        #expect(outcomes.first?.status == 204 && outcomes.first?.attempts.count == 2 && servers.lookupCount == 0)
    }
}
