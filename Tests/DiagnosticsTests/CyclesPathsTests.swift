import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("traceroute --report --paths on the simulated network")
struct CyclesPathsTests {
    private struct Outcome {
        var paths: [CyclesPath]
        var summary: TracerouteSummary
        var cycles: Int
        var times: [Instant]

        /// The addresses of each path; nil for an unresponsive hop.
        var addresses: [[IPAddress?]] { paths.map { $0.hops.map(\.addresses.first) } }
    }

    private func measure(
        _ graph: SimulatedGraph, cycles: Int = 5, interval: Nanoseconds = .milliseconds(100),
        confidence: Double = 0.999, stop: Nanoseconds? = nil
    ) -> Outcome {
        var engine = CyclesEngine(
            .simulated(), cycles: cycles, interval: interval, stoppingRule: MDAStoppingRule(confidence: confidence))
        var network = SimulatedNetwork(seed: graph.seed)
        network.keepsLog = true
        network.graph = graph
        if let stop { network.signals = [(Instant(nanoseconds: 1_000_000_000) + stop, .stop)] }
        var recorder = Recorder<CyclesEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(
            paths: engine.paths, summary: engine.summary, cycles: engine.cycleCount, times: network.log.map(\.at))
    }

    private func address(_ hop: Int, _ index: Int) -> IPAddress { .v4(SimulatedGraph.address(hop, index)) }

    @Test("each branch is a path of its own, with its own probes", arguments: [1, 2, 4, 16])
    func branches(width: Int) {
        for seed in 0..<UInt64(5) {
            let outcome = measure(.diamond(width, seed: seed))
            let expected = (0..<width).map {
                [address(1, 0), address(2, $0), address(3, 0), IPAddress.v4(Echo.there)]
            }
            #expect(outcome.addresses == expected, "seed \(seed)")
            #expect(outcome.paths.joined.allSatisfy { $0.sent == 5 && $0.received == 5 && $0.addresses.count == 1 })
            #expect(outcome.summary.isReached && outcome.cycles == 5 && outcome.summary.unsent == 0)
            #expect(outcome.paths.allSatisfy { $0.verdicts.isEmpty })
            // The paths take turns.
            let cycles = Nanoseconds.milliseconds(Int64(100 * 5 * width))
            let elapsed = outcome.summary.elapsed
            #expect(elapsed > cycles - .milliseconds(100) && elapsed < cycles + .seconds(1), "\(elapsed.seconds)")
        }
    }

    @Test("after the first cycle of each path every hop is probed once per interval, as on one path")
    func rate() {
        let outcome = measure(.diamond(4, seed: 3), cycles: 10)
        let last = outcome.times.suffix(4 * 4 * 9)
        for (first, later) in zip(last, last.dropFirst(4)) { #expect(later - first >= .milliseconds(99)) }
    }

    @Test("a dead branch is a path with loss from its next hop on, and no loss elsewhere", arguments: 0..<10)
    func deadBranch(seed: UInt64) {
        var graph = SimulatedGraph.diamond(2, seed: seed)
        graph.dropping = [[2, 1]]
        let outcome = measure(graph)
        #expect(
            outcome.addresses == [
                [address(1, 0), address(2, 0), address(3, 0), .v4(Echo.there)], [address(1, 0), address(2, 1), nil],
            ])
        #expect(outcome.paths.first?.hops.allSatisfy { $0.sent == 5 && $0.lost == 0 } == true)
        #expect(outcome.paths.last?.hops.map(\.lost) == [0, 0, 5])
        #expect(outcome.summary.isReached)
        #expect(
            outcome.summary.verdicts.contains(.deadBranch(timeToLive: 2, router: address(2, 1))),
            "\(outcome.summary.verdicts)")
    }

    @Test("loss on one branch is reported for its path only", arguments: 0..<10)
    func lossyBranch(seed: UInt64) {
        var graph = SimulatedGraph.diamond(3, seed: seed)
        graph.lossy = [[2, 1]: 0.3]
        let outcome = measure(graph, cycles: 100)
        #expect(outcome.paths.count == 3)
        for (index, path) in outcome.paths.enumerated() {
            let losses = path.verdicts.compactMap {
                if case .loss(let hop, let percent) = $0 { (hop, percent) } else { nil }
            }
            #expect(losses.map(\.0) == (index == 1 ? [3] : []), "seed \(seed), path \(index): \(path.verdicts)")
            if let percent = losses.first?.1 { #expect((15..<45).contains(percent)) }
            #expect(index == 1 || path.hops.allSatisfy { $0.lost == 0 })
        }
    }

    @Test("every link of nested, crossing and serial branches is on a path", arguments: 0..<5)
    func links(seed: UInt64) {
        let shapes: [[[[Int]]]] = [
            [[[0, 1]], [[0, 1], [2, 3]], [[0], [0], [0], [0]], [[]]],
            [[[0, 1]], [[0, 1], [0, 1]], [[0], [0]], [[]]],
            [[[0]], [[0, 1, 2]], [[0], [0], [0]], [[0, 1]], [[0], [0]], [[]]],
        ]
        for (index, shape) in shapes.enumerated() {
            let graph = SimulatedGraph(shape, seed: seed &+ 1)
            let outcome = measure(graph, cycles: 1)
            var links: Set<[Int]> = []
            for path in outcome.addresses {
                for (hop, (from, to)) in zip(path, path.dropFirst()).enumerated() {
                    guard case .v4(let from)? = from, case .v4(let to)? = to, to != Echo.there else { continue }
                    links.insert([hop + 2, Int(from.rawValue & 0xFF) - 1, Int(to.rawValue & 0xFF) - 1])
                }
            }
            #expect(links == graph.links && Set(outcome.addresses).count == outcome.paths.count, "shape \(index)")
        }
    }

    @Test("a limit of errors that the paths share is no loss", arguments: [100, 500])
    func limited(interval: Int64) {
        var graph = SimulatedGraph.diamond(2, seed: 5)
        graph.burst = 6
        graph.targetBurst = 6
        let outcome = measure(graph, cycles: 30, interval: .milliseconds(interval), confidence: 0.95)
        let losses = outcome.paths.flatMap(\.verdicts).filter { if case .loss = $0 { true } else { false } }
        #expect(outcome.paths.count == 2 && losses.isEmpty, "\(losses)")
    }

    @Test("routers whose limit of errors the search used up keep the addresses that it found")
    func limitedFromSearch() {
        var graph = SimulatedGraph.diamond(2, seed: 5)
        graph.burst = 6
        graph.targetBurst = 1
        let outcome = measure(graph, cycles: 1, confidence: 0.95)
        #expect(
            outcome.addresses.map { $0.prefix(3) } == [0, 1].map { [address(1, 0), address(2, $0), address(3, 0)] })
        #expect(outcome.addresses.first?.last == .v4(Echo.there))
        #expect(outcome.paths.joined.contains { $0.received == 0 })
    }

    @Test("stopped during the search, and during the cycles; a target that never replies")
    func stopped() {
        let early = measure(.diamond(4, seed: 1), stop: .milliseconds(5))
        #expect(early.cycles == 0 && early.paths.allSatisfy { $0.hops.allSatisfy { $0.sent == 0 } })
        let later = measure(.diamond(4, seed: 1), cycles: 100, stop: .seconds(3))
        #expect(later.cycles > 0 && later.cycles < 100 && later.paths.count == 4 && later.summary.isReached)
        var graph = SimulatedGraph.diamond(1, seed: 1)
        graph.dropping = [[1, 0]]
        let dead = measure(graph)
        #expect(dead.addresses == [[address(1, 0), nil]] && !dead.summary.isReached)
        #expect(dead.summary.verdicts == [.unreachable(last: 1)])
    }
}

extension [CyclesPath] {
    fileprivate var joined: [CyclesHop] { flatMap(\.hops) }
}
