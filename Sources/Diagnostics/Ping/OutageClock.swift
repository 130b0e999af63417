import PacketEngine

/// How long nothing was answered: from the sending of the first lost probe to
/// that of the next answered one.
struct OutageClock {
    private(set) var total = Nanoseconds.zero
    private(set) var longest = Nanoseconds.zero
    private var since: Instant?
    private var reported = Nanoseconds.zero

    /// A probe sent at `sent` got no answer.
    mutating func lose(at sent: Instant) {
        since = since.map { min($0, sent) } ?? sent
    }

    /// A probe sent at `sent` was answered.
    mutating func answer(at sent: Instant) {
        guard let start = since, sent > start else { return }
        close(start, sent)
    }

    /// The run is over.
    mutating func end(at now: Instant) {
        if let since { close(since, now) }
    }

    private mutating func close(_ start: Instant, _ end: Instant) {
        let length = max(end - start, .zero)
        total = total + length
        longest = max(longest, length)
        since = nil
    }

    /// The outage so far, one that still lasts included.
    func total(at now: Instant) -> Nanoseconds { since.map { total + max(now - $0, .zero) } ?? total }

    /// The outage since the last call.
    mutating func takeInterval(at now: Instant) -> Nanoseconds {
        let current = total(at: now)
        defer { reported = current }
        return max(current - reported, .zero)
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
