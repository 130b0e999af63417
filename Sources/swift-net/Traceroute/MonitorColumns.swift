import SwiftNet

/// The numbers of one hop, as mtr(8) has them: loss, sent, last, average, best, worst, deviation.
enum MonitorColumns {
    static let heading = " Loss%   Snt   Last   Avg  Best  Wrst StDev"

    static func row(_ hop: MonitoredHop) -> String {
        let statistics = hop.statistics
        let times =
            hop.isSilent
            ? Array(repeating: "0.0", count: 5)
            : [
                hop.last ?? .zero, statistics.average, statistics.minimum, statistics.maximum,
                statistics.sampleDeviation,
            ].map(tenth)
        return padded(loss(hop) + "%", 6) + padded("\(hop.sent)", 6) + " " + times.map { padded($0, 6) }.joined()
    }

    /// Of a hundred, one decimal.
    static func loss(_ hop: MonitoredHop) -> String {
        guard hop.sent > 0 else { return "0.0" }
        return Milliseconds.decimal(Int64((hop.lost * 1_000 + hop.sent / 2) / hop.sent), places: 1)
    }

    private static func tenth(_ time: Nanoseconds) -> String {
        Milliseconds.decimal((time.roundedMicroseconds + 50) / 100, places: 1)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}
