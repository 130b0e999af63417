import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// The seeds of the wire format fuzzer, and small changes of them, as frames for a whole host.
@Suite("a whole host and the fuzzer's seeds")
struct StackFuzzTests {
    private static let frames: [(name: String, bytes: [UInt8])] = HostCorpus.packets.map { name, item in
        var item = item
        item.isRepaired = false
        return (name, item.frame)
    }

    @Test("conversations: the host replies, and a stream is parsed as it was written")
    func conversations() throws {
        let seeds = HostCorpus.seeds
        #expect(Set(seeds.map(\.name)).count == seeds.count)
        for seed in seeds {
            let stream = FrameStream(seed.bytes.rawBytes)
            #expect(stream.encoded == seed.bytes && stream.problem() == nil, "\(seed.name)")
            // The maximum length of the fuzzer's inputs.
            #expect(seed.bytes.count <= 2_048, "\(seed.name)")
        }
        for version in ["4", "6"] {
            let seed = try #require(seeds.first { $0.name == "echo-\(version)" })
            var stack = StackUnderFuzz(seed: 1)
            var echoes = 0
            for item in FrameStream(seed.bytes.rawBytes).items {
                _ = stack.take(item.frame, then: item.time)
                if stack.lastSent.contains(Array("hello".utf8)) { echoes += 1 }
            }
            #expect(echoes > 0 && stack.counters.delivered >= 6, "\(version)")
        }
    }

    @Test("every truncation of every seed, and every byte of its headers inverted")
    func near() {
        var stack = StackUnderFuzz(seed: 1)
        for (name, bytes) in Self.frames {
            for length in EthernetView.headerLength...bytes.count {
                if let problem = stack.take(StackUnderFuzz.repaired(Array(bytes.prefix(length)))) {
                    Issue.record("\(name) cut to \(length): \(problem)")
                    return
                }
            }
            for position in EthernetView.headerLength..<min(bytes.count, EthernetView.headerLength + 120) {
                for value in [UInt8(0), 1, 0x7F, 0x80, 0xFF, bytes[position] ^ 1] {
                    var changed = bytes
                    changed[position] = value
                    if let problem = stack.take(StackUnderFuzz.repaired(changed)) {
                        Issue.record("\(name), byte \(position) is \(value): \(problem)")
                        return
                    }
                }
            }
        }
        // Much of it reached the transports, the router, and returned.
        let counters = stack.counters
        #expect(counters.delivered > 3_000 && counters.forwarded > 300 && counters.reassembled > 0, "\(counters)")
    }

    @Test("thousands of seeds in random order, with random changes and times", arguments: UInt64(1)...10)
    func streams(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var stack = StackUnderFuzz(seed: seed, checksAddresses: seed % 5 == 0)
        var last: [UInt8] = []
        for number in 0..<3_000 {
            guard var frame = Self.frames.randomElement(using: &random)?.bytes else { return }
            // Sometimes a piece of another seed.
            if random.next() % 8 == 0, !last.isEmpty {
                let position = Int(random.next() % UInt64(min(frame.count, last.count)))
                frame.replaceSubrange(position..., with: last[position...])
            }
            for _ in 0..<Int(random.next() % 4) {
                let position = Int(random.next() % UInt64(frame.count))
                if position >= 12 { frame[position] = UInt8(truncatingIfNeeded: random.next()) }
            }
            if random.next() % 8 == 0 { frame.removeLast(Int(random.next() % UInt64(frame.count))) }
            last = frame
            if random.next() % 4 > 0 { frame = StackUnderFuzz.repaired(frame) }
            let time = Nanoseconds(
                Int64(random.next() % 3 == 0 ? random.next() % 2_000_000_000 : random.next() % 1_000_000))
            if let problem = stack.take(frame, hasPendingChecksum: random.next() % 4 > 0, then: time) {
                Issue.record("seed \(seed), frame \(number): \(problem)")
                return
            }
        }
    }
}
