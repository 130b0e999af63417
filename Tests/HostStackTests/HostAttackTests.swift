import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// Attacks described in the RFCs, by a station on the host's link.
@Suite("a host under attack")
struct HostAttackTests {
    private static let mac = MACAddress(rawValue: 0x0200_0000_0002)
    private static let attacker = MACAddress(rawValue: 0x0200_0000_00EE)
    private static let here = SimulatedWire.address(2)

    /// A frame of the attacker, from any address.
    private func frame(
        _ protocol: IPProtocol, _ payload: [UInt8], from source: IPv4Address, to destination: IPv4Address = here,
        frameTo: MACAddress = mac, _ change: (inout IPv4Header) -> Void = { _ in }
    ) -> [UInt8] {
        var header = IPv4Header(
            source: source, destination: destination, protocol: `protocol`, payloadLength: payload.count)
        change(&header)
        return EthernetHeader.padded(
            EthernetHeader(destination: frameTo, source: Self.attacker, etherType: .ipv4).encoded() + header.encoded()
                + payload)
    }

    private func segment(
        _ flags: TCPFlags, from source: IPv4Address, port: UInt16 = 1_000, to destinationPort: UInt16 = Transfer.port,
        sequence: UInt32 = 7, acknowledgment: UInt32 = 0
    ) -> [UInt8] {
        var segment = TCPSegment(
            sourcePort: port, destinationPort: destinationPort, sequenceNumber: sequence,
            acknowledgmentNumber: acknowledgment, flags: flags)
        segment.updateChecksum(source: .v4(source), destination: .v4(Self.here))
        return segment.encoded()
    }

    /// Runs a transfer, with the attacker's frames between its own.
    private func underFire(_ attack: (SimulatedWire, Int) -> Void) -> (Transfer, SimulatedWire) {
        let wire = SimulatedWire(seed: 5)
        let client = wire.add(1)
        let server = wire.add(2)
        let transfer = Transfer(from: client, to: server, there: 40_000, back: 40_000, seed: 5)
        transfer.begin(at: wire.now)
        for round in 0..<2_000 where !transfer.isDone {
            attack(wire, round)
            wire.run(for: .milliseconds(5)) { transfer.isDone }
        }
        return (transfer, wire)
    }

    @Test("a SYN flood from many addresses: cookies are sent, no state is kept, and a legitimate client is served")
    func synFlood() {
        let wire = SimulatedWire(seed: 6)
        let client = wire.add(1)
        let server = wire.add(2)
        // A router for the spoofed addresses, so that replies to them are sent.
        server.host.listen(Transfer.port)
        let transfer = Transfer(from: client, to: server, there: 20_000, back: 20_000, seed: 6)
        for number in 0..<5_000 {
            let source = IPv4Address(198, 51, 100, UInt8(100 + number % 100))
            wire.send(
                frame(
                    .tcp, segment(.syn, from: source, port: UInt16(1_000 + number / 10), sequence: UInt32(number)),
                    from: source),
                from: -1)
        }
        wire.run(for: .milliseconds(10))
        #expect(server.host.connectionCount <= 256)
        transfer.begin(at: wire.now)
        #expect(wire.run(for: .seconds(10)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty)
    }

    @Test("the end of a connection that cannot be sent is not kept")
    func endWithoutWay() {
        let wire = SimulatedWire(seed: 13)
        let server = wire.add(2)
        let client = wire.add(3)
        server.host.listen(Transfer.port)
        let connection = client.host.connect(to: TCPEndpoint(.v4(Self.here), Transfer.port), at: wire.now)
        // Longer than the lifetime of a cache entry.
        wire.run(for: .seconds(1_300))
        #expect(client.host.connectionCount == 1)
        wire.isCut = true
        if let connection { client.host.abort(connection, at: wire.now) }
        wire.run(for: .seconds(30))
        #expect(client.host.connectionCount == 0)
    }

    @Test("connections in TIME-WAIT make room for new ones")
    func timeWaitGivesWay() {
        let wire = SimulatedWire(seed: 12)
        let server = wire.add(2)
        server.host.listen(Transfer.port)
        server.application = { host, event, now in
            if case .accepted(let connection, _, _) = event { host.leave(connection, at: now) }
        }
        var ended = 0
        let clients = (UInt8(10)..<18).map { wire.add($0) }
        for client in clients {
            client.application = { host, event, now in
                guard case .connection(let connection, let pendingEvents, _) = event, pendingEvents.contains(.ended)
                else { return }
                ended += 1
                host.leave(connection, at: now)
            }
        }
        let endpoint = TCPEndpoint(.v4(Self.here), Transfer.port)
        for _ in 0..<600 {
            for client in clients { #expect(client.host.connect(to: endpoint, at: wire.now) != nil) }
            wire.run(for: .milliseconds(10))
        }
        wire.run(for: .milliseconds(100))
        #expect(ended == 4_800 && wire.now < Instant(nanoseconds: 50_000_000_000))
        #expect((4_000...4_096).contains(server.host.connectionCount), "\(server.host.connectionCount)")
        wire.run(for: .seconds(70))
        #expect(server.host.connectionCount == 0)
    }

    @Test("the index of a connection that was reset before it could reply is reused")
    func placesAreUsedAgain() {
        let wire = SimulatedWire(seed: 8)
        let server = wire.add(2)
        server.host.listen(Transfer.port)
        let client = SimulatedWire.address(9)
        var answered: Set<UInt16> = []
        wire.watch = { _, from, frame in
            guard from == 0, let view = try? IPv4View(frame.dropping(EthernetView.headerLength)), view.protocol == .tcp,
                let segment = try? TCPView(view.payload), segment.flags == [.syn, .ack]
            else { return }
            answered.insert(segment.destinationPort)
        }
        // The sender of an ARP request is added to the cache.
        let asks = ARPPacket.request(for: Self.here, from: Self.attacker, client)
        wire.send(ARPFrame.bytes(asks, to: .broadcast), from: -1)
        wire.run(for: .milliseconds(10))
        for port in UInt16(1_000)..<1_100 {
            wire.send(frame(.tcp, segment(.syn, from: client, port: port), from: client), from: -1)
            wire.send(frame(.tcp, segment(.rst, from: client, port: port, sequence: 8), from: client), from: -1)
            wire.run(for: .milliseconds(5))
            wire.send(frame(.tcp, segment(.syn, from: client, port: port + 1_000), from: client), from: -1)
            wire.run(for: .milliseconds(5))
            #expect(answered.contains(port + 1_000), "port \(port)")
        }
    }

    @Test("spoofed resets, SYNs and data change nothing; challenge acknowledgments are rate-limited")
    func blindInjection() {
        var random = SeededGenerator(seed: 9)
        let (transfer, wire) = underFire { wire, _ in
            let client = SimulatedWire.address(1)
            for _ in 0..<20 {
                let flags: TCPFlags = [.rst, .syn, .ack, [.fin, .ack]][Int(random.next() % 4)]
                let port = 49_152 + UInt16(random.next() % 16_384)
                let bytes = self.segment(
                    flags, from: client, port: port, sequence: UInt32(truncatingIfNeeded: random.next()),
                    acknowledgment: UInt32(truncatingIfNeeded: random.next()))
                wire.send(self.frame(.tcp, bytes, from: client), from: -1)
            }
        }
        #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty)
        #expect(wire.stations[1].host.connectionCount == 1)
    }

    @Test("echo requests to and from broadcast addresses, and from the host's own address, are not answered")
    func amplification() throws {
        let wire = SimulatedWire(seed: 7)
        let station = wire.add(2)
        var answers = 0
        wire.watch = { _, from, _ in if from == 0 { answers += 1 } }
        let echo = ICMPv4Message(.echoRequest(ICMPEcho(identifier: 1, sequenceNumber: 1, data: [1, 2, 3]))).encoded()
        let everybody = IPv4Address(198, 51, 100, 255)
        for (source, destination, frameTo) in [
            (SimulatedWire.address(9), everybody, MACAddress.broadcast), (everybody, Self.here, Self.mac),
            (Self.here, Self.here, Self.mac), (IPv4Address(255, 255, 255, 255), Self.here, Self.mac),
            (IPv4Address(127, 0, 0, 1), Self.here, Self.mac), (IPv4Address(224, 0, 0, 1), Self.here, Self.mac),
            (SimulatedWire.address(9), Self.here, .broadcast),
        ] {
            wire.send(frame(.icmp, echo, from: source, to: destination, frameTo: frameTo), from: -1)
        }
        // ICMP errors and fragments other than the first are not answered with an error either.
        let error = ICMPv4Message(
            .destinationUnreachable(.port, ICMPErrorBody(data: [0x45] + [UInt8](repeating: 0, count: 27))))
        wire.send(frame(.icmp, error.encoded(), from: SimulatedWire.address(9)), from: -1)
        wire.send(
            frame(IPProtocol(rawValue: 200), [1, 2, 3, 4, 5, 6, 7, 8], from: SimulatedWire.address(9)) {
                $0.fragmentOffset = 8
            }, from: -1)
        wire.run(for: .seconds(1))
        #expect(answers == 0)
        wire.send(frame(.icmp, echo, from: SimulatedWire.address(9)), from: -1)
        wire.run(for: .milliseconds(10))
        #expect(answers == 1, "an ARP request for who asked")
        #expect(station.host.connectionCount == 0)
    }

    @Test("fragments that overlap, are too long or never end use bounded memory")
    func fragments() {
        var random = SeededGenerator(seed: 11)
        let (transfer, _) = underFire { wire, round in
            for number in 0..<10 {
                let payload = [UInt8](
                    repeating: UInt8(truncatingIfNeeded: number), count: 8 + Int(random.next() % 1_400) / 8 * 8)
                wire.send(
                    self.frame(.udp, payload, from: IPv4Address(198, 51, 100, 200)) {
                        $0.identification = UInt16(truncatingIfNeeded: round)
                        $0.fragmentOffset = UInt16(random.next() % 8_192)
                        $0.moreFragments = number < 9
                    }, from: -1)
            }
        }
        #expect(transfer.there.isWhole && transfer.back.isWhole)
    }

    @Test("a host survives any frames", arguments: UInt64(1)...20)
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var seen: [[UInt8]] = []
        let wire = SimulatedWire(seed: seed)
        let client = wire.add(1)
        let server = wire.add(2)
        let transfer = Transfer(from: client, to: server, there: 10_000, back: 10_000, seed: seed)
        wire.watch = { _, from, frame in if from >= 0, seen.count < 200 { seen.append(frame.copied()) } }
        transfer.begin(at: wire.now)
        for _ in 0..<300 {
            wire.run(for: .milliseconds(2))
            guard var frame = seen.randomElement(using: &random) else { continue }
            // A recorded frame with changed bytes after its addresses, or truncated; its checksums are incorrect.
            for _ in 0..<Int(random.next() % 6) {
                let position = 12 + Int(random.next() % UInt64(max(frame.count - 12, 1)))
                if position < frame.count { frame[position] = UInt8(truncatingIfNeeded: random.next()) }
            }
            if random.next() % 4 == 0 { frame.removeLast(Int(random.next() % UInt64(frame.count))) }
            // With checksums marked as pending, more of the stack is reached.
            for station in wire.stations {
                station.host.receive(
                    frame.rawBytes, on: 1, at: wire.now, hasPendingChecksum: random.next() % 2 == 0)
            }
        }
        // Frames with changed bytes and pending checksums may reset a connection; the host must continue.
        wire.watch = { _, _, _ in }
        let again = Transfer(from: client, to: server, there: 5_000, back: 5_000, seed: seed)
        again.begin(at: wire.now)
        #expect(
            wire.run(for: .seconds(120)) { again.isDone } && again.there.isWhole && again.back.isWhole, "seed \(seed)")
    }
}
