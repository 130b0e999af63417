import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("sequence numbers in datagrams")
struct NumberedStreamTests {
    private func bytes(_ number: Int64, _ numbering: StreamNumbering) -> [UInt8] {
        let word = UInt32(truncatingIfNeeded: number)
        let big = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        switch numbering {
        // Version 2, a payload type, the number, a time, a source.
        case .rtp: return [0x80, 33, big[2], big[3], 0, 0, 0, 1, 0xCA, 0xFE, 0xBA, 0xBE] + [1, 2, 3]
        case .iperf: return big + [0x65, 0, 0, 0, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 40)
        case .mcjoin: return Array("Sender PID 4711, MC group 225.1.2.3 ... count: \(number), freq: 100\0".utf8)
        }
    }

    private func count(_ numbers: [Int64], _ numbering: StreamNumbering) -> StreamCount? {
        var stream = NumberedStream()
        for number in numbers { stream.take(bytes(number, numbering).rawBytes) }
        return stream.count
    }

    @Test("loss, order and duplicates of each kind", arguments: [StreamNumbering.rtp, .iperf, .mcjoin])
    func counts(numbering: StreamNumbering) {
        #expect(count(Array(10..<20), numbering) == StreamCount(numbering: numbering))
        // 15 and 16 are lost, 18 is late, 20 is a duplicate.
        let numbers = [10, 11, 12, 13, 14, 17, 19, 18, 20, 20, 21] as [Int64]
        #expect(count(numbers, numbering) == StreamCount(numbering: numbering, lost: 2, reordered: 1, duplicates: 1))
        // The sender restarts, and earlier losses stay counted.
        let again = numbers + (numbering == .rtp ? [40_000, 40_001, 40_003] : [200_000, 200_001, 200_003])
        let restarted = count(again, numbering)
        #expect(restarted?.lost == 3 && restarted?.reordered == 1, "\(String(describing: restarted))")
    }

    @Test("RTP's numbers wrap; iperf's last one is negative and repeated")
    func ends() {
        #expect(count([65_533, 65_534, 65_535, 0, 1, 3], .rtp) == StreamCount(numbering: .rtp, lost: 1))
        #expect(count([0, 1, 2, 3, 4, -5, -5, -5], .iperf) == StreamCount(numbering: .iperf))
        #expect(count([0, 1, 2, 3, -5, -5], .iperf) == StreamCount(numbering: .iperf, lost: 1))
        // Another stream begins after the end of one.
        #expect(count([70, 71, 72, 73, -74, -74, 0, 1, 2, 3, -4], .iperf)?.lost == 0)
    }

    @Test("a field that does not increase is not a sequence number")
    func none() {
        #expect(count([5, 5, 5, 5, 5], .rtp) == nil)
        #expect(count([5, 900, 20, 7, 8, 9, 10], .iperf) == nil)
        var stream = NumberedStream()
        for _ in 0..<10 { stream.take([UInt8](repeating: 7, count: 100).rawBytes) }
        #expect(stream.count == nil)
        var short = NumberedStream()
        for index in 0..<10 { short.take([UInt8](repeating: UInt8(index), count: index).rawBytes) }
        #expect(short.count == nil)
        #expect(count([1, 2, 3], .iperf) == nil)
    }

    /// Datagrams of a stream, 2 ms apart: the bytes of each, from its number and its time in microseconds.
    private func numbering(
        first: Int64 = 1, step: Int64 = 2_000, _ bytes: (Int64, Int64) -> [UInt8]
    ) -> StreamNumbering? {
        var stream = NumberedStream()
        for number in 0..<20 as Range<Int64> {
            let microseconds = 1_700_000_000_999_000 + number * step
            stream.take(
                bytes(first + number, microseconds).rawBytes, at: Instant(nanoseconds: number * 2_000_000))
        }
        return stream.count?.numbering
    }

    private func integers(_ integers: Int64...) -> [UInt8] {
        integers.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    @Test("a counter is iperf's only with iperf's send times, in datagrams of one length")
    func iperfHeader() {
        let rest = [UInt8](repeating: 0x30, count: 40)
        func stamps(_ time: Int64) -> [UInt8] { integers(time / 1_000_000, time % 1_000_000) }
        #expect(numbering { integers($0) + stamps($1) + rest } == .iperf)
        #expect(numbering(first: 0) { integers($0) + stamps($1) } == .iperf)
        // A number followed by nothing, zeros, text, other counters, a magic number, and other forms of time.
        #expect(numbering { number, _ in integers(number) } == nil)
        #expect(numbering { number, _ in integers(number, 0, 0) + rest } == nil)
        #expect(numbering { number, _ in integers(number) + rest } == nil)
        #expect(numbering { number, _ in integers(number, number, number) + rest } == nil)
        #expect(numbering { number, _ in integers(number, 0x5EAD_BEEF, 0) + rest } == nil)
        #expect(numbering { number, _ in integers(number, 1_700_000_000 + number, 0) + rest } == nil)
        #expect(numbering { integers($0, $1 >> 32, $1) + rest } == nil)
        #expect(numbering { integers($0, $1 / 1_000_000, $1 % 1_000_000 * 1_000) + rest } == nil)
        // Times that stand still, run backwards or run too fast, and lengths that change.
        #expect(numbering(step: 0) { integers($0) + stamps($1) + rest } == nil)
        #expect(numbering(step: -2_000) { integers($0) + stamps($1) + rest } == nil)
        #expect(numbering(step: 900_000) { integers($0) + stamps($1) + rest } == nil)
        #expect(numbering { integers($0) + stamps($1) + rest.prefix(Int($0)) } == nil)
        // An old iperf's datagram has only this header; a shorter one has not even that.
        #expect(numbering { integers($0) + stamps($1).prefix(7) } == nil)
        // The clock of another host may be wrong by years, but not unset.
        #expect(numbering { integers($0) + stamps($1 - 600_000_000_000_000) + rest } == .iperf)
        #expect(numbering { integers($0) + stamps($1 - 1_700_000_000_000_000) + rest } == nil)
    }

    @Test("a counter is RTP's only in a header of RTP")
    func rtpHeader() {
        func header(
            _ number: Int64, flags: Int64 = 0x80, type: Int64 = 33, time: Int64, source: Int64 = 0x1234_5678
        ) -> [UInt8] { integers(flags << 24 | type << 16 | number & 0xFFFF, time, source) }
        let rest = [UInt8](repeating: 0x47, count: 30)
        #expect(numbering { header($0, time: $1) + rest } == .rtp)
        // Times of one frame are equal, and those of video also go back.
        #expect(numbering { number, _ in header(number, time: 3_000) + rest } == .rtp)
        #expect(numbering { number, _ in header(number, time: (number ^ 1) * 3_000) + rest } == .rtp)
        // Two sources and an extension of a word; three bytes of padding.
        let extended = integers(1, 2, 0xBEDE_0001, 0) + rest
        #expect(numbering { header($0, flags: 0x92, time: $1) + extended } == .rtp)
        #expect(numbering { header($0, flags: 0xA0, time: $1) + rest + [0, 0, 3] } == .rtp)
        // A 32-bit counter with the highest bit set; RTCP; a type or time that is none; lists that do not fit.
        #expect(numbering { number, _ in integers(0x8000_0000 + number, 0, 0) + rest } == nil)
        #expect(numbering { header($0, type: 200, time: $1) + rest } == nil)
        #expect(numbering { header($0, type: $0 & 0x3F, time: $1) + rest } == nil)
        #expect(numbering { number, _ in header(number, time: number &* 0x3779_B97F) + rest } == nil)
        #expect(numbering { header($0, flags: 0x8F, time: $1) + rest } == nil)
        #expect(numbering { header($0, flags: 0x90, time: $1) + integers(0xBEDE_00FF) + rest } == nil)
        #expect(numbering { header($0, flags: 0x90, time: $1) } == nil)
        #expect(numbering { header($0, flags: 0xA0, time: $1) + rest + [0] } == nil)
        #expect(numbering { header($0, flags: 0xA0, time: $1) + rest + [200] } == nil)
    }

    @Test(
        "on any input nothing traps, and a stream's counts equal those of a list",
        arguments: 1...50 as ClosedRange<UInt64>)
    func properties(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var numbers = Array(0..<200 as Range<Int64>)
        var lost: Set<Int64> = []
        for number in 4..<199 as Range<Int64> where Double.random(in: 0..<1, using: &generator) < 0.1 {
            lost.insert(number)
        }
        numbers.removeAll { lost.contains($0) }
        // Neighbors are swapped, but not the first ones, which must be in order to be accepted.
        for index in stride(from: 10, to: numbers.count - 2, by: 7) { numbers.swapAt(index, index + 1) }
        let counted = count(numbers, .iperf)
        #expect(counted?.lost == lost.count && counted?.duplicates == 0, "seed \(seed)")
        var stream = NumberedStream()
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...40, using: &generator)
            let kind = Int.random(in: 0..<3, using: &generator)
            var data = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if kind == 0 {
                data = Array("Sender PID 1, count: \(UInt64.random(in: .min ... .max, using: &generator))".utf8)
            }
            stream.take(data.rawBytes)
        }
        #expect(stream.count.map { $0.lost >= 0 } ?? true, "seed \(seed)")
    }
}
