import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Probes that this host cannot send say nothing about the way, whatever way of tracing it is.
@Suite("traceroute from a host that cannot send")
struct TraceLocalFailureTests {
    private static let path = SimulatedPath(routers: Array(repeating: .answers, count: 5))

    private func run<E: Engine & ~Copyable>(_ engine: inout E, downAfter time: Nanoseconds) {
        var network = SimulatedNetwork(seed: 1)
        network.path = Self.path
        network.downFrom = network.now + time
        var recorder = Recorder<E>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
    }

    private func expect(_ summary: TraceSummary, learned: Bool) {
        #expect(summary.unsent > 0 && summary.firstFailure == .system(code: 100, message: "Network is down"))
        #expect(!summary.verdicts.contains { if case .unreachable = $0 { true } else { false } }, "\(summary)")
        #expect(!summary.verdicts.contains { if case .loss = $0 { true } else { false } }, "\(summary)")
        #expect(!summary.verdicts.contains { if case .silentHop = $0 { true } else { false } }, "\(summary)")
        #expect(learned == (summary.received > 0))
    }

    @Test("hop by hop", arguments: [TraceMethod.udp, .icmp, .tcp])
    func hops(method: TraceMethod) {
        var engine = TraceEngine([.simulated(method, firstMark: 1)])
        run(&engine, downAfter: .zero)
        expect(engine.summary(of: 0), learned: false)
        #expect(!engine.isReached && !engine.couldSend)
    }

    @Test("every path")
    func paths() {
        var engine = PathsEngine(.simulated(.udp, firstMark: 1), StoppingPoints(confidence: 0.95))
        run(&engine, downAfter: .zero)
        expect(engine.summary, learned: false)
    }

    @Test("again and again: what was sent counts, what was not is counted apart", arguments: [0, 4_500] as [Int64])
    func monitor(milliseconds: Int64) {
        var engine = MonitorEngine(.simulated(.icmp, firstMark: 1), cycles: 10, interval: .seconds(1))
        run(&engine, downAfter: .milliseconds(milliseconds))
        let summary = engine.summary
        expect(summary, learned: milliseconds > 0)
        #expect(summary.isReached == (milliseconds > 0))
        #expect(engine.hops.allSatisfy { $0.sent == $0.received && $0.sent <= 5 }, "\(engine.hops)")
    }

    /// Tells the engine of a lost carrier, as what watches the link does.
    private struct Watcher: EngineObserver {
        var blocked: Range<Instant>
        var isBlocked = false
        var isListening: Bool { true }

        mutating func report(_ event: MonitorEvent) {}

        mutating func step(_ engine: inout MonitorEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
            if blocked.contains(now) != isBlocked {
                isBlocked.toggle()
                engine.setLink(isBlocked ? .system(code: 100, message: "no carrier") : nil)
                return now
            }
            return now < blocked.lowerBound ? blocked.lowerBound : now < blocked.upperBound ? blocked.upperBound : nil
        }
    }

    @Test("what is lost while the carrier is, is not lost on the way")
    func carrier() {
        var engine = MonitorEngine(.simulated(.icmp, firstMark: 1), cycles: 10, interval: .seconds(1))
        var network = SimulatedNetwork(seed: 1)
        network.path = Self.path
        let gap = network.now + .milliseconds(3_500)..<network.now + .milliseconds(6_100)
        network.withoutCarrier = gap
        var watcher = Watcher(blocked: gap)
        EngineLoop.run(&engine, on: &network, observer: &watcher)
        let summary = engine.summary
        #expect(summary.isReached && summary.verdicts.isEmpty, "\(summary)")
        // The first cycle looks further ahead than the target.
        #expect((10...20).contains(summary.unsent) && (60...68).contains(summary.sent + summary.unsent), "\(summary)")
        #expect(engine.hops.allSatisfy { $0.sent == $0.received && $0.sent >= 7 }, "\(engine.hops)")
    }
}
