import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat
import WireFormatTestSupport

/// The seeds of the wire's fuzzer, and all that is near them, as frames for a whole host.
@Suite("a whole host and the fuzzer's seeds")
struct StackFuzzTests {
    /// Every seed that can be a frame, in frames to the host.
    private static let frames: [(name: String, bytes: [UInt8])] = {
        let (client, client6) = (IPv4Address(192, 0, 2, 1), IPv6Address(high: 0x2001_0DB8 << 32, low: 1))
        func four(_ next: IPProtocol, _ payload: [UInt8]) -> [UInt8] {
            StackUnderFuzz.frame(
                .ipv4,
                IPv4Header(
                    source: client, destination: StackUnderFuzz.here, protocol: next, payloadLength: payload.count
                ).encoded() + payload)
        }
        func six(_ next: IPProtocol, _ payload: [UInt8]) -> [UInt8] {
            StackUnderFuzz.frame(
                .ipv6,
                IPv6Header(
                    source: client6, destination: StackUnderFuzz.here6, nextHeader: next,
                    payloadLength: payload.count, hopLimit: 255
                ).encoded() + payload)
        }
        var frames: [(String, [UInt8])] = []
        for target in FuzzTarget.allCases {
            for seed in Corpus.seeds(target) {
                let name = "\(target) \(seed.name)"
                switch target {
                case .frame: frames.append((name, EthernetHeader.padded(Array(seed.bytes.dropFirst()))))
                case .arp: frames.append((name, StackUnderFuzz.frame(.arp, seed.bytes)))
                case .ipv4: frames.append((name, StackUnderFuzz.frame(.ipv4, seed.bytes)))
                case .ipv6: frames.append((name, StackUnderFuzz.frame(.ipv6, seed.bytes)))
                case .icmp: frames.append((name, four(.icmp, seed.bytes)))
                case .icmpv6: frames.append((name, six(.icmpv6, seed.bytes)))
                case .igmp: frames.append((name, four(.igmp, seed.bytes)))
                case .udp, .tcp:
                    let next: IPProtocol = target == .udp ? .udp : .tcp
                    frames += [(name, four(next, seed.bytes)), (name + " 6", six(next, seed.bytes))]
                case .reassembly:
                    var rest = seed.bytes[...]
                    while rest.count >= 2 {
                        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
                        rest = rest.dropFirst(2)
                        frames.append((name, StackUnderFuzz.frame(.ipv4, Array(rest.prefix(length)))))
                        rest = rest.dropFirst(length)
                    }
                case .options, .http, .pcap, .pcapng: break
                }
            }
        }
        return frames
    }()

    @Test("every truncation of every seed, and every byte of its headers turned to what it is not")
    func near() {
        var stack = StackUnderFuzz(seed: 1)
        for (name, bytes) in Self.frames {
            for length in EthernetView.headerLength...bytes.count {
                if let problem = stack.take(StackUnderFuzz.repaired(Array(bytes.prefix(length)))) {
                    Issue.record("\(name) cut to \(length): \(problem)")
                    return
                }
            }
            for place in EthernetView.headerLength..<min(bytes.count, EthernetView.headerLength + 120) {
                for value in [UInt8(0), 1, 0x7F, 0x80, 0xFF, bytes[place] ^ 1] {
                    var changed = bytes
                    changed[place] = value
                    if let problem = stack.take(StackUnderFuzz.repaired(changed)) {
                        Issue.record("\(name), byte \(place) is \(value): \(problem)")
                        return
                    }
                }
            }
        }
        // Much of it came as far as the transports, through the router, and back.
        let counters = stack.counters
        #expect(counters.delivered > 3_000 && counters.forwarded > 300 && counters.reassembled > 0, "\(counters)")
    }

    @Test("thousands of them in any order, changed in any way, in any time", arguments: UInt64(1)...10)
    func streams(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var stack = StackUnderFuzz(seed: seed, checksAddresses: seed % 5 == 0)
        var last: [UInt8] = []
        for number in 0..<3_000 {
            guard var frame = Self.frames.randomElement(using: &random)?.bytes else { return }
            // A piece of another, at times.
            if random.next() % 8 == 0, !last.isEmpty {
                let place = Int(random.next() % UInt64(min(frame.count, last.count)))
                frame.replaceSubrange(place..., with: last[place...])
            }
            for _ in 0..<Int(random.next() % 4) {
                let place = Int(random.next() % UInt64(frame.count))
                if place >= 12 { frame[place] = UInt8(truncatingIfNeeded: random.next()) }
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
