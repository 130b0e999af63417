import HostStack
import PacketEngine
import WireFormat
import WireFormatTestSupport

/// The seeds of the fuzzer of whole hosts: every seed of the wire format fuzzer that can be a frame, and recorded
/// conversations with a host.
public enum HostCorpus {
    private static let client = IPv4Address(192, 0, 2, 1)
    private static let client6 = IPv6Address(high: 0x2001_0DB8 << 32, low: 1)
    /// A neighbor on the host's link.
    private static let neighbor = IPv4Address(198, 51, 100, 1)
    private static let neighbor6 = IPv6Address(high: 0x2001_0DB8_0001_0000, low: 1)

    public static var seeds: [Corpus.Seed] {
        packets.map { Corpus.Seed($0.name, FrameStream([$0.item]).encoded) } + conversations
    }

    // MARK: Packets

    /// The seeds of the wire format fuzzer, each in a frame to the host.
    public static var packets: [(name: String, item: FrameStream.Item)] {
        func ipv4(_ next: IPProtocol, _ payload: [UInt8]) -> FrameStream.Item {
            FrameStream.Item(
                .ipv4,
                IPv4Header(
                    source: client, destination: StackUnderFuzz.here, protocol: next, payloadLength: payload.count
                ).encoded() + payload)
        }
        func ipv6(_ next: IPProtocol, _ payload: [UInt8]) -> FrameStream.Item {
            FrameStream.Item(
                .ipv6,
                IPv6Header(
                    source: client6, destination: StackUnderFuzz.here6, nextHeader: next,
                    payloadLength: payload.count, hopLimit: 255
                ).encoded() + payload)
        }
        var packets: [(String, FrameStream.Item)] = []
        for target in FuzzTarget.allCases {
            for seed in Corpus.seeds(target) {
                let name = "\(target)-\(seed.name)"
                switch target {
                case .arp: packets.append((name, FrameStream.Item(.arp, seed.bytes)))
                case .ipv4: packets.append((name, FrameStream.Item(.ipv4, seed.bytes)))
                case .ipv6: packets.append((name, FrameStream.Item(.ipv6, seed.bytes)))
                case .icmp: packets.append((name, ipv4(.icmp, seed.bytes)))
                case .icmpv6: packets.append((name, ipv6(.icmpv6, seed.bytes)))
                case .igmp: packets.append((name, ipv4(.igmp, seed.bytes)))
                case .udp, .tcp:
                    let next: IPProtocol = target == .udp ? .udp : .tcp
                    packets += [(name, ipv4(next, seed.bytes)), (name + "-6", ipv6(next, seed.bytes))]
                case .reassembly:
                    var rest = seed.bytes[...]
                    while rest.count >= 2 {
                        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
                        rest = rest.dropFirst(2)
                        packets.append(
                            ("\(name)-\(packets.count)", FrameStream.Item(.ipv4, Array(rest.prefix(length)))))
                        rest = rest.dropFirst(length)
                    }
                // Other link types, and formats that a host does not parse.
                case .frame, .options, .http, .dns, .dhcp, .socks, .pcap, .pcapng: break
                }
            }
        }
        return packets
    }

    // MARK: Conversations

    /// A conversation with a host; its numbers are the same in every run.
    private struct Conversation: ~Copyable {
        let family: IPAddress.Family
        private var stack = StackUnderFuzz(seed: 1)
        private(set) var stream = FrameStream()
        private var sent: UInt32 = 0xFFFF_FFF0
        private var received: UInt32 = 0

        init(_ family: IPAddress.Family) {
            self.family = family
            switch family {
            case .v4:
                play(
                    FrameStream.Item(
                        .arp,
                        ARPPacket.request(for: StackUnderFuzz.here, from: StackUnderFuzz.otherHost, neighbor).encoded())
                )
            case .v6:
                let frame = NDPFrame.solicitation(
                    for: StackUnderFuzz.here6, from: neighbor6, mac: StackUnderFuzz.otherHost, at: StackUnderFuzz.mac)
                play(FrameStream.Item(.ipv6, Array(frame.dropFirst(EthernetView.headerLength))))
            }
        }

        private mutating func play(_ item: FrameStream.Item) {
            stream.items.append(item)
            _ = stack.take(item.frame, hasPendingChecksum: item.hasPendingChecksum, then: item.time)
        }

        /// Sends data to the TCP echo service, and records the number of the reply.
        /// - Parameter ahead: the number of bytes omitted before it.
        mutating func say(
            _ flags: TCPFlags, _ data: [UInt8] = [], options: [TCPOption] = [], window: UInt16 = 64_000,
            ahead: UInt32 = 0, timeExponent: UInt8 = 17
        ) {
            let segment = TCPSegment(
                sourcePort: 40_001, destinationPort: 7, sequenceNumber: sent &+ ahead,
                acknowledgmentNumber: flags.contains(.ack) ? received : 0, flags: flags, window: window,
                options: TCPOptions(options), data: data
            ).encoded()
            var item =
                family == .v4
                ? FrameStream.Item(
                    .ipv4,
                    IPv4Header(
                        source: neighbor, destination: StackUnderFuzz.here, protocol: .tcp,
                        payloadLength: segment.count
                    ).encoded() + segment)
                : FrameStream.Item(
                    .ipv6,
                    IPv6Header(
                        source: neighbor6, destination: StackUnderFuzz.here6, nextHeader: .tcp,
                        payloadLength: segment.count
                    ).encoded() + segment)
            item.timeExponent = timeExponent
            play(item)
            if ahead == 0 {
                sent = sent &+ UInt32(data.count) &+ (flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
            }
            let answer = stack.lastSent
            let layers = PacketLayers(answer.rawBytes, linkType: .ethernet)
            guard layers.transport == .tcp,
                let view = try? TCPView(answer.rawBytes.extracting(layers.transportOffset..<layers.end))
            else { return }
            let ends: UInt32 = view.flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1
            received = view.sequenceNumber &+ UInt32(view.payload.byteCount) &+ ends
        }
    }

    private static let options: [TCPOption] = [
        .maximumSegmentSize(1_400), .selectiveAcknowledgmentPermitted, .timestamps(value: 1, echoReply: 0),
        .noOperation, .windowScale(7),
    ]

    private static var conversations: [Corpus.Seed] {
        [IPAddress.Family.v4, .v6].flatMap { family in
            let version = family == .v4 ? "4" : "6"
            var peaceful = Conversation(family)
            peaceful.say(.syn)
            peaceful.say(.ack)
            peaceful.say([.ack, .psh], Array("hello".utf8))
            peaceful.say(.ack)
            peaceful.say([.ack, .fin])
            peaceful.say(.ack)
            let quiet = Corpus.Seed("echo-\(version)", peaceful.stream.encoded)

            var wild = Conversation(family)
            wild.say(.syn, options: options)
            wild.say(.ack, options: [.timestamps(value: 2, echoReply: 0)])
            wild.say([.ack, .psh], [UInt8](repeating: 1, count: 40), ahead: 40)
            wild.say([.ack, .psh], [UInt8](repeating: 2, count: 20), window: 0)
            wild.say([.ack, .psh], [UInt8](repeating: 3, count: 20), window: 0, timeExponent: 24)
            wild.say(.ack, options: [.selectiveAcknowledgment([.init(start: 5, end: 9)])], window: 9, timeExponent: 22)
            wild.say([.ack, .urg, .psh], [9], timeExponent: 10)
            wild.say(.syn)
            wild.say([.rst, .ack])
            let loud = Corpus.Seed("disorder-\(version)", wild.stream.encoded)

            var silent = Conversation(family)
            silent.say(.syn, options: options)
            silent.say(.ack, [UInt8](repeating: 1, count: 300), timeExponent: 28)
            silent.say([.ack, .fin], timeExponent: 31)
            let dead = Corpus.Seed("silence-\(version)", silent.stream.encoded)
            return [quiet, loud, dead]
        }
    }
}
