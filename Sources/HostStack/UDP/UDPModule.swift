import DequeModule
import WireFormat

/// A UDP datagram received for a port.
public struct ReceivedDatagram: Hashable, Sendable {
    public var local: IPAddress
    public var remote: IPAddress
    public var remotePort: UInt16
    public var data: [UInt8]
}

/// The UDP of a host: bound ports, each with a bounded receive queue (RFC 768).
struct UDPModule: Sendable {
    /// A bound port.
    private struct ControlBlock: Sendable {
        var queue: Deque<ReceivedDatagram> = []
        /// The number of datagrams dropped because the queue was full.
        var dropped: UInt64 = 0
    }

    enum Outcome: Hashable, Sendable {
        /// The datagram was queued; `isFirst` if the queue was empty.
        case queued(isFirst: Bool)
        case dropped
        /// The port is not bound: a port unreachable error is due (RFC 1122, section 4.1.3.1).
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
