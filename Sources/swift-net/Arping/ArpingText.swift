import SwiftNet

/// The lines of one style.
protocol ArpingText {
    /// What stands before the answers.
    func heading() -> String
    func line(_ reply: ArpingReply) -> String
    /// A probe without an answer.
    func silence() -> String
    func ending(_ summary: ArpingSummary, isReliable: Bool) -> String
}

/// What `arping` prints: the lines of a style, bare addresses, or JSON.
struct ArpingRenderer {
    private let settings: ArpingSettings
    private let console: Console
    private let configuration: ArpingConfiguration
    private let link: EthernetLink
    private let text: any ArpingText
    private let vendors = Vendors()

    init(_ settings: ArpingSettings, _ console: Console, _ run: Arping.Prepared) {
        self.settings = settings
        self.console = console
        configuration = run.configuration
        link = run.link
        text =
            settings.style == .habets
            ? HabetsText(settings: settings, configuration: configuration, link: link)
            : IputilsText(settings: settings, configuration: configuration, link: link)
    }

    private static let bell = "\u{7}"

    private var isRaw: Bool { settings.printsMAC || settings.printsAddress }

    func begin() {
        guard !settings.isJSON, !settings.isQuiet, !isRaw else { return }
        console.output.write(text.heading())
    }

    func report(_ event: ArpingEvent) {
        switch event {
        case .reply(let reply):
            if settings.isJSON {
                console.output.write(json(reply))
            } else if !settings.isQuiet {
                if settings.display.beepsAtAnswer { console.output.write(Self.bell) }
                console.output.write(isRaw ? raw(reply) : text.line(reply))
            }
        case .timeout(let number):
            if settings.isJSON {
                var object = JSONObject(type: "timeout")
                object.add("addr", "\(configuration.target)")
                object.add("seq", number)
                console.output.write(object.line + "\n")
            } else if !settings.isQuiet {
                if settings.display.beepsAtSilence { console.output.write(Self.bell) }
                if !isRaw { console.output.write(text.silence()) }
            }
        case .ignored(let reply): console.complain(reply.words)
        case .failed: break
        }
    }

    private func raw(_ reply: ArpingReply) -> String {
        let parts = (settings.printsMAC ? ["\(reply.mac)"] : []) + (settings.printsAddress ? ["\(reply.address)"] : [])
        return parts.joined(separator: " ") + "\n"
    }

    private func json(_ reply: ArpingReply) -> String {
        var object = JSONObject(type: "reply")
        object.add("addr", "\(reply.address)")
        object.add("mac", "\(reply.mac)")
        object.add("rtt_ms", raw: reply.roundTrip.map(Milliseconds.json))
        object.add("vendor", vendors.name(of: reply.mac))
        object.add("broadcast", reply.isBroadcast)
        if reply.isRequest { object.add("request", true) }
        if reply.isFromElsewhere { object.add("frame_mac", "\(reply.frameSource)") }
        if reply.isDuplicate { object.add("duplicate", true) }
        object.add("time", WallTime.rfc3339(reply.arrival))
        return object.line + "\n"
    }

    /// - Parameter isReliable: every probe left, by a link that worked.
    func finish(_ summary: ArpingSummary, isReliable: Bool) {
        guard settings.isJSON else {
            if !settings.isQuiet, !isRaw { console.output.write(text.ending(summary, isReliable: isReliable)) }
            return
        }
        var object = JSONObject(type: "summary")
        object.add("target", settings.target)
        object.add("addr", "\(configuration.target)")
        object.add("interface", link.name)
        object.add("transmitted", summary.sent)
        object.add("received", summary.received)
        object.add("hosts", summary.machines.count)
        object.add("duplicates", max(summary.machines.count - 1, 0))
        if settings.isProbe {
            let isFree = summary.received > 0 ? "false" : isReliable ? "true" : nil
            object.add("free", raw: isFree)
        }
        object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
        console.output.write(object.line + "\n")
    }
}
