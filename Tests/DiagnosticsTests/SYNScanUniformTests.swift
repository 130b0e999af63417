import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Hosts that answer every port alike.
@Suite("tcp-syn-scan and hosts that answer every port")
struct SYNScanUniformTests {
    typealias Answers = [(frame: [UInt8], delay: Nanoseconds)]

    struct Outcome {
        var summary: ScanSummary
        var hosts: [UnreliableHost] = []
        var findings: [ScanFinding] = []

        func open(_ isReliable: Bool) -> [UInt16] {
            findings.filter { $0.state == .open && $0.isReliable == isReliable }.map(\.port).sorted()
        }
    }

    private static func run(
        _ targets: String = "198.18.0.7", ports: [UInt16], loss: Double = 0, rate: Double? = 10_000, seed: UInt64,
        _ answers: @escaping (SimulatedProbe) -> Answers
    ) throws -> Outcome {
        let configuration = try SYNScanEngineTests.configuration(targets, ports: ports, seed: seed) { $0.rate = rate }
        var network = SimulatedNetwork(
            seed: seed, faults: .init(loss: loss, delay: .milliseconds(1) ... .milliseconds(3)))
        network.ports = answers
        var engine = SYNScanEngine(configuration)
        var recorder = Recorder<SYNScanEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        var outcome = Outcome(summary: engine.summary)
        for event in recorder.events {
            switch event {
            case .finding(let finding): outcome.findings.append(finding)
            case .unreliable(let host): outcome.hosts.append(host)
            default: break
            }
        }
        return outcome
    }

    private static func proxied(_ probe: SimulatedProbe) -> Answers {
        [(probe.answer([.syn, .ack], window: 0), .milliseconds(1))]
    }

    private static func tarpit(_ probe: SimulatedProbe) -> Answers {
        [(probe.answer([.syn, .ack], window: 5, options: TCPOptions([])), .milliseconds(1))]
    }

    private static func ordinary(_ probe: SimulatedProbe, isOpen: Bool = true) -> Answers {
        [(probe.answer(isOpen ? [.syn, .ack] : [.rst, .ack]), .milliseconds(1))]
    }

    @Test(
        "a SYN proxy, a tarpit, and a host with an ordinary SYN-ACK on every port", arguments: [0, 1, 2],
        [Optional(10_000.0), nil])
    func everyPort(kind: Int, rate: Double?) throws {
        for seed in UInt64(1)...5 {
            let outcome = try Self.run(ports: Array(1...1_000), loss: 0.02, rate: rate, seed: seed) { probe in
                switch kind {
                case 0: Self.proxied(probe)
                case 1: Self.tarpit(probe)
                default: Self.ordinary(probe)
                }
            }
            #expect(outcome.hosts.map(\.reason) == [.answersEveryPort], "seed \(seed): \(outcome.hosts)")
            // A port may be lost in all three tries.
            let open = outcome.summary.open
            #expect(open >= 995 && outcome.summary.unconfirmed == open, "seed \(seed): \(outcome.summary)")
            #expect(outcome.open(false).count == Int(open) && outcome.open(true).isEmpty, "seed \(seed)")
            #expect(outcome.hosts.first.map { UInt64($0.answered) } == open, "seed \(seed): \(outcome.hosts)")
        }
    }

    @Test(
        "programs beside a tarpit have other SYN-ACKs, and closed and filtered ports are no objection", arguments: 1...5
    )
    func besideTarpit(seed: UInt64) throws {
        let outcome = try Self.run(ports: Array(1...1_000), seed: seed) { probe in
            switch probe.segment.destinationPort {
            case 22, 80, 443: Self.ordinary(probe)
            case 100..<110: Self.ordinary(probe, isOpen: false)
            case 200..<210: []
            default: Self.tarpit(probe)
            }
        }
        #expect(outcome.hosts.map(\.reason) == [.answersEveryPort], "seed \(seed): \(outcome.hosts)")
        #expect(outcome.open(true) == [22, 80, 443] && outcome.open(false).count == 977, "seed \(seed)")
        #expect(outcome.summary.closed == 10 && outcome.summary.filtered == 10, "seed \(seed): \(outcome.summary)")
    }

    @Test("all of a few ports may be open: those of 19 proxied ones, and of 100 ordinary ones", arguments: 1...5)
    func few(seed: UInt64) throws {
        let proxied = try Self.run(ports: Array(1...19), seed: seed, Self.proxied)
        #expect(proxied.hosts.isEmpty && proxied.open(true).count == 19, "seed \(seed): \(proxied.hosts)")
        let ordinary = try Self.run(ports: Array(1...100), seed: seed) { Self.ordinary($0) }
        #expect(ordinary.hosts.isEmpty && ordinary.open(true).count == 100, "seed \(seed): \(ordinary.hosts)")
        let enough = try Self.run(ports: Array(1...20), seed: seed, Self.proxied)
        #expect(enough.hosts.count == 1 && enough.open(false).count == 20, "seed \(seed): \(enough.hosts)")
    }

    @Test("servers, firewalls and hosts with half of their ports open are ordinary", arguments: [0, 1, 2, 3])
    func ordinary(kind: Int) throws {
        for seed in UInt64(1)...20 {
            let outcome = try Self.run(ports: Array(1...1_000), loss: seed % 2 == 0 ? 0.05 : 0, seed: seed) { probe in
                let port = probe.segment.destinationPort
                return switch kind {
                case 0: Self.ordinary(probe, isOpen: port % 100 == 22)
                case 1: port % 100 == 22 ? Self.ordinary(probe) : []
                case 2: port % 2 == 0 ? Self.proxied(probe) : Self.ordinary(probe, isOpen: false)
                default: port % 2 == 0 ? Self.proxied(probe) : []
                }
            }
            #expect(outcome.hosts.isEmpty && outcome.open(false).isEmpty, "seed \(seed): \(outcome.hosts)")
            #expect(UInt64(outcome.open(true).count) == outcome.summary.open, "seed \(seed): \(outcome.summary)")
        }
    }

    @Test("one of 256 hosts is a tarpit", arguments: 1...3)
    func amongMany(seed: UInt64) throws {
        let outcome = try Self.run("198.18.0.0/24", ports: Array(1...100), rate: 100_000, seed: seed) { probe in
            guard case .v4(let address) = probe.destination else { return [] }
            let isOpen = probe.segment.destinationPort == 22
            if address.rawValue & 0xFF == 9 { return Self.tarpit(probe) }
            return address.rawValue & 1 == 0 && !isOpen ? [] : Self.ordinary(probe, isOpen: isOpen)
        }
        #expect(outcome.hosts.map { "\($0.address)" } == ["198.18.0.9"], "seed \(seed): \(outcome.hosts)")
        #expect(outcome.open(true).count == 255 && outcome.open(false).count == 100, "seed \(seed)")
    }

    @Test("ports are held back for a moment at most: a firewall's open ports are reported while the scan runs")
    func prompt() throws {
        struct Observer: EngineObserver {
            var reported: [(probes: UInt64, port: UInt16)] = []
            var isListening: Bool { true }
            var fresh: [UInt16] = []
            mutating func report(_ event: ScanEvent) {
                if case .finding(let finding) = event, finding.state == .open { fresh.append(finding.port) }
            }
            mutating func step(_ engine: inout SYNScanEngine, _ wakeup: WakeReason, at now: Instant) -> Instant? {
                for port in fresh { reported.append((engine.summary.sent, port)) }
                fresh = []
                return nil
            }
        }
        let configuration = try SYNScanEngineTests.configuration("198.18.0.7", ports: Array(1...10_000), seed: 3) {
            $0.rate = 1_000
        }
        var network = SimulatedNetwork(seed: 3, faults: .init(delay: .zero ... .zero))
        var first: UInt64?
        network.ports = { probe in probe.segment.destinationPort % 1_000 == 22 ? Self.ordinary(probe) : [] }
        var engine = SYNScanEngine(configuration)
        var observer = Observer()
        EngineLoop.run(&engine, on: &network, observer: &observer)
        first = observer.reported.first?.probes
        #expect(observer.reported.count == 10 && first.map { $0 < 5_000 } == true, "\(observer.reported)")
    }

    @Test("a scan that is stopped reports the ports that it held back, and a resumed one those that are left")
    func stopped() throws {
        let configuration = try SYNScanEngineTests.configuration("198.18.0.7", ports: Array(1...500), seed: 3) {
            $0.rate = 1_000
        }
        var network = SimulatedNetwork(seed: 3, faults: .init(delay: .zero ... .zero))
        network.ports = { Self.ordinary($0) }
        network.signals = [(Instant(nanoseconds: 1_050_000_000), .stop)]
        var engine = SYNScanEngine(configuration)
        var recorder = Recorder<SYNScanEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        let count = recorder.events.count { if case .finding = $0 { true } else { false } }
        #expect(UInt64(count) == engine.summary.open && count > 20, "\(engine.summary)")
        #expect(engine.position.answered.reduce(0) { $0 + $1.nonzeroBitCount } == count, "\(engine.position)")
    }
}
