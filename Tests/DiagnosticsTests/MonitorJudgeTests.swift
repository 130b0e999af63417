import PacketEngine
import Testing

import func Glibc.log

@testable import Diagnostics

@Suite("incidents of a target")
struct MonitorJudgeTests {
    /// Replies with a base time and an exponential share above it, in milliseconds.
    private struct Link {
        var base: Double
        var jitter: Double
        var loss = 0.0
        var random: SeededGenerator

        init(_ base: Double, _ jitter: Double, loss: Double = 0, seed: UInt64) {
            (self.base, self.jitter, self.loss) = (base, jitter, loss)
            random = SeededGenerator(seed: seed)
        }

        mutating func result(more: Double = 0, loss added: Double = 0) -> MonitorSample.Result {
            if Double.random(in: 0..<1, using: &random) < loss + added { return .lost }
            let time = base - jitter * log(Double.random(in: 0.000_001..<1, using: &random)) + more
            return .reply(roundTrip: Nanoseconds(Int64(time * 1e6)), hopLimit: nil)
        }
    }

    private static func second(_ number: Int) -> Instant { Instant(nanoseconds: Int64(number) * 1_000_000_000) }

    private func incidents(seconds: Int, _ result: (Int) -> MonitorSample.Result) -> [MonitorIncident] {
        var judge = MonitorJudge()
        return (0..<seconds).flatMap { number in
            let at = Self.second(number)
            return judge.add(MonitorSample(target: 0, due: at, sent: at, result: result(number)))
        }
    }

    @Test(
        "a usual day has no incident, whatever the link",
        arguments: [(0.1, 0.02), (0.1, 0.5), (20, 0.5), (20, 5), (100, 30)])
    func usualDay(base: Double, jitter: Double) {
        for seed in UInt64(0)..<5 {
            var link = Link(base, jitter, loss: 0.000_5, seed: seed)
            let found = incidents(seconds: 86_400) { _ in link.result() }
            #expect(found.isEmpty, "seed \(seed): \(found)")
        }
    }

    @Test("an outage has its exact bounds; two lost probes are none", arguments: [3, 10, 60, 600])
    func outage(length: Int) {
        var link = Link(1, 0.1, seed: 1)
        let found = incidents(seconds: 4_000) { number in
            let isLost = (1_000..<1_000 + length).contains(number) || [100, 101, 2_500].contains(number)
            return isLost ? .lost : link.result()
        }
        let expected = [true, false].map {
            MonitorIncident(kind: .down, isBeginning: $0, at: Self.second($0 ? 1_000 : 1_000 + length))
        }
        #expect(found == expected)
    }

    @Test("an outage names the reason that a router gave")
    func reason() {
        var link = Link(1, 0.1, seed: 1)
        let found = incidents(seconds: 20) { number in
            (10..<15).contains(number) ? .failed("Host unreachable from 192.0.2.1") : link.result()
        }
        #expect(found.map(\.reason) == ["Host unreachable from 192.0.2.1", nil])
    }

    @Test("loss is one incident, not an outage", arguments: [0.05, 0.2])
    func loss(share: Double) {
        for seed in UInt64(0)..<5 {
            var link = Link(1, 0.1, seed: seed)
            let found = incidents(seconds: 20_000) { number in
                link.result(loss: (5_000..<8_600).contains(number) ? share : 0)
            }.filter { $0.kind == .loss }
            #expect(found.map(\.isBeginning) == [true, false], "seed \(seed)")
            guard found.count == 2 else { continue }
            let margin = Nanoseconds.seconds(Int64(14 / share))
            #expect(found[0].at >= Self.second(5_000) && found[0].at - Self.second(5_000) < margin, "seed \(seed)")
            #expect(Self.second(8_600) - found[1].at < margin, "seed \(seed)")
        }
    }

    @Test("5 ms more are slow where they are unusual", arguments: [(0.1, 0.02), (0.1, 0.3), (20, 0.2), (200, 0.3)])
    func slow(base: Double, jitter: Double) {
        for seed in UInt64(0)..<5 {
            var link = Link(base, jitter, seed: seed)
            let found = incidents(seconds: 5_000) { number in
                link.result(more: (2_000..<2_060).contains(number) ? 5 : 0)
            }
            guard found.map(\.kind) == [.slow, .slow] else {
                Issue.record("seed \(seed): \(found)")
                continue
            }
            // An unusual reply right before may count.
            #expect(found[0].at <= Self.second(2_000) && Self.second(2_000) - found[0].at <= .seconds(5))
            #expect(found[1].at >= Self.second(2_055) && found[1].at <= Self.second(2_061))
        }
    }

    @Test("slow replies become the usual ones after an hour")
    func habituation() {
        var link = Link(1, 0.1, seed: 1)
        let found = incidents(seconds: 20_000) { number in link.result(more: number >= 1_000 ? 30 : 0) }
        #expect(found.map(\.isBeginning) == [true, false] && found.map(\.kind) == [.slow, .slow])
        #expect(found.last?.reason == "usual from now on")
        #expect(found.last.map { $0.at - Self.second(4_600) < .seconds(2) } ?? false)
    }
}
