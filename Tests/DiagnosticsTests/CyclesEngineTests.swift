import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("traceroute --report on the simulated network")
struct CyclesEngineTests {
    private struct Outcome {
        var hops: [CyclesHop]
        var summary: TracerouteSummary
        var times: [Instant]
        var cycles: Int
    }

    private func monitor(
        _ path: SimulatedPath, cycles: Int = 10, interval: Nanoseconds = .seconds(1), seed: UInt64 = 1,
        loss: Double = 0, stop: Nanoseconds? = nil, method: TracerouteMethod = .udp
    ) -> Outcome {
        var configuration = TracerouteConfiguration(
            source: .v4(Echo.here), destination: .v4(Echo.there), sourcePort: 40_000, identifier: 77,
            firstMark: UInt16(truncatingIfNeeded: 1 + seed &* 7_919 % 60_000), sequenceSecret: 0x5A5A)
        configuration.method = method
        var engine = CyclesEngine(configuration, cycles: cycles, interval: interval)
        var network = SimulatedNetwork(seed: seed)
        network.keepsLog = true
        network.faults.loss = loss
        network.path = path
        if let stop { network.signals = [(Instant(nanoseconds: 1_000_000_000) + stop, .stop)] }
        var recorder = Recorder<CyclesEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(
            hops: engine.hops, summary: engine.summary, times: network.log.map(\.at), cycles: engine.cycleCount)
    }

    @Test("ten cycles: every hop ten times, none probed more than once per interval")
    func cycles() {
        let outcome = monitor(SimulatedPath(routers: Array(repeating: .answers, count: 5)))
        #expect(outcome.hops.count == 6 && outcome.hops.allSatisfy { $0.sent == 10 && $0.received == 10 })
        #expect(outcome.summary.isReached && outcome.summary.verdicts.isEmpty && outcome.cycles == 10)
        for (index, hop) in outcome.hops.enumerated() {
            #expect(hop.statistics.average.wholeMilliseconds == Int64(4 * (index + 1)) && hop.recent.count == 10)
        }
        #expect(outcome.summary.elapsed > .seconds(9) && outcome.summary.elapsed < .seconds(10))
        // The first cycle ran ahead, by at most the gap.
        #expect(outcome.times.count <= 60 + 8)
    }

    @Test("an unresponsive hop, an unresponsive target, and the retried end")
    func silence() {
        var routers = Array(repeating: SimulatedPath.Router.answers, count: 5)
        routers[2] = .unresponsive
        let unresponsive = monitor(SimulatedPath(routers: routers), cycles: 3)
        #expect(unresponsive.hops[2].isUnresponsive && unresponsive.hops[2].sent == 3)
        #expect(unresponsive.summary.verdicts == [.silentHop(timeToLive: 3)])
        let dead = monitor(SimulatedPath(routers: routers, targetAnswers: false), cycles: 3)
        #expect(dead.hops.count == 6 && dead.hops[5].isUnresponsive && !dead.summary.isReached)
        #expect(dead.summary.verdicts == [.silentHop(timeToLive: 3), .unreachable(last: 5)])
        let stopped = monitor(SimulatedPath(routers: routers), cycles: 1_000, stop: .milliseconds(4_500))
        #expect(stopped.cycles == 5 || stopped.cycles == 4)
        #expect(stopped.hops.count == 6 && stopped.summary.elapsed < .milliseconds(4_600))
    }

    @Test("10 % loss on a link: the link is reported in 95 of 100 seeds", arguments: [2, 6, 9])
    func loss(link: Int) {
        var named = 0
        var others: [[TraceVerdict]] = []
        for seed in 0..<UInt64(100) {
            var path = SimulatedPath(routers: Array(repeating: .answers, count: 9), seed: seed)
            path.lossyLinks = [link: 0.1]
            let outcome = monitor(path, cycles: 100, interval: .milliseconds(100), seed: seed)
            if outcome.summary.verdicts.count == 1, case .loss(link, let percent) = outcome.summary.verdicts[0],
                percent > 5
            {
                named += 1
            } else {
                others.append(outcome.summary.verdicts)
            }
        }
        #expect(named >= 95, "named \(named): \(others)")
    }

    @Test("routers that limit their replies are not reported as loss, with and without real loss")
    func limited() {
        for seed in 0..<UInt64(100) {
            var path = SimulatedPath(routers: Array(repeating: .answers, count: 9), seed: seed)
            path.routers[2] = .limits(burst: 6, perSecond: 5)
            path.routers[6] = .limits(burst: 3, perSecond: 2)
            let calm = monitor(path, cycles: 100, interval: .milliseconds(100), seed: seed).summary.verdicts
            let limited = calm.compactMap { if case .rateLimited(let hop, _) = $0 { hop } else { nil } }
            #expect(calm.count == 2 && limited == [3, 7], "seed \(seed): \(calm)")
            path.lossyLinks = [5: 0.1]
            let lossy = monitor(path, cycles: 100, interval: .milliseconds(100), seed: seed).summary.verdicts
            for verdict in lossy {
                if case .loss(let hop, _) = verdict { #expect(hop != 3 && hop != 7, "seed \(seed): \(lossy)") }
            }
        }
    }

    @Test("without loss, and with a router that limits, no seed reports a loss", arguments: 0..<20)
    func noLoss(seed: UInt64) {
        var path = SimulatedPath(routers: Array(repeating: .answers, count: 9), seed: seed)
        path.routers[8] = .limits(burst: 1, perSecond: 3)
        let verdicts = monitor(path, cycles: 50, interval: .milliseconds(100), seed: seed).summary.verdicts
        #expect(!verdicts.contains { if case .loss = $0 { true } else { false } }, "seed \(seed): \(verdicts)")
    }

    @Test(
        "Linux's default limit of ICMP errors is not loss: of the target, of every hop, at any interval",
        arguments: [0, 1, 5], [10, 100, 500])
    func defaultLimit(routers: Int, interval: Int64) {
        for limitsRouters in [false, true] {
            let router = limitsRouters ? SimulatedPath.Router.limits(burst: 6, perSecond: 1) : .answers
            var path = SimulatedPath(routers: Array(repeating: router, count: routers))
            path.targetBurst = 6
            for method in [TracerouteMethod.udp, .icmp] {
                let outcome = monitor(path, cycles: 60, interval: .milliseconds(interval), method: method)
                let losses = outcome.summary.verdicts.filter { if case .loss = $0 { true } else { false } }
                #expect(losses.isEmpty && outcome.summary.isReached, "\(method): \(outcome.summary.verdicts)")
            }
        }
    }

    @Test("loss that the target's echo replies show is reported at its link, after routers that limit their errors")
    func lossBehindLimits() {
        var named = 0
        for seed in 0..<UInt64(20) {
            var path = SimulatedPath(routers: Array(repeating: .answers, count: 5), seed: seed)
            path.routers[1] = .limits(burst: 6, perSecond: 1)
            path.lossyLinks = [4: 0.7]
            let outcome = monitor(path, cycles: 100, interval: .milliseconds(100), seed: seed, method: .icmp)
            let losses = outcome.summary.verdicts.compactMap { if case .loss(let hop, _) = $0 { hop } else { nil } }
            if losses == [4] { named += 1 }
        }
        #expect(named >= 19, "\(named)")
    }

    @Test("a day of cycles: memory does not grow")
    func day() {
        let configuration = TracerouteConfiguration.simulated(.icmp)
        var engine = CyclesEngine(configuration, cycles: 86_400, interval: .seconds(1))
        var network = SimulatedNetwork(seed: 7)
        network.path = SimulatedPath(routers: [.answers])
        var recorder = Recorder<CyclesEngine>()
        recorder.keeps = false
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let (hops, elapsed, remembered) = (engine.hops, engine.summary.elapsed, engine.rememberedProbes)
        #expect(hops.map(\.sent) == [86_400, 86_400] && hops.allSatisfy { $0.lost == 0 })
        #expect(elapsed > .seconds(86_400 - 2) && remembered <= 512, "\(remembered)")
        #expect(hops.allSatisfy { $0.recent.count == CyclesHop.recentCapacity && $0.addresses.count == 1 })
    }

    @Test("200,000 probes: none is missing from the counters, and reused numbers cause no confusion")
    func manyProbes() {
        var path = SimulatedPath(routers: Array(repeating: .answers, count: 9), seed: 7)
        path.lossyLinks = [4: 0.05]
        var network = SimulatedNetwork(seed: 7)
        network.path = path
        let configuration = TracerouteConfiguration(
            source: .v4(Echo.here), destination: .v4(Echo.there), sourcePort: 40_000, identifier: 77,
            firstMark: 60_000, sequenceSecret: 0x5A5A)
        var engine = CyclesEngine(configuration, cycles: 20_000, interval: .milliseconds(10))
        var recorder = Recorder<CyclesEngine>()
        recorder.keeps = false
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let (hops, summary) = (engine.hops, engine.summary)
        #expect(hops.count == 10 && hops.allSatisfy { $0.sent == 20_000 }, "\(hops.map(\.sent)) \(summary.sent)")
        #expect(hops[..<3].allSatisfy { $0.lost == 0 } && summary.sent >= 200_000)
        // 1 - 0.95^2 of the rest.
        #expect(hops[3...].allSatisfy { (1_750...2_150).contains($0.lost) }, "\(hops.map(\.lost))")
        #expect(hops.allSatisfy { $0.statistics.maximum.wholeMilliseconds == Int64(4 * $0.timeToLive) })
        #expect(summary.verdicts.map(\.timeToLive) == [4], "\(summary.verdicts)")
    }
}
