import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// `http-probe` against servers, in simulated time.
@Suite("the requests of a probe")
struct HTTPProbePlanTests {
    private func answers(
        _ urls: [String], _ servers: inout SimulatedServers, concurrency: Int = 4,
        _ change: (inout HTTPProbeConfiguration) -> Void = { _ in }
    ) throws -> [HTTPProbeResponse] {
        var configuration = HTTPProbeConfiguration(seed: 1)
        change(&configuration)
        let plans = try urls.enumerated().map {
            HTTPProbePlan(try HTTPURL($0.element), configuration, number: $0.offset)
        }
        return try PlanObserver.events(plans, &servers, concurrency: concurrency).compactMap {
            if case .answer(let answer) = $0 { answer } else { nil }
        }
    }

    private static func response(_ head: String, _ body: String = "") -> [UInt8] {
        Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    @Test("timings match the simulated link")
    func times() throws {
        var servers = SimulatedServers(
            delay: .milliseconds(5), [80: { _ in [.send(Self.response("200 OK", "hello"), after: .milliseconds(30))] }])
        let answer = try #require(try answers(["198.51.100.1"], &servers).first)
        #expect(answer.outcome.status == 200 && answer.outcome.body.length == 5)
        #expect(answer.outcome.timings.connect == .milliseconds(10))
        #expect(answer.outcome.timings.firstByte == .milliseconds(50))
    }

    @Test("a response of one byte per second times out after -w")
    func drip() throws {
        var servers = SimulatedServers([
            80: { _ in (0..<100).map { .send([UInt8(ascii: "H")], after: .seconds(Int64($0))) } },
            81: { _ in
                [.send(Array("HTTP/1.1 200 OK\r\nX: ".utf8))]
                    + (0..<100).map { .send([UInt8(ascii: "y")], after: .seconds(Int64($0))) }
            },
        ])
        let found = try answers(["198.51.100.1", "198.51.100.1:81"], &servers) { $0.timeout = .milliseconds(4_500) }
        #expect(found.count == 2)
        for answer in found {
            #expect(answer.outcome.failure == .timeout(.body))
            #expect(answer.outcome.timings.total == .milliseconds(4_500))
        }
    }

    @Test("a body that waits for 100 follows it, or a second without a response, and is not sent after a rejection")
    func expectations() throws {
        func ask(_ server: @escaping SimulatedServers.Server) throws -> (HTTPProbeResponse, String) {
            let log = Log()
            var servers = SimulatedServers([
                80: { connection in
                    log.text = connection.text
                    return server(&connection)
                }
            ])
            let found = try answers(["198.51.100.1"], &servers) {
                $0.body = Array("hello".utf8)
                $0.fields = [("Expect", "100-continue")]
            }
            return (try #require(found.first), log.text)
        }
        let (continued, first) = try ask { connection in
            connection.answered += 1
            return connection.text.hasSuffix("hello")
                ? [.send(Self.response("200 OK"))] : [.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))]
        }
        #expect(continued.outcome.status == 200 && first.hasSuffix("\r\n\r\nhello"))
        #expect(continued.outcome.timings.total < .milliseconds(10))
        let (patient, second) = try ask { $0.text.hasSuffix("hello") ? [.send(Self.response("200 OK"))] : [] }
        #expect(patient.outcome.status == 200 && second.hasSuffix("hello"))
        #expect(patient.outcome.timings.total >= .seconds(1))
        let (refused, third) = try ask { _ in [.send(Self.response("417 Expectation Failed"))] }
        #expect(refused.outcome.status == 417 && !third.hasSuffix("hello"))
    }

    @Test("connections to one endpoint are shared if requested, and a stale one is replaced")
    func sharing() throws {
        let urls = (0..<6).map { "198.51.100.1/\($0)" }
        func count(_ server: @escaping SimulatedServers.Server, shares: Bool) throws -> (Int, Int) {
            var servers = SimulatedServers([80: server])
            let found = try answers(urls, &servers, concurrency: 1) { $0.sharesConnection = shares }
            return (found.count { $0.outcome.failure == nil }, servers.connectionCount)
        }
        let lasting: SimulatedServers.Server = { _ in [.send(Self.response("200 OK"))] }
        #expect(try count(lasting, shares: true) == (6, 1))
        #expect(try count(lasting, shares: false) == (6, 6))
        // The server closes each connection without notice after two responses.
        let fickle: SimulatedServers.Server = { connection in
            connection.answered += 1
            return connection.answered == 2
                ? [.send(Self.response("200 OK")), .end(after: .milliseconds(1))] : [.send(Self.response("200 OK"))]
        }
        let (answered, connections) = try count(fickle, shares: true)
        #expect(answered == 6 && connections == 3, "\(answered) \(connections)")
    }

    @Test("a reply that is not HTTP is a failure that shows its beginning, as soon as it is received")
    func otherProtocols() throws {
        let frames: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]
        let rows: [(name: String, actions: [SimulatedServers.Action], opening: [UInt8], time: Nanoseconds)] = [
            ("a banner", [.send(Array("SSH-2.0-x\r\n".utf8))], Array("SSH-2.0-x\r\n".utf8), .milliseconds(4)),
            (
                "a banner in pieces",
                [.send(Array("SSH-2".utf8)), .send(Array(".0-x\r\n".utf8), after: .milliseconds(100))],
                Array("SSH-2.0-x\r\n".utf8), .milliseconds(104)
            ),
            (
                "a line that does not end", [.send(Array("220 mail".utf8))], Array("220 mail".utf8),
                .milliseconds(2_004)
            ),
            ("frames of HTTP/2", [.send(frames)], frames, .milliseconds(4)),
            (
                "a stream", [.send(Array("ICY 200 OK\r\nicy-br:1\r\n".utf8))], Array("ICY 200 OK\r\nicy-br:1\r\n".utf8),
                .milliseconds(4)
            ),
            ("its beginning alone", [.send(Array("HT".utf8)), .end()], Array("HT".utf8), .milliseconds(4)),
            ("an empty line", [.send([13, 10]), .end()], [13, 10], .milliseconds(4)),
            ("a reset after it", [.send(Array("nope".utf8)), .reset()], Array("nope".utf8), .milliseconds(4)),
            (
                "a status line without a code", [.send(Array("HTTP/1.1 yes\r\n\r\n".utf8))],
                Array("HTTP/1.1 yes".utf8), .milliseconds(4)
            ),
            (
                "after an interim response", [.send(Array("HTTP/1.1 100 Continue\r\n\r\nSSH-2.0-x\r\n".utf8))],
                Array("SSH-2.0-x\r\n".utf8), .milliseconds(4)
            ),
            (
                "much", [.send([UInt8](repeating: 0x41, count: 9_000))], [UInt8](repeating: 0x41, count: 512),
                .milliseconds(4)
            ),
        ]
        for row in rows {
            var servers = SimulatedServers([80: { _ in row.actions }])
            let answer = try #require(try answers(["198.51.100.1"], &servers).first)
            #expect(
                answer.outcome.failure == .notHTTP(row.opening),
                "\(row.name): \(String(describing: answer.outcome.failure))")
            #expect(answer.outcome.timings.total == row.time, "\(row.name)")
            #expect(answer.outcome.head == nil && answer.outcome.body.length == 0 && answer.outcome.status == nil)
        }
    }

    @Test("an HTTP/0.9 request gets a response without a head; a cut response is not another protocol")
    func simpleRequests() throws {
        var servers = SimulatedServers([80: { _ in [.send(Array("<html>".utf8)), .end()] }])
        let simple = try answers(["198.51.100.1"], &servers) { $0.raw = Array("GET /\r\n".utf8) }
        #expect(simple.first?.outcome.failure == nil && simple.first?.outcome.body.length == 6)
        servers = SimulatedServers([80: { _ in [.send(Array("<html>".utf8)), .end()] }])
        let other = try answers(["198.51.100.1"], &servers) { $0.raw = Array("GET / HTTP/1.0\r\n\r\n".utf8) }
        #expect(other.first?.outcome.failure == .notHTTP(Array("<html>".utf8)))
        servers = SimulatedServers([80: { _ in [.send(Array("HTTP/1.1 2".utf8)), .end()] }])
        #expect(try answers(["198.51.100.1"], &servers).first?.outcome.failure == .closed(.body))
    }

    @Test("a stopped run reports what is known")
    func stop() throws {
        var servers = SimulatedServers([80: { _ in [] }])
        servers.stopAt = servers.now + .seconds(2)
        let start = servers.now
        let found = try answers(["198.51.100.1", "198.51.100.2"], &servers, concurrency: 1)
        #expect(servers.now - start == .seconds(2))
        #expect(found.first?.outcome.failure == .stopped && found.count == 1)
    }

    private final class Log { var text = "" }
}
