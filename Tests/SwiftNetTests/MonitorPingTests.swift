import SwiftNet
import Testing

@Suite("the pings of a monitor, to this host")
struct MonitorPingTests {
    @Test("each target gets its probes, of both families")
    func loopback() throws {
        var configuration = MonitorPing.Configuration()
        configuration.probe.interval = .milliseconds(100)
        // A machine under load may be slow to reply to itself.
        configuration.probe.timeout = .seconds(5)
        configuration.duration = .milliseconds(1_950)
        let targets = ["127.0.0.1", "127.0.0.2", "::1", "localhost"]
        var replies = [Int](repeating: 0, count: targets.count)
        let summary = try MonitorPing.run(targets, configuration) { event in
            if case .sample(let sample) = event, sample.roundTrip != nil { replies[sample.target] += 1 }
        }
        #expect(summary.lost == 0 && summary.received == replies.reduce(0, +))
        // All but the probes that were skipped, or in flight at the end.
        #expect(replies.allSatisfy { $0 + summary.skipped + 1 >= 19 }, "\(replies) \(summary)")
    }

    @Test("an interval that is not possible, and a name without an address, are refused")
    func refusals() {
        var configuration = MonitorPing.Configuration()
        configuration.probe.interval = .zero
        let error = #expect(throws: SwiftNetError.self) { try MonitorPing.run(["127.0.0.1"], configuration) }
        #expect(error?.description.contains("the interval is not from 10 ms to a day") ?? false)
        #expect(throws: SwiftNetError.self) { try MonitorPing.run(["127.0.0.1", "256.1.1.1"]) }
    }
}
