import LinuxProcess
import PacketEngine

/// Converts the kernel's wall-clock timestamps to monotonic instants, and rejects
/// timestamps that are implausible because the clock was set.
///
/// A packet that is read now cannot have arrived before the socket was last
/// found empty, nor after now. A timestamp outside of this interval is rejected.
struct StampTranslator {
    private var lastEmpty: Instant
    private var lastCalibration: Instant
    /// The difference to add to a wall-clock timestamp.
    private var offset: Int64
    private var monotonic: Instant
    /// The time after which the difference of the clocks is measured again: it bounds the time
    /// for which a clock step causes an error.
    private static let calibrationInterval = Nanoseconds.milliseconds(1)

    init(_ clocks: (monotonic: Instant, wall: Int64) = Self.bothClocks()) {
        monotonic = clocks.monotonic
        offset = clocks.monotonic.nanoseconds &- clocks.wall
        lastEmpty = clocks.monotonic
        lastCalibration = clocks.monotonic
    }

    /// Updates the current time; to be called after packets were read and before their timestamps are converted.
    mutating func refresh() { refresh(now: SystemClock.now, Self.bothClocks) }

    mutating func refresh(now: Instant, _ bothClocks: () -> (monotonic: Instant, wall: Int64)) {
        monotonic = now
        guard monotonic - lastCalibration > Self.calibrationInterval else { return }
        let clocks = bothClocks()
        monotonic = clocks.monotonic
        offset = clocks.monotonic.nanoseconds &- clocks.wall
        lastCalibration = monotonic
    }

    /// Reads both clocks at the same instant, to within a fraction of a
    /// microsecond: an interrupted measurement is repeated.
    static func bothClocks() -> (monotonic: Instant, wall: Int64) {
        var before = SystemClock.now
        var wall = SystemClock.wall
        var after = SystemClock.now
        for _ in 0..<4 where after - before > .microseconds(1) {
            before = after
            wall = SystemClock.wall
            after = SystemClock.now
        }
        return (before + Nanoseconds((after - before).count / 2), wall)
    }

    /// Records that the socket was empty at the last `refresh`.
    mutating func markEmpty() { lastEmpty = monotonic }

    /// Returns the instant of a timestamp that may be before the socket was last found empty, but not after now.
    func instantOfPast(_ stamp: Int64) -> Instant {
        min(Instant(nanoseconds: stamp &+ offset), monotonic)
    }

    /// Returns the instant of a timestamp in nanoseconds since 1970, or of the last `refresh` if it is implausible.
    mutating func instant(ofStamp stamp: Int64?) -> Instant {
        guard let stamp else { return monotonic }
        let instant = Instant(nanoseconds: stamp &+ offset)
        guard instant >= lastEmpty, instant <= monotonic else { return monotonic }
        // Packets are queued in order, apart from small differences between processors.
        lastEmpty = max(lastEmpty, instant - .milliseconds(1))
        return instant
    }
}
