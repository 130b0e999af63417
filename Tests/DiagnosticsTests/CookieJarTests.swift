import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// The cookies that servers set and files store.
@Suite("cookies of servers and files")
struct CookieJarTests {
    private static let wall: Int64 = 1_900_000_000

    /// Returns the lines of the cookie file after a response with these fields.
    private func lines(
        _ fields: [String], file: String = "", at now: Instant = Instant(nanoseconds: 900_000_000)
    ) throws -> [String] {
        var jar = CookieJar()
        jar.read(netscape: file, at: now, wall: Self.wall)
        let head = fields.map { "Set-Cookie: \($0)\r\n" }.joined()
        var servers = SimulatedServers([
            80: { _ in [.send(Array("HTTP/1.1 200 OK\r\n\(head)Content-Length: 0\r\n\r\n".utf8))] }
        ])
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.cookieJar = jar
        configuration.wallClock = Self.wall
        let plan = HTTPProbePlan(try HTTPURL("http://198.51.100.1/"), configuration, number: 0)
        let jars = try PlanObserver.events([plan], &servers, concurrency: 1).compactMap {
            if case .answer(let answer) = $0 { answer.cookieJar } else { nil }
        }
        let text = try #require(jars.first).netscapeText(at: now, wall: Self.wall)
        return text.split(separator: "\n").filter { !$0.hasPrefix("# ") }.map(String.init)
    }

    private static func line(_ name: String, _ value: String = "1", expires: Int64 = 2_000_000_000) -> String {
        "198.51.100.1\tFALSE\t/\tFALSE\t\(expires)\t\(name)\t\(value)"
    }

    @Test("a file that is read and written keeps the second of expiry")
    func expiry() throws {
        for expires in [0, 2_000_000_000, 9_000_000_000] {
            let line = Self.line("a", expires: Int64(expires))
            #expect(try lines([], file: line) == [line])
        }
        #expect(try lines(["a=1; Expires=Wed, 18 May 2033 03:33:20 GMT"]) == [Self.line("a")])
        #expect(try lines([], file: Self.line("a", expires: 1_800_000_000)) == [])
        #expect(try lines([], file: Self.line("a", expires: .min)) == [])
    }

    @Test("the limit of cookies of a domain applies to those that servers set")
    func limits() throws {
        let file = (0..<100).map { Self.line("f\($0)") }
        let set = (0..<60).map { "s\($0)=1" }
        let found = try lines(set, file: file.joined(separator: "\n"))
        #expect(Array(found.prefix(100)) == file)
        #expect(found.count == 150 && found.last == Self.line("s59", expires: 0))
    }

    @Test("cookies with control characters, and those that violate the prefix of their name, are ignored")
    func invalid() throws {
        let set = [
            "a\tb=1", "a=1\t2", "a=\u{1}", "__Secure-a=1", "__Host-a=1; Path=/", "__Secure-b=1; Secure",
            "__Host-b=1; Secure; Path=/x", "__Host-c=1; Secure; Path=/", "b=\t1\t",
        ]
        let names = try lines(set).map { $0.split(separator: "\t").suffix(2).joined(separator: "=") }
        #expect(names == ["__Secure-b=1", "__Host-c=1", "b=1"])
        let file = [Self.line("a\u{0}"), Self.line("a", "\u{1}"), Self.line("a", "\u{7F}"), Self.line("", "1")]
        #expect(try lines([], file: file.joined(separator: "\r\n")) == [])
        #expect(try lines([], file: Self.line("b", "\u{2028}") + "\r\n") == [Self.line("b", "\u{2028}")])
    }
}
