import LinuxProcess
import PacketEngine
import Testing
import WireFormat

@testable import LinuxNet

/// The ring that many answers arrive in, on the loopback interface.
@Suite("the ring of blocks")
struct BlockRingTests {
    /// UDP datagrams of 100 bytes to a port of this host that nobody listens on.
    private func send(_ count: Int, to port: UInt16) async throws {
        let script = """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for _ in range(\(count)):
                s.sendto(bytes(100), ("127.0.0.1", \(port)))
            """
        _ = try await Lab.run(["python3", "-c", script])
    }

    /// Frames of IPv4 UDP to one port.
    private static func filter(port: UInt16) -> SocketFilter {
        var filter = SocketFilter()
        filter.loadByte(23)
        filter.ifEqual(UInt32(IPProtocol.udp.rawValue), .next, otherwise: .reject)
        filter.loadHalf(36)
        filter.ifEqual(UInt32(port), .next, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    @Test("what finds no block is counted, once; what found one is whole and in its order")
    func overflow() async throws {
        guard Environment.userIdentifier == 0, let loopback = try Interface.all().first(where: \.isLoopback) else {
            print("skipped: packet sockets need root")
            return
        }
        let target = UInt16.random(in: 20_000...30_000)
        let socket = try Descriptor.socket(17, 3, 0)
        let ring = try BlockRing(on: socket, blocks: 2)
        try Self.filter(port: target).attach(to: socket.rawValue)
        try socket.bindToLink(interface: loopback.index, etherType: .ipv4)
        for count in [10, 5_000, 10] {
            try await send(count, to: target)
            var received = 0
            var lost = 0
            var stamp: Int64 = 0
            let end = SystemClock.now + .seconds(10)
            while received + lost < count, SystemClock.now < end {
                while let frame = ring.take() {
                    received += 1
                    let length = unsafe frame.bytes.count
                    #expect(length == 142 && frame.stamp >= stamp)
                    stamp = frame.stamp
                }
                lost += Int(ring.takeDrops())
            }
            #expect(received + lost == count && (lost > 0) == (count == 5_000), "\(received) \(lost)")
            #expect(ring.takeDrops() == 0)
        }
    }
}
