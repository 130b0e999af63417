/// Sends and receives an engine's packets and provides the time. `LinuxNet` implements it with sockets, the tests with
/// a simulated network.
public protocol PacketPort: ~Copyable {
    /// An error of the port itself, which ends the run.
    associatedtype Failure: Error

    /// The current time.
    var now: Instant { mutating get }

    /// Sends the packets of the batch from index `first` on, in order, and reports to the engine for each that it was
    /// sent or failed.
    /// - Returns: the index of the first packet that did not fit in the kernel's queues and is to be tried again, or
    ///   the number of packets in the batch.
    mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) throws(Failure) -> Int

    /// Passes received packets to the engine, without waiting.
    /// - Returns: the number of packets; 0 if none was received.
    mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(Failure) -> Int

    /// Waits for a packet, a signal or another event, until `deadline` at the latest.
    mutating func wait(until deadline: Instant?) throws(Failure) -> WakeReason
}

/// What ended a wait; empty if the deadline passed.
public struct WakeReason: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Packets can be received.
    public static let packets = WakeReason(rawValue: 1)
    /// The run is to end (SIGINT, SIGTERM).
    public static let stop = WakeReason(rawValue: 2)
    /// A status line is requested (SIGQUIT).
    public static let status = WakeReason(rawValue: 4)
    /// Results that the observer requested, such as resolved names, are available.
    public static let results = WakeReason(rawValue: 8)
    /// Keys were pressed.
    public static let keys = WakeReason(rawValue: 16)
    /// The size of the terminal changed (SIGWINCH).
    public static let resized = WakeReason(rawValue: 32)
    /// The process is to be suspended (SIGTSTP).
    public static let suspend = WakeReason(rawValue: 64)
    /// A server is to reload its files (SIGHUP).
    public static let reload = WakeReason(rawValue: 128)
    /// The run is to end and has not sent anything: it ends at once without a result.
    public static let interrupted = WakeReason(rawValue: 256)
}

/// Counters of received packets that the kernel dropped before they were read.
public struct KernelDrops: Sendable, Equatable {
    public static let none = KernelDrops(overflows: 0, unexplained: 0)

    /// Packets dropped because a receive buffer was full.
    public var overflows: UInt64
    /// Packets dropped because a receive buffer was full or an ICMPv6 checksum was wrong; the kernel has one counter
    /// for both.
    public var unexplained: UInt64

    package init(overflows: UInt64, unexplained: UInt64) {
        self.overflows = overflows
        self.unexplained = unexplained
    }
}
