import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The questions that a scan asks first, and who is believed.
@Suite("which hosts a scan finds")
struct HostDiscoveryTests {
    private static let now = Instant(nanoseconds: 1_000_000_000)

    /// The packets of the first round to one target, by protocol and port.
    private struct Question {
        var frame: [UInt8]
        var source: IPv4Address
        var target: IPv4Address
        var payload: [UInt8]
        var `protocol`: IPProtocol

        init?(_ frame: [UInt8]) {
            guard let ethernet = try? EthernetView(frame.rawBytes), let header = try? IPv4View(ethernet.payload),
                header.checksumState == .correct
            else { return nil }
            self.frame = frame
            (source, target, `protocol`) = (header.source, header.destination, header.protocol)
            payload = header.payload.copied()
        }

        /// A frame from the target with this payload.
        func reply(_ payload: [UInt8]) -> [UInt8] {
            EthernetHeader(
                destination: .unspecified, source: .unspecified, etherType: .ipv4
            ).encoded()
                + IPv4Header(
                    source: target, destination: source, protocol: `protocol`, payloadLength: payload.count
                ).encoded() + payload
        }

        func segment(
            _ flags: TCPFlags, sequence: UInt32 = 0, acknowledgment: UInt32 = 0
        ) throws -> [UInt8] {
            let asked = try TCPView(payload.rawBytes)
            var segment = TCPSegment(
                sourcePort: asked.destinationPort, destinationPort: asked.sourcePort, sequenceNumber: sequence,
                acknowledgmentNumber: acknowledgment, flags: flags)
            segment.setChecksum(source: .v4(target), destination: .v4(source))
            return reply(segment.encoded())
        }
    }

    private func engine() throws -> SYNScanEngine {
        SYNScanEngine(
            try SYNScanEngineTests.configuration("198.18.0.7", ports: [22], seed: 1) { $0.asksFirst = true })
    }

    private func questions(_ engine: inout SYNScanEngine) throws -> [Question] {
        var batch = PacketBatch(capacity: 64, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Self.now)
        engine.transmitted(batch, 0..<batch.count, from: Self.now, span: .microseconds(10))
        return batch.entries.compactMap { Question(batch.bytes(of: $0)) }
    }

    @Test("a target is asked an echo, a SYN to 443 and an ACK to 80, with correct checksums")
    func asked() throws {
        var engine = try engine()
        let questions = try questions(&engine)
        try #require(questions.count == 3)
        #expect(questions.map(\.protocol) == [.icmp, .tcp, .tcp])
        let echo = try ICMPv4View(questions[0].payload.rawBytes)
        let (echoType, echoState) = (echo.type, echo.checksumState)
        #expect(echoType == .echoRequest && echoState == .correct)
        for (question, port, flags) in [(questions[1], UInt16(443), TCPFlags.syn), (questions[2], 80, .ack)] {
            let segment = try TCPView(question.payload.rawBytes)
            let state = segment.checksumState(source: .v4(question.source), destination: .v4(question.target))
            let (askedPort, askedFlags) = (segment.destinationPort, segment.flags)
            #expect(askedPort == port && askedFlags == flags && state == .correct)
        }
    }

    @Test("each reply that only the target can give shows that it is there; others do not", arguments: 0..<8)
    func replies(number: Int) throws {
        var engine = try engine()
        let questions = try questions(&engine)
        let syn = try TCPView(questions[1].payload.rawBytes)
        let (sequence, asked) = (syn.sequenceNumber, try TCPView(questions[2].payload.rawBytes).acknowledgmentNumber)
        var echo = questions[0].payload
        echo[0] = 0
        // The sum lacks 8 in the high byte of the first word.
        let checksum = InternetChecksum.value(of: [0, 0, 0, 0] + echo[4...])
        (echo[2], echo[3]) = (UInt8(checksum >> 8), UInt8(checksum & 0xFF))
        let isThere: Bool
        let frame: [UInt8]
        switch number {
        case 0: (frame, isThere) = (questions[0].reply(echo), true)
        case 1:
            frame = try questions[1].segment([.syn, .ack], acknowledgment: sequence &+ 1)
            isThere = true
        case 2: (frame, isThere) = (try questions[1].segment([.rst, .ack], acknowledgment: sequence &+ 1), true)
        case 3: (frame, isThere) = (try questions[2].segment(.rst, sequence: asked), true)
        case 4: (frame, isThere) = (try questions[2].segment(.rst, sequence: asked &+ 1), false)
        case 5: (frame, isThere) = (try questions[1].segment([.syn, .ack], acknowledgment: sequence), false)
        case 6: (frame, isThere) = (try questions[1].segment(.rst, sequence: asked), false)
        default:
            echo[5] ^= 1
            let checksum = InternetChecksum.value(of: [0, 0, 0, 0] + echo[4...])
            (echo[2], echo[3]) = (UInt8(checksum >> 8), UInt8(checksum & 0xFF))
            (frame, isThere) = (questions[0].reply(echo), false)
        }
        engine.receive(ReceivedPacket(frame: frame.rawBytes, arrival: Self.now))
        let summary = engine.summary
        #expect(summary.received == (isThere ? 1 : 0) && summary.refused == (isThere ? 0 : 1))
        #expect((engine.discoveryProgress == nil) == isThere)
    }

    @Test("a silent target is asked twice, and not scanned")
    func silent() throws {
        var engine = try engine()
        var (now, sent) = (Self.now, 0)
        for _ in 0..<100 {
            var batch = PacketBatch(capacity: 64, slotLength: engine.maximumPacketLength)
            let deadline = engine.transmit(into: &batch, at: now)
            sent += batch.count
            engine.transmitted(batch, 0..<batch.count, from: now, span: .zero)
            guard deadline != .finished else { break }
            if case .at(let due) = deadline { now = max(now, due) }
        }
        let summary = engine.summary
        #expect(sent == 6 && summary.silent == 1 && summary.sent == 6 && summary.decided == 0)
    }
}
