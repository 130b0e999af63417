import HostStack
import PacketEngine
import WireFormat

/// One stream that the iperf service received.
public struct IperfStream: Sendable {
    /// The datagrams of a UDP stream.
    public struct Datagrams: Sendable {
        /// The number of datagrams sent, by the numbers in them.
        public var total: Int64 = 0
        public var lost: Int64 = 0
        public var outOfOrder: Int64 = 0
        /// The mean deviation of the transit time (RFC 3550, section 6.4.1).
        public var jitter = Nanoseconds.zero
    }

    public var remote: TCPEndpoint
    public var byteCount: UInt64 = 0
    /// The time from the first to the last byte.
    public var elapsed = Nanoseconds.zero
    /// Nil for TCP.
    public var datagrams: Datagrams?

    public var bitsPerSecond: Double {
        elapsed.count > 0 ? Double(byteCount) * 8 * 1e9 / Double(elapsed.count) : 0
    }
}

/// Receives one UDP stream of an iperf 2 client. Each datagram begins with its number in 32 bits, the time in seconds
/// and microseconds, and the upper 32 bits of the number; the number of the last one is negative.
struct IperfReceiver: Sendable {
    private(set) var stream: IperfStream
    private let began: Instant
    private(set) var last: Instant
    private var nextNumber: Int64?
    private var transit: Int64?
    private var jitter = 0.0
    /// The reply to the last datagram; nil while the stream continues. It is sent again if the client repeats that.
    private(set) var report: [UInt8]?

    private static let headerLength = 16

    init(from remote: TCPEndpoint, at now: Instant) {
        stream = IperfStream(remote: remote, datagrams: IperfStream.Datagrams())
        (began, last) = (now, now)
    }

    /// The signed number of a datagram, or nil if it is too short.
    static func number(of data: [UInt8]) -> Int64? {
        guard data.count >= headerLength else { return nil }
        let bytes = data.rawBytes
        let low = bytes.bigEndian32(at: 0)
        let high = bytes.bigEndian32(at: 12)
        return hasLongNumber(data) ? Int64(bitPattern: UInt64(high) << 32 | UInt64(low)) : Int64(Int32(bitPattern: low))
    }

    /// Before version 2.0.13 the number has 32 bits, the header 12 bytes, and other fields follow it.
    private static func hasLongNumber(_ data: [UInt8]) -> Bool {
        let (low, high) = (data.rawBytes.bigEndian32(at: 0), data.rawBytes.bigEndian32(at: 12))
        return high == .max || high == 0 && low < 0xC000_0000
    }

    /// Counts a datagram; the last one completes the report.
    mutating func take(_ data: [UInt8], at now: Instant) {
        guard report == nil, let signed = Self.number(of: data), var counts = stream.datagrams else { return }
        last = now
        let number = Int64(clamping: signed.magnitude)
        stream.byteCount &+= UInt64(data.count)
        stream.elapsed = now - began
        if let expected = nextNumber {
            if number < expected { counts.outOfOrder += 1 } else { counts.lost += min(number - expected, 1 << 40) }
        }
        nextNumber = max(nextNumber ?? 0, number < .max ? number + 1 : number)
        counts.total = max(counts.total, number)
        let bytes = data.rawBytes
        let sent = Int64(bytes.bigEndian32(at: 4)) * 1_000_000_000 + Int64(bytes.bigEndian32(at: 8)) * 1_000
        // The offset of the two clocks is the same each time.
        let transit = now.nanoseconds &- sent
        if let before = self.transit {
            let deviation = Double(transit) - Double(before)
            jitter += (abs(deviation) - jitter) / 16
        }
        self.transit = transit
        counts.jitter = Nanoseconds(Int64(min(jitter, 1e15)))
        stream.datagrams = counts
        if signed < 0 { report = reply(after: Self.hasLongNumber(data) ? Self.headerLength : 12) }
    }

    /// The stream, with late datagrams not counted as lost.
    var result: IperfStream {
        var result = stream
        if let counts = stream.datagrams { result.datagrams?.lost = max(counts.lost - counts.outOfOrder, 0) }
        return result
    }

    /// The server's report (`server_hdr_v1` of iperf 2), after the header of a datagram.
    private func reply(after header: Int) -> [UInt8] {
        let (result, second) = (result, Int64(1_000_000_000))
        guard let counts = result.datagrams else { return [] }
        var reply = [UInt8](repeating: 0, count: 128)
        let fields: [Int64] = [
            0x8000_0000, Int64(result.byteCount >> 32), Int64(result.byteCount & 0xFFFF_FFFF),
            result.elapsed.count / second, result.elapsed.count % second / 1_000, counts.lost, counts.outOfOrder,
            counts.total, counts.jitter.count / second, counts.jitter.count % second / 1_000,
        ]
        reply.withMutableBytes { bytes in
            for (index, field) in fields.enumerated() {
                bytes.setBigEndian32(UInt32(truncatingIfNeeded: field), at: header + 4 * index)
            }
        }
        return reply
    }
}

/// The UDP streams of the iperf service, by client.
struct IperfReceivers: Sendable {
    private var receivers: [TCPEndpoint: IperfReceiver] = [:]

    private static let limit = 1_024
    /// The time after which a stream without datagrams has ended, and a report is not repeated anymore.
    private static let idleTimeout = Nanoseconds.seconds(10)

    var isEmpty: Bool { receivers.isEmpty }

    /// Processes a datagram.
    /// - Returns: the report to send, and the stream if it has just ended.
    mutating func take(
        _ data: [UInt8], from remote: TCPEndpoint, at now: Instant
    ) -> (reply: [UInt8]?, ended: IperfStream?) {
        guard let number = IperfReceiver.number(of: data) else { return (nil, nil) }
        var receiver = receivers[remote]
        if receiver?.report != nil {
            if number < 0 { return (receiver?.report, nil) }
            receiver = nil
        }
        guard var receiver = receiver ?? (receivers.count < Self.limit ? IperfReceiver(from: remote, at: now) : nil)
        else { return (nil, nil) }
        receiver.take(data, at: now)
        receivers[remote] = receiver
        return (receiver.report, receiver.report == nil ? nil : receiver.result)
    }

    /// Removes idle streams, or all.
    /// - Returns: those that had not ended.
    mutating func remove(at now: Instant, all: Bool = false) -> [IperfStream] {
        let idle = receivers.filter { all || now - $0.value.last >= Self.idleTimeout }
        for remote in idle.keys { receivers[remote] = nil }
        return idle.values.filter { $0.report == nil }.map(\.result).sorted { $0.remote.port < $1.remote.port }
    }
}
