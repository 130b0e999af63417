import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// UDP between two hosts, and the replies of a host to single datagrams.
@Suite("UDP between hosts")
struct UDPHostTests {
    private static let owner = UDPOwner(7)

    private static func address(_ number: UInt8, _ family: IPAddress.Family) -> IPAddress {
        family == .v4 ? .v4(SimulatedWire.address(number)) : .v6(SimulatedWire.address6(number))
    }

    /// A client, host 1, and a server, host 2, that returns each datagram with its bytes inverted.
    private final class Exchange {
        let wire: SimulatedWire
        let client: SimulatedWire.Station
        let server: SimulatedWire.Station
        let port: UDPIdentifier
        let remote: TCPEndpoint
        var replies: [ReceivedDatagram] = []
        var errors: [UDPError] = []

        init(seed: UInt64, _ family: IPAddress.Family, serverPort: UInt16 = 7) throws {
            wire = SimulatedWire(seed: seed)
            client = wire.add(1, family: family)
            server = wire.add(2, family: family)
            _ = try server.host.bind(serverPort)
            remote = TCPEndpoint(UDPHostTests.address(2, family), 7)
            port = try client.host.openDatagrams(to: remote, owner: UDPHostTests.owner)
            server.application = { host, event, now in
                guard case .datagrams(let port, _) = event else { return }
                while let request = host.takeDatagram(port) {
                    try? host.sendDatagram(
                        from: port, to: TCPEndpoint(request.remote, request.remotePort), request.data.map { ~$0 },
                        source: request.local, at: now)
                }
            }
            client.application = { [unowned self] host, event, _ in
                if case .datagramError(let port, let error, let remote) = event, port == self.port {
                    #expect(remote == self.remote)
                    errors.append(error)
                }
                guard case .datagrams(let port, _) = event, port == self.port else { return }
                while let reply = host.takeDatagram(port) { replies.append(reply) }
            }
        }

        func send(_ data: [UInt8]) throws { try client.host.sendDatagram(from: port, data, at: wire.now) }
    }

    @Test("a client's request and the server's reply, of any length", arguments: [IPAddress.Family.v4, .v6])
    func exchange(family: IPAddress.Family) throws {
        let exchange = try Exchange(seed: 1, family)
        let lengths = [0, 1, 1_400, 5_000, family == .v4 ? 65_507 : 65_527]
        for length in lengths {
            try exchange.send([UInt8](repeating: 0x5A, count: length))
            exchange.wire.run(for: .milliseconds(20))
        }
        #expect(exchange.replies.map(\.data.count) == lengths)
        #expect(exchange.replies.allSatisfy { $0.data.allSatisfy { $0 == 0xA5 } && $0.remotePort == 7 })
        #expect(
            exchange.replies.allSatisfy { $0.remote == exchange.remote.address && $0.local == Self.address(1, family) })
        let longest = lengths[4]
        #expect(throws: UDPFailure.tooLong) { try exchange.send([UInt8](repeating: 0, count: longest + 1)) }
    }

    @Test(
        "loss, reordering, duplicates and corruption: no reply is wrong", arguments: [IPAddress.Family.v4, .v6], 1...3)
    func unreliable(family: IPAddress.Family, seed: Int) throws {
        let exchange = try Exchange(seed: UInt64(seed), family)
        exchange.wire.faults = WireFaults(loss: 0.1, reordering: 0.2, duplication: 0.05, corruption: 0.1)
        var open = Set(0..<UInt8(60))
        for round in 0..<20 where !open.isEmpty {
            for number in open.sorted() { try exchange.send([number, number ^ 0xFF, UInt8(round)]) }
            exchange.wire.run(for: .milliseconds(50))
            for reply in exchange.replies {
                #expect(reply.data.count == 3 && reply.data[0] == ~reply.data[1], "seed \(seed)")
                open.remove(~(reply.data.first ?? 0))
            }
            exchange.replies = []
        }
        #expect(open.isEmpty && exchange.errors.isEmpty, "seed \(seed)")
    }

    @Test("a port without a server: the client gets the ICMP error", arguments: [IPAddress.Family.v4, .v6])
    func refused(family: IPAddress.Family) throws {
        let exchange = try Exchange(seed: 2, family, serverPort: 8)
        try exchange.send([1])
        exchange.wire.run(for: .milliseconds(20))
        #expect(exchange.errors == [.portUnreachable] && exchange.replies.isEmpty)
        #expect(exchange.server.host.counters.errorsSent == 1)
        // A closed port sends nothing, and replies to it are answered by an error.
        exchange.client.host.closeDatagrams(exchange.port)
        #expect(throws: UDPFailure.closed) { try exchange.send([1]) }
    }

    @Test("a peer whose address no host has: the client is notified", arguments: [IPAddress.Family.v4, .v6])
    func noNeighbor(family: IPAddress.Family) throws {
        let exchange = try Exchange(seed: 3, family)
        let port = try exchange.client.host.openDatagrams(
            to: TCPEndpoint(Self.address(99, family), 7), owner: Self.owner)
        var errors: [UDPError] = []
        exchange.client.application = { _, event, _ in
            if case .datagramError(port, let error, _) = event { errors.append(error) }
        }
        try exchange.client.host.sendDatagram(from: port, [1], at: exchange.wire.now)
        exchange.wire.run(for: .seconds(10))
        #expect(errors == [.unreachable])
    }

    @Test("calls that cannot work: no route, no peer, an address of another host")
    func failures() throws {
        let exchange = try Exchange(seed: 4, .v4)
        let now = exchange.wire.now
        let far = TCPEndpoint(.v4(IPv4Address(192, 0, 2, 1)), 53)
        #expect(throws: UDPFailure.noRoute) { try exchange.client.host.openDatagrams(to: far, owner: Self.owner) }
        let any = try exchange.client.host.openDatagrams(owner: Self.owner)
        #expect(throws: UDPFailure.noPeer) { try exchange.client.host.sendDatagram(from: any, [1], at: now) }
        #expect(throws: UDPFailure.noRoute) { try exchange.client.host.sendDatagram(from: any, to: far, [1], at: now) }
        let other = Self.address(2, .v4)
        #expect(throws: UDPFailure.noRoute) {
            try exchange.client.host.sendDatagram(from: any, to: exchange.remote, [1], source: other, at: now)
        }
        #expect(throws: UDPFailure.notOwnAddress) { try exchange.client.host.bind(53, at: other) }
        #expect(exchange.client.host.portNumber(any) != exchange.client.host.portNumber(exchange.port))
    }

    // MARK: Single datagrams

    /// What host 2, with a server on port 7, does with an IPv4 datagram of another host.
    private func reaction(
        to destination: IPv4Address = SimulatedWire.address(2), frameTo mac: MACAddress = SimulatedWire.mac(2),
        port: UInt16 = 7, checksum: UInt16? = nil
    ) throws -> (received: Int, errors: Int, malformed: UInt64) {
        let wire = SimulatedWire(seed: 5)
        let station = wire.add(2)
        _ = try station.host.bind(7)
        var received = 0
        station.application = { host, event, _ in
            guard case .datagrams(let port, _) = event else { return }
            while host.takeDatagram(port) != nil { received += 1 }
        }
        let source = SimulatedWire.address(9)
        var datagram = UDPDatagram(sourcePort: 4_000, destinationPort: port, data: [1, 2, 3, 4])
        datagram.updateChecksum(source: .v4(source), destination: .v4(destination))
        if let checksum { datagram.checksum = checksum }
        let payload = datagram.encoded()
        let header = IPv4Header(
            source: source, destination: destination, protocol: .udp, payloadLength: payload.count)
        wire.send(
            EthernetHeader.padded(
                EthernetHeader(destination: mac, source: SimulatedWire.mac(9), etherType: .ipv4).encoded()
                    + header.encoded() + payload), from: -1)
        wire.run(for: .milliseconds(50))
        return (received, Int(station.host.counters.errorsSent), station.host.counters.malformed)
    }

    @Test("port unreachable for closed ports, and never for multicast and broadcast (RFC 1122)")
    func portUnreachable() throws {
        #expect(try reaction() == (1, 0, 0))
        #expect(try reaction(port: 8) == (0, 1, 0))
        let allHosts = IPv4Address(224, 0, 0, 1)
        for port: UInt16 in [7, 8] {
            #expect(try reaction(to: allHosts, frameTo: MACAddress(multicast: allHosts), port: port) == (0, 0, 0))
            #expect(try reaction(to: IPv4Address(198, 51, 100, 255), frameTo: .broadcast, port: port) == (0, 0, 0))
            #expect(try reaction(to: .limitedBroadcast, frameTo: .broadcast, port: port) == (0, 0, 0))
            // A unicast datagram in a broadcast frame (RFC 1122, section 3.3.6).
            #expect(try reaction(frameTo: .broadcast, port: port) == (0, 0, 0))
        }
    }

    @Test("checksum 0 is accepted over IPv4, and a wrong one dropped (RFC 768)")
    func checksums() throws {
        #expect(try reaction(checksum: 0) == (1, 0, 0))
        #expect(try reaction(checksum: 0x1234) == (0, 0, 1))
        #expect(try reaction(port: 8, checksum: 0x1234) == (0, 0, 1))
    }
}
