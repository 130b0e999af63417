import CLinux

/// The system's time zone (localtime_r(3)).
public struct LocalTime {
    /// Time zone offsets change at quarter hours at most.
    private static let validity: Int64 = 900
    private var period: Int64?
    private var offset = 0

    public init() {}

    /// Returns the offset of local time from UTC, in seconds, at a time in seconds since 1970.
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
