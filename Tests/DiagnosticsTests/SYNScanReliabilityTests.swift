import Glibc
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// No reply means filtered behind a firewall, but not on a host that limits its replies.
@Suite("hosts that limit their replies")
struct SYNScanReliabilityTests {
    typealias Answers = [(frame: [UInt8], delay: Nanoseconds)]

    /// The seed of a round: the same in every run, so that an unlikely result does not fail the test now and then.
    /// `SWIFT_NET_RANDOM_SEEDS` in the environment selects random seeds; failures print them.
    private static func seed(_ round: Int = 0) -> UInt64 {
        if unsafe getenv("SWIFT_NET_RANDOM_SEEDS") != nil { return .random(in: 0...(.max)) }
        var generator = SeededGenerator(seed: UInt64(round))
        return generator.next()
    }

    struct Outcome {
        var summary: ScanSummary
        var hosts: [UnreliableHost]
        var findings: [ScanFinding]
        var packets: Int
    }

    private static func run(
        _ configuration: ScanConfiguration, loss: Double = 0, signals: [(at: Instant, wakeup: WakeReason)] = [],
        _ answers: @escaping (SimulatedProbe) -> Answers
    ) -> Outcome {
        var network = SimulatedNetwork(
            seed: configuration.seed, faults: .init(loss: loss, delay: .zero ... .milliseconds(1)))
        network.ports = answers
        network.signals = signals
        var engine = SYNScanEngine(configuration)
        var recorder = Recorder<SYNScanEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        var outcome = Outcome(summary: engine.summary, hosts: [], findings: [], packets: network.sentCount)
        for event in recorder.events {
            switch event {
            case .unreliable(let host): outcome.hosts.append(host)
            case .finding(let finding): outcome.findings.append(finding)
            default: break
            }
        }
        return outcome
    }

    private static func configuration(
        _ targets: String = "198.18.0.7", ports: [UInt16] = Array(1...1_000), seed: UInt64, rate: Double? = 10_000,
        retries: Int = 2
    ) throws -> ScanConfiguration {
        try SYNScanEngineTests.configuration(targets, ports: ports, seed: seed) {
            $0.rate = rate
            $0.retries = retries
            // Hosts that limit their replies are reported, and not probed again at their own rates.
            $0.hostTimeout = .zero
        }
    }

    /// Every 200th port is open, all others are closed.
    private static func answer(_ probe: SimulatedProbe) -> Answers {
        [(probe.answer(isOpen(probe) ? [.syn, .ack] : [.rst, .ack]), .microseconds(200))]
    }

    private static func isOpen(_ probe: SimulatedProbe) -> Bool { probe.segment.destinationPort % 200 == 80 }

    /// A host that limits SYNs, resets, or both.
    private static func limited(
        syns: AnswerLimit.Kind? = nil, resets: AnswerLimit.Kind? = nil
    ) -> (SimulatedProbe) -> Answers {
        var (synLimit, resetLimit) = (syns.map(AnswerLimit.init), resets.map(AnswerLimit.init))
        return { probe in
            guard synLimit?.allows(at: probe.at) ?? true, isOpen(probe) || resetLimit?.allows(at: probe.at) ?? true
            else { return [] }
            return answer(probe)
        }
    }

    /// A limit, and the other parameters of a scan of its host.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var syns: AnswerLimit.Kind?
        var resets: AnswerLimit.Kind?
        var target = "198.18.0.7"
        var ports: [UInt16] = Array(1...1_000)
        var rate: Double? = 10_000
        var retries = 2
        var loss = 0.0
        var testDescription: String { name }
    }

    private static let cases = [
        Case(name: "25 SYNs per second, 50 at once", syns: .bucket(rate: 25, burst: 50)),
        Case(name: "the same over IPv6", syns: .bucket(rate: 25, burst: 50), target: "2001:db8::7"),
        Case(name: "the same without retries", syns: .bucket(rate: 25, burst: 50), retries: 0),
        Case(name: "the same with one retry", syns: .bucket(rate: 25, burst: 50), retries: 1),
        Case(name: "the same as fast as can be", syns: .bucket(rate: 25, burst: 50), rate: nil),
        Case(name: "the same at 100 a second", syns: .bucket(rate: 25, burst: 50), rate: 100),
        Case(
            name: "the same, 200 ports", syns: .bucket(rate: 25, burst: 50), ports: Array(1...200)),
        Case(
            name: "the same, all ports", syns: .bucket(rate: 25, burst: 50), ports: Array(1...65_535)),
        Case(name: "25 SYNs per second, 5 at once", syns: .bucket(rate: 25, burst: 5)),
        Case(name: "25 SYNs per second, one at a time", syns: .bucket(rate: 25, burst: 1)),
        Case(
            name: "25 SYNs per second, one at a time, all ports", syns: .bucket(rate: 25, burst: 1),
            ports: Array(1...65_535)),
        Case(name: "a SYN a second, 5 at once", syns: .bucket(rate: 1, burst: 5)),
        Case(name: "a SYN a second, one at a time", syns: .bucket(rate: 1, burst: 1)),
        Case(name: "a SYN a second, 5 at once, 40 ports", syns: .bucket(rate: 1, burst: 5), ports: Array(61...100)),
        Case(name: "1,000 SYNs per second, 100 at once", syns: .bucket(rate: 1_000, burst: 100)),
        Case(
            name: "1,000 SYNs per second, 100 at once, all ports", syns: .bucket(rate: 1_000, burst: 100),
            ports: Array(1...65_535)),
        Case(name: "25 SYNs per second, 50 at once, and 5 % loss", syns: .bucket(rate: 25, burst: 50), loss: 0.05),
        Case(name: "200 resets a second, 5 at once, and 5 % loss", resets: .bucket(rate: 200, burst: 5), loss: 0.05),
        Case(name: "200 resets a second", resets: .bucket(rate: 200, burst: 200)),
        Case(name: "200 resets in every second", resets: .perSecond(200)),
        Case(name: "200 resets in every second, all ports", resets: .perSecond(200), ports: Array(1...65_535)),
        Case(name: "200 resets a second, 5 at once", resets: .bucket(rate: 200, burst: 5)),
        Case(
            name: "both", syns: .bucket(rate: 100, burst: 50), resets: .bucket(rate: 50, burst: 20)),
    ]

    @Test(
        "a host that limits SYNs or resets is unreliable, and its unanswered ports are not known to be filtered",
        arguments: cases)
    func limits(_ limit: Case) throws {
        let seed = Self.seed()
        let configuration = try Self.configuration(
            limit.target, ports: limit.ports, seed: seed, rate: limit.rate, retries: limit.retries)
        let outcome = Self.run(
            configuration, loss: limit.loss, Self.limited(syns: limit.syns, resets: limit.resets))
        #expect(outcome.hosts.map { "\($0.address)" } == [limit.target], "seed \(seed): \(outcome.summary)")
        let host = try #require(outcome.hosts.first, "seed \(seed)")
        #expect(UInt64(host.unanswered) == outcome.summary.filtered && host.unanswered > 0, "seed \(seed): \(host)")
        #expect(outcome.summary.unresolved == outcome.summary.filtered, "seed \(seed): \(outcome.summary)")
        #expect(UInt64(host.answered) == outcome.summary.open + outcome.summary.closed, "seed \(seed): \(host)")
        #expect(outcome.findings.allSatisfy { $0.isReliable == ($0.state != .filtered) }, "seed \(seed)")
        #expect(outcome.findings.count == limit.ports.count, "seed \(seed)")
    }

    @Test("the rate of a host that limits SYNs is reported", arguments: 0..<20)
    func pace(round: Int) throws {
        let seed = Self.seed(round)
        let outcome = Self.run(
            try Self.configuration(ports: Array(1...5_000), seed: seed),
            Self.limited(syns: .bucket(rate: 25, burst: 50)))
        let host = try #require(outcome.hosts.first, "seed \(seed)")
        let rate = try #require(host.rate, "seed \(seed)")
        #expect(host.reason == .limitsAnswers && (20...32).contains(rate), "seed \(seed): \(host)")
    }

    @Test("only resets are limited: all open ports are found, and the limit is reported", arguments: 0..<10)
    func resets(round: Int) throws {
        let seed = Self.seed(round)
        let outcome = Self.run(
            try Self.configuration(ports: Array(1...2_000), seed: seed),
            Self.limited(resets: .perSecond(200)))
        #expect(outcome.hosts.map(\.reason) == [.limitsClosedReplies], "seed \(seed): \(outcome.hosts)")
        #expect(outcome.summary.open == 10, "seed \(seed): \(outcome.summary)")
    }

    @Test("one of several hosts limits SYNs: that one is reported, and no other", arguments: 0..<10)
    func several(round: Int) throws {
        let seed = Self.seed(round)
        let slow = Self.limited(syns: .bucket(rate: 25, burst: 50))
        let outcome = Self.run(try Self.configuration("198.18.0.0/29", ports: Array(1...400), seed: seed)) { probe in
            guard case .v4(let address) = probe.destination else { return [] }
            switch address.rawValue & 7 {
            case 1: return slow(probe)
            case 2: return []
            case 3: return Self.isOpen(probe) ? Self.answer(probe) : []
            case 4: return probe.segment.destinationPort <= 200 ? Self.answer(probe) : []
            default: return Self.answer(probe)
            }
        }
        #expect(outcome.hosts.map { "\($0.address)" } == ["198.18.0.1"], "seed \(seed): \(outcome.hosts)")
        #expect(
            outcome.findings.allSatisfy { $0.isReliable || "\($0.address)" == "198.18.0.1" && $0.state == .filtered },
            "seed \(seed)")
    }

    @Test("few ports are unanswered: the slow probes find them all, and the host is reliable", arguments: 0..<20)
    func rechecked(round: Int) throws {
        let seed = Self.seed(round)
        let outcome = Self.run(
            try Self.configuration(ports: Array(1...64), seed: seed), Self.limited(syns: .bucket(rate: 25, burst: 50)))
        #expect(outcome.hosts.isEmpty && outcome.summary.filtered == 0, "seed \(seed): \(outcome.summary)")
        #expect(outcome.summary.open + outcome.summary.closed == 64, "seed \(seed)")
    }

    @Test("in windows: the host is reported once, with all of its unanswered ports")
    func windows() throws {
        let seed = Self.seed()
        var configuration = try Self.configuration(ports: Array(1...3_000), seed: seed)
        configuration.windowSize = 1_000
        let outcome = Self.run(configuration, Self.limited(syns: .bucket(rate: 25, burst: 50)))
        #expect(outcome.hosts.count == 1, "seed \(seed): \(outcome.hosts)")
        #expect(outcome.hosts.first.map { UInt64($0.unanswered) } == outcome.summary.filtered, "seed \(seed)")
    }

    @Test("a host that goes down in the middle: its unanswered ports are not known to be filtered", arguments: 0..<20)
    func goesAway(round: Int) throws {
        let seed = Self.seed(round)
        var count = 0
        let outcome = Self.run(try Self.configuration(seed: seed)) { probe in
            count += 1
            return count <= 400 ? Self.answer(probe) : []
        }
        #expect(outcome.hosts.map(\.reason) == [.stopsAnswering], "seed \(seed): \(outcome.hosts)")
        #expect(outcome.hosts.first?.rate == nil && outcome.summary.unresolved == 600, "seed \(seed)")
    }

    // MARK: Filtered ports

    /// The kinds of unresponsive hosts, by port and a number of their own.
    private static let firewalls: [(name: String, answers: @Sendable (SimulatedProbe, UInt64) -> Answers)] = [
        ("drops all but open ports", { probe, _ in isOpen(probe) ? answer(probe) : [] }),
        ("drops all but one open port", { probe, _ in probe.segment.destinationPort == 80 ? answer(probe) : [] }),
        ("drops a half of the ports", { probe, _ in probe.segment.destinationPort > 250 ? answer(probe) : [] }),
        ("drops one port", { probe, _ in probe.segment.destinationPort == 25 ? [] : answer(probe) }),
        ("is dead", { _, _ in [] }),
        (
            "drops any port with a number of its own",
            { probe, number in
                (UInt64(probe.segment.destinationPort) &* (number | 1)) >> 3 % 10 < 3 ? answer(probe) : []
            }
        ),
    ]

    @Test(
        "firewalls and unreachable hosts are reliable, also with 5 % loss in both directions",
        arguments: firewalls.indices)
    func honest(kind: Int) throws {
        let (name, answers) = Self.firewalls[kind]
        for round in 0..<100 {
            let seed = Self.seed(round)
            let loss = round % 2 == 0 ? 0 : 0.05
            let outcome = Self.run(try Self.configuration(ports: Array(1...500), seed: seed), loss: loss) {
                answers($0, seed)
            }
            #expect(outcome.hosts.isEmpty, "a host that \(name), seed \(seed), loss \(loss): \(outcome.hosts)")
            #expect(outcome.summary.unresolved == 0 && outcome.findings.allSatisfy(\.isReliable), "seed \(seed)")
            // At most 1 s of slow probes is added.
            #expect(outcome.packets <= 1_520, "seed \(seed): \(outcome.packets)")
        }
    }

    @Test("a network of firewalls: none of 256 is unreliable", arguments: [0, 0.05])
    func manyFirewalls(loss: Double) throws {
        let seed = Self.seed()
        let outcome = Self.run(
            try Self.configuration("198.18.0.0/24", ports: Array(1...100), seed: seed, rate: nil), loss: loss
        ) { probe in
            guard case .v4(let address) = probe.destination else { return [] }
            // Each has a few ports of its own that are open or closed.
            let number = UInt64(address.rawValue) &* 0x9E37_79B9_7F4A_7C15 ^ seed
            return (number >> (UInt64(probe.segment.destinationPort) % 61)) & 15 == 0 ? Self.answer(probe) : []
        }
        #expect(outcome.hosts.isEmpty, "seed \(seed): \(outcome.hosts)")
        #expect(outcome.summary.sent <= 3 * 25_600 + 20, "seed \(seed)")
    }

    @Test("5 % loss in both directions is not a limit", arguments: [Optional(10_000.0), nil, 500])
    func lossy(rate: Double?) throws {
        for round in 0..<(rate == 500 ? 10 : 100) {
            let seed = Self.seed(round)
            let outcome = Self.run(
                try Self.configuration("198.18.0.0/31", ports: Array(1...400), seed: seed, rate: rate), loss: 0.05,
                Self.answer)
            #expect(outcome.hosts.isEmpty, "seed \(seed): \(outcome.hosts)")
        }
    }

    @Test(
        "30 % loss in both directions: unanswered ports are reported as unknown, rarely as a limit"
    )
    func veryLossy() throws {
        var reasons: [UnreliableHost.Reason] = []
        for round in 0..<20 {
            let seed = Self.seed(round)
            let outcome = Self.run(try Self.configuration(seed: seed), loss: 0.3, Self.answer)
            #expect(outcome.hosts.count == 1 && outcome.summary.unresolved > 50, "seed \(seed): \(outcome.summary)")
            reasons += outcome.hosts.map(\.reason)
        }
        #expect(reasons.count { $0 == .answersLate } >= 16, "\(reasons)")
    }

    @Test("shards of a scan detect the limit as the whole scan does", arguments: 1...3)
    func shards(number: Int) throws {
        let seed = Self.seed(number)
        var configuration = try Self.configuration(ports: Array(1...3_000), seed: seed)
        configuration.shard = ScanShard(number: number, count: 3)
        let outcome = Self.run(configuration, Self.limited(syns: .bucket(rate: 25, burst: 50)))
        #expect(
            outcome.hosts.map { UInt64($0.unanswered) } == [outcome.summary.filtered], "seed \(seed): \(outcome.hosts)")
    }

    @Test("a second without replies that the retries make up for is not a limit", arguments: 0..<20)
    func outage(round: Int) throws {
        let seed = Self.seed(round)
        var count = 0
        let outcome = Self.run(try Self.configuration(seed: seed)) { probe in
            count += 1
            return 400..<1_000 ~= count || probe.segment.destinationPort == 25 ? [] : Self.answer(probe)
        }
        #expect(outcome.hosts.isEmpty && outcome.summary.filtered == 1, "seed \(seed): \(outcome.hosts)")
    }

    @Test("the ports of a firewall that rejects by ICMP and limits its errors are filtered", arguments: 0..<20)
    func rejects(round: Int) throws {
        let seed = Self.seed(round)
        var limit = AnswerLimit(.bucket(rate: 1, burst: 6))
        let outcome = Self.run(try Self.configuration(seed: seed)) { probe in
            if Self.isOpen(probe) { return Self.answer(probe) }
            guard limit.allows(at: probe.at), case .v4(let host) = probe.destination else { return [] }
            return [(probe.error(code: 3, from: host), .microseconds(200))]
        }
        #expect(outcome.hosts.isEmpty && outcome.summary.open == 5, "seed \(seed): \(outcome.hosts)")
    }

    @Test("a scan that is stopped in between reports no host")
    func stopped() throws {
        let seed = Self.seed()
        let outcome = Self.run(
            try Self.configuration(seed: seed), signals: [(Instant(nanoseconds: 1_050_000_000), .stop)],
            Self.limited(syns: .bucket(rate: 25, burst: 50)))
        #expect(outcome.hosts.isEmpty && outcome.summary.isCutShort && outcome.summary.filtered == 0, "seed \(seed)")
    }

    @Test("ICMP errors of an earlier run are not early replies: a resumed part is not judged")
    func resumed() throws {
        let seed = Self.seed()
        let configuration = try Self.configuration(seed: seed)
        var network = SimulatedNetwork(seed: seed, faults: .init(delay: .zero ... .milliseconds(1)))
        var count = 0
        network.ports = { probe in
            count += 1
            guard count <= 400, case .v4(let host) = probe.destination else { return [] }
            return [(probe.error(code: 13, from: host), .microseconds(200))]
        }
        network.signals = [(Instant(nanoseconds: 1_050_000_000), .stop)]
        var first = SYNScanEngine(configuration)
        var recorder = Recorder<SYNScanEngine>(keeps: false)
        EngineLoop.run(&first, on: &network, observer: &recorder)
        #expect(first.summary.isCutShort && first.summary.filtered == 400, "seed \(seed): \(first.summary)")
        var rest = configuration
        rest.start = first.position
        let second = Self.run(rest) { _ in [] }
        #expect(second.hosts.isEmpty && second.summary.unresolved == 0, "seed \(seed): \(second.hosts)")
        #expect(second.summary.filtered == 600, "seed \(seed): \(second.summary)")
    }

    @Test("replies to the slow probes are not replies to a later try")
    func recheckAnswers() throws {
        let seed = Self.seed()
        var first = 0
        let outcome = Self.run(try Self.configuration(seed: seed)) { probe in
            switch probe.segment.sourcePort {
            case 61_000:
                first += 1
                return first <= 400 ? Self.answer(probe) : []
            case 61_003: return Self.answer(probe)
            default: return []
            }
        }
        #expect(outcome.summary.open + outcome.summary.closed == 420, "seed \(seed): \(outcome.summary)")
        #expect(outcome.summary.answeredLater == 0, "seed \(seed): \(outcome.summary)")
    }
}
