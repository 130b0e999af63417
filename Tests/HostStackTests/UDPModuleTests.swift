import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// The control-block table, the control-block module, the input queues and the input module of UDP.
@Suite("UDP of a host: ports and queues")
struct UDPModuleTests {
    private static let here = IPAddress.v4(IPv4Address(198, 51, 100, 2))
    private static let alsoHere = IPAddress.v4(IPv4Address(198, 51, 100, 3))
    private static let peer = TCPEndpoint(.v4(IPv4Address(198, 51, 100, 1)), 4_000)
    private static let owner = UDPOwner(7)

    private func module(
        _ seed: UInt64 = 1, ports: ClosedRange<UInt16> = 1_024...65_535, limit: Int = 4_096,
        queues: UDPQueueLimits = UDPQueueLimits()
    ) -> UDPModule {
        UDPModule(key: SipHash(key0: seed, key1: 2), ephemeralPorts: ports, portLimit: limit, queues: queues)
    }

    private func datagram(
        _ count: Int = 1, from remote: TCPEndpoint = peer, to local: IPAddress = here
    ) -> ReceivedDatagram {
        ReceivedDatagram(
            local: local, remote: remote.address, remotePort: remote.port, data: [UInt8](repeating: 7, count: count))
    }

    // MARK: Ports

    @Test("a port belongs to one server: all addresses conflict with each, two addresses do not conflict")
    func portInUse() throws {
        var udp = module()
        _ = try udp.open(53, at: Self.here, owner: Self.owner)
        #expect(throws: UDPFailure.portInUse) { try udp.open(53, at: Self.here, owner: Self.owner) }
        #expect(throws: UDPFailure.portInUse) { try udp.open(53, at: nil, owner: Self.owner) }
        _ = try udp.open(53, at: Self.alsoHere, owner: Self.owner)
        let all = try udp.open(7, at: nil, owner: Self.owner)
        #expect(throws: UDPFailure.portInUse) { try udp.open(7, at: Self.here, owner: UDPOwner(8)) }
        #expect(throws: UDPFailure.invalidPort) { try udp.open(0, at: nil, owner: Self.owner) }
        udp.close(all)
        _ = try udp.open(7, at: Self.here, owner: Self.owner)
        #expect(udp.counts.ports == 3)
    }

    @Test("ephemeral ports are unpredictable, of the whole range, and not one after the other (RFC 6056)")
    func ephemeralPorts() throws {
        var udp = module()
        var other = module(3)
        var ports: [UInt16] = []
        var others: [UInt16] = []
        for _ in 0..<1_000 {
            let identifier = try udp.openEphemeral(at: nil, to: nil, owner: Self.owner)
            ports.append(try #require(udp.block(identifier)?.port))
            let second = try other.openEphemeral(at: nil, to: nil, owner: Self.owner)
            others.append(try #require(other.block(second)?.port))
        }
        #expect(Set(ports).count == 1_000 && ports.allSatisfy { $0 >= 1_024 })
        #expect(zip(ports, others).count { $0 == $1 } < 5)
        #expect(zip(ports, ports.dropFirst()).count { $1 &- $0 == 1 } < 5)
        // A sixteenth of the range has 62 of 1,000 ports on average.
        let shares = Dictionary(grouping: ports) { ($0 - 1_024) / 4_032 }.values.map(\.count)
        #expect(shares.count == 16 && shares.allSatisfy { (30...100).contains($0) }, "\(shares)")
    }

    @Test("ephemeral ports run out, skip those of servers, and are free again after closing")
    func exhaustion() throws {
        var udp = module(ports: 50_000...50_009)
        _ = try udp.open(50_003, at: nil, owner: Self.owner)
        let opened = try (0..<9).map { _ in try udp.openEphemeral(at: nil, to: nil, owner: Self.owner) }
        let ports = opened.compactMap { udp.block($0)?.port }
        #expect(Set(ports) == Set(50_000...50_009).subtracting([50_003]))
        #expect(throws: UDPFailure.noEphemeralPort) {
            try udp.openEphemeral(at: Self.here, to: Self.peer, owner: Self.owner)
        }
        udp.close(opened[4])
        let again = try udp.openEphemeral(at: nil, to: nil, owner: Self.owner)
        #expect(udp.block(again)?.port == ports[4] && udp.block(opened[4]) == nil)
        var small = module(limit: 2)
        _ = try small.open(1, at: nil, owner: Self.owner)
        _ = try small.openEphemeral(at: nil, to: nil, owner: Self.owner)
        #expect(throws: UDPFailure.tableFull) { try small.openEphemeral(at: nil, to: nil, owner: Self.owner) }
        #expect(throws: UDPFailure.tableFull) { try small.open(2, at: nil, owner: Self.owner) }
    }

    @Test("closing all ports of an application leaves those of others")
    func owners() throws {
        var udp = module()
        let first = try udp.open(7, at: nil, owner: Self.owner)
        let second = try udp.openEphemeral(at: nil, to: Self.peer, owner: Self.owner)
        let other = try udp.open(9, at: nil, owner: UDPOwner(8))
        #expect(udp.input(datagram(), port: 7) == .queued(first, isFirst: true))
        udp.close(Self.owner)
        #expect(udp.block(first) == nil && udp.block(second) == nil && udp.block(other)?.owner == UDPOwner(8))
        #expect(udp.counts == (1, 0))
    }

    // MARK: Input

    @Test("the most specific block gets a datagram, and one with a peer only that peer's")
    func demultiplexing() throws {
        var udp = module()
        let all = try udp.open(53, at: nil, owner: Self.owner)
        #expect(udp.input(datagram(to: Self.here), port: 53) == .queued(all, isFirst: true))
        udp.close(all)
        let one = try udp.open(53, at: Self.here, owner: Self.owner)
        #expect(udp.input(datagram(to: Self.here), port: 53) == .queued(one, isFirst: true))
        #expect(udp.input(datagram(to: Self.alsoHere), port: 53) == .unreachable)
        let client = try udp.openEphemeral(at: Self.here, to: Self.peer, owner: Self.owner)
        let port = try #require(udp.block(client)?.port)
        #expect(udp.input(datagram(), port: port) == .queued(client, isFirst: true))
        #expect(udp.input(datagram(), port: port) == .queued(client, isFirst: false))
        for spoofed in [
            TCPEndpoint(Self.peer.address, 4_001), TCPEndpoint(.v4(IPv4Address(198, 51, 100, 9)), Self.peer.port),
        ] {
            #expect(udp.input(datagram(from: spoofed), port: port) == .unreachable)
        }
        #expect(udp.input(datagram(to: Self.alsoHere), port: port) == .unreachable)
        #expect(udp.input(datagram(), port: 54) == .unreachable)
    }

    @Test("a queue is made with the first datagram, and released with its datagrams when the port is closed")
    func queueLifetime() throws {
        var udp = module()
        let port = try udp.open(7, at: nil, owner: Self.owner)
        #expect(udp.counts == (1, 0) && udp.take(port) == nil)
        #expect(udp.input(datagram(10), port: 7) == .queued(port, isFirst: true))
        #expect(udp.input(datagram(20), port: 7) == .queued(port, isFirst: false))
        #expect(udp.counts == (1, 1) && udp.take(port)?.data.count == 10 && udp.take(port)?.data.count == 20)
        #expect(udp.take(port) == nil && udp.counts == (1, 1))
        #expect(udp.input(datagram(30), port: 7) == .queued(port, isFirst: true))
        udp.close(port)
        #expect(udp.counts == (0, 0) && udp.take(port) == nil)
        // The entry is used again, by another port with an empty queue.
        let next = try udp.open(7, at: nil, owner: Self.owner)
        #expect(next != port && udp.take(next) == nil)
        udp.close(port)
        #expect(udp.input(datagram(), port: 7) == .queued(next, isFirst: true) && udp.take(port) == nil)
    }

    @Test("queues are bounded in datagrams and bytes, each and together")
    func bounds() throws {
        var udp = module(queues: UDPQueueLimits(datagrams: 4, bytes: 1_000, allBytes: 1_500))
        let first = try udp.open(7, at: nil, owner: Self.owner)
        let second = try udp.open(9, at: nil, owner: Self.owner)
        for number in 0..<4 { #expect(udp.input(datagram(1), port: 7) == .queued(first, isFirst: number == 0)) }
        #expect(udp.input(datagram(0), port: 7) == .dropped)
        while udp.take(first) != nil {}
        #expect(udp.input(datagram(600), port: 7) == .queued(first, isFirst: true))
        #expect(udp.input(datagram(401), port: 7) == .dropped)
        #expect(udp.input(datagram(400), port: 7) == .queued(first, isFirst: false))
        #expect(udp.input(datagram(501), port: 9) == .dropped)
        #expect(udp.input(datagram(500), port: 9) == .queued(second, isFirst: true))
        // What was taken or closed makes room.
        #expect(udp.take(first)?.data.count == 600)
        #expect(udp.input(datagram(500), port: 9) == .queued(second, isFirst: false))
        udp.close(second)
        #expect(udp.input(datagram(600), port: 7) == .queued(first, isFirst: false))
    }
}
