import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// Several addresses of a name, in simulated time (RFC 8305).
@Suite("connecting to the addresses of a name")
struct ConnectionRaceTests {
    private let unresponsive = IPAddress.v4(IPv4Address(198, 51, 100, 9))
    private let unresponsive6 = IPAddress("2001:db8::9")
    private let good = IPAddress.v4(IPv4Address(198, 51, 100, 1))

    private func outcome(
        _ addresses: [IPAddress], port: UInt16 = 80, timeout: Nanoseconds = .seconds(10),
        delay: Nanoseconds = .milliseconds(1)
    ) throws -> HTTPOutcome {
        let ok = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        var servers = SimulatedServers(delay: delay, names: ["web.example": addresses], [80: { _ in [.send(ok)] }])
        var configuration = HTTPProbeConfiguration(seed: 1)
        configuration.timeout = timeout
        let plan = HTTPProbePlan(try HTTPURL("web.example:\(port)"), configuration, number: 0)
        let answers = try PlanObserver.events([plan], &servers, concurrency: 1).compactMap {
            if case .answer(let answer) = $0 { answer.outcome } else { nil }
        }
        return try #require(answers.first)
    }

    @Test("an unresponsive address delays the next one by 250 ms")
    func unresponsiveAddress() throws {
        let outcome = try outcome([unresponsive, good])
        #expect(outcome.failure == nil && outcome.endpoint == .tcp(good, zone: 0, port: 80))
        #expect(outcome.timings.connect == .milliseconds(252) && outcome.timings.total == .milliseconds(254))
        #expect(outcome.attempts.map(\.result) == [.abandoned, .connected])
        #expect(outcome.attempts.map(\.time) == [.milliseconds(252), .milliseconds(2)])
        #expect(outcome.attempts[1].began - outcome.attempts[0].began == .milliseconds(250))
    }

    @Test("a slow address that is established first wins, and no third one is tried")
    func slowAddress() throws {
        let outcome = try outcome([good, unresponsive, unresponsive], delay: .milliseconds(200))
        #expect(outcome.failure == nil && outcome.endpoint == .tcp(good, zone: 0, port: 80))
        #expect(outcome.attempts.map(\.result) == [.connected, .abandoned])
        #expect(outcome.timings.connect == .milliseconds(400))
    }

    @Test("the families alternate, beginning with that of the first address")
    func families() throws {
        let address = try #require(unresponsive6)
        let outcome = try outcome([address, address, address, good])
        let families = outcome.attempts.compactMap { attempt -> IPAddress.Family? in
            if case .tcp(let address, _, _) = attempt.endpoint { address.family } else { nil }
        }
        #expect(families == [.v6, .v4] && outcome.timings.connect == .milliseconds(252))
    }

    @Test("after a refusal the next address is tried at once; the last refusal is the failure")
    func refusals() throws {
        let outcome = try outcome([good, good, good], port: 81)
        #expect(outcome.failure == .connection(.refused) && outcome.timings.total == .milliseconds(6))
        #expect(outcome.attempts.map(\.result) == Array(repeating: .failed(.refused), count: 3))
        #expect(outcome.ending == .none && outcome.timings.connect == nil)
    }

    @Test("unresponsive addresses time out together")
    func timeouts() throws {
        let outcome = try outcome([unresponsive, unresponsive], timeout: .milliseconds(400))
        #expect(outcome.failure == .timeout(.connect) && outcome.timings.total == .milliseconds(400))
        #expect(outcome.attempts.map(\.time) == [.milliseconds(400), .milliseconds(150)])
    }
}
