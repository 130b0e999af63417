import PacketEngine
import WireFormat

/// The fields beside the sequence number that distinguish a header from other bytes with a counter at the same offset.
struct StreamHeader: Hashable, Sendable {
    private enum Fields: Hashable {
        /// The payload type, and the media time in units of the payload's clock.
        case rtp(payloadType: UInt8, time: UInt32)
        /// The time at which the datagram was sent, in microseconds since 1970.
        case iperf(sent: Int64)
    }

    /// RTP's clocks have at most 192,000 ticks a second (RFC 3551), so that a datagram is at most 10 s from the next.
    private static let longestMediaStep = 1_920_000 as Int32
    /// The difference between the sender's and this host's durations that delays on the way explain.
    private static let longestDelay = 1_000_000 as Int64
    /// September 2001 to 2100, in seconds since 1970: the send times of a host whose clock is set.
    private static let plausibleSeconds = 1_000_000_000...4_102_444_800 as ClosedRange<UInt32>

    private let fields: Fields
    private let length: Int
    private let arrival: Instant

    /// Returns nil if the bytes cannot be such a header.
    init?(_ data: RawSpan, _ numbering: StreamNumbering, at arrival: Instant) {
        guard data.byteCount >= 12 else { return nil }
        switch numbering {
        case .rtp:
            guard Self.isRTP(data) else { return nil }
            fields = .rtp(payloadType: data.byte(at: 1) & 0x7F, time: data.bigEndian32(at: 4))
        case .iperf:
            // `struct UDP_datagram`: the number, and the time as seconds and microseconds.
            let (seconds, microseconds) = (data.bigEndian32(at: 4), data.bigEndian32(at: 8))
            guard Self.plausibleSeconds.contains(seconds), microseconds < 1_000_000 else { return nil }
            fields = .iperf(sent: Int64(seconds) * 1_000_000 + Int64(microseconds))
        case .mcjoin: return nil
        }
        length = data.byteCount
        self.arrival = arrival
    }

    /// Whether the header can be that of a later datagram of the same stream.
    func follows(_ last: StreamHeader) -> Bool {
        switch (fields, last.fields) {
        case (.rtp(let type, let time), .rtp(let lastType, let lastTime)):
            // Video is sent in the order of decoding, so that its times also go back.
            return type == lastType && Int32(bitPattern: time &- lastTime).magnitude <= Self.longestMediaStep.magnitude
        case (.iperf(let sent), .iperf(let lastSent)):
            // All datagrams of a run have the same length (`-l`).
            return sent >= lastSent && length == last.length
        default: return false
        }
    }

    /// Whether the time since the first datagram of a stream agrees with the arrivals.
    func completes(_ first: StreamHeader) -> Bool {
        guard case .iperf(let sent) = fields, case .iperf(let firstSent) = first.fields else { return true }
        let elapsed = (arrival - first.arrival).count / 1_000
        return abs(sent - firstSent - elapsed) <= Self.longestDelay && (sent > firstSent || elapsed < 10)
    }

    /// RFC 3550, section 5.1: version 2, contributing sources, extension and padding within the datagram.
    private static func isRTP(_ data: RawSpan) -> Bool {
        let flags = data.byte(at: 0)
        // These types are RTCP's (RFC 5761, section 4).
        guard flags >> 6 == 2, !(192...223).contains(data.byte(at: 1)) else { return false }
        // A random source and a random first time are not both 0.
        guard data.bigEndian32(at: 4) != 0 || data.bigEndian32(at: 8) != 0 else { return false }
        var length = 12 + 4 * Int(flags & 0xF)
        if flags & 0x10 != 0 {
            guard data.byteCount >= length + 4 else { return false }
            length += 4 + 4 * Int(data.bigEndian16(at: length + 2))
        }
        if flags & 0x20 != 0 {
            let padding = data.byte(at: data.byteCount - 1)
            guard padding > 0 else { return false }
            length += Int(padding)
        }
        return length <= data.byteCount
    }
}
