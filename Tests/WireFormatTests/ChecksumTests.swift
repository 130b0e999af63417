import Testing
import WireFormat

@Suite("Internet checksum")
struct ChecksumTests {
    /// The definition of RFC 1071, word by word.
    private func naive(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var sum: UInt32 = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let low = index + 1 < bytes.endIndex ? UInt32(bytes[index + 1]) : 0
            sum += UInt32(bytes[index]) << 8 | low
            sum = (sum & 0xFFFF) + (sum >> 16)
            index += 2
        }
        return ~UInt16(sum)
    }

    @Test("the example of RFC 1071, section 3")
    func example() {
        // The sum in the RFC is ddf2; the checksum is its complement.
        #expect(InternetChecksum.of(bytes("00 01 f2 03 f4 f5 f6 f7").rawBytes) == ~0xddf2)
    }

    @Test("a header captured from the wire sums to zero")
    func header() {
        // A common textbook header: 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7.
        let header = bytes("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7")
        #expect(InternetChecksum.of(header.rawBytes) == 0)
    }

    @Test("equals the definition for every length to 2,048 and every alignment")
    func everyLength() {
        var random = Seeded(1)
        let pool = (0..<2_048 + 64).map { _ in UInt8.random(in: 0...255, using: &random) }
        for length in 0...2_048 {
            // All alignments for short lengths, where the ends differ; one alignment each for the others.
            let alignments = length < 160 ? Array(0..<64) : [length % 64]
            for alignment in alignments {
                let slice = pool[alignment..<alignment + length]
                let span = pool.rawBytes.extracting(alignment..<alignment + length)
                #expect(InternetChecksum.of(span) == naive(slice), "\(length) bytes at \(alignment)")
            }
        }
    }

    @Test("carries of 64 KiB of ones")
    func ones() {
        let ones = [UInt8](repeating: 0xFF, count: 65_536)
        #expect(InternetChecksum.of(ones.rawBytes) == 0)
        #expect(InternetChecksum.of([UInt8](repeating: 0, count: 65_535).rawBytes) == 0xFFFF)
    }

    @Test("the sum of parts with even length equals the sum of the whole", arguments: 0..<50)
    func parts(seed: UInt64) {
        var random = Seeded(seed)
        let whole = random.bytes(2...400)
        let cut = Int.random(in: 0...whole.count / 2, using: &random) * 2
        var sum = InternetChecksum()
        sum.add(whole.rawBytes.prefix(cut))
        sum.add(whole.rawBytes.dropping(cut))
        #expect(sum.value == InternetChecksum.of(whole.rawBytes), "seed \(seed)")
    }

    @Test("an incremental update equals a new sum (RFC 1624)", arguments: 0..<200)
    func incremental(seed: UInt64) {
        var random = Seeded(seed)
        var data = random.bytes(16...64)
        if data.count % 2 == 1 { data.append(0) }
        let before = InternetChecksum.of(data.rawBytes)
        let offset = Int.random(in: 0...(data.count - 2) / 2, using: &random) * 2
        let old = data.rawBytes.bigEndian16(at: offset)
        let new = UInt16.random(in: 0...UInt16.max, using: &random)
        data.withMutableBytes { $0.setBigEndian16(new, at: offset) }
        let after = InternetChecksum.of(data.rawBytes)
        let updated = InternetChecksum.updated(before, replacing: old, with: new)
        // Both are correct: the two zeros of one's complement.
        #expect(updated == after || updated == ~after && (after == 0 || after == 0xFFFF), "seed \(seed)")
    }

    @Test("the example of RFC 1624, section 4")
    func incrementalExample() {
        #expect(InternetChecksum.updated(0xDD2F, replacing: UInt16(0x5555), with: UInt16(0x3285)) == 0x0000)
    }
}
