import PacketEngine

/// The rounds of a sweep: each probes, at a limited rate, only the targets that have not replied, then waits for the
/// last replies.
struct SweepRounds: Sendable {
    /// What an engine does next.
    enum Step {
        /// Send a probe to the target with this index, and call `sent()`.
        case probe(Int)
        case wait(Deadline)
    }

    private var isFound: [Bool]
    /// The number of targets that have not replied.
    private var left: Int
    private var pacer: SendPacer
    /// Rounds after the current one.
    private var retries: Int
    private let timeout: Nanoseconds
    /// The target of the next probe.
    private var next = 0
    /// The end of the current round; nil while it sends.
    private var roundEnd: Instant?
    private(set) var isOver = false

    /// - Parameters:
    ///   - rate: probes per second; nil for no limit.
    ///   - retries: retries per unanswered target.
    ///   - timeout: the time to wait for replies after the last probe of a round.
    init(count: Int, rate: Double?, retries: Int, timeout: Nanoseconds) {
        isFound = Array(repeating: false, count: count)
        left = count
        pacer = SendPacer(rate: rate)
        self.retries = retries
        self.timeout = timeout
    }

    /// Returns the next step; a probe only if the batch has room for it.
    mutating func step(_ batch: borrowing PacketBatch, at now: Instant) -> Step {
        while !isOver {
            while next < isFound.count, isFound[next] { next += 1 }
            guard next == isFound.count else {
                guard batch.room > 0 else { return .wait(.at(now)) }
                return pacer.allowance(at: now) > 0 ? .probe(next) : .wait(.at(pacer.nextDue(at: now)))
            }
            guard batch.isEmpty else { return .wait(.at(now)) }
            let due = roundEnd ?? now + timeout
            if left == 0 || due <= now && retries <= 0 {
                isOver = true
            } else if due > now {
                roundEnd = due
                return .wait(.at(due))
            } else {
                roundEnd = nil
                retries -= 1
                next = 0
            }
        }
        return .wait(.finished)
    }

    /// Notes that the probe of the last step was sent.
    mutating func sent() {
        next += 1
        pacer.send()
    }

    /// Notes a reply, or that a target needs no probe.
    /// - Returns: whether the target was unanswered before.
    @discardableResult
    mutating func find(_ index: Int) -> Bool {
        guard !isFound[index] else { return false }
        isFound[index] = true
        left -= 1
        return true
    }

    mutating func stop() { isOver = true }
}
