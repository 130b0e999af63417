import SwiftNet

/// The output format of one style.
protocol ArpingLines {
    /// Returns the text before the replies.
    func heading() -> String
    func line(_ reply: ArpingReply) -> String
    /// Returns the text for a probe without a reply.
    func timeout() -> String
    func ending(_ summary: ArpingSummary, _ outcome: RunOutcome) -> String
}

/// The output of `arping` in the format of a style, or as bare addresses.
final class ArpingText: ArpingReport {
    let settings: ArpingSettings
    let arping: Arping.Prepared
    private let lines: any ArpingLines
    private let console: Console

    init(_ settings: ArpingSettings, _ arping: Arping.Prepared, _ console: Console) {
        self.settings = settings
        self.arping = arping
        self.console = console
        lines =
            settings.style == .habets
            ? HabetsLines(settings: settings, configuration: arping.configuration, link: arping.link)
            : IputilsLines(settings: settings, configuration: arping.configuration, link: arping.link)
    }

    private static let alert = "\u{7}"

    private var isRaw: Bool { settings.printsMAC || settings.printsAddress }

    private func write(_ text: String) {
        if !settings.general.isQuiet { console.output.write(text) }
    }

    func begin() {
        if !isRaw { write(lines.heading()) }
    }

    func report(_ event: ArpingEvent, at now: Instant) {
        switch event {
        case .reply(let reply):
            write((settings.display.beepsAtReply ? Self.alert : "") + time(reply.arrival) + line(reply))
        case .timeout:
            let line = isRaw ? "" : lines.timeout()
            write((settings.display.beepsAtTimeout ? Self.alert : "") + (line.isEmpty ? "" : time(now) + line))
        case .ignored(let reply): console.complain(reply.message)
        }
    }

    private func time(_ instant: Instant) -> String {
        settings.printsTimes ? "[\(WallTime.seconds(instant))] " : ""
    }

    private func line(_ reply: ArpingReply) -> String {
        guard isRaw else { return lines.line(reply) }
        let parts = (settings.printsMAC ? ["\(reply.mac)"] : []) + (settings.printsAddress ? ["\(reply.address)"] : [])
        return Text.joined(parts, by: " ") + "\n"
    }

    func finish(_ summary: ArpingSummary, drops: KernelDrops, at now: Instant) {
        if !isRaw { write(lines.ending(summary, arping.outcome(of: summary))) }
    }
}
