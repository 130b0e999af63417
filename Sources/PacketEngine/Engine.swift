/// An engine of packets or of streams, as its observers see it.
public protocol EventEngine: ~Copyable {
    associatedtype Event: Sendable

    /// Stops the engine at the user's request: it starts nothing new and reports its results.
    mutating func stop(at now: Instant)

    /// Passes the pending events to `report`, in order, and removes them.
    mutating func drain(_ report: (Event) -> Void)
}

/// A protocol engine without sockets. Its input is received packets and the current time; its output is packets to
/// send, the next deadline, and events.
///
/// An engine makes no system call, reads no clock and prints nothing. `EngineLoop` runs it on real sockets and on
/// a simulated network alike.
/// It is noncopyable, because its state is large and changes with every packet.
public protocol Engine: EventEngine, ~Copyable {
    /// The maximum length of a packet that `transmit` writes, in bytes.
    var maximumPacketLength: Int { get }

    /// The maximum number of packets per batch.
    var batchCapacity: Int { get }

    /// Appends the packets that are due at `now` and returns the next deadline.
    /// Packets that do not fit in the batch are appended by the next call, which is due at once.
    mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline

    /// Whether packets are sent one by one, each with its exact send time. Otherwise many are sent in one
    /// system call, and the send time of each is interpolated from its position in the batch.
    var wantsExactTimes: Bool { get }

    /// Reports that the packet with `token` was sent at `instant`.
    /// - Parameter isExact: false if the time was interpolated between the packets of one call.
    mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool)

    /// Reports that the packets of `range` were sent in one call that began at `start` and took `span`. The default
    /// implementation calls `transmitted` for each, with an interpolated time.
    mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds)

    /// Reports that the packet with `token` could not be sent.
    mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant)

    /// Reports the kernel's transmit timestamp of a packet, if the port requests timestamps.
    mutating func transmitStamped(_ token: UInt64, _ stage: TransmitStage, at instant: Instant)

    /// Reports the number of received packets that the kernel dropped since the last call because a buffer was full.
    mutating func overflowed(_ count: UInt64, at now: Instant)

    /// Processes a received packet; its bytes are valid only during the call.
    mutating func receive(_ packet: borrowing ReceivedPacket)
}

extension Engine where Self: ~Copyable {
    public var wantsExactTimes: Bool { true }

    public mutating func transmitted(_ token: UInt64, at instant: Instant) {
        transmitted(token, at: instant, isExact: true)
    }

    public mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds
    ) {
        for index in range {
            let position = index - range.lowerBound
            let instant = start + Nanoseconds(span.count * Int64(position) / Int64(range.count))
            transmitted(batch.entries[index].token, at: instant, isExact: position == 0)
        }
    }

    public mutating func overflowed(_ count: UInt64, at now: Instant) {}

    public mutating func transmitStamped(_ token: UInt64, _ stage: TransmitStage, at instant: Instant) {}
}

/// When an engine is to be called again.
public enum Deadline: Equatable, Sendable {
    /// At this instant, or earlier if a packet arrives.
    case at(Instant)
    /// When a packet or another event arrives.
    case never
    /// Never: every packet was sent, and every result reported.
    case finished

    /// The earlier of two deadlines; `.finished` counts as `.never`.
    @inlinable
    public static func earliest(_ left: Deadline, _ right: Deadline) -> Deadline {
        switch (left, right) {
        case (.at(let left), .at(let right)): .at(min(left, right))
        case (.at, _): left
        case (_, .at): right
        default: .never
        }
    }
}

/// The stage at which the kernel took a transmit timestamp.
public enum TransmitStage: Sendable {
    /// The next hop is resolved, and the packet enters the interface's queue.
    case queued
    /// The packet was passed to the driver.
    case sent
}

/// The reason for which a packet could not be sent.
public enum TransmissionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The packet is longer than the MTU, in bytes; 0 if the MTU is not known.
    case messageTooLong(mtu: Int)
    /// The kernel's queues stayed full for too long.
    case noBuffers
    /// The kernel forbids the destination (EACCES): a broadcast address without SO_BROADCAST, or a firewall rule.
    /// The message is the system's.
    case notPermitted(String)
    /// The interface is down or no longer exists; later packets may be sent again. The message is the system's.
    case interface(String)
    /// Another error of the system, with its message.
    case system(String)

    /// Whether the interface is down or no longer exists.
    public var isOfInterface: Bool {
        if case .interface = self { true } else { false }
    }

    /// The reason in the system's words: `Network is down`.
    public var description: String {
        switch self {
        case .messageTooLong(let mtu): mtu > 0 ? "Message too long, mtu=\(mtu)" : "Message too long"
        case .noBuffers: "No buffer space available"
        case .notPermitted(let message), .interface(let message), .system(let message): message
        }
    }
}
