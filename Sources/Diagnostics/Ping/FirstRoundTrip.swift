import PacketEngine

/// The timestamps of the first probe, collected until all are known.
struct FirstRoundTrip {
    var sent: Instant?
    var answered: Instant?
    private var queued: Instant?
    private var driver: Instant?
    private var isTaken = false
    /// The time that the run waits for the kernel's timestamps, which follow the reply.
    static let patience = Nanoseconds.milliseconds(100)

    /// The reply has been received but the timestamps have not: the time until which to wait for them.
    var awaitedUntil: Instant? {
        guard !isTaken, let answered else { return nil }
        return answered + Self.patience
    }

    mutating func stamp(_ stage: TransmitStage, at instant: Instant) {
        switch stage {
        case .queued: queued = instant
        case .sent: driver = instant
        }
    }

    /// Returns the parts once all timestamps are known.
    /// - Parameter needsNeighbor: whether the next hop's MAC address had to be known.
    mutating func take(needsNeighbor: Bool) -> RoundTripParts? {
        guard !isTaken, let sent, let answered, let queued, let driver else { return nil }
        isTaken = true
        return RoundTripParts(
            sequence: 1, neighborResolution: needsNeighbor ? max(queued - sent, .zero) : nil,
            queue: max(driver - (needsNeighbor ? queued : sent), .zero), network: max(answered - driver, .zero))
    }
}

/// The parts of a round-trip time.
public struct RoundTripParts: Sendable {
    public var sequence: UInt16
    /// The time until the next hop's link-layer address was resolved and the packet was queued; nil if the link needs
    /// no such address.
    public var neighborResolution: Nanoseconds?
    /// The time from the queue, or without neighbor resolution from sending, to the driver.
    public var queue: Nanoseconds
    /// The time from the driver to the receipt of the reply.
    public var network: Nanoseconds
}
