import LinuxProcess
import SwiftNet

/// One target, pinged until -c, -w or Ctrl-C.
struct SinglePing {
    let command: PingWords
    let settings: PingSettings
    let console: Console

    func run() throws -> Int32 {
        let options = try console.runOptions(
            capture: command[.pcap], explained: settings.explained, isVerbose: command.has(.verbose))
        let ping = try prepare(options)
        if ping.destination.route.kind == .broadcast {
            console.errors.write("WARNING: pinging broadcast address\n")
            console.errors.flush()
        }
        let renderer = renderer(ping)
        var observer = PingObserver(console: console, renderer: renderer)
        renderer.begin()
        let summary = try ping.run(reportingTo: &observer)
        renderer.finish(summary, drops: ping.drops)
        let isEnough = settings.ping.deadline == nil || settings.ping.count.map { summary.received >= $0 } ?? true
        // Where no probe left this host, nothing was learned about the target.
        if summary.transmitted > 0, summary.refusedBySystem == summary.transmitted { return 2 }
        return summary.received > 0 && isEnough ? 0 : 1
    }

    private func prepare(_ options: RunOptions) throws -> Ping.Prepared {
        do {
            return try Ping.prepare(settings.texts[0], settings.ping, options: options)
        } catch  where error.kind == .broadcast {
            throw CannotRun(message: "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
        }
    }

    /// What the target is called in the lines: iputils gives the canonical name of an IPv4 target, and an IPv6
    /// one as it was typed.
    private func hostname(_ destination: Destination) -> String {
        destination.address.family == .v4 ? destination.canonicalName ?? settings.texts[0] : settings.texts[0]
    }

    private func renderer(_ ping: Ping.Prepared) -> any PingRenderer {
        let destination = ping.destination
        let size = settings.ping.data.count
        let facts = PingFacts(
            hostname: hostname(destination), address: destination.address,
            zone: destination.zoneName, source: destination.source,
            device: settings.ping.interface, interface: destination.interfaceName,
            hasFixedSource: settings.ping.source != nil || command.has(.stickySource),
            isMulticast: ping.isToMany,
            identifier: ping.format.identifier, dataLength: size,
            packetLength: size + 8 + 20 + (settings.ping.options.isEmpty ? 0 : IPv4Options.maximumByteCount),
            flowLabel: settings.ping.flowLabel, fragments: settings.ping.fragments,
            pattern: settings.pattern,
            wantsNames: command.has(.forceNames)
                || !(command.has(.numeric) || destination.canonicalName == nil || command.has(.flood)))
        if command.has(.json) {
            return PingJSON(facts, target: settings.texts[0], isQuiet: command.has(.quiet), console)
        }
        let style = PingText.Style(
            isQuiet: command.has(.quiet), isFlood: command.has(.flood), isVerbose: command.has(.verbose),
            isAudible: command.has(.audible),
            printsTimes: command.has(.timestamps), isPrecise: command.has(.precise),
            printsGaps: command.has(.flood) || command.has(.adaptive) || settings.interval == .zero)
        let plot = command.has(.plot) ? RoundTripPlot(terminalWidth: console.output.terminalWidth) : nil
        return PingText(facts, style, console, names: ping.names, plot: plot)
    }
}
