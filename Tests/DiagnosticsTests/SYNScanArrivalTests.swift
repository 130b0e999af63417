import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Targets added during a scan.
@Suite("tcp-syn-scan and targets that come while it runs")
struct SYNScanArrivalTests {
    /// Passes the next targets to an idle engine, a time after it became idle.
    private struct Feeder: EngineObserver {
        var networks: [String]
        let delay: Nanoseconds
        /// Whether more targets are expected after the last of them.
        let isOpen: Bool
        var due: Instant?
        var events: [ScanEvent] = []
        var isListening: Bool { true }

        mutating func report(_ event: ScanEvent) { events.append(event) }

        mutating func step(_ engine: inout SYNScanEngine, _ wakeup: WakeReason, at now: Instant) -> Instant? {
            guard engine.isIdle, !networks.isEmpty || !isOpen else { return nil }
            let due = due ?? now + delay
            self.due = due
            guard due <= now else { return due }
            self.due = nil
            guard !networks.isEmpty else {
                engine.expectsMore = false
                return now
            }
            guard let next = try? SYNScanEngineTests.configuration(networks.removeFirst(), ports: [80], seed: 1) else {
                return nil
            }
            engine.add(next.targets, routes: next.routes, at: now)
            return now
        }
    }

    private static func run(
        _ networks: [String], delay: Nanoseconds, isOpen: Bool = false,
        signals: [(at: Nanoseconds, wakeup: WakeReason)] = [],
        _ change: (inout ScanConfiguration) -> Void = { _ in },
        _ answers: @escaping (SimulatedProbe) -> [(frame: [UInt8], delay: Nanoseconds)]
    ) throws -> (summary: ScanSummary, findings: [ScanFinding], hosts: [UnreliableHost], elapsed: Nanoseconds) {
        let configuration = try SYNScanEngineTests.configuration("198.18.0.0/28", ports: [25, 80, 443], seed: 7) {
            $0.expectsMore = true
            change(&$0)
        }
        var network = SimulatedNetwork(seed: 7, faults: .init(delay: .zero ... .zero))
        network.ports = answers
        let start = network.now
        network.signals = signals.map { (start + $0.at, $0.wakeup) }
        var engine = SYNScanEngine(configuration)
        var feeder = Feeder(networks: networks, delay: delay, isOpen: isOpen)
        EngineLoop.run(&engine, on: &network, observer: &feeder)
        var (findings, hosts): ([ScanFinding], [UnreliableHost]) = ([], [])
        for event in feeder.events {
            if case .finding(let finding) = event { findings.append(finding) }
            if case .unreliable(let host) = event { hosts.append(host) }
        }
        return (engine.summary, findings, hosts, network.now - start)
    }

    @Test("all are scanned, each once; the counters go on, and pauses are no time of sending", arguments: [nil, 50.0])
    func all(rate: Double?) throws {
        let outcome = try Self.run(
            ["198.18.1.0/28", "198.18.2.7", "2001:db8::7"], delay: .seconds(60), { $0.rate = rate },
            SYNScanEngineTests.usual)
        let (summary, findings) = (outcome.summary, outcome.findings)
        #expect(summary.hosts == 34 && summary.probes == 102 && summary.decided == 102, "\(summary)")
        #expect(summary.open == 34 && summary.closed == 34 && summary.filtered == 34 && !summary.isCutShort)
        #expect(Set(findings.map { "\($0.address) \($0.port)" }).count == 102 && findings.count == 102)
        // Three tries of each filtered port.
        #expect(summary.sent == 68 + 34 * 3 && summary.retransmitted == 68 && summary.refused == 0)
        #expect(outcome.elapsed > .seconds(240) && summary.sending < .seconds(25), "\(summary)")
        if rate != nil { #expect(summary.rate < 51, "\(summary.rate)") }
    }

    @Test("an answer to earlier targets after their end is refused")
    func lateAnswers() throws {
        let outcome = try Self.run(["198.18.1.1"], delay: .zero, { $0.retries = 0 }) { probe in
            let delay: Nanoseconds =
                switch probe.destination {
                case .v4(IPv4Address(198, 18, 0, 3)): .milliseconds(2_500)
                case .v4(IPv4Address(198, 18, 1, 1)): .seconds(1)
                default: .zero
                }
            return [(probe.answer([.syn, .ack]), delay)]
        }
        let summary = outcome.summary
        #expect(summary.open == 48 && summary.filtered == 3 && summary.refused == 3, "\(summary)")
    }

    @Test("hosts that limit their answers add up over all targets")
    func unreliable() throws {
        var answered: [IPAddress: Int] = [:]
        let outcome = try Self.run(
            ["198.18.1.1"], delay: .seconds(1),
            {
                $0.ports = Array(1...1_000)
                $0.rate = 10_000
            }
        ) { probe in
            answered[probe.destination, default: 0] += 1
            return answered[probe.destination, default: 0] <= 50 ? [(probe.answer([.rst, .ack]), .zero)] : []
        }
        #expect(outcome.hosts.count == 17 && outcome.summary.unreliable == 17, "\(outcome.summary)")
    }

    @Test("it ends at a signal and at its deadline while it waits for more", arguments: [true, false])
    func ends(bySignal: Bool) throws {
        let outcome = try Self.run(
            [], delay: .zero, isOpen: true, signals: bySignal ? [(.seconds(30), .stop)] : [],
            { if !bySignal { $0.deadline = .seconds(30) } }, SYNScanEngineTests.usual)
        #expect(outcome.summary.decided == 48 && outcome.summary.isCutShort)
        #expect(outcome.elapsed >= .seconds(30) && outcome.elapsed < .milliseconds(30_100), "\(outcome.elapsed)")
    }
}
