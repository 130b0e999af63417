import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// URLs without a scheme against servers, in simulated time.
@Suite("the scheme of a URL without one")
struct SchemeDiscoveryTests {
    /// The URLs of the tries, whether a port was recognized as one of TLS, and the answer.
    private func probe(
        _ url: String, _ servers: [UInt16: SimulatedServers.Server],
        _ change: (inout HTTPProbeConfiguration) -> Void = { _ in }
    ) throws -> (tries: [String], isTLSPort: Bool, answer: HTTPProbeResponse) {
        var configuration = HTTPProbeConfiguration(seed: 1)
        change(&configuration)
        var servers = SimulatedServers(servers)
        let plan = HTTPProbePlan(try HTTPURL(url), configuration, number: 0, hasScheme: false)
        var (tries, isTLSPort): ([String], Bool) = ([], false)
        var found: HTTPProbeResponse?
        for event in try PlanObserver.events([plan], &servers) {
            switch event {
            case .scheme(let tried):
                tries.append("\(tried.url)")
                isTLSPort = tried.isTLSPort
            case .answer(let answer): found = answer
            default: break
            }
        }
        let answer = try #require(found)
        #expect(answer.asked == answer.url && (answer.schemeTried == nil) == tries.isEmpty)
        return (tries + ["\(answer.url)"], isTLSPort, answer)
    }

    private static func bad(_ body: String) -> SimulatedServers.Server {
        { _ in
            [
                .send(Array("HTTP/1.1 400 Bad Request\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)),
                .end(),
            ]
        }
    }
    private static var plain: SimulatedServers.Server { bad("hello") }

    @Test("the other scheme uses the addresses of the first one's lookup")
    func lookups() throws {
        let address = try #require(IPAddress("198.51.100.1"))
        for isHTTPFirst in [false, true] {
            var configuration = HTTPProbeConfiguration(seed: 1)
            configuration.triesHTTPFirst = isHTTPFirst
            var servers = SimulatedServers(
                names: ["web.example": [address]], isHTTPFirst ? [443: Self.plain] : [80: Self.plain])
            let plan = HTTPProbePlan(try HTTPURL("web.example"), configuration, number: 0, hasScheme: false)
            var schemes: [HTTPURL.Scheme] = []
            for event in try PlanObserver.events([plan], &servers) {
                if case .scheme(let tried) = event {
                    schemes.append(tried.url.scheme)
                    #expect(tried.outcome.timings.name != nil)
                }
                guard case .answer(let answer) = event else { continue }
                schemes.append(answer.url.scheme)
                #expect(answer.outcome.timings.name == nil)
                if !isHTTPFirst { #expect(answer.outcome.status == 400) }
            }
            #expect(schemes == (isHTTPFirst ? [.http, .https] : [.https, .http]) && servers.lookupCount == 1)
        }
    }

    @Test("https is tried first; http follows when the port is closed or has no TLS")
    func order() throws {
        let refused = try probe("198.51.100.1/a", [80: Self.plain])
        #expect(refused.tries == ["https://198.51.100.1/a", "http://198.51.100.1/a"] && !refused.isTLSPort)
        #expect(refused.answer.outcome.status == 400)
        // The ClientHello gets a response that is not TLS.
        let foreign = try probe("198.51.100.1:8080", [8080: Self.plain])
        #expect(foreign.tries == ["https://198.51.100.1:8080/", "http://198.51.100.1:8080/"])
        let closing = try probe(
            "198.51.100.1:81", [81: { $0.text.hasPrefix("GET") ? Self.plain(&$0) : [.end()] }])
        #expect(closing.tries.count == 2 && closing.answer.outcome.status == 400)
        let well = try probe("198.51.100.1:80", [80: Self.plain])
        #expect(well.tries == ["http://198.51.100.1:80/"])
        let asked = try probe("198.51.100.1", [80: Self.plain]) { $0.triesHTTPFirst = true }
        #expect(asked.tries == ["http://198.51.100.1/"])
    }

    @Test("a failure of the same port is not repeated, and both tries have half of the time")
    func failures() throws {
        let closed = try probe("198.51.100.1:81", [:])
        #expect(closed.tries == ["https://198.51.100.1:81/"])
        let both = try probe("198.51.100.1", [:])
        #expect(both.tries == ["https://198.51.100.1/", "http://198.51.100.1/"])
        #expect(both.answer.outcome.failure == .connection(.refused))
        let unresponsive = try probe("198.51.100.9", [80: Self.plain]) { $0.timeout = .seconds(4) }
        #expect(unresponsive.tries.count == 2 && unresponsive.answer.outcome.failure == .timeout(.connect))
        #expect(unresponsive.answer.outcome.timings.total == .seconds(2))
        // An alert shows that the server uses TLS.
        let alert = try probe("198.51.100.1:81", [81: { _ in [.send([0x15, 3, 3, 0, 2, 2, 40])] }])
        #expect(alert.tries == ["https://198.51.100.1:81/"])
        let name = try probe("none.example", [80: Self.plain])
        #expect(name.tries.count == 1 && name.answer.outcome.failure?.isNameFailure == true)
    }

    @Test(
        "a response that shows a port of TLS: the request is sent again by https",
        arguments: [
            "<center>The plain HTTP request was sent to HTTPS port</center>",
            "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
            "Client sent an HTTP request to an HTTPS server.\n",
            "Bad Request\nThis combination of host and port requires TLS.\n",
        ])
    func ports(body: String) throws {
        let found = try probe("198.51.100.1", [80: Self.bad(body)]) { $0.triesHTTPFirst = true }
        #expect(found.tries == ["http://198.51.100.1/", "https://198.51.100.1:80/"] && found.isTLSPort)
        let alert = try probe("198.51.100.1:81", [81: { _ in [.send([0x15, 3, 1, 0, 2, 2, 70]), .end()] }]) {
            $0.triesHTTPFirst = true
        }
        #expect(alert.tries == ["http://198.51.100.1:81/", "https://198.51.100.1:81/"] && alert.isTLSPort)
    }

    @Test("the scheme that was found is kept for further requests")
    func counts() throws {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.count = 3
        var servers = SimulatedServers([80: Self.plain])
        let plan = HTTPProbePlan(try HTTPURL("198.51.100.1"), configuration, number: 0, hasScheme: false)
        let tries = try PlanObserver.events([plan], &servers).count { if case .scheme = $0 { true } else { false } }
        #expect(tries == 1)
    }
}
