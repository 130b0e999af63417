import Glibc
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Hosts that limit their replies are probed again at their own rates.
@Suite("hosts that are probed at their own rates")
struct SYNScanPacedHostTests {
    typealias Answers = [(frame: [UInt8], delay: Nanoseconds)]

    struct Outcome {
        var summary: ScanSummary
        var hosts: [UnreliableHost] = []
        var findings: [ScanFinding] = []
        var elapsed: Nanoseconds
        var packets: Int

        func open(of address: IPAddress? = nil) -> [UInt16] {
            findings.filter { $0.state == .open && (address ?? $0.address) == $0.address }.map(\.port).sorted()
        }
    }

    /// 203 ports, of which 5 are open.
    private static let ports = Array(UInt16(1)...203)
    private static let open: [UInt16] = [22, 80, 111, 139, 179]

    private static func seed(_ round: Int) -> UInt64 {
        if unsafe getenv("SWIFT_NET_RANDOM_SEEDS") != nil { return .random(in: 0...(.max)) }
        var generator = SeededGenerator(seed: UInt64(round) + 1_000)
        return generator.next()
    }

    private static func run(
        _ targets: String = "198.18.0.7", ports: [UInt16] = ports, seed: UInt64, loss: Double = 0,
        delay: Nanoseconds = .zero, signals: [(at: Instant, wakeup: WakeReason)] = [],
        change: (inout ScanConfiguration) -> Void = { _ in },
        _ answers: @escaping (SimulatedProbe) -> Answers
    ) throws -> Outcome {
        let configuration = try SYNScanEngineTests.configuration(targets, ports: ports, seed: seed) {
            $0.rate = 10_000
            change(&$0)
        }
        var network = SimulatedNetwork(
            seed: seed, faults: .init(loss: loss, delay: delay...delay + .milliseconds(1)))
        network.ports = answers
        network.signals = signals
        var engine = SYNScanEngine(configuration)
        var recorder = Recorder<SYNScanEngine>()
        let start = network.now
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        var outcome = Outcome(
            summary: engine.summary, elapsed: network.now - start, packets: network.sentCount)
        for event in recorder.events {
            switch event {
            case .unreliable(let host): outcome.hosts.append(host)
            case .finding(let finding): outcome.findings.append(finding)
            default: break
            }
        }
        return outcome
    }

    private static func answer(_ probe: SimulatedProbe) -> Answers {
        [
            (
                probe.answer(open.contains(probe.segment.destinationPort) ? [.syn, .ack] : [.rst, .ack]),
                .microseconds(200)
            )
        ]
    }

    private static func limited(
        syns: AnswerLimit.Kind? = nil, resets: AnswerLimit.Kind? = nil
    ) -> (SimulatedProbe) -> Answers {
        var (synLimit, resetLimit) = (syns.map(AnswerLimit.init), resets.map(AnswerLimit.init))
        return { probe in
            let isOpen = open.contains(probe.segment.destinationPort)
            guard synLimit?.allows(at: probe.at) ?? true, isOpen || resetLimit?.allows(at: probe.at) ?? true
            else { return [] }
            return answer(probe)
        }
    }

    struct Limit: Sendable, CustomTestStringConvertible {
        var syns: AnswerLimit.Kind?
        var resets: AnswerLimit.Kind?
        /// The time that the limit itself needs for all ports.
        var needed: Double
        var loss = 0.0
        var rate: Double? = 10_000
        var testDescription: String {
            "\(syns.map { "SYNs \($0)" } ?? "") \(resets.map { "resets \($0)" } ?? "") \(loss)"
        }
    }

    private static let limits = [
        Limit(syns: .bucket(rate: 25, burst: 50), needed: 6.12),
        Limit(syns: .bucket(rate: 25, burst: 50), needed: 6.12, rate: nil),
        Limit(syns: .bucket(rate: 25, burst: 50), needed: 6.12, rate: 100),
        Limit(syns: .bucket(rate: 25, burst: 5), needed: 7.92),
        Limit(syns: .bucket(rate: 10, burst: 5), needed: 19.8),
        Limit(syns: .bucket(rate: 10, burst: 20), needed: 18.3),
        Limit(syns: .bucket(rate: 4, burst: 10), needed: 48.3),
        Limit(syns: .bucket(rate: 100, burst: 20), needed: 1.83),
        Limit(syns: .bucket(rate: 1_000, burst: 20), needed: 0.2),
        Limit(resets: .bucket(rate: 200, burst: 50), needed: 0.8),
        Limit(resets: .bucket(rate: 200, burst: 5), needed: 1),
        Limit(resets: .perSecond(200), needed: 1),
        Limit(syns: .bucket(rate: 25, burst: 50), resets: .bucket(rate: 200, burst: 50), needed: 6.12),
        Limit(syns: .bucket(rate: 100, burst: 50), resets: .bucket(rate: 50, burst: 20), needed: 3.6),
        Limit(syns: .bucket(rate: 25, burst: 50), needed: 6.12, loss: 0.02),
    ]

    @Test("all ports are found in little more time than the limit needs", arguments: limits.indices)
    func all(index: Int) throws {
        let limit = Self.limits[index]
        for round in 0..<20 {
            let seed = Self.seed(round)
            let outcome = try Self.run(
                seed: seed, loss: limit.loss, change: { $0.rate = limit.rate },
                Self.limited(syns: limit.syns, resets: limit.resets))
            #expect(outcome.elapsed.seconds < limit.needed * 1.05 + 1.2, "seed \(seed): \(outcome.elapsed)")
            #expect(outcome.open() == Self.open, "seed \(seed): \(outcome.summary)")
            #expect(outcome.summary.closed == 198 && outcome.hosts.isEmpty, "seed \(seed): \(outcome.hosts)")
        }
    }

    @Test("distant hosts, and filtered ports behind the limit or before it", arguments: [0, 30, 100], [0, 1, 2])
    func filtered(delay: Int, kind: Int) throws {
        for round in 0..<10 {
            let seed = Self.seed(round)
            var limit = AnswerLimit(.bucket(rate: 25, burst: 50))
            let isFiltered = { (port: UInt16) in kind > 0 && port % 4 == 1 }
            let outcome = try Self.run(seed: seed, delay: .milliseconds(Int64(delay))) { probe in
                let port = probe.segment.destinationPort
                // The firewall may drop a probe before or after the limit counts it.
                if kind == 1, isFiltered(port) { return [] }
                guard limit.allows(at: probe.at), !isFiltered(port) else { return [] }
                return Self.answer(probe)
            }
            let expected = Self.ports.filter(isFiltered)
            #expect(outcome.summary.filtered == UInt64(expected.count), "seed \(seed): \(outcome.summary)")
            #expect(outcome.hosts.isEmpty && outcome.summary.unresolved == 0, "seed \(seed): \(outcome.hosts)")
            #expect(outcome.open() == Self.open.filter { !isFiltered($0) }, "seed \(seed)")
        }
    }

    @Test("a limit that lets too little through is reported at once, with its rate", arguments: [true, false])
    func tooSlow(isMeasured: Bool) throws {
        for round in 0..<10 {
            let seed = Self.seed(round)
            let kind = isMeasured ? AnswerLimit.Kind.bucket(rate: 25, burst: 50) : .bucket(rate: 1, burst: 5)
            let outcome = try Self.run(
                ports: Array(1...(isMeasured ? 5_000 : 1_000)), seed: seed, Self.limited(syns: kind))
            let host = try #require(outcome.hosts.first, "seed \(seed)")
            let rate = try #require(host.rate, "seed \(seed)")
            #expect(host.reason == .limitsAnswers && outcome.hosts.count == 1, "seed \(seed): \(host)")
            #expect(isMeasured ? (20...32).contains(rate) : (0.5...2.5).contains(rate), "seed \(seed): \(rate)")
            #expect(UInt64(host.unanswered) == outcome.summary.unresolved && host.unanswered > 0, "seed \(seed)")
            #expect(outcome.summary.unresolved == outcome.summary.filtered, "seed \(seed): \(outcome.summary)")
            #expect(host.answered + host.unanswered == outcome.summary.ports, "seed \(seed): \(host)")
            // Two retries, the pauses and at most 3 s in which the rate is measured.
            #expect(outcome.elapsed < .seconds(isMeasured ? 4 : 6), "seed \(seed): \(outcome.elapsed)")
        }
    }

    @Test("several limited hosts beside others: all ports of all are found", arguments: 0..<10)
    func several(round: Int) throws {
        let seed = Self.seed(round)
        var limits: [UInt32: AnswerLimit] = [
            1: AnswerLimit(.bucket(rate: 25, burst: 50)), 2: AnswerLimit(.bucket(rate: 10, burst: 20)),
            3: AnswerLimit(.bucket(rate: 100, burst: 5)), 4: AnswerLimit(.bucket(rate: 25, burst: 2)),
        ]
        let outcome = try Self.run("198.18.0.0/28", seed: seed) { probe in
            guard case .v4(let address) = probe.destination else { return [] }
            let host = address.rawValue & 15
            if host == 5 { return [] }
            if host == 6, probe.segment.destinationPort != 22 { return [] }
            return limits[host]?.allows(at: probe.at) ?? true ? Self.answer(probe) : []
        }
        #expect(outcome.hosts.isEmpty, "seed \(seed): \(outcome.hosts)")
        #expect(
            outcome.summary.open == 14 * 5 + 1 && outcome.summary.filtered == 203 + 202,
            "seed \(seed): \(outcome.summary)")
    }

    @Test("one limited host among 4,096: the others take no longer, and all ports are found")
    func amongMany() throws {
        let seed = Self.seed(0)
        var limit = AnswerLimit(.bucket(rate: 25, burst: 20))
        let outcome = try Self.run("198.18.0.0/20", ports: Array(51...110), seed: seed, change: { $0.rate = 400_000 }) {
            probe in
            guard case .v4(let address) = probe.destination, address.rawValue & 0xFFF == 77 else {
                return Self.answer(probe)
            }
            return limit.allows(at: probe.at) ? Self.answer(probe) : []
        }
        #expect(
            outcome.hosts.isEmpty && outcome.summary.open == 4_096 && outcome.summary.filtered == 0,
            "seed \(seed): \(outcome.summary)")
    }

    @Test("loss is no limit: the ports that it hid are found", arguments: [0.01, 0.05, 0.1, 0.2, 0.3])
    func lossy(loss: Double) throws {
        for round in 0..<10 {
            let seed = Self.seed(round)
            let outcome = try Self.run(ports: Array(1...1_000), seed: seed, loss: loss, Self.answer)
            #expect(outcome.hosts.isEmpty, "seed \(seed): \(outcome.hosts)")
        }
    }

    @Test("firewalls are scanned as fast as ever", arguments: [0, 1, 2, 3])
    func firewalls(kind: Int) throws {
        for round in 0..<50 {
            let seed = Self.seed(round)
            let outcome = try Self.run(ports: Array(1...1_000), seed: seed) { probe in
                let port = probe.segment.destinationPort
                let passes =
                    switch kind {
                    case 0: port == 22
                    case 1: Self.open.contains(port)
                    case 2: port > 500
                    default: port != 25
                    }
                return passes ? Self.answer(probe) : []
            }
            #expect(outcome.hosts.isEmpty && outcome.summary.unresolved == 0, "seed \(seed): \(outcome.hosts)")
            #expect(outcome.elapsed < .milliseconds(2_500), "seed \(seed): \(outcome.elapsed)")
        }
    }

    @Test("a host that goes down, before the paced tries or during them, is reported", arguments: [400, 1_700])
    func goesDown(after count: Int) throws {
        for round in 0..<10 {
            let seed = Self.seed(round)
            var limit = AnswerLimit(.bucket(rate: 100, burst: 50))
            var answers = 0
            let outcome = try Self.run(ports: Array(1...1_000), seed: seed) { probe in
                guard limit.allows(at: probe.at), answers < count / 4 else { return [] }
                answers += 1
                return Self.answer(probe)
            }
            #expect(outcome.hosts.count == 1, "seed \(seed): \(outcome.summary)")
            #expect(outcome.summary.unresolved == UInt64(1_000 - count / 4), "seed \(seed): \(outcome.summary)")
        }
    }

    @Test("a limit that hosts share: their ports are found, or reported as unknown", arguments: [4, 16])
    func shared(hosts: Int) throws {
        for round in 0..<10 {
            let seed = Self.seed(round)
            var limit = AnswerLimit(.bucket(rate: 25, burst: 50))
            let outcome = try Self.run(
                "198.18.0.0/\(32 - hosts.trailingZeroBitCount)", ports: Array(1...100), seed: seed
            ) { limit.allows(at: $0.at) ? Self.answer($0) : [] }
            #expect(outcome.summary.unresolved == outcome.summary.filtered, "seed \(seed): \(outcome.summary)")
            #expect(outcome.findings.allSatisfy { $0.state != .filtered || !$0.isReliable }, "seed \(seed)")
            guard hosts == 16 else { continue }
            let rate = try #require(outcome.summary.sharedLimit?.rate, "seed \(seed): \(outcome.summary)")
            #expect((15...40).contains(rate), "seed \(seed): \(rate)")
        }
    }

    @Test("a limit that 1,024 hosts with one port share", arguments: 0..<10)
    func sharedByMany(round: Int) throws {
        let seed = Self.seed(round)
        var limit = AnswerLimit(.bucket(rate: 100, burst: 50))
        let outcome = try Self.run("198.18.0.0/22", ports: [80], seed: seed) {
            limit.allows(at: $0.at) ? Self.answer($0) : []
        }
        let shared = try #require(outcome.summary.sharedLimit, "seed \(seed): \(outcome.summary)")
        #expect(shared.unanswered == outcome.summary.filtered && shared.unanswered > 500, "seed \(seed): \(shared)")
        #expect(outcome.summary.unresolved == shared.unanswered && outcome.hosts.isEmpty, "seed \(seed)")
        #expect(shared.rate.map { (80...130).contains($0) } == true, "seed \(seed): \(shared)")
    }

    @Test("networks with unused addresses and loss share no limit", arguments: [0, 0.05, 0.3])
    func notShared(loss: Double) throws {
        for round in 0..<100 {
            let seed = Self.seed(round)
            let outcome = try Self.run("198.18.0.0/24", ports: [80, 443], seed: seed, loss: loss) { probe in
                guard case .v4(let address) = probe.destination, address.rawValue % 3 == 1 else { return [] }
                return Self.answer(probe)
            }
            #expect(outcome.summary.sharedLimit == nil && outcome.summary.unresolved == 0, "seed \(seed)")
        }
    }

    @Test("a limit of each port for itself hides none", arguments: [1, 2])
    func perPort(burst: Int) throws {
        let seed = Self.seed(burst)
        var limits: [UInt16: AnswerLimit] = [:]
        let outcome = try Self.run(seed: seed) { probe in
            let kind = AnswerLimit.Kind.bucket(rate: 1, burst: Double(burst))
            return limits[probe.segment.destinationPort, default: AnswerLimit(kind)].allows(at: probe.at)
                ? Self.answer(probe) : []
        }
        #expect(outcome.open() == Self.open && outcome.hosts.isEmpty, "seed \(seed): \(outcome.summary)")
    }

    @Test("stopped during the paced tries: the host is reported")
    func stopped() throws {
        let seed = Self.seed(0)
        let outcome = try Self.run(
            seed: seed, signals: [(Instant(nanoseconds: 4_000_000_000), .stop)],
            Self.limited(syns: .bucket(rate: 25, burst: 50)))
        #expect(outcome.summary.isCutShort && outcome.hosts.map(\.reason) == [.limitsAnswers], "\(outcome.hosts)")
        #expect(outcome.hosts.first?.rate.map { (20...32).contains($0) } == true, "\(outcome.hosts)")
    }

    @Test("a firewall that rejects by ICMP and limits its errors is not probed again", arguments: 0..<20)
    func rejects(round: Int) throws {
        let seed = Self.seed(round)
        var limit = AnswerLimit(.bucket(rate: 1, burst: 6))
        let outcome = try Self.run(seed: seed) { probe in
            if Self.open.contains(probe.segment.destinationPort) { return Self.answer(probe) }
            guard limit.allows(at: probe.at), case .v4(let host) = probe.destination else { return [] }
            return [(probe.error(code: 3, from: host), .microseconds(200))]
        }
        #expect(outcome.hosts.isEmpty && outcome.open() == Self.open, "seed \(seed): \(outcome.hosts)")
    }
}
