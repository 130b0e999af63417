import CLinux
import PacketEngine

/// The system's clocks.
public enum SystemClock {
    /// CLOCK_MONOTONIC: never set back, without a date.
    @inline(__always)
    public static var now: Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

    /// CLOCK_REALTIME: nanoseconds since 1970-01-01 00:00 UTC; may be set forward and back.
    @inline(__always)
    public static var wall: Int64 { read(CLOCK_REALTIME) }

    /// Returns the wall-clock time of an instant, by the current difference of the two clocks.
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
