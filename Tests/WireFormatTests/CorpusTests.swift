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

    /// A frame of IEEE 802.3 states its length: what follows is padding, wherever the length ends the packet.
    @Test("every seed in a frame of every stated length", arguments: [FuzzTarget.ipv4, .ipv6, .arp])
    func statedLengths(target: FuzzTarget) {
        let type: [UInt8] =
            switch target {
            case .arp: [0x08, 0x06]
            case .ipv6: [0x86, 0xDD]
            default: [0x08, 0x00]
            }
        for seed in Corpus.seeds(target) where seed.bytes.count < 1_400 {
            for length in 0...seed.bytes.count {
                // The fuzzer's selector of the link type, the addresses, the length and the SNAP header (RFC 1042).
                let stated = UInt16(length + 8)
                let lengthField = [UInt8(stated >> 8), UInt8(truncatingIfNeeded: stated)]
                let start = [0, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + lengthField + [0xAA, 0xAA, 3, 0, 0, 0]
                let frame = start + type + seed.bytes
                if let problem = FuzzTarget.frame.problem(frame.rawBytes) {
                    Issue.record("\(seed.name) in a frame of \(stated): \(problem)")
                }
            }
        }
    }
}
