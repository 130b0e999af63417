import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Series of requests to one URL, and what is read of their responses, in simulated time.
@Suite("series of requests")
struct HTTPProbeSeriesTests {
    private func events(
        _ servers: inout SimulatedServers, parallel: Int = 1, concurrency: Int = 8, interval: Nanoseconds? = nil,
        path: String = "/", _ change: (inout HTTPProbeConfiguration) -> Void
    ) throws -> [HTTPProbeEvent] {
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.parallel = parallel
        change(&configuration)
        let url = try HTTPURL("http://198.51.100.1\(path)")
        let plans = (0..<parallel).map { HTTPProbePlan(url, configuration, number: 0, series: $0) }
        return try PlanObserver.events(plans, &servers, concurrency: concurrency, interval: interval)
    }

    private static func response(_ head: String, _ body: [UInt8] = []) -> [UInt8] {
        Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func answers(_ events: [HTTPProbeEvent]) -> [HTTPProbeResponse] {
        events.compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
    }

    @Test("parallel series share the requests, each with its own connection")
    func parallel() throws {
        var servers = SimulatedServers([80: { _ in [.send(Self.response("200 OK"), after: .milliseconds(10))] }])
        let found = answers(
            try events(&servers, parallel: 4) {
                $0.count = 10
                $0.interval = .zero
            })
        #expect(found.map(\.sequence).sorted() == Array(0..<10) && servers.mostAtOnce == 4)
    }

    @Test("a rate spaces the requests of all series")
    func rate() throws {
        var servers = SimulatedServers([80: { _ in [.send(Self.response("200 OK"))] }])
        let found = answers(
            try events(&servers, parallel: 3, interval: .milliseconds(100)) {
                $0.count = 6
                $0.interval = .zero
            })
        let starts = found.map(\.outcome.timings.start).sorted()
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == .milliseconds(100) } && starts.count == 6)
    }

    @Test("an endless series ends without a failure when the user stops it, in the middle of a request")
    func endless() throws {
        var servers = SimulatedServers([80: { _ in [.send(Self.response("200 OK"), after: .milliseconds(30))] }])
        servers.stopAt = Instant(nanoseconds: 1_120_000_000)
        let found = answers(
            try events(&servers) {
                $0.count = 0
                $0.interval = .milliseconds(50)
            })
        #expect(found.map(\.outcome.failure) == [nil, nil] && found.map(\.sequence) == [0, 1])
    }

    @Test("every endless series starts if the concurrency allows it, those added later too")
    func endlessSeries() throws {
        var servers = SimulatedServers([80: { _ in [.send(Self.response("200 OK"))] }])
        servers.stopAt = Instant(nanoseconds: 30_000_000_000)
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.count = 0
        configuration.interval = .seconds(60)
        func plan(_ number: Int) throws -> HTTPProbePlan {
            HTTPProbePlan(try HTTPURL("http://198.51.100.1/\(number)"), configuration, number: number)
        }
        var engine = try HTTPEngine([plan(0), plan(1)], concurrency: 10_000, expectsMore: true)
        for number in 2..<50 { engine.add(try plan(number)) }
        var observer = PlanObserver<HTTPProbePlan>()
        StreamLoop.run(&engine, on: &servers, observer: &observer)
        #expect(Set(answers(observer.events).map(\.number)) == Set(0..<50))
    }

    @Test("transient failures are retried after a wait that doubles, or as long as the server asks for")
    func retries() throws {
        let rows: [(status: String, waits: [Nanoseconds])] = [
            ("503 Unavailable", [.seconds(1), .seconds(2), .seconds(4)]),
            ("429 Too Many\r\nRetry-After: 7", [.seconds(7), .seconds(7), .seconds(7)]),
            (
                "503 Unavailable\r\nRetry-After: 99999999999999999999999999",
                [.seconds(600), .seconds(600), .seconds(600)]
            ), ("404 Not Found", []),
            ("200 OK", []),
        ]
        for (status, waits) in rows {
            var servers = SimulatedServers([80: { _ in [.send(Self.response(status))] }])
            let found = try events(&servers) { $0.retry.count = 3 }
            let retries = found.compactMap { if case .retry(let retry) = $0 { retry } else { nil } }
            #expect(
                retries.map(\.wait) == waits && retries.map(\.number) == Array(waits.indices.map { $0 + 1 }),
                "\(status)")
            #expect(answers(found).map(\.retries) == [waits.count], "\(status)")
        }
    }

    @Test("the phases of a request add up to its time")
    func phases() throws {
        var servers = SimulatedServers(
            delay: .milliseconds(5),
            [
                80: { _ in
                    let bytes = Self.response("200 OK", [1, 2, 3])
                    return [
                        .send(Array(bytes.dropLast(2)), after: .milliseconds(30)),
                        .send([2, 3], after: .milliseconds(7)),
                    ]
                }
            ])
        let answer = try #require(answers(try events(&servers) { _ in }).first)
        let phases = answer.outcome.timings.phases
        #expect(phases.map(\.phase) == [.connect, .wait, .receive])
        #expect(phases.reduce(Nanoseconds.zero) { $0 + $1.time } == answer.outcome.timings.total)
    }

    @Test("brotli and Zstandard are decoded, cut and damaged ones are problems")
    func codings() throws {
        let text = Array("hello hello hello hello, brotli and zstd\n".utf8)
        let rows: [(coding: String, hexadecimal: String)] = [
            ("br", "a14001c02f7ac3df73addf7b89a2560a9754451e7cea009a7206d9b00a9b3ed60dfa3d17"),
            ("zstd", "28b52ffd2429f50000c068656c6c6f202c2062726f746c6920616e64207a7374640a0100994b11b15bbc7f"),
        ]
        for (coding, hexadecimal) in rows {
            let bytes = stride(from: 0, to: hexadecimal.count, by: 2).compactMap {
                UInt8(hexadecimal.dropFirst($0).prefix(2), radix: 16)
            }
            var damaged = bytes
            damaged[4] ^= 0xFF
            for (body, problem) in [(bytes, nil), (Array(bytes.dropLast(3)), "unexpected end of data"), (damaged, "")] {
                var servers = SimulatedServers([
                    80: { _ in [.send(Self.response("200 OK\r\nContent-Encoding: \(coding)", body))] }
                ])
                let answer = try #require(answers(try events(&servers) { $0.keptBody = 1_000 }).first)
                if let problem {
                    #expect(
                        answer.problems.contains {
                            $0.hasPrefix("the content cannot be decoded: ") && $0.hasSuffix(problem)
                        })
                    #expect(answer.outcome.failure == .malformed)
                    guard case .invalidContentCoding? = answer.outcome.rejection else {
                        Issue.record("\(coding): \(String(describing: answer.outcome.rejection))")
                        continue
                    }
                } else {
                    #expect(answer.outcome.body.decoded?.kept == text && answer.problems.isEmpty, "\(coding)")
                }
            }
        }
    }

    @Test("several content and transfer codings are decoded in turn, at most 4")
    func severalCodings() throws {
        let text = Array("hello\n".utf8)
        // RFC 1952, stored blocks: each coding adds a header and a trailer.
        func coded(_ bytes: [UInt8]) -> [UInt8] {
            let length = UInt16(bytes.count)
            let ends = [UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
            var checksum = ~UInt32(0)
            for byte in bytes {
                checksum ^= UInt32(byte)
                for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
            }
            let trailer = [~checksum, UInt32(bytes.count)].flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            }
            return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + ends + ends.map { ~$0 } + bytes + trailer
        }
        let rows: [(fields: String, times: Int, problem: HTTPProblem?)] = [
            ("Content-Encoding: gzip, gzip", 2, nil), ("Content-Encoding: gzip, x-gzip, GZIP, gzip", 4, nil),
            ("Content-Encoding: gzip\r\nTransfer-Encoding: gzip", 2, nil), ("Transfer-Encoding: gzip", 1, nil),
            ("Transfer-Encoding: compress", 1, .unknownTransferCoding("compress")),
        ]
        for (fields, times, problem) in rows {
            let body = (0..<times).reduce(text) { bytes, _ in coded(bytes) }
            var servers = SimulatedServers([
                80: { _ in [.send(Array("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n".utf8) + body), .end()] }
            ])
            let outcome = try #require(answers(try events(&servers) { $0.keptBody = 1_000 }).first).outcome
            if let problem {
                #expect(outcome.failure == .malformed && outcome.rejection == problem, "\(fields)")
            } else {
                #expect(outcome.body.decoded?.kept == text && outcome.failure == nil, "\(fields) \(outcome.problems)")
            }
        }
        var servers = SimulatedServers([
            80: { _ in [.send(Self.response("200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip", text))] }
        ])
        let outcome = try #require(answers(try events(&servers) { _ in }).first).outcome
        #expect(outcome.failure == nil && outcome.body.decoded == nil && outcome.problems.count == 1)
    }

    @Test("titles of pages are found, cleaned and decoded")
    func titles() {
        let rows: [(page: String, type: String?, title: String?)] = [
            ("<title>a</title>", nil, "a"), ("<TITLE lang=x>\n a  b\t</TITLE>", "text/html", "a b"),
            ("<title>x &amp; &lt;y&gt; &#8212; &#x41; &bogus; &</title>", "text/html", "x & <y> — A &bogus; &"),
            ("<title></title>", "text/html", nil), ("<title>a", "text/html", nil), ("no title", "text/html", nil),
            ("<title>a</title>", "application/json", nil), ("<title", nil, nil), ("", nil, nil),
            (String(repeating: " ", count: HTMLTitle.searched) + "<title>a</title>", "text/html", nil),
        ]
        for row in rows {
            #expect(
                HTMLTitle.find(in: Array(row.page.utf8), contentType: row.type) == row.title, "\(row.page.suffix(60))")
        }
        let latin = Array("<title>caf".utf8) + [0xE9] + Array("</title>".utf8)
        #expect(HTMLTitle.find(in: latin, contentType: "text/html; charset=ISO-8859-1") == "café")
    }
}
