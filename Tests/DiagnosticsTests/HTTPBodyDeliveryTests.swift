import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The bodies that go to the sink of an engine, in simulated time.
@Suite("bodies while they arrive")
struct HTTPBodyDeliveryTests {
    private final class Sink: HTTPBodySink {
        var pieces: [(bytes: [UInt8], attempt: Int, status: Int?, redirects: Int)] = []
        /// The number of pieces after which no more are wanted.
        var limit = Int.max

        func take(_ bytes: RawSpan, of delivery: HTTPBodyDelivery, after head: HTTPHead?) -> Bool {
            pieces.append((bytes.copied(), delivery.attempt, head?.statusCode, delivery.redirects.count))
            return pieces.count < limit
        }

        var text: String { String(decoding: pieces.flatMap(\.bytes), as: UTF8.self) }
    }

    private static func response(_ head: String, _ body: String) -> [UInt8] {
        Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    /// Requests a URL from a server that sends these responses one after the other.
    private func answer(
        _ responses: [[UInt8]], to sink: Sink, _ url: String = "http://198.51.100.1/", hasScheme: Bool = true,
        _ change: (inout HTTPProbeConfiguration) -> Void = { _ in }
    ) throws -> HTTPProbeResponse {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.deliversBodies = true
        change(&configuration)
        var left = responses[...]
        let server: SimulatedServers.Server = { _ in left.popFirst().map { [.send($0), .end()] } ?? [.end()] }
        var servers = SimulatedServers([80: server])
        let plan = HTTPProbePlan(try HTTPURL(url), configuration, number: 3, hasScheme: hasScheme)
        var found: HTTPProbeResponse?
        for event in try PlanObserver.events([plan], &servers, sink: sink) {
            if case .answer(let answer) = event { found = answer }
        }
        return try #require(found)
    }

    @Test("a body goes to the sink as it arrives, and none is kept for it")
    func pieces() throws {
        let sink = Sink()
        let body = String(repeating: "0123456789", count: 20_000)
        let found = try answer([Self.response("200 OK", body)], to: sink)
        #expect(sink.text == body && found.outcome.failure == nil && found.outcome.body.withheld.isEmpty)
        #expect(found.outcome.body.length == body.utf8.count && found.outcome.body.kept.count < body.utf8.count)
    }

    @Test("the body of a redirect that is followed is dropped, also if there are too many")
    func redirects() throws {
        let hop = Self.response("302 Found\r\nLocation: /a", "hop")
        let sink = Sink()
        _ = try answer([hop, hop, Self.response("200 OK", "end")], to: sink) { $0.redirects = 5 }
        #expect(sink.text == "end" && sink.pieces.first?.redirects == 2)
        let other = Sink()
        let failed = try answer([hop, hop], to: other) { $0.redirects = 1 }
        #expect(other.pieces.isEmpty && failed.outcome.failure != nil)
        let shown = Sink()
        _ = try answer([hop], to: shown)
        #expect(shown.text == "hop")
    }

    @Test("what may be repeated is withheld; what -f refuses is dropped")
    func repeated() throws {
        let busy = Self.response("503 Unavailable", "busy")
        let sink = Sink()
        let last = try answer([busy, Self.response("200 OK", "end")], to: sink) { $0.retry.count = 2 }
        #expect(sink.text == "end" && sink.pieces.first?.attempt == 1 && last.attempt == 1)
        let final = Sink()
        let kept = try answer([busy, busy], to: final) { $0.retry.count = 1 }
        #expect(final.text == "busy" && kept.outcome.body.withheld.isEmpty, "no attempt is left")
        let unlike = Sink()
        let scheme = try answer(
            [Self.response("400 Bad Request", "bad")], to: unlike, "198.51.100.1:80", hasScheme: false)
        #expect(unlike.pieces.isEmpty && scheme.outcome.body.withheld == Array("bad".utf8))
        let long = Sink()
        let page = String(repeating: "x", count: 100_000)
        _ = try answer([Self.response("400 Bad Request", page)], to: long, "198.51.100.1:80", hasScheme: false)
        #expect(long.text == page)
        let refused = Sink()
        _ = try answer([Self.response("404 Not Found", "none")], to: refused) { $0.refusesErrors = true }
        #expect(refused.pieces.isEmpty)
    }

    @Test("an attempt after a cut body has another number")
    func cut() throws {
        let sink = Sink()
        let half = Array(Self.response("200 OK", "0123456789").dropLast(5))
        let found = try answer([half, Self.response("200 OK", "end")], to: sink) {
            $0.retry.count = 1
            $0.retry.includesEverything = true
        }
        #expect(sink.pieces.map(\.attempt) == [0, 1] && sink.text == "01234end" && found.attempt == 1)
    }

    @Test("a sink that wants no more stops the fetch")
    func stopped() throws {
        let sink = Sink()
        sink.limit = 1
        let found = try answer([Array(Self.response("200 OK", "0123456789").dropLast(5))], to: sink)
        #expect(found.outcome.failure == .stopped && sink.pieces.count == 1)
    }

    @Test("data that is not HTTP or cannot be decoded is dropped; without --compressed coded bytes are passed")
    func others() throws {
        let sink = Sink()
        let foreign = try answer([Array("SSH-2.0-OpenSSH\r\n".utf8)], to: sink)
        #expect(sink.pieces.isEmpty && foreign.outcome.body.length == 0)
        for wantsCompression in [false, true] {
            let sink = Sink()
            let found = try answer([Self.response("200 OK\r\nContent-Encoding: x", "text")], to: sink) {
                $0.wantsCompression = wantsCompression
            }
            #expect(sink.text == (wantsCompression ? "" : "text"))
            #expect((found.outcome.failure == .malformed) == wantsCompression)
        }
    }
}
