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
