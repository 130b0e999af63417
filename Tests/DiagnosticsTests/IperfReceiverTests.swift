import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// UDP streams of iperf 2 clients; the layout of the datagrams is that of version 2.1.8.
@Suite("the iperf service")
struct IperfReceiverTests {
    private static let remote = TCPEndpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000)
    private static let start = Instant(nanoseconds: 5_000_000_000)

    fileprivate struct Sent {
        var data: [UInt8]
        var remote: TCPEndpoint
    }

    private func datagram(_ number: Int64, sentAt milliseconds: Int64 = 0, port: UInt16 = 40_000) -> Sent {
        var data = [UInt8](repeating: 0x30, count: 1_000)
        let word = UInt64(bitPattern: number)
        data.withMutableBytes { bytes in
            bytes.setBigEndian32(UInt32(truncatingIfNeeded: word), at: 0)
            bytes.setBigEndian32(UInt32(truncatingIfNeeded: 1_700_000_000 + milliseconds / 1_000), at: 4)
            bytes.setBigEndian32(UInt32(truncatingIfNeeded: milliseconds % 1_000 * 1_000), at: 8)
            bytes.setBigEndian32(UInt32(truncatingIfNeeded: word >> 32), at: 12)
        }
        return Sent(data: data, remote: TCPEndpoint(Self.remote.address, port))
    }

    private func fields(_ reply: [UInt8]?, from header: Int = 16) -> [UInt32] {
        guard let reply, reply.count == 128 else { return [] }
        let bytes = reply.rawBytes
        return (0..<10).map { bytes.bigEndian32(at: header + 4 * $0) }
    }

    private func after(_ milliseconds: Int64) -> Instant { Self.start + .milliseconds(milliseconds) }

    @Test("the last datagram is answered with the report, also when it is repeated; lost and late ones are counted")
    func report() throws {
        var receivers = IperfReceivers()
        // 3 is late, 6 and 7 are lost.
        for (index, number) in [1, 2, 4, 3, 5, 8].enumerated() {
            let time = Int64(index) * 10
            let (reply, ended) = receivers.take(datagram(Int64(number), sentAt: time), at: after(time))
            #expect(reply == nil && ended == nil)
        }
        let (reply, ended) = receivers.take(datagram(-9, sentAt: 1_500), at: after(1_500))
        let stream = try #require(ended)
        #expect(stream.byteCount == 7_000 && stream.elapsed == .milliseconds(1_500) && stream.remote == Self.remote)
        #expect(stream.datagrams?.total == 9 && stream.datagrams?.lost == 2 && stream.datagrams?.outOfOrder == 1)
        #expect(stream.datagrams?.jitter == .zero)
        #expect(fields(reply) == [0x8000_0000, 0, 7_000, 1, 500_000, 2, 1, 9, 0, 0])
        let again = receivers.take(datagram(-10), at: after(1_750))
        #expect(again.reply == reply && again.ended == nil)
        // A new stream from the same port.
        #expect(receivers.take(datagram(1), at: after(2_000)).reply == nil)
        let second = receivers.take(datagram(-2), at: after(2_000))
        #expect(second.ended?.datagrams?.total == 2 && second.ended?.byteCount == 2_000)
    }

    @Test("jitter is the mean deviation of the transit time (RFC 3550, section 6.4.1)")
    func jitter() {
        var receivers = IperfReceivers()
        _ = receivers.take(datagram(1, sentAt: 0), at: after(0))
        _ = receivers.take(datagram(2, sentAt: 10), at: after(26))
        let stream = receivers.take(datagram(-3, sentAt: 20), at: after(36)).ended
        // 16 ms / 16, then 1 ms - 1 ms / 16.
        #expect(stream?.datagrams?.jitter == .microseconds(937) + Nanoseconds(500))
    }

    @Test("a number of 32 bits, as before version 2.0.13, and its shorter header")
    func oldClients() {
        var receivers = IperfReceivers()
        _ = receivers.take(datagram(1), at: after(0))
        var last = datagram(-2)
        // The flags of the client's header.
        last.data.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        let (reply, ended) = receivers.take(last, at: after(10))
        #expect(ended?.datagrams?.total == 2 && fields(reply, from: 12).first == 0x8000_0000)
    }

    @Test("untrusted datagrams: short ones, extreme numbers, and more clients than are kept")
    func hostile() {
        var receivers = IperfReceivers()
        for length in 0..<16 {
            var short = datagram(-1)
            short.data = Array(short.data.prefix(length))
            #expect(receivers.take(short, at: after(0)).reply == nil && receivers.isEmpty)
        }
        for number in [Int64.min, .max, 0, -1, .max, .min + 1] {
            _ = receivers.take(datagram(number, port: 7), at: Instant(nanoseconds: .max))
        }
        for port in UInt16(1_000)..<3_000 { _ = receivers.take(datagram(1, port: port), at: after(0)) }
        #expect(receivers.remove(at: after(9_000)).isEmpty)
        #expect(receivers.remove(at: after(10_000)).count <= 1_024 && !receivers.isEmpty)
        #expect(receivers.remove(at: after(10_000), all: true).count <= 1)
        #expect(receivers.isEmpty)
    }
}

extension IperfReceivers {
    fileprivate mutating func take(
        _ sent: IperfReceiverTests.Sent, at now: Instant
    ) -> (reply: [UInt8]?, ended: IperfStream?) {
        take(sent.data, from: sent.remote, at: now)
    }
}
