import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The questions that a scan asks first, and the replies that count.
@Suite("which hosts a scan finds")
struct HostDiscoveryTests {
    private static let now = Instant(nanoseconds: 1_000_000_000)

    /// A packet that asks.
    private struct Question {
        var source: IPv4Address
        var target: IPv4Address
        var payload: [UInt8]
        var `protocol`: IPProtocol

        init?(_ frame: [UInt8]) {
            guard let header = try? IPv4View(frame.rawBytes.dropping(14)), header.checksumState == .correct else {
                return nil
            }
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
            segment.updateChecksum(source: .v4(target), destination: .v4(source))
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
        let payload = questions[0].payload
        let echo = try ICMPv4View(payload.rawBytes)
        let (echoType, echoState) = (echo.type, echo.checksumState)
        #expect(echoType == .echoRequest && echoState == .correct)
        for (question, port, flags) in [(questions[1], UInt16(443), TCPFlags.syn), (questions[2], 80, .ack)] {
            let payload = question.payload
            let segment = try TCPView(payload.rawBytes)
            let state = segment.checksumState(source: .v4(question.source), destination: .v4(question.target))
            let (askedPort, askedFlags) = (segment.destinationPort, segment.flags)
            #expect(askedPort == port && askedFlags == flags && state == .correct)
        }
    }

    private static func pass(_ frame: [UInt8], to engine: inout SYNScanEngine) {
        engine.receive(ReceivedPacket(frame: frame.rawBytes, arrival: now))
    }

    private static func updateChecksum(of message: inout [UInt8]) {
        (message[2], message[3]) = (0, 0)
        let checksum = InternetChecksum.of(message.rawBytes)
        (message[2], message[3]) = (UInt8(checksum >> 8), UInt8(checksum & 0xFF))
    }

    @Test("each reply that only the target can give shows that it is there; others do not", arguments: 0..<8)
    func replies(number: Int) throws {
        var engine = try engine()
        let questions = try questions(&engine)
        let (syn, ack) = (questions[1].payload, questions[2].payload)
        let sequence = try TCPView(syn.rawBytes).sequenceNumber
        let asked = try TCPView(ack.rawBytes).acknowledgmentNumber
        var echo = questions[0].payload
        echo[0] = 0
        Self.updateChecksum(of: &echo)
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
            Self.updateChecksum(of: &echo)
            (frame, isThere) = (questions[0].reply(echo), false)
        }
        Self.pass(frame, to: &engine)
        let summary = engine.summary
        #expect(summary.received == (isThere ? 1 : 0) && summary.refused == (isThere ? 0 : 1))
        #expect((engine.discoveryProgress == nil) == isThere)
    }

    @Test("hosts behind a link without neighbors are asked; this host itself and neighbors are not")
    func links() throws {
        for (framing, isAsked) in [(ScanLink.Framing.datagram, true), (.routed, false)] {
            var configuration = try SYNScanEngineTests.configuration(
                "198.18.0.7", ports: [22], over: .tunnel, seed: 1)
            configuration.asksFirst = true
            configuration.routes[0].link.framing = framing
            #expect(HostDiscovery(configuration, sourcePort: 1).isOver == !isAsked)
        }
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
