import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("PingSweepEngine on the simulated network")
struct PingSweepEngineTests {
    private struct Outcome {
        var summary: PingSweepSummary
        var hosts: [PingSweepHostResult]
        var times: [Instant]
        var statistics: [[PingSweepStatistics]]
        var packets: [[UInt8]]
    }

    private func run(
        seed: UInt64 = 1, _ first: IPAddress = .v4(IPv4Address(198, 18, 0, 0)), count: Int,
        faults: SimulatedNetwork.Faults = .init(), _ configure: (inout PingSweepConfiguration) -> Void = { _ in },
        prepare: (inout SimulatedNetwork) -> Void = { _ in }
    ) throws -> Outcome {
        var targets = PingSweepTargetList()
        try targets.append(from: first, through: IPAddress(first.family, number: first.number + UInt128(count - 1)))
        var configuration = PingSweepConfiguration(targets: targets)
        for source in [IPAddress.v4(Echo.here), Echo.here6] {
            let format = PingProbeFormat(
                level: .datagram, source: source, identifier: 99, header: PingProbeHeader(),
                data: [UInt8](repeating: 7, count: 56), key: PingScenario.key(seed))
            if source.family == .v4 { configuration.v4 = format } else { configuration.v6 = format }
        }
        configure(&configuration)
        var engine = PingSweepEngine(configuration)
        var network = SimulatedNetwork(seed: seed, faults: faults)
        network.keepsLog = true
        prepare(&network)
        var recorder = Recorder<PingSweepEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let hosts = recorder.events.compactMap { if case .host(let result) = $0 { result } else { nil } }
        let statistics = recorder.events.compactMap { if case .statistics(let all, _) = $0 { all } else { nil } }
        return Outcome(
            summary: engine.summary, hosts: hosts, times: network.log.map(\.at), statistics: statistics,
            packets: network.log.map(\.bytes))
    }

    @Test("finds every host that replies, with one probe each")
    func allAnswer() throws {
        let outcome = try run(count: 5_000) { $0.rate = nil }
        #expect(outcome.summary.alive == 5_000 && outcome.summary.transmitted == 5_000)
        #expect(Set(outcome.hosts.map(\.address)).count == 5_000)
        #expect(outcome.hosts.allSatisfy { $0.isAlive && $0.roundTrip != nil && $0.hopLimit == 64 })
    }

    @Test("with a count a host is finished when each of its probes has a reply or a final error")
    func counted() throws {
        for isRefused in [false, true] {
            let outcome = try run(count: 10) {
                $0.plan = .count(3, period: .milliseconds(100))
                $0.timeout = .seconds(5)
                $0.rate = nil
            } prepare: { network in
                guard isRefused else { return }
                network.everybody = .refuses(
                    type: .destinationUnreachable, code: 1, restOfHeader: 0, from: IPv4Address(192, 0, 2, 254))
            }
            #expect(outcome.summary.alive == (isRefused ? 0 : 10) && outcome.summary.transmitted == 30)
            let elapsed = try #require(outcome.summary.end) - #require(outcome.summary.start)
            #expect(elapsed < .milliseconds(500), "\(elapsed)")
        }
    }

    @Test("unresponsive hosts get their retries, then the result")
    func unresponsive() throws {
        let outcome = try run(count: 100) {
            $0.plan = .untilAnswered(retries: 2)
            $0.timeout = .milliseconds(100)
        } prepare: { network in
            for host in stride(from: UInt8(0), to: 100, by: 2) {
                network.hosts[.v4(IPv4Address(198, 18, 0, host))] = .unresponsive
            }
        }
        #expect(outcome.summary.alive == 50 && outcome.summary.unreachable == 50)
        #expect(outcome.summary.transmitted == 50 + 150)
        #expect(outcome.hosts.filter { !$0.isAlive }.allSatisfy { $0.transmitted == 3 && $0.received == 0 })
    }

    @Test("keeps its rate")
    func rate() throws {
        let outcome = try run(count: 3_000) { $0.rate = 1_000 }
        let first = try #require(outcome.times.first)
        for (index, time) in outcome.times.enumerated() {
            // Bursts of 2 ms: never more than the rate and one burst.
            #expect(Double(index) <= (time - first).seconds * 1_000 + 3)
        }
        let last = try #require(outcome.times.last)
        #expect((last - first).seconds > 2.9 && (last - first).seconds < 3.1)
    }

    @Test("finds every host on a lossy network, with consistent counts", arguments: 0..<20)
    func lossy(seed: UInt64) throws {
        let outcome = try run(
            seed: seed, count: 500,
            faults: .init(
                loss: 0.2, duplication: 0.2, corruption: 0.05, truncation: 0.05,
                delay: .milliseconds(1)...Nanoseconds.milliseconds(150), congestion: 0.05, refusal: 0.02)
        ) {
            $0.plan = .untilAnswered(retries: 12)
            $0.timeout = .milliseconds(100)
        }
        #expect(outcome.summary.alive == 500, "seed \(seed): \(outcome.summary)")
        #expect(outcome.hosts.count == 500, "seed \(seed)")
        // Replies received after the next probe was sent are timed from their own probe.
        let times = outcome.hosts.compactMap(\.roundTrip)
        #expect(times.allSatisfy { $0 >= .milliseconds(1) && $0 <= .milliseconds(152) }, "seed \(seed)")
    }

    @Test("a count sends each target that number of probes, an interval apart")
    func count() throws {
        let outcome = try run(count: 10, faults: .init(duplication: 1)) {
            $0.plan = .count(4, period: .milliseconds(200))
        } prepare: {
            $0.hosts[.v4(IPv4Address(198, 18, 0, 3))] = .unresponsive
        }
        #expect(outcome.summary.transmitted == 40 && outcome.summary.received == 36)
        #expect(outcome.summary.duplicates > 0)
        let answered = try #require(outcome.hosts.first { $0.isAlive })
        #expect(answered.transmitted == 4 && answered.received == 4 && answered.average != nil)
        #expect(outcome.hosts.filter { !$0.isAlive }.map(\.address) == [.v4(IPv4Address(198, 18, 0, 3))])
    }

    @Test("without a limit, targets are probed and reported until the run is stopped")
    func endless() throws {
        let silent = IPAddress.v4(IPv4Address(198, 18, 0, 1))
        let outcome = try run(count: 2) {
            $0.plan = .count(nil, period: .milliseconds(1))
            $0.reportInterval = .seconds(10)
            $0.rate = nil
            $0.timeout = .milliseconds(5)
        } prepare: { network in
            network.hosts[silent] = .unresponsive
            // More probes than sequence numbers.
            network.signals = [(Instant(nanoseconds: 71_000_500_000), .stop)]
        }
        #expect(outcome.statistics.map(\.count) == Array(repeating: 2, count: 7))
        for (index, statistics) in outcome.statistics.enumerated() {
            let (first, second) = (statistics[0], statistics[1])
            #expect(first.interval.transmitted == 10_000 && first.total.transmitted == 10_000 * (index + 1))
            #expect((9_998...10_001).contains(first.interval.received), "\(first)")
            #expect(first.interval.average == .milliseconds(1) + .microseconds(1))
            #expect(second.interval.received == 0 && second.interval.minimum == nil)
        }
        #expect(outcome.hosts.map(\.isAlive) == [true, false])
        #expect(outcome.hosts[0].transmitted > 65_536 && outcome.summary.duplicates == 0)
        #expect(outcome.hosts[0].transmitted - outcome.hosts[0].received <= 2)
    }

    @Test("the round trip of each probe is kept, also of one that is answered after later probes were sent")
    func roundTrips() throws {
        let outcome = try run(count: 3, faults: .init(delay: .milliseconds(250)...Nanoseconds.milliseconds(250))) {
            $0.plan = .count(5, period: .milliseconds(50))
            $0.keepsRoundTrips = true
        } prepare: {
            $0.hosts[.v4(IPv4Address(198, 18, 0, 2))] = .unresponsive
        }
        for host in outcome.hosts where host.isAlive {
            #expect(host.roundTrips.count == 5)
            #expect(
                host.roundTrips.allSatisfy { $0.map { $0 >= .milliseconds(250) && $0 < .milliseconds(253) } ?? false })
            #expect(host.average.map { $0 >= .milliseconds(250) } == true)
        }
        #expect(outcome.hosts.first { !$0.isAlive }?.roundTrips == [nil, nil, nil, nil, nil])
    }

    @Test("each target is probed from the source address of its route")
    func sources() throws {
        let first = IPAddress.v4(IPv4Address(198, 18, 0, 4))
        var apart = AddressSet()
        try apart.insert([(first, .v4(IPv4Address(198, 18, 0, 6)))])
        let other = IPAddress.v4(IPv4Address(203, 0, 113, 7))
        var sent: [IPAddress: IPAddress] = [:]
        let outcome = try run(count: 10) {
            $0.otherSources = [.init(other, targets: apart)]
        }
        for packet in outcome.packets {
            let datagram = try DatagramView(packet.rawBytes)
            sent[datagram.destination] = datagram.source
        }
        #expect(sent.count == 10)
        for (target, source) in sent {
            #expect(source == (apart.contains(target) ? other : .v4(Echo.here)), "\(target)")
        }
    }

    @Test("a name whose address does not reply gives up that address for the next one")
    func alternatives() throws {
        let addresses = (1...3).map { IPAddress.v4(IPv4Address(198, 18, 0, $0)) }
        var configuration = PingSweepConfiguration(targets: PingSweepTargetList())
        configuration.v4 = PingProbeFormat(
            level: .datagram, source: .v4(Echo.here), identifier: 99, header: PingProbeHeader(),
            data: [UInt8](repeating: 7, count: 56), key: PingScenario.key(1))
        configuration.plan = .untilAnswered(retries: 0)
        var engine = PingSweepEngine(configuration)
        // The second address is a target already.
        try engine.add(from: addresses[1], through: addresses[1])
        try engine.add(from: addresses[0], through: addresses[0], name: "name", others: [addresses[1], addresses[2]])
        var network = SimulatedNetwork(seed: 1, faults: .init())
        network.hosts[addresses[0]] = .unresponsive
        var observer = RetryingObserver()
        EngineLoop.run(&engine, on: &network, observer: &observer)
        #expect(Set(observer.results) == ["198.18.0.2 198.18.0.2 true", "name 198.18.0.3 true"])
        #expect(engine.summary.targets == 2 && engine.summary.alive == 2 && engine.summary.unreachable == 0)
    }

    /// Adds the next address of a name, as a session does.
    private struct RetryingObserver: EngineObserver {
        var results: [String] = []

        mutating func report(_ event: PingSweepEvent) {
            if case .host(let host) = event { results.append("\(host.label) \(host.address) \(host.isAlive)") }
        }

        mutating func step(_ engine: inout PingSweepEngine, _ wakeup: WakeReason, at now: Instant) -> Instant? {
            let retries = engine.takeRetries()
            for retry in retries {
                try? engine.add(
                    from: retry.addresses[0], through: retry.addresses[0], name: retry.name,
                    others: Array(retry.addresses.dropFirst()))
            }
            return retries.isEmpty ? nil : now
        }
    }

    @Test("replies from unverified senders are rejected")
    func unverified() throws {
        let outcome = try run(count: 20) {
            $0.plan = .untilAnswered(retries: 0)
            $0.timeout = .milliseconds(50)
        } prepare: { network in
            // One target replies for another: the source is a target, but the cookie is not its own.
            network.hosts[.v4(IPv4Address(198, 18, 0, 4))] = .answersFrom(.v4(IPv4Address(198, 18, 0, 5)))
            network.hosts[.v4(IPv4Address(198, 18, 0, 5))] = .unresponsive
            network.hosts[.v4(IPv4Address(198, 18, 0, 6))] = .answersFrom(.v4(IPv4Address(203, 0, 113, 1)))
        }
        #expect(outcome.summary.alive == 17 && outcome.summary.unreachable == 3)
    }

    @Test("a router's reason is reported with the result")
    func reason() throws {
        let outcome = try run(count: 1) {
            $0.plan = .untilAnswered(retries: 0)
            $0.timeout = .milliseconds(50)
        } prepare: { network in
            network.everybody = .refuses(
                type: .destinationUnreachable, code: 1, restOfHeader: 0, from: IPv4Address(192, 0, 2, 254))
        }
        #expect(outcome.hosts.first?.reason == "Destination Host Unreachable from 192.0.2.254")
    }

    @Test("IPv6 targets")
    func ipv6() throws {
        let first = try #require(IPAddress("2001:db8:5::1"))
        let outcome = try run(first, count: 300)
        #expect(outcome.summary.alive == 300)
    }

    @Test("stops with the results so far")
    func stop() throws {
        let outcome = try run(count: 10_000) {
            $0.rate = 1_000
        } prepare: {
            $0.signals = [(Instant(nanoseconds: 2_000_000_000), .stop)]
        }
        #expect((900...1_100).contains(outcome.summary.transmitted))
        #expect(outcome.hosts.count == outcome.summary.transmitted)
    }
}
