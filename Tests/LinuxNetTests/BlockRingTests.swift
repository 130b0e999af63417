import Glibc
import LinuxProcess
import PacketEngine
import Testing
import WireFormat

@testable import LinuxNet

/// The block receive ring and the queue without one, on the loopback interface.
@Suite("the block ring")
struct BlockRingTests {
    /// Sends UDP datagrams of 100 bytes to a closed port of this host.
    private func send(_ count: Int, to port: UInt16) throws {
        let socket = try Descriptor.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let address = sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
            sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
        let payload = [UInt8](repeating: 0, count: 100)
        for _ in 0..<count {
            _ = unsafe withUnsafePointer(to: address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe sendto(
                        socket.rawValue, payload, payload.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    /// Accepts IPv4 UDP frames to one port.
    private static func filter(port: UInt16) -> SocketFilter {
        var filter = SocketFilter()
        filter.loadByte(23)
        filter.ifEqual(UInt32(IPProtocol.udp.rawValue), .next, otherwise: .reject)
        filter.loadHalf(36)
        filter.ifEqual(UInt32(port), .next, otherwise: .reject)
        filter.end(fallThrough: true)
        return filter
    }

    @Test(
        "frames without a free block are counted once; all others are complete and in order", arguments: [false, true])
    func overflow(startsAtNetworkHeader: Bool) throws {
        guard CurrentProcess.userIdentifier == 0, let loopback = try Interface.all().first(where: \.isLoopback) else {
            print("skipped: packet sockets need root")
            return
        }
        let target = UInt16.random(in: 20_000...30_000)
        let socket = try Descriptor.socket(17, 3, 0)
        let ring = try BlockRing(on: socket, blocks: 2, startsAtNetworkHeader: startsAtNetworkHeader)
        try Self.filter(port: target).attach(to: socket.rawValue)
        try socket.bindToLink(interface: loopback.index, etherType: .ipv4)
        for count in [10, 5_000, 10] {
            try send(count, to: target)
            var received = 0
            var lost = 0
            var stamp: Int64 = 0
            let end = SystemClock.now + .seconds(10)
            while received + lost < count, SystemClock.now < end {
                while let frame = ring.take() {
                    received += 1
                    let (length, first) = unsafe (frame.bytes.count, frame.bytes.first)
                    #expect(length == (startsAtNetworkHeader ? 128 : 142) && frame.stamp >= stamp)
                    #expect(first == (startsAtNetworkHeader ? 0x45 : 0))
                    stamp = frame.stamp
                }
                lost += Int(ring.takeDrops())
            }
            #expect(received + lost == count && (lost > 0) == (count == 5_000), "\(received) \(lost)")
            #expect(ring.takeDrops() == 0)
        }
    }

    @Test("frames without a ring are complete, in order and timestamped", arguments: [false, true])
    func queue(startsAtNetworkHeader: Bool) throws {
        guard CurrentProcess.userIdentifier == 0, let loopback = try Interface.all().first(where: \.isLoopback) else {
            print("skipped: packet sockets need root")
            return
        }
        let target = UInt16.random(in: 20_000...30_000)
        let socket = try Descriptor.socket(17, 3, 0)
        let queue = try FrameQueue(on: socket, startsAtNetworkHeader: startsAtNetworkHeader)
        try socket.setOption(263, 23, Int32(1), "PACKET_IGNORE_OUTGOING")
        try Self.filter(port: target).attach(to: socket.rawValue)
        try socket.bindToLink(interface: loopback.index, etherType: .ipv4)
        // The kernel begins to timestamp packets shortly after the first socket has asked for it.
        usleep(100_000)
        let start = SystemClock.wall
        try send(100, to: target)
        var stamps: [Int64] = []
        while let frame = queue.take() {
            let (length, first) = unsafe (frame.bytes.count, frame.bytes.first)
            #expect(length == (startsAtNetworkHeader ? 128 : 142) && first == (startsAtNetworkHeader ? 0x45 : 0))
            stamps.append(frame.stamp)
        }
        #expect(stamps.count == 100 && stamps == stamps.sorted() && stamps[0] >= start)
        #expect(queue.takeDrops() == 0 && !queue.hasFailed)
    }
}
