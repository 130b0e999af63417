import PacketEngine

/// The current rate of a scan: the requested rate, or less when this host loses replies.
///
/// A loss reduces the rate by 30 %; without loss it rises by 2 % every 50 ms, up to the requested rate.
struct RateGovernor: Sendable {
    private static let slowest = 1_000.0
    private static let shrink = 0.7
    private static let growth = 1.02
    private static let period = Nanoseconds.milliseconds(50)

    /// Packets per second; nil for no limit.
    private let asked: Double?
    /// The highest rate, in packets per second; nil for no limit.
    private let most: Double?
    private var pacer: SendPacer
    /// The start of the current measuring period.
    private var mark: (at: Instant, sent: UInt64)?
    /// The measured rate of the last full period.
    private var measured: Double?
    private var lastChange: Instant?

    /// - Parameter ceiling: the highest rate if none is requested; nil for no limit.
    init(asked: Double?, ceiling: Double? = nil) {
        self.asked = asked
        most = asked ?? ceiling
        pacer = SendPacer(rate: most)
    }

    mutating func allowance(at now: Instant, sent: UInt64) -> Int {
        measure(at: now, sent: sent)
        if let lastChange, let rate = pacer.rate, now - lastChange >= Self.period {
            self.lastChange = now
            let next = rate * Self.growth
            if let most, next >= most {
                pacer.set(rate: most, at: now)
                self.lastChange = nil
            } else {
                pacer.set(rate: next, at: now)
            }
        }
        return pacer.allowance(at: now)
    }

    private mutating func measure(at now: Instant, sent: UInt64) {
        guard let mark else {
            self.mark = (now, sent)
            return
        }
        guard now - mark.at >= Self.period else { return }
        measured = Double(sent &- mark.sent) / (now - mark.at).seconds
        self.mark = (now, sent)
    }

    mutating func spend() { pacer.send() }

    func nextDue(at now: Instant) -> Instant { pacer.nextDue(at: now) }

    /// Notes that replies were lost.
    /// - Returns: the new rate.
    mutating func slowDown(at now: Instant, sent: UInt64) -> Double {
        var current = measured ?? asked ?? Self.slowest
        if measured == nil, let mark, now > mark.at { current = Double(sent &- mark.sent) / (now - mark.at).seconds }
        let rate = max(Self.slowest, min(current, pacer.rate ?? current) * Self.shrink)
        pacer.set(rate: rate, at: now)
        lastChange = now
        return rate
    }

    /// Returns the rate of a further round: without a limit, each round runs at half the rate of the one before,
    /// because the first may have been too fast for the targets.
    /// - Parameter rate: packets per second of the previous round; nil if there was none, or if its rate was not too
    ///   high.
    mutating func beginRound(_ round: Int, after rate: Double?, at now: Instant) {
        guard asked == nil else { return }
        lastChange = nil
        if let rate {
            pacer.set(rate: max(Self.slowest, rate / 2), at: now)
        } else {
            pacer = SendPacer(rate: most)
        }
    }
}
