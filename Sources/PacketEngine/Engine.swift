/// A tool without sockets: told what arrived and what time it is, it says what
/// to send, when to wake it, and what it found.
///
/// An engine makes no system call, reads no clock and prints nothing. One loop
/// (`EngineLoop`) runs it on real sockets and on a simulated network alike.
/// It cannot be copied: its state is large, and touched for every packet.
public protocol Engine: ~Copyable {
    associatedtype Event: Sendable

    /// The longest packet that `transmit` will write, in bytes.
    var maximumPacketLength: Int { get }

    /// How many packets it wants to hand over at a time, at the most.
    var batchCapacity: Int { get }

    /// Appends the packets that are due at `now` and says when to be asked
    /// again. What does not fit into the batch is due at once, in the next call.
    mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline

    /// Packets are to leave one by one, each with its exact time. An engine
    /// that would rather be fast has them sent many in one call, and times all
    /// but the first by how far they stand from it.
    var wantsExactTimes: Bool { get }

    /// The packet that was appended with `token` left at `instant`.
    /// - Parameter isExact: false when the time is only shared out among the packets of one call.
    mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool)

    /// The packets of `range` left in one call that began at `start` and took `span`. By default each of
    /// them is told to have left at its share of the time.
    mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds)

    /// The packet that was appended with `token` could not be sent.
    mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant)

    /// The kernel's stamp of a packet on its way out, where the port asks for them.
    mutating func transmitStamped(_ token: UInt64, _ stage: TransmitStage, at instant: Instant)

    /// So many packets were lost since the last call because nobody took them in time.
    mutating func overflowed(_ count: UInt64, at now: Instant)

    /// A packet arrived; its bytes are valid for the call.
    mutating func receive(_ packet: borrowing ReceivedPacket)

    /// The user wants it to end: no packet more, and the result so far.
    mutating func stop(at now: Instant)

    /// Hands over the events that have come up since the last call, in their order.
    mutating func drain(_ report: (Event) -> Void)
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
            let place = index - range.lowerBound
            let instant = start + Nanoseconds(span.count * Int64(place) / Int64(range.count))
            transmitted(batch.entries[index].token, at: instant, isExact: place == 0)
        }
    }

    public mutating func overflowed(_ count: UInt64, at now: Instant) {}

    public mutating func transmitStamped(_ token: UInt64, _ stage: TransmitStage, at instant: Instant) {}
}

/// How far a packet had got when the kernel stamped it.
public enum TransmitStage: Sendable {
    /// Its next hop is resolved and it enters the interface's queue.
    case queued
    /// The driver has it.
    case sent
}

/// Why a packet could not be sent.
public enum TransmissionFailure: Error, Hashable, Sendable {
    /// It is longer than the interface takes; `mtu` in bytes, 0 when not known.
    case messageTooLong(mtu: Int)
    /// The kernel's queues were full for too long.
    case noBuffers
    /// The kernel forbids this destination (EACCES): a broadcast address that
    /// was not asked for, or a rule of the firewall. The system's words.
    case notPermitted(String)
    /// Another refusal of the system, with its number and its words.
    case system(code: Int32, message: String)

    /// The interface is down (Linux's ENETDOWN) or no longer there (ENXIO, ENODEV): a later packet may leave.
    public var isOfInterface: Bool {
        if case .system(let code, _) = self { [100, 6, 19].contains(code) } else { false }
    }
}
