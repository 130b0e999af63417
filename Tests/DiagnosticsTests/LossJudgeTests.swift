import PacketEngine
import Testing

@testable import Diagnostics

/// The loss judge with random loss and with limits.
@Suite("loss judge")
struct LossJudgeTests {
    /// A trace of 100 cycles with random loss at the rate of each hop.
    private func hops(_ rates: [Double], seed: UInt64) -> [LossJudge.Hop] {
        var chance = SeededGenerator(seed: seed)
        return rates.enumerated().map { index, rate in
            let lost = (0..<100).count { _ in Double.random(in: 0..<1, using: &chance) < rate }
            return LossJudge.Hop(timeToLive: index + 1, sent: 100, received: 100 - lost)
        }
    }

    @Test("equal loss at all hops gives a false positive in less than one of 1,000 traces")
    func chanceIsNoVerdict() {
        for rates in [Array(repeating: 0.3, count: 5), Array(repeating: 0.05, count: 30)] {
            let strange = (UInt64(0)..<1_000).filter { seed in
                LossJudge.judge(hops(rates, seed: seed), endsAtTarget: true).contains { $0.timeToLive > 1 }
            }
            #expect(strange.count <= 1, "\(rates.count) hops, seeds \(strange)")
        }
    }

    @Test("loss that begins at a link, and a router that limits its replies, are distinguished in every trace")
    func whatIsThereIsTold() {
        for seed in UInt64(0)..<200 {
            let verdicts = LossJudge.judge(hops([0, 0.75, 0.3, 0.3, 0.3], seed: seed), endsAtTarget: true)
            let reported = verdicts.map { verdict in
                switch verdict {
                case .rateLimited(let hop, _): "limited \(hop)"
                case .loss(let hop, _): "loss \(hop)"
                default: "\(verdict)"
                }
            }
            #expect(reported == ["limited 2", "loss 3"], "seed \(seed)")
        }
    }
}
