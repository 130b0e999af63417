import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Probes that this host cannot send are no evidence about the path, in every kind of trace.
@Suite("traceroute from a host that cannot send")
struct TracerouteLocalFailureTests {
    private static let path = SimulatedPath(routers: Array(repeating: .answers, count: 5))

    private func run<E: Engine & ~Copyable>(_ engine: inout E, downAfter time: Nanoseconds) {
        var network = SimulatedNetwork(seed: 1)
        network.path = Self.path
        network.downFrom = network.now + time
        var recorder = Recorder<E>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
    }

    private func expect(_ summary: TracerouteSummary, learned: Bool) {
        #expect(summary.unsent > 0 && summary.firstFailure == .interface("Network is down"))
        #expect(!summary.verdicts.contains { if case .unreachable = $0 { true } else { false } }, "\(summary)")
        #expect(!summary.verdicts.contains { if case .loss = $0 { true } else { false } }, "\(summary)")
        #expect(!summary.verdicts.contains { if case .silentHop = $0 { true } else { false } }, "\(summary)")
        #expect(learned == (summary.received > 0))
    }

    @Test("hop by hop", arguments: [TracerouteMethod.udp, .icmp, .tcp])
    func hops(method: TracerouteMethod) {
        var engine = TracerouteEngine([.simulated(method, firstMark: 1)])
        run(&engine, downAfter: .zero)
        expect(engine.summary(of: 0), learned: false)
        #expect(!engine.isReached && !engine.couldSend)
    }

    @Test("all paths")
    func paths() {
        var engine = PathsEngine(.simulated(.udp, firstMark: 1), MDAStoppingRule(confidence: 0.95))
        run(&engine, downAfter: .zero)
        expect(engine.summary, learned: false)
    }

    @Test(
        "cycles: probes sent count, probes that failed to send are counted separately",
        arguments: [0, 4_500] as [Int64])
    func monitor(milliseconds: Int64) {
        var engine = CyclesEngine(.simulated(.icmp, firstMark: 1), cycles: 10, interval: .seconds(1))
        run(&engine, downAfter: .milliseconds(milliseconds))
        let summary = engine.summary
        expect(summary, learned: milliseconds > 0)
        #expect(summary.isReached == (milliseconds > 0))
        #expect(engine.hops.allSatisfy { $0.sent == $0.received && $0.sent <= 5 }, "\(engine.hops)")
    }

    /// Notifies the engine of a lost carrier, as the link watch does.
    private struct Watcher: EngineObserver {
        var blocked: Range<Instant>
        var isBlocked = false
        var isListening: Bool { true }

        mutating func report(_ event: CyclesEvent) {}

        mutating func step(_ engine: inout CyclesEngine, _ wakeup: WakeReason, at now: Instant) -> Instant? {
            if blocked.contains(now) != isBlocked {
                isBlocked.toggle()
                engine.setLink(isBlocked ? .interface("no carrier") : nil)
                return now
            }
            return now < blocked.lowerBound ? blocked.lowerBound : now < blocked.upperBound ? blocked.upperBound : nil
        }
    }

    @Test("probes lost without a carrier do not count as lost on the path")
    func carrier() {
        var engine = CyclesEngine(.simulated(.icmp, firstMark: 1), cycles: 10, interval: .seconds(1))
        var network = SimulatedNetwork(seed: 1)
        network.path = Self.path
        let gap = network.now + .milliseconds(3_500)..<network.now + .milliseconds(6_100)
        network.withoutCarrier = gap
        var watcher = Watcher(blocked: gap)
        EngineLoop.run(&engine, on: &network, observer: &watcher)
        let summary = engine.summary
        #expect(summary.isReached && summary.verdicts.isEmpty, "\(summary)")
        // The first cycle probes beyond the target.
        #expect((10...20).contains(summary.unsent) && (60...68).contains(summary.sent + summary.unsent), "\(summary)")
        #expect(engine.hops.allSatisfy { $0.sent == $0.received && $0.sent >= 7 }, "\(engine.hops)")
    }

    /// Changes of the link at given times, reported to an engine.
    private struct Changes<E: Engine & ~Copyable>: EngineObserver {
        typealias Observed = E
        var times: [(at: Instant, failure: TransmissionFailure?)]
        let report: (inout E, TransmissionFailure?) -> Void
        var isListening: Bool { true }

        mutating func report(_ event: E.Event) {}

        mutating func step(_ engine: inout E, _ wakeup: WakeReason, at now: Instant) -> Instant? {
            while let next = times.first, next.at <= now {
                report(&engine, next.failure)
                times.removeFirst()
            }
            return times.first?.at
        }
    }

    /// The carrier is lost while probes are in flight; then the interface goes down, comes up and goes down again.
    private func runWithChanges<E: Engine & ~Copyable>(
        _ engine: inout E, at milliseconds: [Int64], _ report: @escaping (inout E, TransmissionFailure?) -> Void
    ) {
        var network = SimulatedNetwork(seed: 1)
        network.path = Self.path
        let start = network.now
        let failures: [TransmissionFailure?] = [
            .interface("no carrier"), .interface("the interface is down"), nil,
            .interface("the interface is gone"), .interface("the interface is gone"),
        ]
        var changes = Changes<E>(
            times: zip(milliseconds, failures).map { (start + .milliseconds($0), $1) }, report: report)
        network.withoutCarrier = start + .milliseconds(milliseconds[0])..<start + .seconds(1_000)
        EngineLoop.run(&engine, on: &network, observer: &changes)
    }

    private func expectLost(_ summary: TracerouteSummary) {
        #expect(summary.sent >= summary.received && summary.unsent > 0, "\(summary)")
        #expect(summary.verdicts.allSatisfy { if case .balanced = $0 { true } else { false } }, "\(summary)")
        #expect(summary.firstFailure == .interface("no carrier"), "\(summary)")
    }

    @Test(
        "each probe lost on the local link is counted once, whatever else happens to the link",
        arguments: [[9, 9, 12, 15, 15], [0, 1, 2, 3, 4], [9, 20, 300, 400, 400]] as [[Int64]])
    func changes(milliseconds: [Int64]) {
        for method in [TracerouteMethod.udp, .icmp, .tcp] {
            var engine = TracerouteEngine([.simulated(method, firstMark: 1)])
            runWithChanges(&engine, at: milliseconds) { $0.setLink($1, ofTarget: 0) }
            let summary = engine.summary(of: 0)
            expectLost(summary)
            let couldSend = engine.couldSend
            #expect(!couldSend)
        }
        var paths = PathsEngine(.simulated(.udp, firstMark: 1), MDAStoppingRule(confidence: 0.95))
        runWithChanges(&paths, at: milliseconds) { $0.setLink($1) }
        expectLost(paths.summary)
        var monitor = CyclesEngine(.simulated(.icmp, firstMark: 1), cycles: 3, interval: .seconds(1))
        runWithChanges(&monitor, at: milliseconds) { $0.setLink($1) }
        expectLost(monitor.summary)
        #expect(monitor.hops.allSatisfy { $0.sent == $0.received }, "\(monitor.hops)")
    }
}
