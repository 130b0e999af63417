import Testing
import WireFormat
import WireFormatTestSupport

/// The seeds of the fuzzer and small changes of them: each is parsed, described
/// in every format and written again, and the bytes must be the same.
@Suite("corpus")
struct CorpusTests {
    @Test("every seed", arguments: FuzzTarget.allCases)
    func seeds(target: FuzzTarget) {
        #expect(!Corpus.seeds(target).isEmpty)
        for seed in Corpus.seeds(target) {
            #expect(target.problem(seed.bytes.rawBytes) == nil, "\(seed.name)")
        }
    }

    @Test("every truncation of every seed", arguments: FuzzTarget.allCases)
    func truncations(target: FuzzTarget) {
        for seed in Corpus.seeds(target) {
            for length in 0..<seed.bytes.count {
                // A separate array, so that an access beyond the end traps.
                let bytes = Array(seed.bytes.prefix(length))
                if let problem = target.problem(bytes.rawBytes) {
                    Issue.record("\(seed.name) cut to \(length): \(problem)")
                }
            }
        }
    }

    @Test("every bit of every seed inverted", arguments: FuzzTarget.allCases)
    func bits(target: FuzzTarget) {
        for seed in Corpus.seeds(target) {
            for bit in 0..<seed.bytes.count * 8 {
                var bytes = seed.bytes
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                if let problem = target.problem(bytes.rawBytes) {
                    Issue.record("\(seed.name), bit \(bit): \(problem)")
                }
            }
        }
    }
}
