/// The other side of the seam: what carries an engine's packets and tells it
/// the time. `LinuxNet` implements it with sockets, the tests with a simulated network.
public protocol PacketPort: ~Copyable {
    /// What can end a run: the port itself fails, not a single packet.
    associatedtype Failure: Error

    /// The time now.
    var now: Instant { mutating get }

    /// Sends the packets of the batch from `first` on, in order, and tells the
    /// engine of each that it was sent or refused.
    /// - Returns: the index of the first packet that found no room in the
    ///   kernel's queues and is to be tried again, or the batch's count.
    mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) throws(Failure) -> Int

    /// Hands over what has arrived, without waiting.
    /// - Returns: the number of packets handed over; 0 when nothing was there.
    mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(Failure) -> Int

    /// Waits for a packet, a signal or news from outside, at the longest until `deadline`.
    mutating func wait(until deadline: Instant?) throws(Failure) -> WakeReason
}

/// What ended a wait; empty when only the time did.
public struct WakeReason: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Packets are waiting.
    public static let packets = WakeReason(rawValue: 1)
    /// The user wants the run to end (SIGINT, SIGTERM).
    public static let stop = WakeReason(rawValue: 2)
    /// The user wants to know how things stand (SIGQUIT).
    public static let status = WakeReason(rawValue: 4)
    /// Something that the observer asked for is ready.
    public static let news = WakeReason(rawValue: 8)
    /// Keys were pressed.
    public static let keys = WakeReason(rawValue: 16)
    /// The terminal has another size (SIGWINCH).
    public static let resized = WakeReason(rawValue: 32)
    /// The user wants to do something else for a while (SIGTSTP).
    public static let suspend = WakeReason(rawValue: 64)
    /// A server is to read its files again (SIGHUP).
    public static let reload = WakeReason(rawValue: 128)
    /// The user wants the run to end, and nothing has been sent yet: it ends at once and has no result.
    public static let interrupted = WakeReason(rawValue: 256)
}
