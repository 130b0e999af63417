import Diagnostics
import PacketEngine
import Testing
import WireFormat

/// The segments that belong to a run's own connections.
@Suite("connection tracker")
struct ConnectionTrackerTests {
    private static let here = IPv4Address(198, 51, 100, 1)
    private static let there = IPv4Address(198, 51, 100, 7)

    private func frame(
        _ source: IPv4Address, _ sourcePort: UInt16, _ destination: IPv4Address, _ destinationPort: UInt16,
        _ flags: TCPFlags, options: TCPOptions = TCPOptions()
    ) -> [UInt8] {
        var segment = TCPSegment(
            sourcePort: sourcePort, destinationPort: destinationPort, sequenceNumber: 1, acknowledgmentNumber: 0,
            flags: flags, window: 64_240, options: options)
        segment.updateChecksum(source: .v4(source), destination: .v4(destination))
        let bytes = segment.encoded()
        let header = IPv4Header(
            source: source, destination: destination, protocol: .tcp, payloadLength: bytes.count, timeToLive: 57)
        return header.encoded() + bytes
    }

    @Test("a handshake is recorded with its time, other connections are ignored")
    func handshake() throws {
        var connections = ConnectionTracker()
        connections.begin(.v4(Self.there), port: 80, localPort: 40_000)
        let syn = frame(Self.here, 40_000, Self.there, 80, .syn)
        let other = frame(Self.here, 40_001, Self.there, 80, .syn)
        let options = TCPOptions([.maximumSegmentSize(1_460), .noOperation, .windowScale(7)])
        let answer = frame(Self.there, 80, Self.here, 40_000, [.syn, .ack], options: options)
        let data = frame(Self.there, 80, Self.here, 40_000, .ack)
        #expect(connections.take(other.rawBytes, hasEthernetHeader: false, stamp: 0) == nil)
        #expect(connections.take(syn.rawBytes, hasEthernetHeader: false, stamp: 1_000) == .outbound)
        #expect(connections.handshake(.v4(Self.there), port: 80, localPort: 40_000) == nil)
        #expect(connections.take(answer.rawBytes, hasEthernetHeader: false, stamp: 31_000) == .inbound)
        #expect(connections.take(data.rawBytes, hasEthernetHeader: false, stamp: 40_000) == .inbound)
        let facts = try #require(connections.handshake(.v4(Self.there), port: 80, localPort: 40_000))
        #expect(facts.hopLimit == 57 && facts.window == 64_240 && facts.roundTrip == Nanoseconds(30_000))
        #expect(TCPOptions(facts.options.rawBytes).names.prefix(3) == ["mss 1460", "nop", "window-scale 7"])
        connections.begin(.v4(Self.there), port: 80, localPort: 40_000)
        #expect(connections.handshake(.v4(Self.there), port: 80, localPort: 40_000) == nil)
    }

    @Test("IPv6: a segment after extension headers belongs to a run; a later fragment does not, nor in IPv4")
    func datagrams() throws {
        let address = IPv6Address(high: 0x2001_0DB8 << 32, low: 7)
        let segment = TCPSegment(sourcePort: 80, destinationPort: 40_000, sequenceNumber: 1, flags: [.syn, .ack])
        func direction(_ header: IPv6ExtensionHeader) -> (ConnectionTracker.Direction?, HandshakeFacts?) {
            var connections = ConnectionTracker()
            connections.begin(.v6(address), port: 80, localPort: 40_000)
            let payload = header.before(segment.encoded(), .tcp)
            let datagram = IPv6Header(
                source: address, destination: .loopback, nextHeader: header.protocol, payloadLength: payload.count,
                hopLimit: 57)
            let frame =
                EthernetHeader(destination: .broadcast, source: .broadcast, etherType: .ipv6).encoded()
                + datagram.encoded() + payload
            let direction = connections.take(frame.rawBytes, hasEthernetHeader: true, stamp: 0)
            return (direction, connections.handshake(.v6(address), port: 80, localPort: 40_000))
        }
        let (inbound, facts) = direction(.padding)
        #expect(inbound == .inbound && facts?.hopLimit == 57)
        let (none, nothing) = direction(.laterFragment)
        #expect(none == nil && nothing == nil)
        var connections = ConnectionTracker()
        connections.begin(.v4(Self.there), port: 80, localPort: 40_000)
        var fragment = frame(Self.there, 80, Self.here, 40_000, [.syn, .ack])
        fragment[7] = 1
        #expect(connections.take(fragment.rawBytes, hasEthernetHeader: false, stamp: 0) == nil)
    }

    @Test("packets that are cut or not segments belong to no connection")
    func nonsense() {
        var connections = ConnectionTracker()
        connections.begin(.v4(Self.there), port: 80, localPort: 40_000)
        let syn = frame(Self.here, 40_000, Self.there, 80, .syn)
        for length in 0..<syn.count {
            let cut = Array(syn.prefix(length))
            _ = connections.take(cut.rawBytes, hasEthernetHeader: false, stamp: 0)
            _ = connections.take(cut.rawBytes, hasEthernetHeader: true, stamp: 0)
        }
        #expect(connections.handshake(.v4(Self.there), port: 80, localPort: 40_000) == nil)
    }
}
