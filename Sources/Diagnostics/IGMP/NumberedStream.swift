import PacketEngine
import WireFormat

/// The format of the sequence numbers in a stream.
public enum StreamNumbering: String, Hashable, Sendable {
    /// RFC 3550, section 5.1: 16 bits after the first 2 bytes.
    case rtp
    /// iperf 2: 32 bits at the start, negative in the last datagram.
    case iperf
    /// mcjoin: decimal digits in the text.
    case mcjoin
}

/// The loss that the sequence numbers of a stream show.
public struct StreamCount: Hashable, Sendable {
    public var numbering: StreamNumbering
    public var lost = 0
    /// Datagrams received after one with a higher number.
    public var reordered = 0
    public var duplicates = 0
}

/// Tracks the sequence numbers in a stream. No field announces them: a format is accepted when its numbers increase by
/// little from datagram to datagram, and the other fields of its header fit (`StreamHeader`).
struct NumberedStream: Hashable, Sendable {
    private enum State: Hashable {
        /// The number of consecutive datagrams with increasing numbers.
        case watching(StreamNumbering, seen: Int, first: StreamHeader)
        case counting(StreamNumbering)
        case unnumbered
    }

    /// The number of datagrams needed to accept a format, and the maximum difference between their numbers.
    private static let proof = 4
    private static let smallStep = 1...8 as ClosedRange<Int64>
    /// The maximum distance below the highest number; a lower number means that the stream restarted.
    private static let window = 64 as Int64
    private static let longestGap = 100_000 as Int64

    private var state: State?
    private var synchronizationSource: UInt32 = 0
    private var lastHeader: StreamHeader?
    private var first: Int64 = 0
    private var highest: Int64 = 0
    private var unique: Int64 = 0
    private var lostBefore: Int64 = 0
    /// The last numbers received: bit N for `highest` - N.
    private var seen: UInt64 = 1
    private var hasEnded = false
    private var reordered = 0
    private var duplicates = 0

    /// The loss; nil until a format is accepted.
    var count: StreamCount? {
        guard case .counting(let numbering) = state else { return nil }
        return StreamCount(
            numbering: numbering, lost: Int(clamping: max(lostBefore + highest - first + 1 - unique, 0)),
            reordered: reordered, duplicates: duplicates)
    }

    /// Processes the payload of a datagram.
    mutating func take(_ data: RawSpan, at arrival: Instant = Instant(nanoseconds: 0)) {
        switch state {
        case nil: begin(data, at: arrival)
        case .watching(let numbering, let seen, let first):
            guard let step = step(data, numbering), Self.smallStep.contains(step),
                let header = StreamHeader(data, numbering, at: arrival), let last = lastHeader, header.follows(last)
            else {
                state = .unnumbered
                return
            }
            advance(by: step)
            lastHeader = header
            if seen + 1 < Self.proof {
                state = .watching(numbering, seen: seen + 1, first: first)
            } else {
                state = header.completes(first) ? .counting(numbering) : .unnumbered
            }
        case .counting(let numbering):
            if let step = step(data, numbering) { advance(by: step) }
        case .unnumbered: break
        }
    }

    private mutating func begin(_ data: RawSpan, at arrival: Instant) {
        if let number = Self.mcjoin(data) {
            state = .counting(.mcjoin)
            start(at: number)
        } else if let header = StreamHeader(data, .rtp, at: arrival) {
            state = .watching(.rtp, seen: 1, first: header)
            lastHeader = header
            synchronizationSource = data.bigEndian32(at: 8)
            start(at: Int64(data.bigEndian16(at: 2)))
        } else if let header = StreamHeader(data, .iperf, at: arrival) {
            state = .watching(.iperf, seen: 1, first: header)
            lastHeader = header
            start(at: Int64(Int32(bitPattern: data.bigEndian32(at: 0))))
        } else {
            state = .unnumbered
        }
    }

    private mutating func start(at number: Int64) {
        first = number
        highest = number
        unique = 1
        seen = 1
    }

    /// Returns the distance of a datagram's number from the highest; nil if it has none.
    private mutating func step(_ data: RawSpan, _ numbering: StreamNumbering) -> Int64? {
        switch numbering {
        case .mcjoin: return Self.mcjoin(data).map { $0 - highest }
        case .rtp:
            guard data.byteCount >= 12, data.byte(at: 0) >> 6 == 2, data.bigEndian32(at: 8) == synchronizationSource
            else { return nil }
            return Int64(Int16(bitPattern: data.bigEndian16(at: 2) &- UInt16(truncatingIfNeeded: highest)))
        case .iperf:
            guard data.byteCount >= 12 else { return nil }
            let number = Int64(Int32(bitPattern: data.bigEndian32(at: 0)))
            guard number < 0 else {
                hasEnded = false
                return number - highest
            }
            // The last datagram is repeated until it is acknowledged, which does not happen for multicast.
            guard !hasEnded else { return nil }
            hasEnded = true
            return -number - highest
        }
    }

    private mutating func advance(by step: Int64) {
        if step > Self.longestGap || step <= -Self.window {
            // The sender restarted: the losses of the previous run stay counted.
            lostBefore += max(highest - first + 1 - unique, 0)
            start(at: highest + step)
        } else if step > 0 {
            highest += step
            seen = step < Self.window ? seen << UInt64(step) | 1 : 1
            unique += 1
        } else if seen >> UInt64(-step) & 1 == 1 {
            duplicates += 1
        } else {
            seen |= 1 << UInt64(-step)
            unique += 1
            reordered += 1
        }
    }

    /// Returns the digits after `count: ` in mcjoin's text.
    private static func mcjoin(_ data: RawSpan) -> Int64? {
        guard starts(data, with: senderText, at: 0) else { return nil }
        var offset = 11
        while offset < min(data.byteCount, 200) {
            if starts(data, with: countText, at: offset) {
                var value: Int64 = 0
                var position = offset + 7
                while position < data.byteCount, position < offset + 7 + 15 {
                    let byte = data.byte(at: position)
                    guard byte >= 0x30, byte <= 0x39 else { break }
                    value = value * 10 + Int64(byte - 0x30)
                    position += 1
                }
                return position > offset + 7 ? value : nil
            }
            offset += 1
        }
        return nil
    }

    private static let senderText = Array("Sender PID ".utf8)
    private static let countText = Array("count: ".utf8)

    private static func starts(_ data: RawSpan, with text: [UInt8], at offset: Int) -> Bool {
        guard offset + text.count <= data.byteCount else { return false }
        for index in text.indices where data.byte(at: offset + index) != text[index] { return false }
        return true
    }
}
