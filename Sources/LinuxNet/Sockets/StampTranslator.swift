import LinuxProcess
import PacketEngine

/// Turns the kernel's wall-clock stamps into monotonic instants, and refuses
/// the stamps that a clock step has made absurd.
///
/// A packet that is read now cannot have arrived before the socket was last
/// seen empty, nor after now. A stamp outside of that is not believed.
struct StampTranslator {
    private var lastEmpty: Instant
    private var lastCalibration: Instant
    /// What to add to a wall-clock stamp to get an instant.
    private var offset: Int64
    private var monotonic: Instant
    /// The distance of the clocks is measured anew after this long: a clock
    /// step cannot make a longer error than that.
    private static let calibrationInterval = Nanoseconds.milliseconds(1)

    init(_ clocks: (monotonic: Instant, wall: Int64) = Self.bothClocks()) {
        monotonic = clocks.monotonic
        offset = clocks.monotonic.nanoseconds &- clocks.wall
        lastEmpty = clocks.monotonic
        lastCalibration = clocks.monotonic
    }

    /// Looks at the time; call it after packets were read and before they are stamped.
    mutating func refresh() { refresh(now: SystemClock.now, Self.bothClocks) }

    mutating func refresh(now: Instant, _ bothClocks: () -> (monotonic: Instant, wall: Int64)) {
        monotonic = now
        guard monotonic - lastCalibration > Self.calibrationInterval else { return }
        let clocks = bothClocks()
        monotonic = clocks.monotonic
        offset = clocks.monotonic.nanoseconds &- clocks.wall
        lastCalibration = monotonic
    }

    /// Both clocks at what is the same instant to within a fraction of a
    /// microsecond: a reading that was interrupted is done again.
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

    /// The socket held nothing at the last `refresh`.
    mutating func markEmpty() { lastEmpty = monotonic }

    /// The instant of a stamp that may lie before the socket was last seen empty, but not after now.
    func instantOfPast(_ stamp: Int64) -> Instant {
        min(Instant(nanoseconds: stamp &+ offset), monotonic)
    }

    /// The instant of a stamp in nanoseconds since 1970, or of the last `refresh` when it cannot be believed.
    mutating func instant(ofStamp stamp: Int64?) -> Instant {
        guard let stamp else { return monotonic }
        let instant = Instant(nanoseconds: stamp &+ offset)
        guard instant >= lastEmpty, instant <= monotonic else { return monotonic }
        // Packets queue in the order they came, give or take what processors disagree.
        lastEmpty = max(lastEmpty, instant - .milliseconds(1))
        return instant
    }
}
