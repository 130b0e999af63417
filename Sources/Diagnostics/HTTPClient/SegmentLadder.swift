import HostStack
import PacketEngine
import WireFormat

/// One segment of a ladder diagram, with numbers relative to the start of its connection, and its kind.
public struct SegmentRecord: Hashable, Sendable {
    /// The kind of a segment, in the context of the segments before it.
    public enum Kind: String, Sendable {
        case handshake
        case data
        case acknowledgment
        /// All of its data was sent before.
        case retransmission
        /// It repeats an acknowledgment, which signals missing data.
        case duplicateAcknowledgment = "duplicate-ack"
        case windowUpdate = "window-update"
        /// One byte that was sent before, which tests whether the peer is still there.
        case keepAlive = "keep-alive"
        /// Sent while the peer's window is zero.
        case windowProbe = "window-probe"
        case fin
        case reset
    }

    public var isOutbound: Bool
    public var local: TCPEndpoint
    public var remote: TCPEndpoint
    public var flags: TCPFlags
    /// The sequence number relative to the SYN; 0 if the SYN was not captured.
    public var sequence: Int
    public var acknowledgment: Int
    /// The length of the data, in bytes.
    public var length: Int
    /// The window in bytes, scaled.
    public var window: Int
    public var options: [TCPOption]
    /// The time since the previous segment of the connection.
    public var since: Nanoseconds
    public var kind: Kind
}

/// Describes the captured segments of a run's own connections.
package struct SegmentLadder: Sendable {
    private struct Side: Sendable {
        var initial: SequenceNumber?
        /// The sequence number after the highest one sent.
        var next = SequenceNumber(0)
        var acknowledged = SequenceNumber(0)
        var hasAcknowledged = false
        var window = -1
        var scale: UInt8 = 0
        var finCount = 0
    }

    private struct Connection: Sendable {
        var ours = Side()
        var theirs = Side()
        var last: Int64
        var isScaled = false
    }

    private var connections: [TCPPair: Connection] = [:]

    /// The connections to describe.
    private static let limit = 4_096

    package init() {}

    /// Processes a captured IPv4 or IPv6 datagram.
    /// - Parameter stamp: the time in nanoseconds, on any clock.
    /// - Returns: nil if it contains no complete TCP header.
    package mutating func take(datagram: RawSpan, isOutbound: Bool, stamp: Int64) -> SegmentRecord? {
        guard let datagram = try? DatagramView(datagram), datagram.protocol == .tcp,
            let view = try? TCPView(datagram.payload)
        else { return nil }
        let from = TCPEndpoint(datagram.source, view.sourcePort)
        let to = TCPEndpoint(datagram.destination, view.destinationPort)
        let key = isOutbound ? TCPPair(local: from, remote: to) : TCPPair(local: to, remote: from)
        var connection = connections[key] ?? Connection(last: stamp)
        if view.flags.contains(.syn), !view.flags.contains(.ack), connection.ours.finCount > 0 {
            connection = Connection(last: stamp)
        }
        let record = Self.record(view, key, isOutbound, stamp, &connection)
        if connections[key] != nil || connections.count < Self.limit { connections[key] = connection }
        return record
    }

    private static func record(
        _ view: borrowing TCPView, _ key: TCPPair, _ isOutbound: Bool, _ stamp: Int64, _ connection: inout Connection
    ) -> SegmentRecord {
        var side = isOutbound ? connection.ours : connection.theirs
        var other = isOutbound ? connection.theirs : connection.ours
        let flags = view.flags
        let sequence = SequenceNumber(view.sequenceNumber)
        let acknowledgment = SequenceNumber(view.acknowledgmentNumber)
        let length = view.payload.byteCount
        let options = TCPOptions(view.options).list
        if flags.contains(.syn) {
            if side.initial != sequence { side.next = sequence }
            side.initial = sequence
            for case .windowScale(let scale) in options { side.scale = min(scale, TCPOption.maximumWindowScale) }
            if flags.contains(.ack) {
                connection.isScaled =
                    options.contains { $0.kind == TCPOption.Kind.windowScale } && other.scale > 0
                    || side.scale > 0
            }
        } else if side.initial == nil {
            // The start of the connection was not captured.
            side.initial = sequence
            side.next = sequence
        }
        if other.initial == nil, flags.contains(.ack) { other.initial = acknowledgment }
        let scale = flags.contains(.syn) || !connection.isScaled ? 0 : Int(side.scale)
        let window = Int(view.window) << scale
        let kind = kind(
            flags, sequence, acknowledgment, length, window, side, other,
            namesRanges: options.contains { $0.kind == TCPOption.Kind.selectiveAcknowledgment })
        let end = sequence + length + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
        if flags.contains(.fin) { side.finCount += 1 }
        side.next = max(side.next, end)
        if flags.contains(.ack) {
            side.acknowledged = acknowledgment
            side.hasAcknowledged = true
        }
        side.window = window
        let since = stamp - connection.last
        connection.last = stamp
        if isOutbound {
            (connection.ours, connection.theirs) = (side, other)
        } else {
            (connection.theirs, connection.ours) = (side, other)
        }
        return SegmentRecord(
            isOutbound: isOutbound, local: key.local, remote: key.remote, flags: flags,
            sequence: side.initial.map { Int(sequence.rawValue &- $0.rawValue) } ?? 0,
            acknowledgment: flags.contains(.ack)
                ? other.initial.map { Int(acknowledgment.rawValue &- $0.rawValue) } ?? 0 : 0,
            length: length, window: window, options: options, since: Nanoseconds(max(since, 0)), kind: kind)
    }

    private static func kind(
        _ flags: TCPFlags, _ sequence: SequenceNumber, _ acknowledgment: SequenceNumber, _ length: Int, _ window: Int,
        _ side: Side, _ other: Side, namesRanges: Bool
    ) -> SegmentRecord.Kind {
        if flags.contains(.rst) { return .reset }
        if flags.contains(.syn) { return sequence < side.next ? .retransmission : .handshake }
        if flags.contains(.fin) { return side.finCount > 0 && sequence < side.next ? .retransmission : .fin }
        if length <= 1, sequence == side.next - 1, side.hasAcknowledged, length == 0 || other.acknowledged == side.next
        {
            return .keepAlive
        }
        if length > 0 {
            if sequence < side.next { return .retransmission }
            return other.window == 0 ? .windowProbe : .data
        }
        if !side.hasAcknowledged { return .handshake }
        guard acknowledgment == side.acknowledged else { return .acknowledgment }
        // An acknowledgment of data after a gap is a duplicate even if its window changed (RFC 6675, section 2).
        return window == side.window || namesRanges ? .duplicateAcknowledgment : .windowUpdate
    }
}
