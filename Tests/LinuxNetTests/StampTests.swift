import PacketEngine
import Testing

@testable import LinuxNet

/// The kernel's timestamps are wall-clock times, which can be set; round-trip times must stay correct.
@Suite("timestamps and clock steps")
struct StampTests {
    private let start: Int64 = 1_000_000_000_000
    private let wall: Int64 = 1_800_000_000_000_000_000

    private func clocks(_ elapsed: Int64, step: Int64 = 0) -> (monotonic: Instant, wall: Int64) {
        (Instant(nanoseconds: start + elapsed), wall + elapsed + step)
    }

    @Test("a timestamp becomes the instant at which it was taken")
    func plain() {
        var translator = StampTranslator(clocks(0))
        translator.refresh(now: clocks(5_000_000).monotonic) { clocks(5_000_000) }
        #expect(translator.instant(ofStamp: wall + 4_900_000) == clocks(4_900_000).monotonic)
        #expect(translator.instant(ofStamp: nil) == clocks(5_000_000).monotonic)
    }

    @Test(
        "a clock step between timestamp and read is detected",
        arguments: [-3_600, -1, 1, 3_600, 1 << 30] as [Int64])
    func step(seconds: Int64) {
        let step = seconds * 1_000_000_000
        var translator = StampTranslator(clocks(0))
        translator.markEmpty()
        // Timestamp before the clock was set, read after.
        translator.refresh(now: clocks(10_000_000).monotonic) { clocks(10_000_000, step: step) }
        let arrival = translator.instant(ofStamp: wall + 9_000_000)
        #expect(arrival == clocks(10_000_000).monotonic)
        // Later timestamps are correct again.
        translator.markEmpty()
        translator.refresh(now: clocks(20_000_000).monotonic) { clocks(20_000_000, step: step) }
        #expect(translator.instant(ofStamp: wall + step + 19_000_000) == clocks(19_000_000).monotonic)
    }

    @Test("no timestamp is later than now, or earlier than when the socket was last empty", arguments: 0..<100)
    func bounds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var translator = StampTranslator(clocks(0))
        var elapsed: Int64 = 0
        var lastEmpty = clocks(0).monotonic
        for _ in 0..<200 {
            elapsed += Int64.random(in: 0...5_000_000, using: &random)
            let step =
                Bool.random(using: &random) ? Int64.random(in: -2_000_000_000...2_000_000_000, using: &random) : 0
            translator.refresh(now: clocks(elapsed).monotonic) { clocks(elapsed, step: step) }
            let stamp = wall + elapsed - Int64.random(in: 0...10_000_000, using: &random)
            let instant = translator.instant(ofStamp: stamp)
            #expect(instant <= clocks(elapsed).monotonic && instant >= lastEmpty, "seed \(seed)")
            if Bool.random(using: &random) {
                translator.markEmpty()
                lastEmpty = clocks(elapsed).monotonic
            }
        }
    }
}
