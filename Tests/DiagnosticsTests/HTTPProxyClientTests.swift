import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Requests through proxies, in simulated time.
@Suite("requests through a proxy")
struct HTTPProxyClientTests {
    private final class Log { var texts: [String] = [] }

    /// Requests URLs through a proxy at 192.0.2.1.
    private static func answers(
        _ urls: [String], _ proxy: String, names: [String: [IPAddress]] = [:], tunnels: Bool = false,
        digest: Bool = false, _ server: @escaping SimulatedServers.Server,
        _ change: (inout HTTPProbeConfiguration) -> Void = { _ in }
    ) throws -> (answers: [HTTPProbeResponse], connections: Int) {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.overrides.proxies = try ProxyRules(
            proxy: proxy, noProxy: "198.51.100.80", digestNonce: digest ? "c0ffee" : nil, environment: [:])
        configuration.overrides.proxies.alwaysTunnels = tunnels
        configuration.keptBytes = 1 << 16
        change(&configuration)
        let plans = try urls.enumerated().map {
            HTTPProbePlan(try HTTPURL($0.element), configuration, number: $0.offset)
        }
        var servers = SimulatedServers(names: names, [3_128: server, 80: { _ in [.send(response("200 direct"))] }])
        let events = try PlanObserver.events(plans, &servers, concurrency: 1)
        let answers = events.compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
        return (answers, servers.connectionCount)
    }

    private static func response(_ head: String, _ body: String = "") -> [UInt8] {
        Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    private static let proxy = "http://u:p@192.0.2.1:3128"

    @Test("a request that the proxy forwards names its URL; requests to several origins share a connection")
    func forwarded() throws {
        let log = Log()
        let found = try Self.answers(["a.example/x?y", "http://b.example:81", "[2001:db8::1]/z"], Self.proxy) {
            log.texts.append($0.text)
            $0.received = []
            return [.send(Self.response("200 OK"))]
        } _: {
            $0.sharesConnection = true
        }
        #expect(found.connections == 1 && found.answers.map(\.outcome.status) == [200, 200, 200])
        #expect(
            log.texts.map { $0.split(separator: "\r\n").first } == [
                "GET http://a.example/x?y HTTP/1.1", "GET http://b.example:81/ HTTP/1.1",
                "GET http://[2001:db8::1]/z HTTP/1.1",
            ])
        #expect(log.texts[0].contains("\r\nHost: a.example\r\n"))
        #expect(log.texts.allSatisfy { $0.contains("\r\nProxy-Authorization: Basic dTpw\r\n") })
        #expect(found.answers[0].outcome.endpoint == .tcp(.v4(IPv4Address(192, 0, 2, 1)), zone: 0, port: 3_128))
    }

    @Test("the methods are tried with the URL in each request, without CONNECT, which the proxy would carry out")
    func methods() throws {
        func tried(tunnels: Bool) throws -> [String] {
            let log = Log()
            _ = try Self.answers(["a.example/x"], "192.0.2.1:3128", tunnels: tunnels) {
                log.texts += $0.text.split(separator: "\r\n").first.map { [String($0)] } ?? []
                $0.received = []
                return [.send(Self.response("200 OK"))]
            } _: {
                $0.examinesMethods = true
            }
            return log.texts
        }
        let lines = try tried(tunnels: false)
        #expect(lines.count == 9 && lines.allSatisfy { $0.hasSuffix(" HTTP/1.1") })
        for method in ["OPTIONS", "GET", "HEAD", "TRACE"] {
            #expect(lines.contains("\(method) http://a.example/x HTTP/1.1"), "\(lines)")
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let line = lines.first { $0.hasPrefix("\(method) ") }
            #expect(line?.hasPrefix("\(method) http://a.example/") == true, "\(lines)")
        }
        #expect(try tried(tunnels: true).last == "CONNECT a.example:80 HTTP/1.1")
    }

    @Test("a raw request reaches the proxy unchanged")
    func raw() throws {
        let log = Log()
        let raw = "GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n"
        let found = try Self.answers(["a.example"], Self.proxy) {
            log.texts.append($0.text)
            $0.received = []
            return [.send(Self.response("200 OK"))]
        } _: {
            $0.raw = Array(raw.utf8)
        }
        #expect(log.texts == [raw] && found.answers.first?.outcome.status == 200)
    }

    @Test("CONNECT, then the request in origin form; a failure of the proxy is not the server's")
    func tunnel() throws {
        let log = Log()
        func server(_ reply: [UInt8]) -> SimulatedServers.Server {
            {
                log.texts.append($0.text)
                $0.received = []
                $0.answered += 1
                return [.send($0.answered == 1 ? reply : Self.response("404 Not Found"), after: .milliseconds(8))]
            }
        }
        let open = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
        let found = try Self.answers(["a.example"], Self.proxy, tunnels: true, server(open)).answers[0]
        #expect(found.outcome.status == 404 && found.outcome.failure == nil && found.outcome.proxyStatus == 200)
        #expect(log.texts[0].hasPrefix("CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n"))
        #expect(log.texts[0].contains("\r\nUser-Agent: swift-net\r\n") && log.texts[1].hasPrefix("GET / HTTP/1.1\r\n"))
        #expect(!log.texts[1].contains("Proxy-"))
        let timings = found.outcome.timings
        #expect(timings.connect == .milliseconds(2) && timings.proxy == .milliseconds(10))
        #expect(timings.firstByte == .milliseconds(22) && found.outcome.proxyMessages.map(\.isSent) == [true, false])

        let refused = try Self.answers(["a.example"], Self.proxy, tunnels: true, server(Self.response("403 Forbidden")))
        guard case .proxy(let proxy, .response(let head, _)) = refused.answers[0].outcome.failure else {
            Issue.record("\(refused.answers[0].outcome)")
            return
        }
        #expect("\(proxy)" == "http://192.0.2.1:3128" && head.statusCode == 403)
        #expect(refused.answers[0].outcome.head == nil && refused.answers[0].outcome.proxyStatus == 403)
    }

    @Test("SOCKS: the proxy looks the name up, or the client; bytes of the origin in the same segment are kept")
    func socks() throws {
        let log = Log()
        let names: [String: [IPAddress]] = [
            "a.example": [.v6(.loopback), .v4(IPv4Address(198, 51, 100, 1))],
            "p.example": [.v4(IPv4Address(192, 0, 2, 1))],
        ]
        func run(_ proxy: String) throws -> HTTPOutcome {
            log.texts = []
            return try Self.answers(["a.example"], proxy, names: names) {
                let bytes = $0.received
                $0.received = []
                log.texts.append(hexadecimal(bytes))
                switch (bytes.first, $0.answered) {
                case (5, 0):
                    $0.answered = 1
                    return [.send([5, 0])]
                case (5, 1): return [.send([5, 0, 0, 1, 0, 0, 0]), .send([0, 0, 0], after: .milliseconds(3))]
                case (4, _): return [.send([0, 90, 0, 0, 0, 0, 0, 0])]
                default: return [.send(Self.response("200 OK", "hello"))]
                }
            }.answers[0].outcome
        }
        let name = hexadecimal(Array("a.example".utf8))
        let remote = try run("socks5h://192.0.2.1:3128")
        #expect(remote.status == 200 && remote.body.length == 5 && remote.timings.proxy == .milliseconds(7))
        #expect(log.texts[1] == "0501000309\(name)0050")
        #expect(try run("socks5://192.0.2.1:3128").status == 200)
        #expect(log.texts[1] == "05010004000000000000000000000000000000010050")
        #expect(try run("socks4://p.example:3128").status == 200)
        #expect(log.texts[0] == "04010050c633640100")
        #expect(try run("socks4a://p.example:3128").status == 200)
        #expect(log.texts[0] == "040100500000000100\(name)00")
    }

    @Test("Digest for a forwarded request: repeated on its connection or another; wrong credentials end it")
    func digest() throws {
        let challenge = "407 No\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\""
        for closes in [false, true] {
            let log = Log()
            let found = try Self.answers(["a.example"], Self.proxy, digest: true) {
                log.texts.append($0.text)
                $0.received = []
                if log.texts.count > 1 { return [.send(Self.response("200 OK"))] }
                return closes
                    ? [.send(Self.response(challenge + "\r\nConnection: close", "no")), .end()]
                    : [.send(Self.response(challenge, "no"))]
            }
            let outcome = found.answers[0].outcome
            #expect(outcome.status == 200 && outcome.failure == nil && found.connections == (closes ? 2 : 1))
            #expect(log.texts.count == 2 && !log.texts[0].contains("Proxy-Authorization"))
            #expect(log.texts[1].contains("\r\nProxy-Authorization: Digest username=\"u\""))
            #expect(log.texts[1].contains("uri=\"http://a.example/\"") && !outcome.isReused)
            #expect(outcome.timings.connect == .milliseconds(2) && outcome.proxyMessages.count == 2)
            #expect(outcome.timings.total == .milliseconds(closes ? 8 : 6))
        }
        let wrong = try Self.answers(["a.example"], Self.proxy, digest: true) {
            $0.received = []
            $0.answered += 1
            return [.send(Self.response(challenge, "\($0.answered)"))]
        }
        guard case .proxy(_, .response(let head, _)) = wrong.answers[0].outcome.failure else {
            Issue.record("\(wrong.answers[0].outcome)")
            return
        }
        #expect(head.statusCode == 407 && wrong.answers[0].outcome.status == 407)
        // A 407 that no proxy sends is only a status.
        let direct = try Self.answers(["198.51.100.80:3128"], Self.proxy) { _ in [.send(Self.response("407 No"))] }
        #expect(direct.answers[0].outcome.failure == nil)
    }

    @Test("each redirect chooses its proxy")
    func redirects() throws {
        let found = try Self.answers(["a.example"], Self.proxy) {
            $0.received = []
            return [.send(Self.response("302 Found\r\nLocation: http://198.51.100.80/"))]
        } _: {
            $0.redirects = 3
        }
        #expect(found.answers[0].outcome.head?.startLine.text == "HTTP/1.1 200 direct" && found.connections == 2)
        #expect(found.answers[0].outcome.fetch.origin.proxy == nil)
    }

    @Test("failures to reach the proxy, and a proxy that does not finish, are named with the proxy")
    func failures() throws {
        func failure(_ proxy: String, _ actions: [SimulatedServers.Action]) throws -> HTTPFailure? {
            try Self.answers(["a.example"], proxy, tunnels: true, { _ in actions }).answers[0].outcome.failure
        }
        func expected(_ proxy: String, _ failure: HTTPFailure) throws -> HTTPFailure {
            .proxy(try HTTPProxy(proxy), .connection(failure))
        }
        let unknown = "http://p.example:3128"
        let nameless = try failure(unknown, [])
        #expect(try nameless == expected(unknown, .name(NameFailure("no such name"))))
        #expect(nameless?.isNameFailure == true)
        let closed = "http://192.0.2.1:81"
        #expect(try failure(closed, []) == expected(closed, .connection(.refused)))
        for scheme in ["http", "socks5h", "socks4a"] {
            let proxy = "\(scheme)://192.0.2.1:3128"
            #expect(try failure(proxy, []) == expected(proxy, .timeout(.proxy)))
            #expect(try failure(proxy, [.end()]) == expected(proxy, .closed(.proxy)))
            #expect(try failure(proxy, [.reset()]) == expected(proxy, .reset(.proxy)))
        }
        // The name of the origin is not the proxy's.
        let origin = try failure("socks5://192.0.2.1:3128", [])
        #expect(origin == .name(NameFailure("no such name")))
    }
}
