import Testing
import WireFormat
import WireFormatTestSupport

/// What transport checksums cover: pseudo-headers, final destinations, omitted lengths.
@Suite("transport checksums")
struct ChecksumCoverageTests {
    private let source = IPv4Address(192, 0, 2, 1)
    private let destination = IPv4Address(192, 0, 2, 2)

    /// The definition, word by word, with a pseudo-header built by hand.
    private func naive(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }

    @Test("over IPv4 and IPv6, with odd and even length", arguments: 0..<40)
    func pseudoHeaders(length: Int) {
        let data = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
        var segment = TCPSegment(sourcePort: 1, destinationPort: 2, sequenceNumber: 3, flags: .ack, data: data)
        let plain = segment.encoded()
        segment.updateChecksum(source: .v4(source), destination: .v4(destination))
        let header4 = [192, 0, 2, 1, 192, 0, 2, 2, 0, 6, 0, UInt8(plain.count)]
        #expect(segment.checksum == naive(header4 + plain))
        let ipv6 = IPv6Address(high: 0x2001_0DB8 << 32, low: 1)
        segment.updateChecksum(source: .v6(ipv6), destination: .v6(.allNodes))
        let header6 =
            bytes("20010db8000000000000000000000001 ff020000000000000000000000000001") + [
                0, 0, 0, UInt8(plain.count), 0, 0, 0, 6,
            ]
        #expect(segment.checksum == naive(header6 + plain))
    }

    @Test("UDP writes a computed 0 as all ones, and a written 0 means no checksum only over IPv4")
    func zero() throws {
        var found = false
        // One value of the last word makes the sum all ones: then the computed checksum is 0.
        for word in 0...UInt16.max {
            var datagram = UDPDatagram(sourcePort: 1, destinationPort: 2, data: [UInt8(word >> 8), UInt8(word & 0xFF)])
            datagram.updateChecksum(source: .v4(source), destination: .v4(destination))
            #expect(datagram.checksum != 0)
            guard datagram.checksum == 0xFFFF else { continue }
            found = true
            let wire = datagram.encoded()
            let view = try UDPView(wire.rawBytes)
            #expect(view.checksumState(source: .v4(source), destination: .v4(destination)) == .correct)
        }
        #expect(found)
        let none = UDPDatagram(sourcePort: 1, destinationPort: 2, data: [1]).encoded()
        let view = try UDPView(none.rawBytes)
        #expect(view.checksumState(source: .v4(source), destination: .v4(destination)) == .unchecked)
        #expect(view.checksumState(source: .v6(.loopback), destination: .v6(.loopback)) == .incorrect)
        #expect(view.checksumState(source: .v4(source), destination: .v6(.loopback)) == .unchecked)
    }

    private func routed(pointer: UInt8, _ covered: IPv4Address) -> [UInt8] {
        var datagram = UDPDatagram(sourcePort: 1, destinationPort: 2, data: [1, 2, 3])
        datagram.updateChecksum(source: .v4(source), destination: .v4(covered))
        let route = IPv4RouteData(pointer: pointer, slots: [IPv4Address(198, 51, 100, 1), IPv4Address(203, 0, 113, 9)])
        return IPv4Header(
            source: source, destination: destination, protocol: .udp, payloadLength: datagram.byteCount,
            options: IPv4Options([.noOperation, .looseSourceRoute(route)])
        ).encoded() + datagram.encoded()
    }

    // RFC 1122, section 3.2.1.8: the checksum covers the final destination.
    @Test("the last address of a source route, until the route is complete", arguments: [4, 8, 12] as [UInt8])
    func sourceRoute(pointer: UInt8) throws {
        let last = IPv4Address(203, 0, 113, 9)
        let wire = routed(pointer: pointer, pointer < 12 ? last : destination)
        let view = try IPv4View(wire.rawBytes)
        #expect(view.finalDestination == (pointer < 12 ? last : destination))
        let layers = PacketLayers(wire.rawBytes, linkType: .rawIP)
        #expect(layers.verifyChecksums(wire.rawBytes).transport == .correct)
        let wrong = routed(pointer: pointer, pointer < 12 ? destination : last)
        #expect(PacketLayers(wrong.rawBytes, linkType: .rawIP).verifyChecksums(wrong.rawBytes).transport == .incorrect)
    }

    @Test("with total length 0 of an offloaded packet, the datagram extends to the end of the capture")
    func offloaded() throws {
        // Longer than a frame: evidence of segmentation offload.
        var segment = TCPSegment(
            sourcePort: 1, destinationPort: 2, sequenceNumber: 3, flags: .ack, data: [UInt8](repeating: 9, count: 1_503)
        )
        segment.updateChecksum(source: .v4(source), destination: .v4(destination))
        var header = IPv4Header(
            source: source, destination: destination, protocol: .tcp, payloadLength: segment.byteCount)
        header.totalLength = 0
        let wire = header.encoded() + segment.encoded()
        let view = try IPv4View(wire.rawBytes)
        #expect(view.payload.byteCount == 1_523 && !view.isTruncated)
        #expect(PacketLayers(wire.rawBytes, linkType: .rawIP).verifyChecksums(wire.rawBytes).transport == .correct)
    }

    @Test("the checksum of a truncated packet is unchecked")
    func cut() {
        let wire = Array(routed(pointer: 4, IPv4Address(203, 0, 113, 9)).dropLast())
        let layers = PacketLayers(wire.rawBytes, linkType: .rawIP)
        let state = layers.verifyChecksums(wire.rawBytes)
        #expect(layers.isTruncated && state.network == .correct && state.transport == .unchecked && !state.hasIncorrect)
    }

    // Found by the fuzzer: the bytes after the stated length of an 802.3 frame are padding, not the rest of the header.
    @Test("the checksum of a header that the frame's length cuts is unchecked")
    func cutByTheFrame() {
        let frame =
            bytes("02 00 00 00 00 02 02 00 00 00 00 01 00 27 aa aa 03 00 00 00 08 00")
            + bytes("49 00 00 24 00 07 00 00 01 01 c0 00 c0 00 02 01 c0 00 02 02 00 00 00 00 00 00 00 00 00 00 00")
            + [UInt8](repeating: 0, count: 20)
        let layers = PacketLayers(frame.rawBytes, linkType: .ethernet)
        #expect(layers.broken == .ipv4 && layers.transportOffset == 53)
        let state = layers.verifyChecksums(frame.rawBytes)
        #expect(state.network == .unchecked && state.transport == nil)
        #expect(FuzzTarget.frame.problem(([0] + frame).rawBytes) == nil)
    }

    @Test("an incremental update of 64 bits equals a new sum", arguments: 0..<100)
    func incremental(seed: UInt64) {
        var random = Seeded(seed)
        var data = random.bytes(16...16)
        let before = InternetChecksum.of(data.rawBytes)
        let old = data.rawBytes.bigEndian64(at: 8)
        let new = random.next()
        data.withMutableBytes { $0.setBigEndian64(new, at: 8) }
        let after = InternetChecksum.of(data.rawBytes)
        let updated = InternetChecksum.updated(before, replacing: old, with: new)
        #expect(updated == after || updated == ~after && (after == 0 || after == 0xFFFF), "seed \(seed)")
    }
}
