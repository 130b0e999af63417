import DequeModule
import WireFormat

/// A datagram that came for a port.
public struct ReceivedDatagram: Hashable, Sendable {
    public var local: IPAddress
    public var remote: IPAddress
    public var remotePort: UInt16
    public var data: [UInt8]
}

/// The UDP of a host: control blocks, one a port that somebody has, each with an input queue; the input module puts
/// datagrams into the queues (RFC 768).
struct UDPModule: Sendable {
    /// Who has a port.
    private struct ControlBlock: Sendable {
        var queue: Deque<ReceivedDatagram> = []
        /// Datagrams that found the queue full.
        var dropped: UInt64 = 0
    }

    enum Outcome: Hashable, Sendable {
        /// The first in its queue.
        case queued(isFirst: Bool)
        case dropped
        /// Nobody has the port: the sender is to be told (RFC 1122, section 4.1.3.1).
        case unreachable
    }

    private var blocks: [UInt16: ControlBlock] = [:]

    private static let queueLimit = 256

    mutating func bind(_ port: UInt16) { if blocks[port] == nil { blocks[port] = ControlBlock() } }

    mutating func input(_ datagram: ReceivedDatagram, port: UInt16) -> Outcome {
        guard let count = blocks[port]?.queue.count else { return .unreachable }
        guard count < Self.queueLimit else {
            blocks[port]?.dropped &+= 1
            return .dropped
        }
        blocks[port]?.queue.append(datagram)
        return .queued(isFirst: count == 0)
    }

    mutating func take(_ port: UInt16) -> ReceivedDatagram? { blocks[port]?.queue.popFirst() }
}
