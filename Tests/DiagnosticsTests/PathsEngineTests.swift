import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("traceroute --paths on the simulated network")
struct PathsEngineTests {
    private struct Outcome {
        var graph: PathGraph
        var summary: TracerouteSummary

        /// Links as the hop of the end and both indices, without those to the target.
        var links: Set<[Int]> {
            Set(
                graph.links.compactMap { link in
                    guard case .v4(let from)? = link.from, case .v4(let to)? = link.to, to != Echo.there else {
                        return nil
                    }
                    return [link.timeToLive, Int(from.rawValue & 0xFF) - 1, Int(to.rawValue & 0xFF) - 1]
                })
        }
    }

    private func trace(
        _ graph: SimulatedGraph, confidence: Double = 0.95, loss: Double = 0,
        configure: (inout TracerouteConfiguration) -> Void = { _ in }
    ) -> Outcome {
        var configuration = TracerouteConfiguration.simulated()
        configure(&configuration)
        var engine = PathsEngine(configuration, MDAStoppingRule(confidence: confidence))
        var network = SimulatedNetwork(seed: graph.seed)
        network.faults.loss = loss
        network.graph = graph
        var recorder = Recorder<PathsEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(graph: engine.graph, summary: engine.summary)
    }

    @Test("stopping rule: one of K equal branches is missed with at most a router's share of the error probability")
    func stoppingRule() {
        let points = MDAStoppingRule(confidence: 0.95)
        #expect((1...6).map(points.flows) == [8, 15, 22, 29, 37, 44])
        #expect(MDAStoppingRule(confidence: 0.999).flows(1) == 14)
        // Exactly, for two: 2 (1/2)^n <= 0.05 / 6.
        #expect(2.0 / 128 > 0.05 / 6 && 2.0 / 256 <= 0.05 / 6)
    }

    @Test(
        "four equal branches: all found in 97 of 100 seeds at 95 %, usually with at most 100 packets, in 4 round trips"
    )
    func fourBranches() {
        var found = 0
        var packets: [Int] = []
        var times: [Nanoseconds] = []
        for seed in 0..<UInt64(100) {
            let graph = SimulatedGraph.diamond(4, seed: seed)
            let outcome = trace(graph)
            if outcome.links == graph.links { found += 1 }
            packets.append(outcome.summary.sent)
            times.append(outcome.summary.elapsed)
            #expect(outcome.summary.isReached && outcome.links.isSubset(of: graph.links), "seed \(seed)")
        }
        packets.sort()
        times.sort()
        #expect(found >= 97 && packets[50] <= 100, "found \(found), packets \(packets)")
        // Four hops of 2 ms per link: a round trip of 16 ms.
        #expect(times[90] <= .milliseconds(4 * 16 + 20), "\(times.map(\.wholeMilliseconds))")
    }

    @Test("at 99.9 % all are found, with every seed")
    func fourBranchesSurely() {
        for seed in 0..<UInt64(100) {
            let graph = SimulatedGraph.diamond(4, seed: seed)
            #expect(trace(graph, confidence: 0.999).links == graph.links, "seed \(seed)")
        }
    }

    @Test("wider, nested and crossing paths", arguments: 0..<10)
    func shapes(seed: UInt64) {
        let shapes: [[[[Int]]]] = [
            [[Array(0..<16)], Array(repeating: [0], count: 16), [[]]],
            [[[0, 1]], [[0, 1], [2, 3]], [[0], [0], [0], [0]], [[]]],
            [[[0, 1]], [[0, 1], [0, 1]], [[0], [0]], [[]]],
            [[[0]], [[0, 1, 2]], [[0], [0], [0]], [[0, 1]], [[0], [0]], [[]]],
        ]
        for (index, shape) in shapes.enumerated() {
            let graph = SimulatedGraph(shape, seed: seed &+ 1)
            let outcome = trace(graph, confidence: 0.999)
            #expect(outcome.links == graph.links, "seed \(seed), shape \(index)")
            #expect(outcome.summary.isReached && outcome.graph.hops.count == shape.count + 1)
        }
    }

    @Test("a single path takes few packets")
    func single() {
        let outcome = trace(SimulatedGraph([[[0]], [[0]], [[0]], [[]]], seed: 1))
        #expect(outcome.summary.isReached && outcome.graph.hops.map(\.count) == [1, 1, 1, 1, 1])
        #expect(outcome.summary.verdicts.isEmpty && outcome.summary.sent <= 5 * 8)
        #expect(outcome.graph.links.count == 4)
    }

    @Test("an unresponsive router among others is a node of its own; an unresponsive hop is one node")
    func unresponsive() {
        var graph = SimulatedGraph.diamond(2, seed: 3)
        graph.unresponsive = [[2, 1]]
        let outcome = trace(graph)
        #expect(outcome.graph.hops[1].map { $0.address != nil }.sorted { $0 && !$1 } == [true, false])
        #expect(outcome.summary.isReached && outcome.summary.elapsed < .seconds(3))
        graph.unresponsive = [[2, 0], [2, 1]]
        let whole = trace(graph)
        #expect(whole.graph.hops[1].map(\.address) == [nil] && whole.summary.verdicts == [.silentHop(timeToLive: 2)])
    }

    @Test("with loss no node is made up, and existing ones are found", arguments: 0..<20)
    func loss(seed: UInt64) {
        let graph = SimulatedGraph.diamond(4, seed: seed)
        let outcome = trace(graph, confidence: 0.999, loss: 0.1)
        #expect(outcome.links == graph.links, "seed \(seed)")
        let unresponsive = outcome.graph.hops.joined().filter { $0.address == nil }
        #expect(unresponsive.count <= 1, "seed \(seed): \(unresponsive)")
    }

    @Test("routers that limit errors per peer are probed at their rate")
    func limited() {
        var graph = SimulatedGraph.diamond(2, seed: 5)
        graph.burst = 6
        let outcome = trace(graph)
        #expect(outcome.links == graph.links && outcome.graph.hops.joined().allSatisfy { $0.address != nil })
        #expect(outcome.summary.elapsed < .seconds(40), "\(outcome.summary.elapsed.seconds)")
    }

    @Test("a target with an exhausted error limit is found at its hop, without useless probes", arguments: 0..<6)
    func limitedTarget(burst: Int) {
        var graph = SimulatedGraph.diamond(4, seed: 5)
        graph.targetBurst = burst
        let outcome = trace(graph)
        #expect(outcome.links == graph.links && outcome.summary.isReached && outcome.graph.hops.count == 4)
        #expect(outcome.summary.elapsed < .seconds(4) && outcome.summary.sent < 120, "\(outcome.summary)")
    }

    @Test("a path with an unresponsive end terminates")
    func dead() {
        var graph = SimulatedGraph(
            [[[0]], [[0]], [[0]], [[0]], [[0]], [[0]], [[0]], [[0]], [[0]], [[0]], [[0]], [[]]], seed: 1)
        graph.unresponsive = Set((3...12).map { [$0, 0] })
        let outcome = trace(graph) { $0.maximumHops = 12 }
        #expect(!outcome.summary.isReached && outcome.summary.verdicts == [.unreachable(last: 2)])
        #expect(outcome.summary.elapsed < .seconds(3), "\(outcome.summary.elapsed.wholeMilliseconds)")
    }

    @Test("a dead branch: the working one is completed, and the router is reported", arguments: 0..<30)
    func deadBranch(seed: UInt64) {
        for limits in [nil, 6] {
            var graph = SimulatedGraph.diamond(2, seed: seed)
            graph.dropping = [[2, 1]]
            graph.targetBurst = limits
            let outcome = trace(graph)
            #expect(outcome.summary.isReached, "seed \(seed)")
            let dead = outcome.summary.verdicts.filter { if case .deadBranch = $0 { true } else { false } }
            #expect(
                dead == [.deadBranch(timeToLive: 2, router: .v4(SimulatedGraph.address(2, 1)))],
                "seed \(seed): \(outcome.summary.verdicts)")
            let hops = outcome.graph.hops.joined().filter { $0.address == .v4(Echo.there) }.map(\.timeToLive)
            #expect(hops == [4] && outcome.graph.hops.count == 4, "seed \(seed): \(hops)")
            #expect(outcome.links.isSuperset(of: [[2, 0, 0], [2, 0, 1], [3, 0, 0]]), "seed \(seed)")
            #expect(
                outcome.summary.elapsed < .seconds(limits == nil ? 6 : 10),
                "seed \(seed): \(outcome.summary.elapsed.seconds)")
        }
    }

    @Test("a branch that is dead from its first router on, which is unresponsive too", arguments: 0..<30)
    func silentDeadBranch(seed: UInt64) {
        var graph = SimulatedGraph.diamond(2, seed: seed)
        graph.dropping = [[2, 1]]
        graph.unresponsive = [[2, 1]]
        let outcome = trace(graph)
        #expect(outcome.summary.isReached && outcome.graph.hops.count == 4, "seed \(seed)")
        #expect(
            outcome.summary.verdicts.contains(.deadBranch(timeToLive: 1, router: .v4(SimulatedGraph.address(1, 0)))),
            "seed \(seed): \(outcome.summary.verdicts)")
        #expect(outcome.summary.elapsed < .seconds(6), "seed \(seed): \(outcome.summary.elapsed.seconds)")
    }

    @Test(
        "a router that loses packets is no dead branch, whatever routers and the target limit",
        arguments: [(nil, 1), (6, 6), (6, 1), (1, 1)] as [(Int?, Int?)])
    func lossyBranch(burst: Int?, targetBurst: Int?) {
        for share in [0.3, 0.5] {
            for seed in 0..<UInt64(40) {
                var graph = SimulatedGraph.diamond(2, seed: seed)
                (graph.burst, graph.targetBurst) = (burst, targetBurst)
                graph.lossy = [[2, 1]: share]
                let verdicts = trace(graph).summary.verdicts
                let isDead = verdicts.contains { if case .deadBranch = $0 { true } else { false } }
                #expect(!isDead, "\(share), seed \(seed): \(verdicts)")
            }
        }
    }

    @Test("an unresponsive router that forwards packets is not a dead branch", arguments: 0..<10)
    func silentBranch(seed: UInt64) {
        var graph = SimulatedGraph.diamond(2, seed: seed)
        graph.unresponsive = [[2, 1]]
        let verdicts = trace(graph).summary.verdicts
        #expect(!verdicts.contains { if case .deadBranch = $0 { true } else { false } }, "seed \(seed): \(verdicts)")
    }

    @Test("a first router that rejects: one round trip, whatever it limits", arguments: [nil, 6, 1])
    func refusedByFirstRouter(burst: Int?) {
        var graph = SimulatedGraph.diamond(2, seed: 1)
        graph.refusing = [[1, 0]]
        graph.burst = burst
        let outcome = trace(graph)
        #expect(outcome.summary.elapsed < .milliseconds(30), "\(outcome.summary.elapsed.wholeMilliseconds)")
        #expect(outcome.graph.hops.map { $0.map { $0.answer?.annotation } } == [["!N"]])
        #expect(outcome.summary.verdicts == [.unreachable(last: 1)])
    }
}
