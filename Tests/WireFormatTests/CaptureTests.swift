import Testing
import WireFormat
import WireFormatTestSupport

@Suite("capture files")
struct CaptureTests {
    /// The contents of a file, and its error.
    private func read(_ file: [UInt8], window: Int = .max) -> (
        packets: [CapturedPacket], bytes: [[UInt8]], error: CaptureError?
    ) {
        var reader = CaptureReader()
        var packets: [CapturedPacket] = []
        var contents: [[UInt8]] = []
        var start = 0
        var end = min(window, file.count)
        do throws(CaptureError) {
            while true {
                let unread = Array(file[start..<end])
                switch try reader.next(unread.rawBytes) {
                case .packet(let packet, let consumed):
                    packets.append(packet)
                    contents.append(Array(unread[packet.range]))
                    start += consumed
                case .consumed(let count): start += count
                case .needs(let count):
                    guard end < file.count else { return (packets, contents, reader.endError(available: end - start)) }
                    end = min(max(start + count, end), file.count)
                }
            }
        } catch {
            return (packets, contents, error)
        }
    }

    @Test(
        "pcap in both byte orders and both resolutions", arguments: [ByteOrder.bigEndian, .littleEndian], [false, true])
    func pcap(order: ByteOrder, isNanoseconds: Bool) throws {
        let writer = PcapWriter(linkType: .linuxCooked2, order: order, hasNanoseconds: isNanoseconds, snapLength: 4)
        let packets: [[UInt8]] = [[1, 2, 3], [], [1, 2, 3, 4, 5, 6]]
        let stamp: UInt64 = 1_700_000_000_123_456_789
        let file = packets.reduce(writer.header) { $0 + writer.record($1.rawBytes, nanoseconds: stamp) }
        for window in [1, 7, Int.max] {
            let (found, bytes, error) = read(file, window: window)
            #expect(error == nil && bytes == [[1, 2, 3], [], [1, 2, 3, 4]])
            #expect(found.map(\.originalLength) == [3, 0, 6] && found.allSatisfy { $0.linkType == .linuxCooked2 })
            #expect(found.allSatisfy { $0.nanoseconds == Int64(isNanoseconds ? stamp : stamp / 1_000 * 1_000) })
        }
        let magic = bytes(isNanoseconds ? "a1b23c4d" : "a1b2c3d4")
        #expect(Array(file.prefix(4)) == (order == .bigEndian ? magic : magic.reversed()))
    }

    @Test("a file truncated anywhere is read up to that point, and the error is reported")
    func cut() throws {
        let writer = PcapWriter(linkType: .ethernet)
        let (three, one): ([UInt8], [UInt8]) = ([1, 2, 3], [4])
        let file =
            writer.header + writer.record(three.rawBytes, nanoseconds: 1) + writer.record(one.rawBytes, nanoseconds: 2)
        for length in 0..<file.count {
            let (packets, _, error) = read(Array(file.prefix(length)))
            #expect(packets.count == (length >= 43 ? 1 : 0), "\(length)")
            let isBetween = length == 24 || length == 43
            #expect((error == nil) == isBetween, "\(length): \(String(describing: error))")
        }
        #expect(read(Array(file.prefix(50))).error == CaptureError(.truncated(available: 7), offset: 43))
    }

    @Test("a file that is not a capture is recognized by its first bytes")
    func noCapture() {
        #expect(
            read(Array("GIF89a and more that follows".utf8)).error
                == CaptureError(.notACapture(magic: 0x4749_4638), offset: 0))
        #expect(read([]).error == CaptureError(.truncated(available: 0), offset: 0))
        let future = bytes("d4c3b2a1 0900 0400 00000000 00000000 ffff0000 01000000")
        #expect(read(future).error == CaptureError(.unsupportedVersion(major: 9, minor: 4), offset: 4))
        let huge = bytes("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000 00000000 00000000 ffffffff 00000000")
        #expect(read(huge).error == CaptureError(.invalidLength(0xFFFF_FFFF), offset: 32))
    }

    @Test("the length of the frame check sequence in the highest bits, and raw IP by its other numbers")
    func linkTypeBits() {
        // Flag f, FCS length of two 16-bit words, link type 1.
        let file = bytes(
            "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000024 00000000 00000000 01000000 01000000 07")
        #expect(read(file).packets.first?.frameCheckSequenceLength == 4)
        let raw = bytes("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 0c000000 00000000 00000000 01000000 01000000 45")
        #expect(read(raw).packets.first?.linkType == .rawIP)
    }

    @Test("pcapng: interfaces, directions, lengths")
    func pcapng() throws {
        let (five, nine): ([UInt8], [UInt8]) = ([1, 2, 3, 4, 5], [9])
        let file =
            PcapNG.sectionHeader(application: "test") + PcapNG.interface(name: "a", linkType: .ethernet)
            + PcapNG.interface(name: "b", linkType: .rawIP, frameCheckSequenceLength: 4)
            + PcapNG.packet(
                five.rawBytes, interface: 1, nanoseconds: 1_700_000_000_000_000_001, originalLength: 99,
                direction: .outbound)
            + PcapNG.packet(nine.rawBytes, interface: 0, nanoseconds: 2, direction: .inbound)
        for window in [1, 13, Int.max] {
            let (packets, contents, error) = read(file, window: window)
            #expect(error == nil && contents == [[1, 2, 3, 4, 5], [9]])
            #expect(
                packets.map(\.nanoseconds) == [1_700_000_000_000_000_001, 2]
                    && packets.map(\.originalLength) == [99, 1])
            #expect(packets.map(\.frameCheckSequenceLength) == [4, 0])
            #expect(
                packets.map(\.linkType) == [.rawIP, .ethernet] && packets.map(\.direction) == [.outbound, .inbound])
        }
    }

    /// Returns a block in big-endian order.
    private func block(_ type: String, _ body: String) -> [UInt8] {
        let length = bytes(body).count + 12
        let word = String(length, radix: 16)
        let text = String(repeating: "0", count: 8 - word.count) + word
        return bytes(type + text + body + text)
    }

    private let section = "1a2b3c4d 0001 0000 ffffffffffffffff"

    @Test(
        "timestamps in every resolution and with an offset",
        arguments: [
            // No option: microseconds.
            ("", "00000000 000f4240", 1_000_000_000), ("0009 0001 03000000", "00000000 00000005", 5_000_000),
            ("0009 0001 00000000", "00000000 00000005", 5_000_000_000),
            // Powers of two: 2^-10 of a second.
            ("0009 0001 8a000000", "00000000 00000200", 500_000_000),
            // Picoseconds are finer than a nanosecond.
            ("0009 0001 0c000000", "00000000 0000ffff", 65),
            ("000e 0008 0000000000000002", "00000000 00000001", 2_000_001_000),
        ] as [(String, String, Int64)])
    func resolutions(option: String, stamp: String, nanoseconds: Int64) {
        let file =
            block("0a0d0d0a", section) + block("00000001", "0001 0000 00000000" + option)
            + block("00000006", "00000000" + stamp + "00000001 00000001 07000000")
        #expect(read(file).packets.map(\.nanoseconds) == [nanoseconds])
    }

    @Test("simple packet blocks, obsolete packet blocks, unknown blocks and a second section")
    func otherBlocks() {
        let file =
            block("0a0d0d0a", section) + block("00000001", "0001 0000 00000002") + block("00000bad", "01020304")
            + block("00000003", "00000003 01020000")
            + block("00000002", "0000 0007 00000000 00000001 00000001 00000001 09000000")
            + block("0a0d0d0a", section) + block("00000001", "0065 0000 00000000")
            + block("00000003", "00000001 45000000")
        let (packets, contents, error) = read(file)
        #expect(error == nil && contents == [[1, 2], [9], [0x45]])
        #expect(packets.map(\.nanoseconds) == [nil, 1_000, nil] && packets.map(\.originalLength) == [3, 1, 1])
        #expect(packets.map(\.linkType) == [.ethernet, .ethernet, .rawIP])
    }

    @Test("invalid lengths and interfaces are errors with their offset")
    func broken() {
        let start = block("0a0d0d0a", section)
        #expect(
            read(start + block("00000006", "00000005 00000000 00000000 00000000 00000000")).error
                == CaptureError(.unknownInterface(5), offset: 28))
        #expect(read(start + bytes("00000006 00000005 00000000")).error == CaptureError(.invalidLength(5), offset: 32))
        var twisted = start + block("00000bad", "01020304")
        twisted[twisted.count - 1] ^= 4
        #expect(read(twisted).error == CaptureError(.invalidLength(20), offset: 40))
    }

    @Test("the readers parse the output of the writers, in every seed of the corpus")
    func corpus() {
        for seed in Corpus.seeds(.pcap) + Corpus.seeds(.pcapng) {
            let (packets, _, error) = read(seed.bytes)
            #expect(packets.count == 2 && error == nil, "\(seed.name)")
        }
    }
}
