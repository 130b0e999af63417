import PacketEngine

/// When the next probe leaves.
///
/// A fixed interval is absolute - start + n x interval - so that it never
/// drifts. Without an interval the next probe leaves when an answer has come,
/// or 10 ms after the last one; an adaptive interval follows the round trip.
struct PingProbeSchedule {
    /// A flood that hears nothing sends this slowly (iputils' MIN_INTERVAL_MS).
    private static let floodPause = Nanoseconds.milliseconds(10)
    /// A schedule that has fallen further behind than this starts anew: what was missed is not made up for.
    private static let patience = Nanoseconds.milliseconds(200)

    private(set) var interval: Nanoseconds
    private let preload: Int
    private let isAdaptive: Bool
    private let minimumInterval: Nanoseconds
    /// What congestion has added to the adaptive interval.
    private var addend = Nanoseconds.zero
    /// When probe number `preload` was or will be due.
    private var anchor = Instant(nanoseconds: 0)
    private var sentSinceAnchor = 0
    private var lastSent = Instant(nanoseconds: 0)
    private var hasSent = false

    init(_ configuration: PingConfiguration) {
        interval = configuration.interval
        preload = max(configuration.preload, 1)
        isAdaptive = configuration.isAdaptive
        minimumInterval = configuration.minimumInterval
    }

    mutating func begin(at now: Instant) { anchor = now }

    var nextDue: Instant {
        if !hasSent { return anchor }
        if interval == .zero { return lastSent + Self.floodPause }
        if isAdaptive { return lastSent + interval }
        return anchor + interval * Int64(max(0, sentSinceAnchor - (preload - 1)))
    }

    mutating func isDue(at now: Instant, inFlight: Int) -> Bool {
        if interval == .zero { return inFlight < preload || now >= lastSent + Self.floodPause }
        let due = nextDue
        guard now >= due else { return false }
        if !isAdaptive, now - due > max(interval, Self.patience) {
            anchor = now
            sentSinceAnchor = preload - 1
        }
        return true
    }

    mutating func sent(at now: Instant) {
        hasSent = true
        lastSent = now
        sentSinceAnchor &+= 1
    }

    /// Takes in what the round trips are like (ping -A): whole milliseconds of their moving average.
    mutating func adapt(movingAverage: Nanoseconds) {
        guard isAdaptive else { return }
        let milliseconds = (movingAverage + addend + .microseconds(500)).wholeMilliseconds
        interval = max(.milliseconds(milliseconds), minimumInterval)
        self.movingAverage = movingAverage
    }

    private var movingAverage = Nanoseconds.zero

    /// The kernel's queues were full: an adaptive interval grows.
    mutating func slowDown() {
        guard isAdaptive else { return }
        addend = addend + min(movingAverage, .milliseconds(50))
        adapt(movingAverage: movingAverage)
    }
}
