import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("traceroute --report --mtu on the simulated network")
struct CyclesMTUTests {
    private func monitor(
        _ narrow: [Int: (mtu: Int, isTold: Bool)], cycles: Int = 10, method: TracerouteMethod = .icmp,
        linkMTU: Int = 1_500, seed: UInt64 = 1, loss: Double = 0, prepare: (inout SimulatedPath) -> Void = { _ in }
    ) -> (hops: [CyclesHop], summary: TracerouteSummary) {
        var configuration = TracerouteConfiguration.simulated()
        configuration.method = method
        configuration.findsPathMTU = true
        configuration.dontFragment = true
        configuration.longestPacket = linkMTU
        var engine = CyclesEngine(configuration, cycles: cycles, interval: .milliseconds(500))
        var network = SimulatedNetwork(seed: seed)
        network.faults.loss = loss
        var path = SimulatedPath(routers: Array(repeating: .answers, count: 5), seed: seed)
        path.narrowLinks = narrow
        prepare(&path)
        network.path = path
        var recorder = Recorder<CyclesEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return (engine.hops, engine.summary)
    }

    @Test(
        "the MTU of each hop from errors, from the first cycle on, without an effect on loss and counts",
        arguments: [TracerouteMethod.udp, .icmp], [1, 10])
    func reported(method: TracerouteMethod, cycles: Int) {
        let outcome = monitor([2: (1_400, true), 4: (1_280, true)], cycles: cycles, method: method)
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_500, 1_400, 1_400, 1_280, 1_280])
        #expect(outcome.hops.allSatisfy { $0.sent == cycles && $0.received == cycles })
        #expect(outcome.summary.pathMTU == 1_280 && outcome.summary.verdicts.isEmpty, "\(outcome.summary)")
        #expect(outcome.summary.elapsed < .milliseconds(500) * Int64(cycles))
    }

    @Test("a black hole is reported with hop and size", arguments: [1, 10])
    func blackHole(cycles: Int) {
        let outcome = monitor([3: (1_400, false)], cycles: cycles)
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_500, 1_500, 1_400, 1_400, 1_400])
        #expect(outcome.summary.verdicts == [.mtuBlackHole(timeToLive: 3, size: 1_400)], "\(outcome.summary)")
    }

    @Test("hops that reply late, or never, and a target that does not reply")
    func unresponsive() {
        let silent = monitor([4: (1_400, true)]) { $0.routers[1] = .unresponsive }
        #expect(silent.hops.map(\.mtu) == [1_500, nil, 1_500, 1_500, 1_400, 1_400])
        let dead = monitor([2: (1_400, true)]) { $0.targetAnswers = false }
        #expect(dead.hops.map(\.mtu) == [1_500, 1_500, 1_400, 1_400, 1_400, nil])
        #expect(dead.summary.verdicts == [.unreachable(last: 5)])
    }

    @Test("20 % loss: no wrong MTU and no black hole in 60 seeds")
    func loss() {
        for seed in 0..<UInt64(60) {
            let outcome = monitor([3: (1_400, true)], cycles: 20, seed: seed, loss: 0.2)
            for hop in outcome.hops {
                guard let mtu = hop.mtu else { continue }
                #expect(mtu == (hop.timeToLive <= 3 ? 1_500 : 1_400), "seed \(seed): hop \(hop.timeToLive) \(mtu)")
            }
            #expect(outcome.summary.pathMTU == 1_400, "seed \(seed)")
            let isHole = outcome.summary.verdicts.contains { if case .mtuBlackHole = $0 { true } else { false } }
            #expect(!isHole, "seed \(seed): \(outcome.summary.verdicts)")
        }
    }
}
