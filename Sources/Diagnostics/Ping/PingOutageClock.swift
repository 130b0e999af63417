import PacketEngine

/// Adds up outages: each runs from the sending of the first probe that got no reply to that of the next that did.
///
/// Probes pass in the order of their sending, whatever the order in which their fates became known.
struct PingOutageClock {
    private(set) var total = Nanoseconds.zero
    private(set) var longest = Nanoseconds.zero
    /// The part of the outages that lies after `start`.
    private(set) var sinceStart = Nanoseconds.zero
    private var start: Instant?
    private var began: Instant?

    /// Begins to count what lies after an instant apart.
    mutating func count(from start: Instant) {
        self.start = start
        sinceStart = .zero
    }

    /// The next probe in the order of sending.
    mutating func pass(sentAt: Instant, isAnswered: Bool) {
        if !isAnswered { began = began ?? sentAt } else { end(at: sentAt) }
    }

    /// An outage that still lasts is counted up to here.
    mutating func end(at end: Instant) {
        guard let began else { return }
        self.began = nil
        let length = max(end - began, .zero)
        total = total + length
        longest = max(longest, length)
        if let start { sinceStart = sinceStart + max(end - max(began, start), .zero) }
    }
}

/// Round trips of probes that left many in one call.
///
/// Only the first of a call has a time of its own; the others' are shared out
/// evenly, and so may lie a little after the truth. None of them is taken to
/// have been quicker than the quickest whose time is exact.
struct SharedTimes {
    private var quickest: Nanoseconds?

    mutating func roundTrip(_ measured: Nanoseconds, isExact: Bool) -> Nanoseconds {
        let time = max(measured, .zero)
        guard isExact else { return max(time, quickest ?? .zero) }
        quickest = quickest.map { min($0, time) } ?? time
        return time
    }
}

/// The stations of the first probe, until all of them are known.
struct FirstRoundTrip {
    var sent: Instant?
    var answered: Instant?
    private var queued: Instant?
    private var driver: Instant?
    private var isTaken = false
    /// The kernel's stamps come a little after the answer; the run waits this long for them.
    static let patience = Nanoseconds.milliseconds(100)

    /// The answer is there and the stamps are not: until when to wait for them.
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

    /// The parts, once, when everything about them is known.
    mutating func take() -> RoundTripParts? {
        guard !isTaken, let sent, let answered, let queued, let driver else { return nil }
        isTaken = true
        return RoundTripParts(
            sequence: 1, neighborResolution: max(queued - sent, .zero), queue: max(driver - queued, .zero),
            network: max(answered - driver, .zero))
    }
}
