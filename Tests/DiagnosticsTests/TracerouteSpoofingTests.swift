import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// Packets that a trace must reject, and how it reads wrong lengths.
@Suite("traceroute and hostile packets")
struct TracerouteSpoofingTests {
    @Test("TCP: segments that do not acknowledge our SYN are rejected")
    func strangeSegments() {
        var engine = TracerouteEngine([TracerouteConfiguration.simulated(.tcp)])
        var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        let probe = batch.bytes(of: batch.entries[0])
        let sequence = probe.rawBytes.bigEndian32(at: 24)
        func hand(_ change: (inout TCPSegment) -> Void) {
            var segment = TCPSegment(
                sourcePort: 33_434, destinationPort: 40_000, sequenceNumber: 1, acknowledgmentNumber: sequence &+ 1,
                flags: [.syn, .ack])
            change(&segment)
            let header = IPv4Header(
                source: Echo.there, destination: Echo.here, protocol: .tcp, payloadLength: segment.byteCount)
            let bytes = header.encoded() + segment.encoded()
            engine.receive(
                ReceivedPacket(
                    bytes: bytes.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 1_000_000),
                    source: .v4(Echo.there), destination: nil, hopLimit: 64))
        }
        hand { $0.acknowledgmentNumber = sequence }
        hand { $0.acknowledgmentNumber = sequence &+ 2 }
        hand { $0.acknowledgmentNumber = sequence &+ 1 &+ 0x1_0000 }
        hand { $0.flags = .ack }
        hand { $0.flags = .rst }
        hand { $0.sourcePort = 81 }
        hand { $0.destinationPort = 40_001 }
        let strange = engine.summary(of: 0).received
        #expect(strange == 0)
        hand { _ in }
        hand { _ in }
        let received = engine.summary(of: 0).received
        #expect(received == 1)
    }

    @Test("TCP: a later fragment is not a segment, whatever it looks like; data after extension headers is")
    func fragments() {
        func received(isIPv6: Bool, _ datagram: (TCPSegment) -> [UInt8]) -> UInt64 {
            var configuration = TracerouteConfiguration.simulated(.tcp)
            if isIPv6 { (configuration.source, configuration.destination) = (Echo.here6, Echo.there6) }
            var engine = TracerouteEngine([configuration])
            var batch = PacketBatch(capacity: 1, slotLength: engine.maximumPacketLength)
            _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
            let sequence = batch.bytes(of: batch.entries[0]).rawBytes.bigEndian32(at: isIPv6 ? 44 : 24)
            let bytes = datagram(
                TCPSegment(
                    sourcePort: 33_434, destinationPort: 40_000, sequenceNumber: 1,
                    acknowledgmentNumber: sequence &+ 1, flags: [.syn, .ack]))
            engine.receive(
                ReceivedPacket(
                    bytes: bytes.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 1_000_000),
                    source: configuration.destination, destination: nil, hopLimit: 64))
            return UInt64(engine.summary(of: 0).received)
        }
        func ipv4(_ segment: TCPSegment, offset: UInt16) -> [UInt8] {
            var header = IPv4Header(
                source: Echo.there, destination: Echo.here, protocol: .tcp, payloadLength: segment.byteCount)
            header.fragmentOffset = offset
            return header.encoded() + segment.encoded()
        }
        func ipv6(_ segment: TCPSegment, _ header: IPv6ExtensionHeader) -> [UInt8] {
            let payload = header.before(segment.encoded(), .tcp)
            guard case .v6(let source) = Echo.there6, case .v6(let destination) = Echo.here6 else { return [] }
            return IPv6Header(
                source: source, destination: destination, nextHeader: header.protocol, payloadLength: payload.count
            ).encoded() + payload
        }
        #expect(received(isIPv6: false) { ipv4($0, offset: 0) } == 1)
        #expect(received(isIPv6: false) { ipv4($0, offset: 1) } == 0)
        #expect(received(isIPv6: true) { ipv6($0, .padding) } == 1)
        #expect(received(isIPv6: true) { ipv6($0, .laterFragment) } == 0)
    }

    @Test("replies cut at every length and with wrong lengths are read as far as they are valid", arguments: 0..<20)
    func hostile(seed: UInt64) throws {
        let stack = [MPLSLabel(label: 16_001, trafficClass: 3, isBottomOfStack: true, timeToLive: 1)]
        var configuration = TracerouteConfiguration.simulated()
        configuration.maximumHops = 1
        configuration.queries = 1
        var whole: [UInt8] = []
        /// The labels of the reply to the first probe; nil if the packet is not a reply.
        func labels(_ hand: ([UInt8]) -> [UInt8]) throws -> [MPLSLabel]? {
            var engine = TracerouteEngine([configuration])
            var batch = PacketBatch(capacity: 16, slotLength: engine.maximumPacketLength)
            _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
            let probe = batch.bytes(of: batch.entries[0])
            var path = SimulatedPath(routers: [.labels(stack), .answers])
            let reply = path.answer(to: probe)
            let answer = try #require(reply)
            whole = answer.bytes
            var bytes = hand(answer.bytes)
            if bytes.count >= 24 {
                bytes[22] = 0
                bytes[23] = 0
                let checksum = InternetChecksum.of(bytes.rawBytes.dropping(20))
                bytes[22] = UInt8(checksum >> 8)
                bytes[23] = UInt8(checksum & 0xFF)
            }
            engine.receive(
                ReceivedPacket(
                    bytes: bytes.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 1_000_000),
                    source: answer.source, destination: nil, hopLimit: 64))
            batch.removeAll()
            _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 2_000_000))
            var found: [MPLSLabel]?
            engine.drain { event in
                if case .hop(let hop) = event, let answer = hop.answers.first { found = answer.labels }
            }
            return found
        }
        let right = try labels { $0 }
        #expect(right == stack)
        var random = SeededGenerator(seed: seed)
        for length in 0..<whole.count {
            let found = try labels { whole in
                var cut = Array(whole.prefix(length))
                // The header states the length: a router that sent no more.
                if length >= 20 {
                    cut[2] = UInt8(length >> 8)
                    cut[3] = UInt8(length & 0xFF)
                }
                return cut
            }
            // 20 bytes of header, 8 of message and 28 of quote are enough for a reply.
            #expect(length < 56 ? found == nil : found == [], "length \(length)")
        }
        for _ in 0..<500 {
            // Length of the header, of the quote, of the extension's object; version and class.
            let offset = try #require([0, 25, 28, 156, 160, 161, 162, 163].randomElement(using: &random))
            let value = UInt8.random(in: 0...255, using: &random)
            let found = try labels { whole in
                var bytes = whole
                bytes[offset] = value
                return bytes
            }
            #expect(found.map { $0.isEmpty || $0 == stack } ?? true, "seed \(seed), byte \(offset) = \(value)")
        }
    }

    @Test("errors that quote no probe of ours are rejected", arguments: 0..<40)
    func unverified(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var configuration = TracerouteConfiguration.simulated()
        configuration.maximumHops = 5
        var engine = TracerouteEngine([configuration])
        var batch = PacketBatch(capacity: 16, slotLength: engine.maximumPacketLength)
        _ = engine.transmit(into: &batch, at: Instant(nanoseconds: 0))
        let probe = batch.bytes(of: batch.entries[0])
        for _ in 0..<200 {
            // A quote with a flipped bit in an identifying field, or a message cut or changed anywhere.
            var quote = Array(probe.prefix(28))
            let offset = [16, 17, 18, 19, 22, 23, 24, 25].randomElement(using: &random) ?? 16
            quote[offset] ^= 1 << UInt8.random(in: 0...7, using: &random)
            var message = Echo.datagram(
                ICMPv4Message(.timeExceeded(code: 0, ICMPErrorBody(data: quote))).encoded(),
                from: IPv4Address(203, 0, 113, 1), to: Echo.here)
            if Bool.random(using: &random) { message.removeLast(Int.random(in: 1..<message.count, using: &random)) }
            engine.receive(
                ReceivedPacket(
                    bytes: message.rawBytes, form: .datagram, arrival: Instant(nanoseconds: 1_000_000),
                    source: .v4(IPv4Address(203, 0, 113, 1)), destination: nil, hopLimit: 64))
        }
        let received = engine.summary(of: 0).received
        #expect(received == 0, "seed \(seed)")
    }
}
