import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// The HTTPS records of the hosts of `http-probe` (RFC 9460), in simulated time.
@Suite("HTTPS records of a probe")
struct HTTPSRecordsTests {
    private static var server: [UInt16: SimulatedServers.Server] {
        [80: { _ in [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8))] }]
    }
    private static let names: [String: [IPAddress]] = ["web.example": [.v4(IPv4Address(192, 0, 2, 1))]]

    private static func records(
        _ owner: String, _ bindings: ServiceBinding...
    ) -> Result<ServiceRecords, NameFailure> {
        .success(ServiceRecords(owner: owner, data: bindings.map { $0.encoded() }))
    }

    private static func binding(
        _ priority: UInt16, _ target: String = "", _ parameters: ServiceBinding.Parameter...
    ) throws -> ServiceBinding {
        ServiceBinding(priority: priority, target: try #require(DNSName(target)), parameters: parameters)
    }

    private static let http3 = ServiceBinding.Parameter.applicationProtocols([Array("h3".utf8), Array("h2".utf8)])

    /// The host and port of each endpoint that offers HTTP/3; a hyphen for the host of the URL.
    private static func offers(_ finding: HTTPSRecordsFinding?) -> [String] {
        finding?.http3Endpoints.map { "\($0.host ?? "-") \($0.port)" } ?? []
    }

    /// Probes a URL and returns the finding, the queried names and the answer.
    private func probe(
        _ url: String, _ services: [String: Result<ServiceRecords, NameFailure>?], stopAt: Instant? = nil,
        _ change: (inout HTTPProbeConfiguration) -> Void = { _ in }
    ) throws -> (finding: HTTPSRecordsFinding?, queries: [String], answer: HTTPProbeResponse) {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.queriesHTTPSRecords = true
        change(&configuration)
        var servers = SimulatedServers(names: Self.names, Self.server)
        servers.services = services
        servers.stopAt = stopAt
        let plan = HTTPProbePlan(try HTTPURL(url), configuration, number: 0)
        let answers = try PlanObserver.events([plan], &servers).compactMap {
            if case .answer(let answer) = $0 { answer } else { nil }
        }
        let answer = try #require(answers.first)
        return (answer.findings.httpsRecords, servers.serviceQueries, answer)
    }

    @Test("the queried name: another port is in it, and port 80 of http stands for 443")
    func names() throws {
        for (url, name) in [
            ("http://web.example/", "web.example"), ("http://web.example:80/", "web.example"),
            ("http://web.example:8080/", "_8080._https.web.example"), ("https://web.example/", "web.example"),
            ("https://web.example:80/", "_80._https.web.example"),
            ("https://web.example:8443/", "_8443._https.web.example"),
            ("http://WEB.example:443/", "web.example"),
        ] {
            let (finding, queries, _) = try probe(url, [:])
            #expect(finding?.name == name && queries == [name], "\(url): \(queries)")
            #expect(finding?.problem == nil && finding?.endpoints.isEmpty == true && finding?.aliases.isEmpty == true)
        }
        let (finding, queries, _) = try probe("http://web.example./", [:])
        #expect(finding?.name == "web.example" && queries == ["web.example."])
    }

    @Test("addresses, Unix sockets and names that a proxy resolves need no lookup; without the option there is none")
    func unneeded() throws {
        #expect(try probe("http://192.0.2.1/", [:]).queries.isEmpty)
        #expect(try probe("http://192.0.2.1/", [:]).finding == nil)
        #expect(try probe("http://[2001:db8::1]/", [:]).queries.isEmpty)
        #expect(try probe("http://web.example/", [:]) { $0.overrides.localSocket = "/s" }.queries.isEmpty)
        let proxy = try ProxyRules(proxy: "http://192.0.2.3:80", noProxy: nil, environment: [:])
        let proxied = try probe("http://web.example/", [:]) { $0.overrides.proxies = proxy }
        #expect(proxied.queries.isEmpty && proxied.finding == nil)
        let off = try probe("http://web.example/", [:]) { $0.queriesHTTPSRecords = false }
        #expect(off.queries.isEmpty && off.finding == nil)
    }

    @Test("endpoints by priority, and HTTP/3 where they offer it")
    func endpoints() throws {
        let (finding, _, answer) = try probe(
            "http://web.example/",
            [
                "web.example": Self.records(
                    "web.example", try Self.binding(3, "", Self.http3, .port(8_443)),
                    try Self.binding(2, "other.example", Self.http3), try Self.binding(1, "", Self.http3),
                    try Self.binding(1, "WEB.example", Self.http3), try Self.binding(9),
                    try Self.binding(4, "last.example", .mandatory([.init(99)]), Self.http3, .other(.init(99), [])))
            ])
        #expect(finding?.endpoints.map(\.priority) == [1, 1, 2, 3, 4, 9] && finding?.problem == nil)
        #expect(Self.offers(finding) == ["- 443", "other.example 443", "- 8443"])
        #expect(answer.outcome.status == 200 && answer.outcome.failure == nil)
        // The root stands for the owner, to which a CNAME record led.
        let (other, _, _) = try probe(
            "http://web.example/", ["web.example": Self.records("svc.example", try Self.binding(1, "", Self.http3))])
        #expect(Self.offers(other) == ["svc.example 443"])
    }

    @Test("aliases are followed without the port, and endpoints beside an alias are ignored")
    func aliases() throws {
        let (finding, queries, _) = try probe(
            "https://web.example:8443/",
            [
                "_8443._https.web.example": Self.records(
                    "_8443._https.web.example", try Self.binding(1, "", Self.http3), try Self.binding(0, "a.example")),
                "a.example": Self.records("a.example", try Self.binding(0, "b.example")),
                "b.example": Self.records("b.example", try Self.binding(1, "", Self.http3)),
            ])
        #expect(queries == ["_8443._https.web.example", "a.example.", "b.example."])
        #expect(finding?.aliases.map(\.description) == ["a.example", "b.example"] && finding?.owner == "b.example")
        #expect(finding?.endpoints.count == 1 && Self.offers(finding) == ["b.example 8443"])
        let none = try probe("http://web.example/", ["web.example": Self.records("web.example", try Self.binding(0))])
        #expect(none.finding?.aliases.map(\.description) == ["."] && none.queries.count == 1)
        #expect(none.finding?.problem == nil)
    }

    @Test("alias loops, chains of more than 8, and targets that are not host names end the lookup")
    func badAliases() throws {
        func chain(_ length: Int) throws -> [String: Result<ServiceRecords, NameFailure>?] {
            var services: [String: Result<ServiceRecords, NameFailure>?] = [
                "web.example": Self.records("web.example", try Self.binding(0, "a1.example"))
            ]
            for number in 1..<length {
                services["a\(number).example"] = Self.records(
                    "a\(number).example", try Self.binding(0, "a\(number + 1).example"))
            }
            services["a\(length).example"] = Self.records("a\(length).example", try Self.binding(1))
            return services
        }
        let longest = try probe("http://web.example/", try chain(8))
        #expect(longest.finding?.endpoints.count == 1 && longest.queries.count == 9 && longest.finding?.problem == nil)
        let tooLong = try probe("http://web.example/", try chain(9))
        #expect(tooLong.finding?.problem == "more than 8 aliases" && tooLong.queries.count == 9)
        #expect(tooLong.answer.outcome.failure == nil && tooLong.answer.problems.isEmpty)
        let own = try probe(
            "http://web.example/", ["web.example": Self.records("web.example", try Self.binding(0, "WEB.example"))])
        #expect(own.finding?.problem == "alias loop" && own.queries.count == 1)
        let pair = try probe(
            "http://web.example/",
            [
                "web.example": Self.records("web.example", try Self.binding(0, "a.example")),
                "a.example": Self.records("a.example", try Self.binding(0, "b.example")),
                "b.example": Self.records("b.example", try Self.binding(0, "A.example")),
            ])
        #expect(pair.finding?.problem == "alias loop" && pair.queries.count == 3)
        let odd = ServiceBinding(priority: 0, target: try #require(DNSName(labels: [[0x1B, 0x2E], [0x61]])))
        let refused = try probe("http://web.example/", ["web.example": Self.records("web.example", odd)])
        #expect(refused.finding?.problem == "the alias target is not a host name" && refused.queries.count == 1)
    }

    @Test("one malformed record makes all unusable, and a failed lookup is no failure of the probe")
    func failures() throws {
        let mixed = ServiceRecords(
            owner: "web.example", data: [try Self.binding(1, "", Self.http3).encoded(), [0, 1, 0, 0, 3, 0, 0]])
        let malformed = try probe("http://web.example/", ["web.example": .success(mixed)])
        #expect(malformed.finding?.endpoints.isEmpty == true && malformed.finding?.http3Endpoints.isEmpty == true)
        #expect(malformed.finding?.problem == "malformed: dns: port at offset 7 needs 1 bytes, but has 0")
        let failed = try probe("http://web.example/", ["web.example": .failure(NameFailure("no reply from 192.0.2.5"))])
        #expect(failed.finding?.problem == "lookup failed: no reply from 192.0.2.5")
        for answer in [malformed.answer, failed.answer] {
            #expect(answer.outcome.failure == nil && answer.outcome.status == 200 && answer.problems.isEmpty)
        }
        let unanswered = try probe("http://web.example/", ["web.example": nil]) { $0.timeout = .seconds(3) }
        #expect(unanswered.finding?.problem == "lookup failed: no reply in time")
        #expect(unanswered.answer.outcome.failure == nil)
    }

    @Test("the records of a host without an address, of the last host of a chain, and of a stopped run")
    func others() throws {
        let missing = try probe(
            "http://apex.example/", ["apex.example": Self.records("apex.example", try Self.binding(1, "", Self.http3))])
        #expect(missing.answer.outcome.failure?.isNameFailure == true && missing.finding?.endpoints.count == 1)
        let stopped = try probe(
            "http://web.example/", ["web.example": nil], stopAt: Instant(nanoseconds: 2_000_000_000))
        #expect(stopped.answer.outcome.status == 200)
        // Only the first of several requests is followed by a lookup.
        let repeated = try probe("http://web.example/", [:]) { $0.count = 3 }
        #expect(repeated.queries.count == 1)
    }

    @Test("clients that query the same name at the same time share the query")
    func shared() throws {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.queriesHTTPSRecords = true
        var servers = SimulatedServers(names: Self.names, Self.server)
        servers.services = ["web.example": Self.records("web.example", try Self.binding(1, "", Self.http3))]
        let plans = try (0..<5).map {
            HTTPProbePlan(try HTTPURL("http://web.example/\($0)"), configuration, number: $0)
        }
        let found = try PlanObserver.events(plans, &servers, concurrency: 5).compactMap {
            if case .answer(let answer) = $0 { answer.findings.httpsRecords } else { nil }
        }
        #expect(found.count == 5 && found.allSatisfy { $0.endpoints.count == 1 })
        #expect((1...5).contains(servers.serviceQueries.count))
    }
}
