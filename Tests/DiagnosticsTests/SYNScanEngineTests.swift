import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// A scan of simulated hosts.
@Suite("tcp-syn-scan engine")
struct SYNScanEngineTests {
    static let here = IPv4Address(192, 0, 2, 1)
    static let link = ScanLink(
        interface: 1, source: .v4(here), framing: .ethernet(MACAddress(rawValue: 0x02_00_00_00_00_01)))
    static let router = MACAddress(rawValue: 0x02_00_00_00_00_02)

    /// The links of the targets.
    enum Wire: CaseIterable, Sendable {
        case ethernet
        /// Without a link header.
        case tunnel
    }

    static func configuration(
        _ network: String, ports: [UInt16], over wire: Wire = .ethernet, seed: UInt64,
        _ change: (inout ScanConfiguration) -> Void = { _ in }
    ) throws -> ScanConfiguration {
        var targets = AddressSet()
        if let network = IPv4Network(network) {
            try targets.insert([(.v4(network.address), .v4(network.lastAddress))])
        } else if let address = IPAddress(network) {
            try targets.insert(address)
        }
        var link = link
        if targets.families == [.v6] { link.source = try #require(IPAddress("2001:db8::1")) }
        if wire == .tunnel { link.framing = .datagram }
        var configuration = ScanConfiguration(
            targets: targets, ports: ports,
            routes: [
                ScanRoute(
                    targets: 0..<targets.count, link: link,
                    nextHop: wire == .ethernet ? .station(router) : .unaddressed)
            ],
            sourcePort: 61_000, seed: seed, key: SipHash(key0: seed, key1: ~seed))
        // Without a rate, the packets of a tunnel are paced.
        configuration.rate = wire == .tunnel ? 10_000_000 : nil
        configuration.reportsAll = true
        change(&configuration)
        return configuration
    }

    struct Outcome {
        var findings: [ScanFinding] = []
        var summary: ScanSummary
        var position: ScanPosition
        var elapsed: Nanoseconds
        var states: [UInt16: ScanFinding] {
            Dictionary(findings.map { ($0.port, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Runs a scan to its end.
    static func run(
        _ configuration: ScanConfiguration, faults: SimulatedNetwork.Faults = .init(delay: .zero ... .zero),
        signals: [(at: Instant, wakeup: WakeReason)] = [],
        _ answers: @escaping (SimulatedProbe) -> [(frame: [UInt8], delay: Nanoseconds)]
    ) -> Outcome {
        var network = SimulatedNetwork(seed: configuration.seed, faults: faults)
        network.ports = answers
        network.signals = signals
        var engine = SYNScanEngine(configuration)
        var recorder = Recorder<SYNScanEngine>()
        let start = network.now
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let findings = recorder.events.compactMap { event in
            if case .finding(let finding) = event { finding } else { nil }
        }
        return Outcome(
            findings: findings, summary: engine.summary, position: engine.position, elapsed: network.now - start)
    }

    /// Port 80 is open, 25 is filtered, all others are closed.
    static func usual(_ probe: SimulatedProbe) -> [(frame: [UInt8], delay: Nanoseconds)] {
        switch probe.segment.destinationPort {
        case 80: [(probe.answer([.syn, .ack]), .milliseconds(1))]
        case 25: []
        default: [(probe.answer([.rst, .ack]), .milliseconds(1))]
        }
    }

    @Test("every probe once, with its state and reason; the scan ends with the last reply", arguments: Wire.allCases)
    func states(wire: Wire) throws {
        let outcome = Self.run(
            try Self.configuration("198.18.0.0/26", ports: [22, 80, 443], over: wire, seed: 1), Self.usual)
        #expect(outcome.findings.count == 192 && Set(outcome.findings.map { "\($0.address) \($0.port)" }).count == 192)
        #expect(outcome.summary.open == 64 && outcome.summary.closed == 128 && outcome.summary.filtered == 0)
        #expect(outcome.summary.sent == 192 && outcome.summary.retransmitted == 0)
        #expect(outcome.findings.allSatisfy { ($0.state == .open) == ($0.port == 80) })
        #expect(
            outcome.findings.allSatisfy { $0.roundTrip.map { (1_000_000...1_100_000).contains($0.count) } ?? false })
        #expect(outcome.elapsed < .milliseconds(3), "\(outcome.elapsed)")
    }

    @Test("packets of a link without a header have its interface; those to this host itself have none")
    func headerless() throws {
        for (framing, interface) in [(ScanLink.Framing.datagram, UInt32(1)), (.routed, 0)] {
            let configuration = try Self.configuration("198.18.0.7", ports: [80], over: .tunnel, seed: 1) {
                $0.routes[0].link.framing = framing
            }
            #expect(configuration.sendingInterface == 0 && configuration.onlyInterface == 1)
            var engine = SYNScanEngine(configuration)
            var batch = PacketBatch(capacity: 4, slotLength: engine.maximumPacketLength)
            _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 1_000_000_000))
            let entry = try #require(batch.entries.first)
            #expect(batch.count == 1 && !entry.isFrame && entry.interfaceIndex == interface)
            #expect(entry.destination == IPAddress("198.18.0.7") && entry.length == 60)
            #expect(SimulatedProbe(SimulatedProbe.frame(of: batch.bytes(of: entry)))?.segment.destinationPort == 80)
        }
    }

    @Test("without a requested rate, packets through a tunnel are paced", arguments: [nil, 100_000.0])
    func tunnelRate(rate: Double?) throws {
        let configuration = try Self.configuration("198.18.0.0/20", ports: [80], over: .tunnel, seed: 5) {
            $0.rate = rate
        }
        let outcome = Self.run(configuration, Self.usual)
        let expected = 4_096 / (rate ?? 50_000)
        #expect(outcome.summary.open == 4_096 && outcome.summary.sent == 4_096)
        #expect((expected * 0.95...expected * 1.05).contains(outcome.elapsed.seconds), "\(outcome.elapsed)")
    }

    @Test("targets by Ethernet, by a tunnel and of this host itself in one scan")
    func mixed() throws {
        var configuration = try Self.configuration("198.18.0.0/24", ports: [22, 80], seed: 5)
        var (tunnel, own) = (Self.link, Self.link)
        (tunnel.interface, tunnel.framing) = (2, .datagram)
        (own.interface, own.framing) = (3, .routed)
        configuration.routes = [
            ScanRoute(targets: 0..<100, link: Self.link, nextHop: .station(Self.router)),
            ScanRoute(targets: 100..<200, link: tunnel, nextHop: .unaddressed),
            ScanRoute(targets: 200..<256, link: own, nextHop: .unaddressed),
        ]
        #expect(configuration.sendingInterface == 1 && configuration.onlyInterface == 0)
        let outcome = Self.run(configuration, Self.usual)
        #expect(outcome.summary.open == 256 && outcome.summary.closed == 256 && outcome.summary.sent == 512)
    }

    @Test(
        "loss and duplicates in both directions: with enough tries every port is found, once", arguments: 0..<20,
        Wire.allCases)
    func loss(round: Int, wire: Wire) throws {
        let seed = UInt64.random(in: 0...(.max))
        let configuration = try Self.configuration("198.18.0.0/24", ports: [22, 80], over: wire, seed: seed) {
            $0.retries = 25
        }
        var faults = SimulatedNetwork.Faults(loss: 0.2, duplication: 0.2)
        faults.delay = .zero ... .milliseconds(30)
        let outcome = Self.run(configuration, faults: faults, Self.usual)
        #expect(outcome.summary.open == 256 && outcome.summary.closed == 256, "seed \(seed): \(outcome.summary)")
        #expect(outcome.findings.count == 512, "seed \(seed)")
        #expect(outcome.summary.retransmitted > 100 && outcome.summary.answeredLater > 50, "seed \(seed)")
    }

    @Test("an unresponsive target: the tries are spaced, and the end follows the last wait")
    func unanswered() throws {
        let outcome = Self.run(try Self.configuration("198.18.0.1", ports: Array(1...1_000), seed: 3)) { _ in [] }
        #expect(outcome.summary.filtered == 1_000 && outcome.summary.sent == 3_000)
        #expect(outcome.findings.allSatisfy { $0.state == .filtered && $0.reason == .noResponse })
        // 1 s, 2 s, and 2 s for the replies to the last.
        #expect(outcome.elapsed >= .seconds(5) && outcome.elapsed < .milliseconds(5_100), "\(outcome.elapsed)")
    }

    @Test("replies 300 ms and 1.5 s late beside fast hosts")
    func late() throws {
        let outcome = Self.run(try Self.configuration("198.18.0.0/24", ports: [80], seed: 4)) { probe in
            guard case .v4(let address) = probe.destination else { return [] }
            let delay: Nanoseconds =
                switch address.rawValue & 0xF {
                case 1: .milliseconds(300)
                case 2: .milliseconds(1_500)
                default: .microseconds(200)
                }
            return [(probe.answer([.syn, .ack]), delay)]
        }
        #expect(outcome.summary.open == 256 && outcome.findings.count == 256, "\(outcome.summary)")
        // The round trip is that of the answered try.
        let late = outcome.findings.filter { ($0.roundTrip ?? .zero) > .milliseconds(200) }
        #expect(late.count == 32)
        #expect(late.allSatisfy { $0.roundTrip.map { $0 < .milliseconds(301) || $0 > .milliseconds(1_499) } ?? false })
    }

    /// A scan of ports 1 to 1,000, of which 25 is filtered, of a number of hosts that reply after a delay each.
    private static func scan(delays: [Nanoseconds?], wait: Nanoseconds? = nil) throws -> Outcome {
        run(
            try configuration("198.18.0.0/\(32 - delays.count.trailingZeroBitCount)", ports: Array(1...1_000), seed: 12)
            {
                $0.wait = wait
            }
        ) { probe in
            guard case .v4(let address) = probe.destination, probe.segment.destinationPort != 25,
                let delay = delays[Int(address.rawValue & 0xFF)]
            else { return [] }
            return [(probe.answer([.rst, .ack]), delay)]
        }
    }

    @Test("the last wait is twice the longest round trip of known targets, at least 300 ms and at most --wait")
    func lastWait() throws {
        let fast = Nanoseconds.milliseconds(1)
        // The tries of the filtered port end after 60 ms.
        let one = try Self.scan(delays: [fast])
        #expect(one.summary.closed == 999 && one.summary.filtered == 1, "\(one.summary)")
        #expect(one.elapsed >= .milliseconds(360) && one.elapsed < .milliseconds(370), "\(one.elapsed)")
        let slower = try Self.scan(delays: [.milliseconds(200)])
        #expect(slower.summary.closed == 999 && slower.elapsed > .milliseconds(1_000), "\(slower)")
        let short = try Self.scan(delays: [fast], wait: .milliseconds(50))
        #expect(short.elapsed >= .milliseconds(110) && short.elapsed < .milliseconds(120), "\(short.elapsed)")
        let long = try Self.scan(delays: [fast], wait: .seconds(10))
        #expect(long.elapsed >= .milliseconds(360) && long.elapsed < .milliseconds(370), "\(long.elapsed)")
        // The round trip of a host without replies is unknown.
        let silent = try Self.scan(delays: [fast, nil])
        #expect(silent.summary.closed == 999 && silent.elapsed >= .milliseconds(2_300), "\(silent)")
    }

    @Test("hosts that reply 300 ms and 1.5 s late lose no port", arguments: [true, false])
    func lateTargets(besideFast: Bool) throws {
        for delay in [Nanoseconds.milliseconds(300), .milliseconds(1_500)] {
            let outcome = try Self.scan(delays: besideFast ? [.microseconds(200), delay] : [delay])
            #expect(outcome.summary.filtered == (besideFast ? 2 : 1), "\(delay): \(outcome.summary)")
        }
    }

    @Test("shards never overlap, and together cover all probes", arguments: [2, 3, 7])
    func shards(count: Int) throws {
        var seen: [String] = []
        for number in 1...count {
            let outcome = Self.run(
                try Self.configuration("198.18.0.0/25", ports: [22, 80, 443], seed: 8) {
                    $0.shard = ScanShard(number: number, count: count)
                }, Self.usual)
            #expect(abs(outcome.findings.count - 384 / count) <= 1)
            seen += outcome.findings.map { "\($0.address) \($0.port)" }
        }
        #expect(seen.count == 384 && Set(seen).count == 384)
    }

    @Test("in windows of 100 probes with filtered ports: every port once, and stopped in the third")
    func windows() throws {
        let seed = UInt64.random(in: 0...(.max))
        let configuration = try Self.configuration("198.18.0.0/25", ports: [22, 25, 80], seed: seed) {
            $0.windowSize = 100
            $0.wait = .milliseconds(50)
        }
        let whole = Self.run(configuration, Self.usual)
        #expect(Set(whole.findings.map { "\($0.address) \($0.port)" }).count == 384, "seed \(seed)")
        #expect(whole.findings.count == 384 && whole.summary.filtered == 128 && whole.summary.open == 128)
        // A window with filtered ports takes all its tries: 0.5 s or more.
        let first = Self.run(
            configuration, signals: [(Instant(nanoseconds: 2_000_000_000), .stop)], Self.usual)
        #expect(first.position.done >= 100 && first.position.done % 100 == 0, "seed \(seed): \(first.position.done)")
        var rest = configuration
        rest.start = first.position
        let second = Self.run(rest, Self.usual)
        let all = (first.findings + second.findings).map { "\($0.address) \($0.port)" }
        #expect(all.count == 384 && Set(all).count == 384, "seed \(seed): \(all.count)")
    }

    @Test("without a rate limit: after a lossy window, the next begins at half its rate")
    func learnedRate() throws {
        var network = SimulatedNetwork(seed: 11, faults: .init(loss: 0.3))
        network.ports = Self.usual
        network.keepsLog = true
        network.sendingTime = .microseconds(10)
        var engine = SYNScanEngine(
            try Self.configuration("198.18.0.0/21", ports: [80], seed: 11) {
                $0.windowSize = 1_024
                $0.retries = 30
            })
        var recorder = Recorder<SYNScanEngine>(keeps: false)
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        #expect(engine.summary.open == 2_048 && engine.summary.answeredLater > 200)
        // Each window's first tries use the first source port.
        let firsts = network.log.filter { Array($0.bytes[34...35]) == [0xEE, 0x48] }.map(\.at)
        try #require(firsts.count == 2_048)
        let spans = [firsts[1_023] - firsts[0], firsts[2_047] - firsts[1_024]]
        #expect(spans[0] < .milliseconds(11) && spans[1] > .milliseconds(18), "\(spans)")
    }

    @Test("stopped and resumed: every port once in both runs together")
    func resumed() throws {
        let seed = UInt64.random(in: 0...(.max))
        let configuration = try Self.configuration("198.18.0.0/24", ports: [22, 80, 443], seed: seed) {
            $0.rate = 1_000
        }
        let first = Self.run(
            configuration, signals: [(Instant(nanoseconds: 1_300_000_000), .stop)], Self.usual)
        #expect(first.summary.isCutShort && first.findings.count > 200 && first.findings.count < 500, "seed \(seed)")
        var rest = configuration
        rest.start = first.position
        let second = Self.run(rest, Self.usual)
        let all = (first.findings + second.findings).map { "\($0.address) \($0.port)" }
        #expect(all.count == 768 && Set(all).count == 768, "seed \(seed): \(all.count)")
        #expect(second.position == ScanPosition(done: 768))
    }

    @Test("the rate on average and in every 50 ms", arguments: [100.0, 10_000, 100_000])
    func pace(rate: Double) throws {
        var network = SimulatedNetwork(seed: 9)
        network.ports = { _ in [] }
        network.keepsLog = true
        network.sendingTime = .microseconds(1)
        let ports = (1...UInt16(rate == 100 ? 200 : 20_000)).map { $0 }
        var engine = SYNScanEngine(
            try Self.configuration("198.18.0.1", ports: ports, seed: 9) {
                $0.rate = rate
                $0.retries = 0
            })
        var recorder = Recorder<SYNScanEngine>(keeps: false)
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let times = network.log.map(\.at)
        let span = try #require(times.last) - (try #require(times.first))
        let mean = Double(times.count - 1) / span.seconds
        #expect(abs(mean / rate - 1) < 0.01, "\(mean)")
        var first = 0
        var most = 0
        for (index, time) in times.enumerated() {
            while time - times[first] >= .milliseconds(50) { first += 1 }
            most = max(most, index - first + 1)
        }
        #expect(Double(most) <= max(rate * 0.05 * 1.1, 6), "\(most)")
    }

    @Test("replies lost on this host reduce the rate and are requested again, and all ports are found")
    func overflow() throws {
        var engine = SYNScanEngine(try Self.configuration("198.18.0.0/24", ports: [80], seed: 10) { $0.rate = 100_000 })
        var network = SimulatedNetwork(seed: 10)
        network.ports = Self.usual
        var recorder = Recorder<SYNScanEngine>()
        engine.overflowed(5, at: network.now)
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        guard case .slowed(lost: 5, let rate)? = recorder.events.first else {
            Issue.record("\(String(describing: recorder.events.first))")
            return
        }
        #expect(rate < 100_000 && engine.summary.open == 256 && engine.summary.overflowed == 5)
    }
}
