import Foundation
import FoundationXML
import HTTPTypes
import Hummingbird
import Logging
import MonitorCore
import MonitorStore
import NIOCore
import NIOEmbedded
import SwiftNet
import Testing

@testable import MonitorWeb

@Suite("the page and the interface for programs")
struct WebTests {
    private static let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>\u{202E}\u{1B}[31m\\\n"

    /// A server with a target of a hostile name, an outage and ten minutes of history, and the clock at their end.
    private static func server(access: Access = Access()) throws -> WebServer {
        let recorder = try Recorder(
            store: Store(path: nil, retention: Retention()), now: midnight, onChange: { _, _ in },
            onStoreChange: { _ in })
        var check = Check(name: hostile, kind: .http, target: "https://user:secret@192.0.2.1/", interval: .seconds(1))
        check.tags = ["site": "\"quoted\"\n"]
        check.settings.fields = [.init(name: "Authorization", value: "Bearer hidden")]
        _ = try recorder.setChecks([check], now: midnight)
        for second in 0..<600 as Range<Int64> {
            let now = midnight + .seconds(second)
            let isLost = (100..<160).contains(second)
            let result: StoredSample.Result = isLost ? .failed : .reply(.microseconds(1_500))
            recorder.post([
                .sample(target: 1, StoredSample(time: now, result: result), reason: isLost ? "bad </title>" : nil)
            ])
            recorder.step(now: now)
        }
        return WebServer(
            recorder: recorder, access: access, retention: Retention(), version: "1.2.3",
            clock: { midnight + .seconds(600) })
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: NSDictionary? { try? JSONSerialization.jsonObject(with: Data(body)) as? NSDictionary }
    }

    private static func ask(
        _ server: WebServer, _ path: String, method: HTTPRequest.Method = .get, host: String = "127.0.0.1:9430",
        fields: HTTPFields = [:], body: String = ""
    ) async throws -> Answer {
        let head = HTTPRequest(method: method, scheme: "http", authority: host, path: path, headerFields: fields)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let context = BasicRequestContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: Logger(label: "test")))
        let response = try await server.router.buildResponder().respond(to: request, context: context)
        let writer = BodyWriter()
        try await response.body.write(writer)
        return Answer(status: response.status.code, headers: response.headers, body: writer.collected.bytes)
    }

    /// Collects the body of a response.
    private struct BodyWriter: ResponseBodyWriter {
        final class Collected: @unchecked Sendable { var bytes: [UInt8] = [] }

        let collected = Collected()
        mutating func write(_ buffer: ByteBuffer) async throws { collected.bytes += buffer.readableBytesView }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    @Test(
        "every response keeps browsers safe",
        arguments: [
            "/", "/events", "/target/1", "/assets/app.js", "/assets/style.css", "/api/v1/targets", "/metrics",
            "/chart.svg?target=1", "/healthz", "/nothing", "/login", "/api/v1/openapi.json",
        ])
    func safety(path: String) async throws {
        let answer = try await Self.ask(Self.server(), path)
        #expect(answer.status == (path == "/nothing" ? 404 : 200))
        let policy = try #require(answer.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"))
        #expect(answer.headers[.xContentTypeOptions] == "nosniff" && answer.headers[.cacheControl] != nil)
    }

    @Test("hostile names are data everywhere")
    func hostileNames() async throws {
        let server = try Self.server()
        let targets = try #require(try await Self.ask(server, "/api/v1/targets").json)
        let target = try #require((targets["targets"] as? [NSDictionary])?.first)
        #expect(target["name"] as? String == Self.hostile && target["target"] as? String == "https://192.0.2.1/")
        #expect((target["tags"] as? NSDictionary)?["site"] as? String == "\"quoted\"\n")
        let chart = try await Self.ask(server, "/chart.svg?target=1&from=2026-12-01T00:00:00Z&to=2026-12-01T00:10:00Z")
        #expect(!chart.text.contains("<script") && !chart.text.contains("<img") && !chart.text.contains("\u{1B}"))
        #expect(chart.text.contains("&lt;script&gt;") && chart.text.contains("class=\"event-down\""))
        #expect(XMLParser(data: Data(chart.body)).parse(), "\(chart.text.prefix(500))")
        let metrics = try await Self.ask(server, "/metrics").text
        let lines = metrics.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.isEmpty || $0.hasPrefix("#") || $0.hasPrefix("swift_net_monitor_") })
        #expect(metrics.contains("tag_site=\"\\\"quoted\\\"\\n\""))
        for path in ["/api/v1/targets", "/api/v1/events", "/metrics", "/chart.svg?target=1", "/api/v1/series?target=1"]
        {
            let text = try await Self.ask(server, path).text
            #expect(!text.contains("secret") && !text.contains("hidden"), "\(path)")
        }
    }

    @Test("events and series say what happened")
    func history() async throws {
        let server = try Self.server()
        let events = try #require(
            try await Self.ask(server, "/api/v1/events?target=1").json?["events"] as? [NSDictionary])
        let down = try #require(events.first { $0["kind"] as? String == "down" })
        #expect(down["start"] as? String == "2026-12-01T00:01:40.000000Z")
        #expect(down["end"] as? String == "2026-12-01T00:02:40.000000Z" && down["reason"] as? String == "bad </title>")
        let query = "target=1&from=2026-12-01T00:00:00Z&to=2026-12-01T00:10:00Z&points=10"
        let series = try #require(try await Self.ask(server, "/api/v1/series?" + query).json)
        let points = try #require(series["points"] as? [[Any]])
        #expect(series["step_ms"] as? Double == 60_000 && points.count == 10)
        #expect(points[2][1] as? Int == 60 && points[2][2] as? Int == 40 && points[2][5] as? Double == 1.5)
        let csv = try await Self.ask(server, "/api/v1/series?" + query + "&format=csv")
        let rows = csv.text.split(separator: "\r\n")
        #expect(rows.count == 11 && rows[0] == "time,transmitted,lost,min_ms,p25_ms,p50_ms,p75_ms,p90_ms,p99_ms,max_ms")
        #expect(rows[1] == "2026-12-01T00:00:00.000000Z,60,0,1.5,1.5,1.5,1.5,1.5,1.5,1.5")
        #expect(csv.headers[.contentType] == "text/csv; charset=utf-8")
    }

    @Test(
        "questions that cannot be answered are refused with their reason",
        arguments: [
            ("series", "target: expected the number of a target"), ("series?target=x", "target: expected a number"),
            ("series?target=7", "target: there is no target 7"),
            ("series?target=1&from=yesterday", "from: expected a time"),
            ("series?target=1&from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z", "from: expected a time before"),
            ("series?target=1&from=0", "from: expected at most two years"),
            ("series?target=1&points=1", "points: expected"),
            ("series?target=1&points=999999999999999999999", "points: expected"),
            ("series?target=1&format=xml", "format: expected json or csv"), ("events?limit=0", "limit: expected"),
            ("events?from=%00", "from: expected"), ("series?target=1&from=9999999999", "from: expected"),
        ])
    func refusals(question: (path: String, reason: String)) async throws {
        let answer = try await Self.ask(Self.server(), "/api/v1/" + question.path)
        #expect(answer.status == 400)
        #expect((answer.json?["message"] as? String)?.hasPrefix(question.reason) == true, "\(answer.text)")
    }

    @Test("nothing can be changed", arguments: ["/", "/api/v1/targets", "/api/v1/events", "/metrics"])
    func readOnly(path: String) async throws {
        for method in [HTTPRequest.Method.post, .put, .delete, .patch] {
            let status = try await Self.ask(Self.server(), path, method: method).status
            #expect(status == 404 || status == 405, "\(method) \(path)")
        }
    }

    @Test(
        "a page whose name was led here is refused",
        arguments: [
            ("127.0.0.1:9430", true), ("[::1]:9430", true), ("localhost:9430", true), ("192.0.2.7", true),
            ("evil.example", false), ("127.0.0.1.evil.example:9430", false), ("", false), ("monitor.example.net", true),
            ("MONITOR.example.net:80", true),
        ])
    func hosts(question: (host: String, isAllowed: Bool)) async throws {
        let server = try Self.server(access: Access(hosts: ["monitor.example.net"]))
        for path in ["/", "/api/v1/targets", "/metrics"] {
            let status = try await Self.ask(server, path, host: question.host).status
            #expect(status == (question.isAllowed ? 200 : 421), "\(question.host) \(path)")
        }
    }

    @Test("a token is needed where one is set")
    func token() async throws {
        let token = "0123456789abcdef"
        let server = try Self.server(access: Access(token: token))
        for path in ["/api/v1/targets", "/metrics", "/chart.svg?target=1", "/", "/assets/app.js"] {
            #expect(try await Self.ask(server, path).status == 401, "\(path)")
            for field in ["Bearer \(token)x", "Bearer ", "Bearer", "Basic \(token)", token] {
                #expect(try await Self.ask(server, path, fields: [.authorization: field]).status == 401)
            }
            #expect(try await Self.ask(server, path, fields: [.authorization: "bearer \(token)"]).status == 200)
            let cookie = "a=b; swift-net-monitor=\(token)"
            #expect(try await Self.ask(server, path, fields: [.cookie: cookie]).status == 200)
            #expect(try await Self.ask(server, path, fields: [.cookie: cookie + "x"]).status == 401)
        }
        let page = try await Self.ask(server, "/", fields: [.accept: "text/html"])
        #expect(page.status == 303 && page.headers[.location] == "/login")
        #expect(try await Self.ask(server, "/healthz").status == 200)
        let right = try await Self.ask(server, "/login", method: .post, body: "token=\(token)")
        let cookie = try #require(right.headers[.setCookie])
        #expect(right.status == 303 && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        let wrong = try await Self.ask(server, "/login", method: .post, body: "token=nonsense")
        #expect(wrong.headers[.setCookie] == nil && wrong.headers[.location] == "/login?wrong=1")
        let foreign = try await Self.ask(
            server, "/login", method: .post, fields: [.origin: "https://evil.example"], body: "token=\(token)")
        #expect(foreign.status == 403 && foreign.headers[.setCookie] == nil)
        let own = try await Self.ask(
            server, "/login", method: .post, fields: [.origin: "http://127.0.0.1:9430"], body: "token=\(token)")
        #expect(own.status == 303 && own.headers[.setCookie] != nil)
    }

    @Test("the description of the interface names what it returns")
    func openAPI() async throws {
        let server = try Self.server()
        let document = try #require(try await Self.ask(server, "/api/v1/openapi.json").json)
        let schemas = try #require((document["components"] as? NSDictionary)?["schemas"] as? NSDictionary)
        func fields(_ name: String) -> Set<String> {
            Set(
                ((schemas[name] as? NSDictionary)?["properties"] as? NSDictionary)?.allKeys.compactMap { $0 as? String }
                    ?? [])
        }
        func keys(_ value: Any?) -> Set<String> {
            Set((value as? NSDictionary)?.allKeys.compactMap { $0 as? String } ?? [])
        }
        let targets = try await Self.ask(server, "/api/v1/targets").json
        #expect(keys(targets) == fields("Targets"))
        #expect(keys((targets?["targets"] as? [Any])?.first) == fields("Target"))
        let events = try await Self.ask(server, "/api/v1/events").json
        #expect(keys((events?["events"] as? [Any])?.first) == fields("Event"))
        #expect(keys(try await Self.ask(server, "/api/v1/series?target=1").json) == fields("Series"))
    }
}
