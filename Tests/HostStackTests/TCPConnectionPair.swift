import PacketEngine
import WireFormat

@testable import HostStack

/// A connection, and the peer's sequence numbers.
struct TCPConnectionPair {
    var connection: TCPConnection
    var now = Instant(nanoseconds: 1_000_000_000)
    /// The peer's next number.
    var theirs = SequenceNumber(0xFFFF_FFF0)
    /// The peer's acknowledgment number.
    var ours: SequenceNumber

    static let initial = SequenceNumber(0xFFFF_FF00)

    init(passive: Bool = false, _ configure: (inout TCPConfiguration) -> Void = { _ in }) {
        var configuration = TCPConfiguration()
        configuration.usesTimestamps = false
        configure(&configuration)
        connection = TCPConnection(
            configuration, initial: Self.initial, timestampOffset: 7, answering: passive, at: now)
        ours = Self.initial + 1
        guard passive else { return }
        connection.accept(ReceivedTCPHeader(Self.segment(.syn, theirs, SequenceNumber(0), [])))
        theirs += 1
    }

    private static func segment(
        _ flags: TCPFlags, _ sequence: SequenceNumber, _ acknowledgment: SequenceNumber, _ data: [UInt8],
        window: UInt16 = 60_000
    ) -> TCPSegment {
        TCPSegment(
            sourcePort: 1, destinationPort: 2, sequenceNumber: sequence.rawValue,
            acknowledgmentNumber: acknowledgment.rawValue, flags: flags, window: window, data: data)
    }

    /// Receives a segment from the peer; data, SYN and FIN advance its number.
    @discardableResult
    mutating func receive(
        _ flags: TCPFlags, _ data: String = "", sequence: SequenceNumber? = nil,
        acknowledgment: SequenceNumber? = nil,
        window: UInt16 = 60_000
    ) -> TCPConnection.Consequence {
        let bytes = Array(data.utf8)
        let segment = Self.segment(flags, sequence ?? theirs, acknowledgment ?? ours, bytes, window: window)
        let arrived = ReceivedTCPHeader(segment)
        if sequence == nil { theirs += arrived.length(bytes.count) }
        return connection.receive(arrived, bytes.rawBytes, at: now)
    }

    /// Returns the segments to send, which the peer acknowledges later.
    @discardableResult
    mutating func output() -> [OutgoingSegment] {
        var all: [OutgoingSegment] = []
        while let segment = connection.next(at: now) {
            all.append(segment)
            let end =
                segment.sequence + segment.length + (segment.flags.contains(.syn) ? 1 : 0)
                + (segment.flags.contains(.fin) ? 1 : 0)
            ours = max(ours, end)
        }
        return all
    }

    mutating func wait(_ time: Nanoseconds) {
        let end = now + time
        while let deadline = connection.deadline, deadline <= end {
            now = max(now, deadline)
            connection.advance(at: now)
            output()
        }
        now = end
    }

    static func established(passive: Bool = false, _ configure: (inout TCPConfiguration) -> Void = { _ in })
        -> TCPConnectionPair
    {
        var pair = TCPConnectionPair(passive: passive, configure)
        pair.output()
        if passive { pair.receive(.ack) } else { pair.receive([.syn, .ack]) }
        pair.output()
        pair.connection.pendingEvents = []
        return pair
    }

    mutating func send(_ text: String) { _ = connection.send(Array(text.utf8).rawBytes) }

    mutating func read() -> String {
        var bytes: [UInt8] = []
        while connection.incoming.count > 0 {
            connection.read {
                bytes += $0.copied()
                return $0.byteCount
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    var state: TCPState { connection.state }
}

extension ReceivedTCPHeader {
    init(_ segment: TCPSegment) {
        let bytes = segment.encoded()
        guard let view = try? TCPView(bytes.rawBytes) else { preconditionFailure("a segment of ours") }
        self.init(view)
    }
}
