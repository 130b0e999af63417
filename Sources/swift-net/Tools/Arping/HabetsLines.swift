import SwiftNet

/// The output format of Habets' arping.
struct HabetsLines: ArpingLines {
    let settings: ArpingSettings
    let configuration: ArpingConfiguration
    let link: EthernetLink

    func heading() -> String {
        guard !settings.display.isMarks else { return "" }
        let own =
            settings.general.isVerbose
            ? "This box:   Interface: \(link.name)  IP: \(configuration.source)   MAC address: \(link.mac)\n"
            : ""
        return own + "ARPING \(settings.target)\n"
    }

    func line(_ reply: ArpingReply) -> String {
        guard !settings.display.isMarks else { return "!" }
        let isStation = settings.station != nil
        let sender =
            isStation ? "\(reply.address) (\(reply.mac)): icmp_seq=" : "\(reply.mac) (\(reply.address)): index="
        var text = "\(reply.length) bytes from \(sender)\(reply.index)"
        if settings.display.showsProbes { text += "/\(reply.lastProbe)" }
        text += " time=" + Self.time(reply.roundTrip ?? .zero)
        return text + "\n"
    }

    func timeout() -> String { settings.display.isMarks ? "." : "Timeout\n" }

    func ending(_ summary: ArpingSummary, _ outcome: RunOutcome) -> String {
        let extra = summary.extra
        let lost = summary.sent > 0 ? (100 * summary.missing + summary.sent / 2) / summary.sent : 0
        let share = Text.right("\(lost)", 3) + "%"
        if settings.display.isMarks { return "\t\(share) packet loss (\(extra) extra)\n" }
        var text = "\n--- \(settings.target) statistics ---\n"
        text +=
            "\(summary.sent) packets transmitted, \(summary.received) packets received, \(share) unanswered (\(extra) extra)\n"
        guard summary.received > 0 else { return text + "\n" }
        let times = summary.roundTrips
        let numbers = [times.minimum, times.average, times.maximum, times.meanDeviation].map(Milliseconds.fixed)
        return text + "rtt min/avg/max/std-dev = \(numbers.joined(separator: "/")) ms\n"
    }

    /// `10.085 usec`, `13.910 msec`, `1.500 sec`.
    private static func time(_ time: Nanoseconds) -> String {
        let units: [(scale: Int64, name: String)] = [(1, "usec"), (1_000, "msec"), (1_000_000, "sec")]
        let unit = units.last { time.count >= $0.scale * 1_000 } ?? units[0]
        return Milliseconds.decimal((time.count + unit.scale / 2) / unit.scale, places: 3) + " " + unit.name
    }
}
