import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("traceroute --mtu on the simulated network")
struct PathMTUTests {
    private func trace(
        _ narrow: [Int: (mtu: Int, isTold: Bool)], hops: Int = 6, seed: UInt64 = 1, loss: Double = 0,
        method: TracerouteMethod = .udp, prepare: (inout SimulatedPath) -> Void = { _ in }
    ) -> (hops: [TraceHop], summary: TracerouteSummary) {
        var configuration = TracerouteConfiguration.simulated()
        configuration.method = method
        configuration.findsPathMTU = true
        configuration.dontFragment = true
        configuration.longestPacket = 1_500
        var engine = TracerouteEngine([configuration])
        var network = SimulatedNetwork(seed: seed)
        network.faults.loss = loss
        var path = SimulatedPath(routers: Array(repeating: .answers, count: hops - 1))
        path.narrowLinks = narrow
        prepare(&path)
        network.path = path
        var recorder = Recorder<TracerouteEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let found = recorder.events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } }
        return (found, engine.summary(of: 0))
    }

    @Test("the MTU of each hop from routers' errors", arguments: [TracerouteMethod.udp, .icmp])
    func reported(method: TracerouteMethod) {
        let outcome = trace([2: (1_400, true), 4: (1_280, true)], method: method)
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_500, 1_400, 1_400, 1_280, 1_280])
        #expect(outcome.summary.pathMTU == 1_280 && outcome.summary.verdicts.isEmpty)
        #expect(outcome.summary.elapsed < .milliseconds(150), "\(outcome.summary.elapsed.wholeMilliseconds)")
    }

    @Test("a black hole is reported with hop and size in less than 3 seconds", arguments: [1_400, 1_499, 61, 576])
    func blackHole(size: Int) {
        let outcome = trace([3: (size, false)])
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_500, 1_500, size, size, size])
        #expect(outcome.summary.verdicts == [.mtuBlackHole(timeToLive: 3, size: size)])
        #expect(outcome.summary.elapsed < .seconds(3), "\(outcome.summary.elapsed.wholeMilliseconds)")
        #expect(outcome.summary.isReached)
    }

    @Test("a black hole before and after links whose routers report their MTU")
    func mixed() {
        let outcome = trace([1: (1_480, true), 2: (1_400, false), 4: (1_300, true)])
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_480, 1_400, 1_400, 1_300, 1_300])
        #expect(outcome.summary.verdicts == [.mtuBlackHole(timeToLive: 2, size: 1_400)])
    }

    @Test("an unresponsive router, and one that answers only small packets, are not black holes")
    func silentRouter() {
        let outcome = trace([4: (1_400, true)]) { $0.routers[1] = .unresponsive }
        #expect(outcome.hops.map(\.mtu) == [1_500, nil, 1_500, 1_500, 1_400, 1_400])
        #expect(outcome.summary.verdicts == [.silentHop(timeToLive: 2)])
    }

    @Test("a target that limits its errors is waited for")
    func limited() {
        let outcome = trace([5: (1_400, false)]) { $0.targetBurst = 6 }
        #expect(outcome.summary.verdicts == [.mtuBlackHole(timeToLive: 5, size: 1_400)], "\(outcome.summary)")
        // The trace, a retry of the target, and the search.
        #expect(outcome.summary.elapsed < .seconds(7), "\(outcome.summary.elapsed.seconds)")
    }

    @Test(
        "a router that limits its errors as Linux does (1 per second after 6) and reports the MTU is no black hole"
    )
    func limitedRouter() {
        for burst in 1...8 {
            for hop in 1...4 {
                let outcome = trace([hop: (1_400, true)]) { path in
                    path.routers = Array(repeating: .limits(burst: burst, perSecond: 1), count: 5)
                    path.targetBurst = 6
                }
                let isHole = outcome.summary.verdicts.contains {
                    if case .mtuBlackHole = $0 { true } else { false }
                }
                #expect(!isHole && outcome.summary.pathMTU == 1_400, "burst \(burst), hop \(hop): \(outcome.summary)")
                for found in outcome.hops {
                    guard let mtu = found.mtu else { continue }
                    #expect(mtu == (found.timeToLive <= hop ? 1_500 : 1_400), "burst \(burst), hop \(hop)")
                }
                #expect(outcome.summary.elapsed < .seconds(8))
            }
        }
    }

    @Test("a black hole among routers that limit their errors: the search ends within 5 seconds")
    func limitedHole() {
        for burst in 1...8 {
            let outcome = trace([3: (1_400, false)]) { path in
                path.routers = Array(repeating: .limits(burst: burst, perSecond: 1), count: 5)
            }
            let hole = outcome.summary.verdicts.filter { if case .mtuBlackHole = $0 { true } else { false } }
            #expect(hole == [.mtuBlackHole(timeToLive: 3, size: 1_400)], "burst \(burst): \(outcome.summary)")
            #expect(outcome.summary.elapsed < .seconds(8), "burst \(burst): \(outcome.summary.elapsed.seconds)")
        }
    }

    @Test("a router that reports the MTU but otherwise does not reply: hops before it keep theirs")
    func silentReporter() {
        let outcome = trace([3: (1_400, true)]) { path in
            path.routers[2] = .unresponsive
            // They reply to the trace, and not to the search.
            path.routers[0] = .limits(burst: 3, perSecond: 0)
            path.routers[1] = .limits(burst: 3, perSecond: 0)
        }
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_500, nil, 1_400, 1_400, 1_400])
        #expect(outcome.summary.verdicts == [.silentHop(timeToLive: 3)], "\(outcome.summary)")
    }

    @Test("an old router that reports no MTU is not a black hole, and the size is found", arguments: [0, 1_500, 9_000])
    func reportedWithoutMTU(reported: Int) {
        let outcome = trace([3: (1_400, true)]) { $0.reportedMTU = reported }
        #expect(outcome.hops.map(\.mtu) == [1_500, 1_500, 1_500, 1_400, 1_400, 1_400])
        #expect(outcome.summary.verdicts.isEmpty && outcome.summary.elapsed < .seconds(3), "\(outcome.summary)")
    }

    @Test("with loss the size is correct or smaller, and no black hole is made up", arguments: 0..<60)
    func loss(seed: UInt64) {
        let clear = trace([2: (1_400, true)], seed: seed, loss: 0.05)
        #expect(!clear.summary.verdicts.contains { if case .mtuBlackHole = $0 { true } else { false } }, "seed \(seed)")
        #expect(clear.summary.pathMTU == 1_400, "seed \(seed): \(clear.summary)")
        let hole = trace([2: (1_400, false)], seed: seed, loss: 0.05)
        #expect(
            hole.summary.verdicts.contains(.mtuBlackHole(timeToLive: 2, size: 1_400)), "seed \(seed): \(hole.summary)")
    }
}
