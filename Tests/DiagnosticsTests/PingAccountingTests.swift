import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The counters and the end of a ping, as CONTRACT defines them.
@Suite("ping accounting")
struct PingAccountingTests {
    private func every100ms(
        _ count: Int, timeout: Nanoseconds = .seconds(1),
        _ configure: @escaping (inout PingConfiguration) -> Void = { _ in },
        faults: SimulatedNetwork.Faults
    ) -> PingScenario.Outcome {
        PingScenario(
            configure: {
                $0.count = count
                $0.interval = .milliseconds(100)
                $0.timeout = timeout
                configure(&$0)
            }, faults: faults
        ).run()
    }

    private func faults(drops: ClosedRange<Int>, late: [Int: Nanoseconds] = [:]) -> SimulatedNetwork.Faults {
        var faults = SimulatedNetwork.Faults()
        faults.drops = Set(drops)
        faults.late = late
        return faults
    }

    private func reports(_ outcome: PingScenario.Outcome) -> [PingReport] {
        outcome.events.compactMap { if case .report(let report) = $0 { report } else { nil } }
    }

    // MARK: Outages

    @Test(
        "an outage lasts from the first lost probe to the next answered one, whatever the timeout",
        arguments: [1, 3, 10])
    func outage(seconds: Int64) {
        let outcome = every100ms(40, timeout: .seconds(seconds), faults: faults(drops: 5...6))
        #expect(outcome.summary.outage.wholeMilliseconds == 200 && outcome.summary.lost == 2)
        let long = every100ms(60, timeout: .seconds(seconds), faults: faults(drops: 11...20))
        #expect(long.summary.outage.wholeMilliseconds == 1_000, "\(long.summary.outage)")
        #expect(long.summary.longestOutage == long.summary.outage)
    }

    @Test("several outages add up, and the longest is reported")
    func several() {
        var faults = faults(drops: 5...5)
        faults.drops.formUnion([10, 11, 12, 30])
        let outcome = every100ms(40, faults: faults)
        #expect(
            outcome.summary.outage.wholeMilliseconds == 500 && outcome.summary.longestOutage.wholeMilliseconds == 300)
    }

    @Test("a late reply is a reply: it ends an outage and starts none")
    func lateReply() {
        let outcome = every100ms(
            40, timeout: .milliseconds(300), faults: faults(drops: 8...8, late: [5: .milliseconds(700)]))
        #expect(outcome.summary.late == 1 && outcome.summary.lost == 1)
        #expect(outcome.summary.outage.wholeMilliseconds == 100, "\(outcome.summary.outage)")
    }

    @Test("an outage that lasts to the end ends with the last probe")
    func lasting() {
        let outcome = every100ms(20, timeout: .seconds(10), faults: faults(drops: 11...20))
        #expect(outcome.summary.outage.wholeMilliseconds == 1_000, "\(outcome.summary.outage)")
    }

    @Test("a report shows the outage of its own second, although the timeout is longer")
    func reportedOutage() {
        let outcome = every100ms(
            60, timeout: .seconds(10), { $0.reportInterval = .seconds(1) }, faults: faults(drops: 22...41))
        // From 2.1 s to 4.1 s.
        let found = reports(outcome).map { $0.interval.outage.wholeMilliseconds }
        #expect(found.count >= 5, "\(found)")
        #expect(found.prefix(2) == [0, 0] && (850...900).contains(found[2]), "\(found)")
        #expect(found[3] == 1_000 && found[4] == 100, "\(found)")
        #expect(outcome.summary.outage.wholeMilliseconds == 2_000)
    }

    @Test("probes beyond the window of sequence numbers keep their outages")
    func longRun() {
        let outcome = PingScenario(
            configure: {
                $0.count = 70_000
                $0.interval = .milliseconds(1)
                $0.timeout = .milliseconds(100)
            }, faults: faults(drops: 1_001...1_100), keepsEvents: false
        ).run()
        #expect(outcome.summary.outage.wholeMilliseconds == 100 && outcome.summary.lost == 100)
    }

    // MARK: The end

    /// The duration of a run, by the simulated clock.
    private func duration(_ scenario: PingScenario) -> Nanoseconds {
        var engine = PingEngine(scenario.configuration)
        var network = SimulatedNetwork(seed: 1, faults: scenario.faults)
        scenario.prepare(&network)
        var recorder = Recorder<PingEngine>()
        let start = network.now
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return network.now - start
    }

    @Test("a run ends when every probe has a reply or a final error")
    func end() {
        var scenario = PingScenario(configure: {
            $0.count = 1
            $0.timeout = .seconds(10)
        })
        #expect(duration(scenario) < .milliseconds(10))
        // Rejected by this host.
        scenario.faults.refusal = 1
        #expect(duration(scenario) < .milliseconds(10))
        scenario.faults.refusal = 0
        // Rejected by a router.
        scenario.prepare = {
            $0.everybody = .refuses(
                type: .destinationUnreachable, code: 1, restOfHeader: 0, from: IPv4Address(192, 0, 2, 254))
        }
        #expect(duration(scenario) < .milliseconds(10))
    }

    @Test("exceeding the link MTU is a final error, and needs no wait")
    func tooLong() {
        var header = PingProbeHeader()
        header.pathMTUDiscovery = .do
        let scenario = PingScenario(
            dataLength: 1_473, header: header, configure: { $0.count = 1 }, faults: SimulatedNetwork.Faults())
        let outcome = scenario.run()
        #expect(outcome.summary.transmitted == 1 && outcome.summary.lost + outcome.summary.failed <= 1)
    }

    @Test("with a deadline a local send failure does not end the run, an ICMP error does")
    func deadline() {
        var faults = SimulatedNetwork.Faults()
        faults.refusal = 1
        func run(_ prepare: @escaping (inout SimulatedNetwork) -> Void = { _ in }) -> PingSummary {
            PingScenario(
                configure: {
                    $0.count = nil
                    $0.deadline = .seconds(4)
                }, faults: faults, prepare: prepare
            ).run().summary
        }
        #expect(run().failed == 4)
        faults.refusal = 0
        let refused = run {
            $0.everybody = .refuses(
                type: .destinationUnreachable, code: 1, restOfHeader: 0, from: IPv4Address(192, 0, 2, 254))
        }
        #expect(refused.transmitted == 1 && refused.errors == 1)
    }

    @Test("replies received together count only up to the requested number")
    func together() {
        // The first two are equally late: a next hop that was resolved slowly.
        let outcome = PingScenario(
            configure: {
                $0.count = 1
                $0.deadline = .seconds(10)
                $0.timeout = .seconds(5)
            }, faults: faults(drops: 99...99, late: [1: .milliseconds(2_000), 2: .milliseconds(1_000)])
        ).run()
        #expect(outcome.summary.received == 1 && outcome.isBalanced, "\(outcome.summary)")
    }

    // MARK: Figures

    @Test("without a timeout no reply is late, and no probe times out while the run lasts")
    func noTimeout() {
        let outcome = every100ms(
            10, timeout: PingConfiguration.noTimeout, faults: faults(drops: 99...99, late: [3: .milliseconds(600)]))
        #expect(outcome.summary.late == 0 && outcome.summary.answered == 10 && outcome.timeouts.isEmpty)
    }

    @Test("duplicates do not count in the round-trip figures")
    func duplicates() {
        var faults = SimulatedNetwork.Faults()
        faults.duplication = 1
        let outcome = every100ms(10, faults: faults)
        #expect(outcome.summary.duplicates == 9 || outcome.summary.duplicates == 10)
        #expect(outcome.summary.roundTrips.count == 10 && outcome.summary.received == 10)
    }

    @Test("a reply with part of the data does not count as reassembled")
    func partOfTheData() throws {
        let plan = try PingFragmentPlan(size: 64)
        var summary = PingSummary()
        summary.answered = 2
        summary.truncated = 2
        #expect(FragmentVerdict(plan, summary) == .truncated)
        summary.truncated = 1
        #expect(FragmentVerdict(plan, summary) == .reassembled)
    }

    @Test("datagrams are numbered from a random start per run")
    func identification() {
        var header = PingProbeHeader()
        header.firstIdentification = 0xFFFE
        let outcome = PingScenario(header: header, configure: { $0.count = 3 }).run()
        let numbers = outcome.log.map { Int($0.bytes[4]) << 8 | Int($0.bytes[5]) }
        #expect(numbers == [0xFFFF, 0, 1])
    }
}
