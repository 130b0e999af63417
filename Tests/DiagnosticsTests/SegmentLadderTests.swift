import Diagnostics
import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// The kinds of segments, in the context of the segments before them.
@Suite("segment ladder")
struct SegmentLadderTests {
    private func records(_ faults: WireFaults, seed: UInt64) -> [SegmentRecord] {
        let wire = SimulatedWire(seed: seed)
        let client = wire.add(1)
        let server = wire.add(2)
        wire.faults = faults
        var ladder = SegmentLadder()
        var records: [SegmentRecord] = []
        wire.watch = { now, from, frame in
            let datagram = frame.dropping(EthernetView.headerLength)
            if let record = ladder.take(datagram: datagram, isOutbound: from == 0, stamp: now.nanoseconds) {
                records.append(record)
            }
        }
        let transfer = Transfer(from: client, to: server, there: 60_000, back: 9_000, seed: seed)
        transfer.begin(at: wire.now)
        wire.run(for: .seconds(100)) { transfer.isDone }
        #expect(transfer.there.isWhole && transfer.back.isWhole, "seed \(seed)")
        return records
    }

    @Test("a normal exchange: handshake, data, acknowledgments and two FINs, numbered from the start")
    func peace() {
        let records = records(WireFaults(), seed: 1)
        // The ACK that completes the handshake carries data.
        #expect(records.prefix(3).map(\.kind) == [.handshake, .handshake, .data])
        #expect(records.prefix(3).map(\.isOutbound) == [true, false, true])
        #expect(records[0].sequence == 0 && records[0].acknowledgment == 0 && records[1].acknowledgment == 1)
        #expect(records.count { $0.kind == .fin } == 2)
        #expect(records.allSatisfy { ![.retransmission, .duplicateAcknowledgment, .reset].contains($0.kind) })
        for isOutbound in [true, false] {
            let data = records.filter { $0.isOutbound == isOutbound && $0.length > 0 }
            #expect(data.map(\.length).reduce(0, +) == (isOutbound ? 60_000 : 9_000))
            var next = 1
            for record in data {
                #expect(record.sequence == next)
                next += record.length
            }
        }
        // The window is scaled, of a buffer of 262,144 bytes.
        #expect(records.contains { $0.window == 262_144 })
    }

    @Test("exactly the segments that were sent before are retransmissions", arguments: UInt64(1)...5)
    func loss(seed: UInt64) {
        let records = records(WireFaults(loss: 0.08), seed: seed)
        var highest = [true: -1, false: -1]
        for record in records where record.length > 0 {
            let end = record.sequence + record.length
            let isOld = record.sequence < highest[record.isOutbound] ?? 0
            if !record.flags.contains(.fin) {
                #expect((record.kind == .retransmission) == isOld, "seed \(seed): \(record)")
            }
            highest[record.isOutbound] = max(highest[record.isOutbound] ?? 0, end)
        }
        #expect(records.contains { $0.kind == .retransmission }, "seed \(seed)")
    }

    @Test("each kind, from hand-written segments")
    func kinds() {
        var ladder = SegmentLadder()
        let (here, there) = (SimulatedWire.address(1), SimulatedWire.address(2))
        func kind(
            _ isOutbound: Bool, _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgment: UInt32, _ length: Int = 0,
            window: UInt16 = 1_000
        ) -> SegmentRecord.Kind? {
            let segment = TCPSegment(
                sourcePort: isOutbound ? 5_000 : 80, destinationPort: isOutbound ? 80 : 5_000,
                sequenceNumber: (isOutbound ? 0xFFFF_FFFE : 77) &+ sequence,
                acknowledgmentNumber: (isOutbound ? 77 : 0xFFFF_FFFE) &+ acknowledgment, flags: flags, window: window,
                data: [UInt8](repeating: 0, count: length))
            let header = IPv4Header(
                source: isOutbound ? here : there, destination: isOutbound ? there : here, protocol: .tcp,
                payloadLength: segment.byteCount)
            let bytes = header.encoded() + segment.encoded()
            return ladder.take(datagram: bytes.rawBytes, isOutbound: isOutbound, stamp: 0)?.kind
        }
        #expect(kind(true, .syn, 0, 0) == .handshake)
        #expect(kind(true, .syn, 0, 0) == .retransmission)
        #expect(kind(false, [.syn, .ack], 0, 1) == .handshake)
        #expect(kind(true, .ack, 1, 1) == .handshake)
        #expect(kind(true, [.ack, .psh], 1, 1, 10) == .data)
        #expect(kind(false, .ack, 1, 1) == .duplicateAcknowledgment)
        #expect(kind(true, [.ack, .psh], 1, 1, 10) == .retransmission)
        #expect(kind(false, .ack, 1, 11, window: 0) == .acknowledgment)
        #expect(kind(true, .ack, 11, 1, 1) == .windowProbe)
        #expect(kind(false, .ack, 1, 11, window: 5_000) == .windowUpdate)
        #expect(kind(false, .ack, 1, 12, window: 5_000) == .acknowledgment)
        #expect(kind(true, .ack, 11, 1) == .keepAlive)
        #expect(kind(true, [.ack, .fin], 12, 1) == .fin)
        #expect(kind(true, [.ack, .fin], 12, 1) == .retransmission)
        #expect(kind(false, [.rst, .ack], 1, 13) == .reset)
    }

    @Test("a segment after extension headers is shown without the padding of its frame; a later fragment is not shown")
    func extensionHeaders() {
        func record(_ header: IPv6ExtensionHeader) -> SegmentRecord? {
            let segment = TCPSegment(sourcePort: 80, destinationPort: 5_000, sequenceNumber: 1, flags: .ack, data: [1])
            let payload = header.before(segment.encoded(), .tcp)
            let bytes =
                IPv6Header(
                    source: .loopback, destination: .loopback, nextHeader: header.protocol,
                    payloadLength: payload.count
                ).encoded() + payload + [0, 0, 0]
            var ladder = SegmentLadder()
            return ladder.take(datagram: bytes.rawBytes, isOutbound: false, stamp: 0)
        }
        #expect(record(.padding)?.length == 1)
        #expect(record(.laterFragment) == nil)
    }

    @Test("an incomplete segment is not shown")
    func nonsense() {
        var ladder = SegmentLadder()
        for bytes in [[], [0x45], [UInt8](repeating: 0x45, count: 40), [UInt8](repeating: 0x60, count: 60)] {
            #expect(ladder.take(datagram: bytes.rawBytes, isOutbound: true, stamp: 0) == nil)
        }
    }
}
