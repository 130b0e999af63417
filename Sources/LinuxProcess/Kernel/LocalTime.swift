import CLinux

/// The time zone of the machine (localtime_r(3)).
public struct LocalTime {
    /// Offsets change at most every quarter of an hour.
    private static let validity: Int64 = 900
    private var period: Int64?
    private var offset = 0

    public init() {}

    /// Seconds by which the local time is ahead of UTC at a moment in seconds since 1970.
    public mutating func secondsFromUTC(at seconds: Int64) -> Int {
        let current = seconds / Self.validity
        if current == period { return offset }
        var moment = time_t(seconds)
        var parts = tm()
        offset = localtime_r(&moment, &parts) == nil ? 0 : parts.tm_gmtoff
        period = current
        return offset
    }
}
