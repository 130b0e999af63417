import MonitorCore
import SwiftNet
import Testing

/// Random numbers that a seed repeats.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// 2026-12-01 00:00 UTC.
let midnight = WallTime(seconds: 1_796_083_200)

@Suite("the forms in which history is kept")
struct CodecTests {
    private static func samples(_ seed: UInt64, count: Int = 600) -> [StoredSample] {
        var random = Seeded(state: seed)
        return (0..<count).map { index in
            let time = midnight + .milliseconds(Int64(index) * 1_000 + Int64.random(in: 0...5, using: &random))
            let result: StoredSample.Result =
                switch Int.random(in: 0..<20, using: &random) {
                case 0: .lost
                case 1: .failed
                default: .reply(Nanoseconds(Int64.random(in: 0...50_000_000_000, using: &random) / 100 * 100))
                }
            return StoredSample(time: time, result: result)
        }
    }

    @Test("a block gives back its samples", arguments: 0..<20 as Range<UInt64>)
    func block(seed: UInt64) {
        let samples = Self.samples(seed)
        var block = SampleBlock(start: midnight, interval: .seconds(1))
        for sample in samples { block.append(sample) }
        #expect(block.samples == samples, "seed \(seed)")
        let read = SampleBlock(start: midnight, interval: block.interval, bytes: block.bytes)
        #expect(read.samples == samples && read.last == block.last && read.bytes == block.bytes)
    }

    @Test("a block of usual samples takes four bytes for each")
    func size() {
        var block = SampleBlock(start: midnight, interval: .seconds(1))
        for second in 0..<600 {
            let time = midnight + .seconds(Int64(second)) + .milliseconds(432)
            block.append(StoredSample(time: time, result: .reply(.microseconds(12_345))))
        }
        #expect(block.bytes.count <= 600 * 4 + 4, "\(block.bytes.count)")
    }

    @Test("a block that was cut or damaged gives what is before", arguments: 0..<200 as Range<UInt64>)
    func damage(seed: UInt64) {
        var random = Seeded(state: seed)
        let samples = Self.samples(seed, count: 50)
        var block = SampleBlock(start: midnight, interval: .seconds(1))
        for sample in samples { block.append(sample) }
        let cut = Int.random(in: 0..<block.bytes.count, using: &random)
        let read = SampleBlock(start: midnight, interval: block.interval, bytes: Array(block.bytes.prefix(cut)))
        #expect(read.samples == Array(samples.prefix(read.samples.count)), "seed \(seed)")
        // It can be continued.
        var continued = read
        continued.append(samples[49])
        #expect(continued.samples.last == samples[49], "seed \(seed)")
        var bytes = block.bytes
        bytes[cut] = UInt8.random(in: 0...255, using: &random)
        _ = SampleBlock(start: midnight, interval: block.interval, bytes: bytes).samples
        _ = MinuteRow(start: midnight, bytes).total
        _ = JournalEntry.decode(bytes).flatMap(\.samples)
    }

    @Test("the journal gives back its entries")
    func journal() {
        let entries = (1...5).map { number in
            JournalEntry(
                target: Int64(number), start: midnight, interval: 1_000, last: midnight.milliseconds + 17,
                bytes: [UInt8](repeating: 0, count: number * 2))
        }
        var row: [UInt8] = []
        for entry in entries { entry.encode(to: &row) }
        #expect(JournalEntry.decode(row) == entries)
        #expect(JournalEntry.decode(Array(row.dropLast())) == Array(entries.dropLast()))
        #expect(entries[0].samples == [StoredSample(time: midnight + .milliseconds(1_017), result: .lost)])
    }

    @Test("percentiles of a histogram are within 1.6 % of the true ones", arguments: 0..<30 as Range<UInt64>)
    func histogram(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let count = Int.random(in: 1...2_000, using: &random)
        let scale = Int64.random(in: 1_000...10_000_000_000, using: &random)
        let times = (0..<count).map { _ in Int64.random(in: 0...scale, using: &random) }.sorted()
        let histogram = Histogram(sorted: times)
        #expect(histogram.count == count && histogram.minimum == times[0] && histogram.maximum == times[count - 1])
        for share in [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 1] {
            let rank = max(Int((share * Double(count)).rounded(.up)), 1)
            let (true_, found) = (times[rank - 1], try #require(histogram.quantile(share)))
            #expect(abs(found - true_) <= max(true_ / 62, 128), "seed \(seed), \(share): \(found) for \(true_)")
        }
    }

    @Test("the sum of two histograms is the histogram of all times", arguments: 0..<30 as Range<UInt64>)
    func merge(seed: UInt64) {
        var random = Seeded(state: seed)
        let first = (0..<200).map { _ in Int64.random(in: 0...50_000_000, using: &random) }.sorted()
        let second = (0..<300).map { _ in Int64.random(in: 0...90_000_000, using: &random) }.sorted()
        var sum = Histogram(sorted: first)
        sum.merge(Histogram(sorted: second))
        #expect(sum == Histogram(sorted: (first + second).sorted()), "seed \(seed)")
        var empty = Histogram()
        empty.merge(sum)
        empty.merge(Histogram())
        #expect(empty == sum)
    }

    @Test("minutes and hours give back what they were", arguments: 0..<20 as Range<UInt64>)
    func aggregates(seed: UInt64) throws {
        var block = SampleBlock(start: midnight, interval: .seconds(1))
        for sample in Self.samples(seed) { block.append(sample) }
        let row = MinuteRow(block)
        let read = MinuteRow(start: midnight, row.encoded)
        #expect(read.minutes.keys.sorted() == Array(0..<10))
        let (total, again) = (row.total, read.total)
        #expect(again.transmitted == 600 && again.lost == total.lost && again.times.count == total.times.count)
        // The shortest and the longest time are kept to 128 ns, the buckets exactly.
        #expect(abs(again.times.minimum - total.times.minimum) < 128)
        #expect(abs(again.times.maximum - total.times.maximum) < 128)
        let shares = [0.1, 0.5, 0.9]
        #expect(shares.map { again.times.quantile($0) } == shares.map { total.times.quantile($0) })
        #expect(Aggregate(total.encoded)?.transmitted == 600)
        #expect(row.parts.map(\.start) == (0..<10).map { midnight + .seconds(60 * $0) })
    }

    @Test("times are read and written as in RFC 3339")
    func times() {
        #expect("\(midnight + .microseconds(1_500))" == "2026-12-01T00:00:00.001500Z")
        #expect(WallTime("2026-12-01T00:00:00.0015Z") == midnight + .microseconds(1_500))
        #expect(WallTime("2026-12-01T00:00:00Z") == midnight && WallTime("1796083200") == midnight)
        #expect(WallTime("1796083200.5") == midnight + .milliseconds(500))
        for text in [
            "", "2026-12-01", "2026-13-01T00:00:00Z", "2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00.Z", "1e300",
            "nan",
        ] {
            #expect(WallTime(text) == nil, "\(text)")
        }
    }
}
