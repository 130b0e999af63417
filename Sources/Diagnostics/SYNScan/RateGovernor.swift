import PacketEngine

/// The rate of a scan as it goes: what was asked for, and less where answers get lost here.
///
/// A loss takes the rate down by three tenths of what it was; while nothing is lost it
/// rises again, two hundredths every twentieth of a second, up to what was asked for.
struct RateGovernor: Sendable {
    private static let slowest = 1_000.0
    private static let shrink = 0.7
    private static let growth = 1.02
    private static let period = Nanoseconds.milliseconds(50)

    /// Packets a second; nil for as many as can be.
    private let asked: Double?
    private var pacer: SYNScanPacer
    /// Where the measured rate is counted from.
    private var mark: (at: Instant, sent: UInt64)?
    /// The rate that the last full period had.
    private var measured: Double?
    private var lastChange: Instant?

    init(asked: Double?) {
        self.asked = asked
        pacer = SYNScanPacer(rate: asked)
    }

    mutating func allowance(at now: Instant, sent: UInt64) -> Int {
        measure(at: now, sent: sent)
        if let lastChange, let rate = pacer.rate, now - lastChange >= Self.period {
            self.lastChange = now
            let next = rate * Self.growth
            if let asked, next >= asked {
                pacer.set(rate: asked, at: now)
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

    mutating func spend() { pacer.spend() }

    func nextDue(at now: Instant) -> Instant { pacer.nextDue(at: now) }

    /// Answers were lost.
    /// - Returns: the rate from now on.
    mutating func slowDown(at now: Instant, sent: UInt64) -> Double {
        var current = measured ?? asked ?? Self.slowest
        if measured == nil, let mark, now > mark.at { current = Double(sent &- mark.sent) / (now - mark.at).seconds }
        let rate = max(Self.slowest, min(current, pacer.rate ?? current) * Self.shrink)
        pacer.set(rate: rate, at: now)
        lastChange = now
        return rate
    }

    /// Who is asked again may have been asked too fast: without a limit every further
    /// round goes at half the rate of the one before.
    /// - Parameter rate: packets a second of the round before; nil where there was none, or nothing against it.
    mutating func beginRound(_ round: Int, after rate: Double?, at now: Instant) {
        guard asked == nil else { return }
        lastChange = nil
        if let rate {
            pacer.set(rate: max(Self.slowest, rate / 2), at: now)
        } else {
            pacer = SYNScanPacer(rate: nil)
        }
    }
}
