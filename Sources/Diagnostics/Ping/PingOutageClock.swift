import PacketEngine

/// Adds up outages. An outage lasts from the send time of the first unanswered probe to that of the next answered one.
///
/// Probes are added in send order, regardless of when their results became known.
struct PingOutageClock {
    private(set) var total = Nanoseconds.zero
    private(set) var longest = Nanoseconds.zero
    /// The part of the outages after `start`.
    private(set) var sinceStart = Nanoseconds.zero
    private var start: Instant?
    private var began: Instant?

    /// Starts a separate count of outages after an instant.
    mutating func count(from start: Instant) {
        self.start = start
        sinceStart = .zero
    }

    /// Adds the next probe in send order.
    mutating func pass(sentAt: Instant, isAnswered: Bool) {
        if !isAnswered { began = began ?? sentAt } else { end(at: sentAt) }
    }

    /// Counts an outage that still lasts up to this instant.
    mutating func end(at end: Instant) {
        guard let began else { return }
        self.began = nil
        let length = max(end - began, .zero)
        total = total + length
        longest = max(longest, length)
        if let start { sinceStart = sinceStart + max(end - max(began, start), .zero) }
    }
}

/// Estimates round trips of probes that were sent in one system call.
///
/// Only the first has its own send time. The others' are interpolated and may be slightly late, so no round trip is
/// taken to be shorter than the shortest one with an exact send time.
struct SharedTimes {
    private var quickest: Nanoseconds?

    mutating func roundTrip(_ measured: Nanoseconds, isExact: Bool) -> Nanoseconds {
        let time = max(measured, .zero)
        guard isExact else { return max(time, quickest ?? .zero) }
        quickest = quickest.map { min($0, time) } ?? time
        return time
    }
}

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
    mutating func take() -> RoundTripParts? {
        guard !isTaken, let sent, let answered, let queued, let driver else { return nil }
        isTaken = true
        return RoundTripParts(
            sequence: 1, neighborResolution: max(queued - sent, .zero), queue: max(driver - queued, .zero),
            network: max(answered - driver, .zero))
    }
}
