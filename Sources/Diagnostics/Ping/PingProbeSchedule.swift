import PacketEngine

/// The send times of probes.
///
/// A fixed interval is absolute (start + n * interval), so it does not drift. With interval 0, the next probe leaves
/// when a reply was received, or 10 ms after the last probe. An adaptive interval follows the round-trip time.
struct PingProbeSchedule {
    /// The interval of a flood without replies (iputils' MIN_INTERVAL_MS).
    private static let floodPause = Nanoseconds.milliseconds(10)
    /// The maximum delay behind the schedule; beyond it the schedule restarts and missed probes are skipped.
    private static let patience = Nanoseconds.milliseconds(200)

    private(set) var interval: Nanoseconds
    private let preload: Int
    private let isAdaptive: Bool
    private let minimumInterval: Nanoseconds
    /// The increase of the adaptive interval due to congestion.
    private var addend = Nanoseconds.zero
    /// The time at which probe number `preload` was or will be due.
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

    /// Updates the adaptive interval (ping -A) with the moving average of the round-trip time, in whole milliseconds.
    mutating func adapt(movingAverage: Nanoseconds) {
        guard isAdaptive else { return }
        let milliseconds = (movingAverage + addend + .microseconds(500)).wholeMilliseconds
        interval = max(.milliseconds(milliseconds), minimumInterval)
        self.movingAverage = movingAverage
    }

    private var movingAverage = Nanoseconds.zero

    /// Increases an adaptive interval because the kernel's queues were full.
    mutating func slowDown() {
        guard isAdaptive else { return }
        addend = addend + min(movingAverage, .milliseconds(50))
        adapt(movingAverage: movingAverage)
    }
}
