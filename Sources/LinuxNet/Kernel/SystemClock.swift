import CLinux
import PacketEngine

/// The two clocks of the system.
public enum SystemClock {
    /// CLOCK_MONOTONIC: never goes back, has no date.
    @inline(__always)
    public static var now: Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

    /// CLOCK_REALTIME: nanoseconds since 1970-01-01 00:00 UTC; can be set back and forth.
    @inline(__always)
    public static var wall: Int64 { read(CLOCK_REALTIME) }

    /// The wall-clock time of an instant, by how far the two clocks are apart now.
    public static func wall(at instant: Instant) -> Int64 {
        wall &- (now.nanoseconds &- instant.nanoseconds)
    }

    @inline(__always)
    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// Turns the kernel's wall-clock stamps into monotonic instants, and refuses
/// the stamps that a clock step has made absurd.
///
/// A packet that is read now cannot have arrived before the socket was last
/// seen empty, nor after now. A stamp outside of that is not believed.
struct StampTranslator {
    private var lastEmpty: Instant
    private var monotonic: Instant
    private var wall: Int64

    init() {
        monotonic = SystemClock.now
        wall = SystemClock.wall
        lastEmpty = monotonic
    }

    /// Reads both clocks; call it after packets were read and before they are stamped.
    mutating func refresh() {
        monotonic = SystemClock.now
        wall = SystemClock.wall
    }

    /// The socket held nothing at the last `refresh`.
    mutating func markEmpty() { lastEmpty = monotonic }

    /// The instant of a stamp that may lie before the socket was last seen empty, but not after now.
    func instantOfPast(_ stamp: Int64) -> Instant {
        min(monotonic - Nanoseconds(wall &- stamp), monotonic)
    }

    /// The instant of a stamp in nanoseconds since 1970, or of the last `refresh` when it cannot be believed.
    func instant(ofStamp stamp: Int64?) -> Instant {
        guard let stamp else { return monotonic }
        let instant = monotonic - Nanoseconds(wall &- stamp)
        return instant >= lastEmpty && instant <= monotonic ? instant : monotonic
    }
}
