import Diagnostics
import PacketEngine
import Testing

@Suite("changes of a rate")
struct ChangeDetectorTests {
    /// Loss of a probe a second: usually 1 in 1,000.
    private static func loss() -> ChangeDetector { ChangeDetector(usual: 0.001, raised: 0.01, threshold: 18) }

    private static func second(_ number: Int) -> Instant { Instant(nanoseconds: Int64(number) * 1_000_000_000) }

    /// Returns the changes of a day in which a rate is raised for some time.
    private func day(
        _ detector: ChangeDetector, seed: UInt64, usual: Double, raised: Double, in period: Range<Int> = 0..<0
    ) -> [ChangeDetector.Change] {
        var (detector, random) = (detector, SeededGenerator(seed: seed))
        return (0..<86_400).compactMap { number in
            let rate = period.contains(number) ? raised : usual
            return detector.add(Double.random(in: 0..<1, using: &random) < rate, at: Self.second(number))
        }
    }

    @Test("a day of the usual rate has no change", arguments: [0, 0.000_1, 0.001])
    func none(usual: Double) {
        for seed in UInt64(0)..<20 {
            #expect(day(Self.loss(), seed: seed, usual: usual, raised: 0).isEmpty, "seed \(seed)")
        }
    }

    @Test("a raised rate is reported once, with its first and last events", arguments: [0.05, 0.2, 0.9])
    func raised(rate: Double) {
        for seed in UInt64(0)..<20 {
            let changes = day(Self.loss(), seed: seed, usual: 0, raised: rate, in: 40_000..<43_600)
            guard changes.count == 2, case .began(let start) = changes[0], case .ended(let end) = changes[1] else {
                Issue.record("seed \(seed): \(changes)")
                continue
            }
            // Until the first event nothing has happened, and after the last one nothing does: some events on average.
            let margin = Nanoseconds(Int64(14e9 / rate))
            #expect(start >= Self.second(40_000) && start - Self.second(40_000) < margin, "seed \(seed)")
            #expect(Self.second(43_600) - end < margin && end < Self.second(43_602), "seed \(seed)")
        }
    }

    @Test("1 % is found within the hour in 19 of 20 cases, 1 in 1,000 events is usual")
    func slight() {
        let found = (UInt64(0)..<40).count { seed in
            day(Self.loss(), seed: seed, usual: 0.001, raised: 0.01, in: 40_000..<43_600).contains {
                if case .began(let start) = $0 { start > Self.second(36_000) } else { false }
            }
        }
        #expect(found >= 38, "\(found)")
    }

    @Test("a single outage is a change if it is long enough, and its bounds are exact")
    func outage() {
        var detector = Self.loss()
        var changes: [ChangeDetector.Change] = []
        for number in 0..<3_000 {
            let change = detector.add((1_000..<1_060).contains(number), at: Self.second(number))
            if let change { changes.append(change) }
        }
        #expect(changes == [.began(Self.second(1_000)), .ended(Self.second(1_060))])
        #expect(!detector.isRaised)
    }

    @Test("rare events far apart are never added up")
    func rare() {
        var detector = Self.loss()
        // Between two of them the evidence of the first is used up.
        for number in 0..<1_000_000 {
            #expect(detector.add(number % 1_000 == 0, at: Self.second(number)) == nil)
        }
    }
}
