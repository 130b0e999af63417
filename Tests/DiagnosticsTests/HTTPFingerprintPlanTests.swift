import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// The test requests to a server.
@Suite("the requests of a fingerprint")
struct HTTPFingerprintPlanTests {
    private static let page = Array("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok".utf8)

    private func report(
        _ servers: inout SimulatedServers, isClassic: Bool = false, seed: UInt64 = 7, url: String = "198.51.100.1:80",
        _ change: (inout HTTPFingerprintConfiguration) -> Void = { _ in }
    ) throws -> HTTPFingerprintReport {
        var configuration = HTTPFingerprintConfiguration(seed: seed)
        configuration.isClassic = isClassic
        configuration.extent = .all
        change(&configuration)
        let plan = HTTPFingerprintPlan(try HTTPURL(url), configuration, number: 0)
        return try #require(try PlanObserver.events([plan], &servers).first)
    }

    @Test("25 requests, each on its own connection, one after the other; only the classic DELETE names /")
    func politeness() throws {
        for isClassic in [false, true] {
            let asked = Log()
            var servers = SimulatedServers([
                80: { connection in
                    asked.lines.append(connection.text)
                    return [.send(Self.page), .end()]
                }
            ])
            let report = try report(&servers, isClassic: isClassic)
            #expect(report.requests == 25 && servers.connectionCount == 25 && servers.mostAtOnce == 1)
            #expect(report.failure == nil && report.behavior.count == 25 && report.banner == "x")
            let deletes = asked.lines.filter { $0.hasPrefix("DELETE ") }
            #expect(deletes.count == 1 && deletes[0].hasPrefix("DELETE / HTTP/1.0\r\n") == isClassic)
            for line in ["HEAD / HTTP/1.0\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET / JUNK/1.0\r\n\r\n"] {
                #expect(asked.lines.contains(line), "\(line)")
            }
        }
    }

    @Test("the polite requests are 4, the usual ones fewer than all, and the first is always a valid one")
    func extents() throws {
        for (extent, counts) in [(.polite, 4...4), (.usual, 10...24), (.all, 25...25)]
            as [(HTTPFingerprintConfiguration.Extent, ClosedRange<Int>)]
        {
            let asked = Log()
            var servers = SimulatedServers([
                80: { connection in
                    asked.lines.append(connection.text)
                    return [.send(Self.page), .end()]
                }
            ])
            let report = try report(&servers) { $0.extent = extent }
            #expect(
                counts.contains(report.requests) && report.requests == servers.connectionCount, "\(report.requests)")
            #expect(asked.lines.first?.hasPrefix("GET / HTTP/1.1\r\nHost: 198.51.100.1\r\n") == true)
        }
    }

    @Test("the user's fields are in every request with a head; Host, User-Agent and Accept are replaced")
    func fields() throws {
        let asked = Log()
        var servers = SimulatedServers([
            80: { connection in
                asked.lines.append(connection.text)
                return [.send(Self.page), .end()]
            }
        ])
        _ = try report(&servers, url: "http://joe:secret@198.51.100.1/x") { configuration in
            configuration.fields = [
                ("Host", "www.example"), ("User-Agent", "probe"), ("accept", nil), ("X-Key", "1"), ("X-None", nil),
            ]
            configuration.user = ("other", "one")
        }
        #expect(
            asked.lines.first == """
                GET /x HTTP/1.1\r\nHost: www.example\r\nUser-Agent: probe\r\n\
                Authorization: Basic am9lOnNlY3JldA==\r\nX-Key: 1\r\n\r\n
                """)
        #expect(asked.lines.contains("HEAD /x HTTP/1.0\r\nAuthorization: Basic am9lOnNlY3JldA==\r\nX-Key: 1\r\n\r\n"))
        for line in asked.lines where !line.hasPrefix("PRI ") && line != "GET /x\r\n\r\n" {
            #expect(line.contains("X-Key: 1") || line == "GET /x HTTP/1.1\r\nHost: www.example\r\n", "\(line)")
            #expect(!line.contains("198.51.100.1") || line.hasPrefix("GET http://"), "\(line)")
        }
    }

    @Test("a server that answers only valid requests takes a bounded time")
    func silence() throws {
        var servers = SimulatedServers([
            80: { connection in
                guard connection.text.hasPrefix("GET / HTTP/1.1\r\nHost: 198.51.100.1\r\nUser-Agent"),
                    connection.answered == 0
                else { return [] }
                connection.answered = 1
                return [.send(Self.page)]
            }
        ])
        let start = servers.now
        let report = try report(&servers)
        #expect(report.failure == nil && report.behavior[.junk]?.opening == "silence")
        #expect(servers.now - start < .seconds(15), "\(servers.now - start)")
    }

    @Test("an unreachable server, one that stops accepting connections, and an unresponsive one")
    func failures() throws {
        var none = SimulatedServers([:])
        #expect(try report(&none).failure == .connection(.refused))
        var few = SimulatedServers([
            80: { connection in connection.number < 3 ? [.send(Self.page), .end()] : [.reset()] }
        ])
        let report = try report(&few)
        #expect(report.failure == nil && report.behavior[.delete]?.opening == "reset")
        var mute = SimulatedServers([80: { _ in [] }])
        let start = mute.now
        #expect(try self.report(&mute).failure == .timeout(.answer))
        #expect(mute.now - start == .seconds(10) && mute.connectionCount == 1)
    }

    @Test(
        "a server that stops accepting connections is identified by its responses, if those suffice",
        arguments: [4, 9, 10, 17, 24])
    func interruption(limit: Int) throws {
        var servers = SimulatedServers([80: { _ in [.send(Self.page), .end()] }])
        servers.connectionLimit = limit
        let report = try report(&servers)
        #expect(report.behavior.count == limit)
        // A single refusal may have another cause.
        #expect(report.requests == min(limit + 3, 25))
        let isEnough = limit >= 5
        #expect(report.failure == (isEnough ? nil : .connection(.refused)))
        #expect(report.interruption == (isEnough && limit < 23 ? .connection(.refused) : nil))
    }

    @Test("a server whose responses never end gets three requests")
    func dripping() throws {
        var servers = SimulatedServers([80: { _ in [.send(Array("HTTP/1.1 200 OK\r\nX: y".utf8))] }])
        let start = servers.now
        let report = try report(&servers)
        #expect(report.failure == .timeout(.body) && report.requests == 3)
        #expect(servers.now - start < .seconds(17))
    }

    @Test("a stopped run reports that it was stopped, and how far it got")
    func stop() throws {
        var servers = SimulatedServers([
            80: { connection in connection.number < 3 ? [.send(Self.page), .end()] : [] }
        ])
        servers.stopAt = servers.now + .milliseconds(100)
        let report = try report(&servers)
        #expect(report.failure == .stopped && report.requests == 4 && report.behavior.count == 3)
    }

    @Test("a server is the same however its responses are segmented")
    func pieces() throws {
        func server(_ cut: @escaping ([UInt8]) -> [[UInt8]]) -> SimulatedServers.Server {
            { connection in
                guard connection.answered == 0 else { return [] }
                connection.answered = 1
                let isRight = connection.text.hasPrefix("GET / HTTP/1.1\r\nHost")
                let text =
                    isRight
                    ? "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
                    : "HTTP/1.1 400 Bad Request\r\nServer: x\r\nConnection: close\r\n\r\n<html><h1>400 Bad Request</h1></html>"
                let pieces = cut(Array(text.utf8))
                return pieces.enumerated().map { .send($0.element, after: .milliseconds(Int64($0.offset) / 4)) }
                    + (isRight ? [] : [.end(after: .milliseconds(Int64(pieces.count)))])
            }
        }
        var whole = SimulatedServers([80: server { [$0] }])
        let expected = try report(&whole).behavior
        for seed in UInt64(1)...20 {
            let random = Random(seed: seed)
            var pieces = SimulatedServers([
                80: server { bytes in
                    var rest = bytes[...]
                    var pieces: [[UInt8]] = []
                    while !rest.isEmpty {
                        let count = Int(random.generator.next() % 40) + 1
                        pieces.append(Array(rest.prefix(count)))
                        rest = rest.dropFirst(count)
                    }
                    return pieces
                }
            ])
            #expect(try report(&pieces).behavior == expected, "seed \(seed)")
        }
    }

    @Test("whatever a server sends, the tests end")
    func noise() throws {
        for seed in UInt64(1)...60 {
            let random = Random(seed: seed)
            let starts = [
                "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            ]
            var servers = SimulatedServers([
                80: { _ in
                    var bytes = Array(starts[Int(random.generator.next() % 4)].utf8)
                    for _ in 0..<Int(random.generator.next() % 300) {
                        bytes.append(
                            random.generator.next() % 4 == 0
                                ? [10, 13, 58, 48][Int(random.generator.next() % 4)]
                                : UInt8(truncatingIfNeeded: random.generator.next()))
                    }
                    var actions: [SimulatedServers.Action] = [.send(bytes)]
                    switch random.generator.next() % 4 {
                    case 0: actions.append(.end(after: .milliseconds(1)))
                    case 1: actions.append(.reset(after: .milliseconds(1)))
                    default: break
                    }
                    return actions
                }
            ])
            let start = servers.now
            let report = try report(&servers, seed: seed)
            #expect(servers.now - start < .seconds(90), "seed \(seed)")
            #expect(report.requests <= 25, "seed \(seed)")
            let signature = Signature(
                product: "x", versions: "", configurations: [.init(name: "a", behavior: report.behavior)])
            let again = try #require(try Signature.all(in: Array(signature.text.utf8)).first, "seed \(seed)")
            let isSame = again.configurations.first?.behavior == report.behavior
            #expect(isSame, "seed \(seed)")
        }
    }

    /// Counters that servers update from their closures.
    private final class Log { var lines: [String] = [] }

    private final class Random {
        var generator: SeededGenerator
        init(seed: UInt64) { generator = SeededGenerator(seed: seed) }
    }
}
