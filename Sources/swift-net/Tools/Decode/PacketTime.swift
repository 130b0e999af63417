import LinuxProcess
import SwiftNet

/// Formats the time of a packet before its line.
struct PacketTime {
    enum Format: String, CaseIterable {
        /// `12:00:00.000001` in this host's time zone, as tcpdump prints it.
        case local
        /// `2026-01-31T12:00:00.000001Z`.
        case utc
        /// Seconds since 1970-01-01 00:00 UTC.
        case epoch
        /// Seconds since the previous packet.
        case delta
        case none
    }

    private let format: Format
    /// The number of digits after the decimal point: 6, or 9 for nanoseconds.
    private let digits: Int
    private var zone = LocalTime()
    private var last: Int64?

    init(_ format: Format, isPrecise: Bool) {
        self.format = format
        digits = isPrecise ? 9 : 6
    }

    /// Appends the time and a space; a hyphen for a packet without a time.
    mutating func append(_ nanoseconds: Int64?, to text: inout TextBuffer) {
        guard format != .none else { return }
        guard let nanoseconds else { return text.append("- ") }
        switch format {
        case .local:
            let offset = zone.secondsFromUTC(at: nanoseconds / 1_000_000_000)
            text.append(timeOfDay: nanoseconds, secondsFromUTC: offset, digits: digits)
        case .utc: text.append(rfc3339: nanoseconds, digits: digits)
        case .epoch: append(seconds: nanoseconds, to: &text)
        case .delta:
            append(seconds: nanoseconds &- (last ?? nanoseconds), to: &text)
            last = nanoseconds
        case .none: break
        }
        text.append(UInt8(ascii: " "))
    }

    private func append(seconds nanoseconds: Int64, to text: inout TextBuffer) {
        if nanoseconds < 0 { text.append(UInt8(ascii: "-")) }
        text.append(decimal: nanoseconds.magnitude / 1_000_000_000)
        text.append(UInt8(ascii: "."))
        text.append(fraction: nanoseconds.magnitude % 1_000_000_000, digits: digits)
    }
}
