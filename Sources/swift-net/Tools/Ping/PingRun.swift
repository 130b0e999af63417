import LinuxProcess
import SwiftNet

/// Pings one target until -c, -w or Ctrl-C.
struct PingRun {
    let command: PingCommand
    let console: Console

    func run() throws -> Int32 {
        let options = try console.runOptions(command.general)
        let ping = try prepare(options)
        if ping.destination.route.kind == .broadcast {
            console.errors.write("WARNING: pinging broadcast address\n")
            console.errors.flush()
        }
        let report = report(ping)
        let summary = try console.run(report, of: ping, drops: ping.drops)
        // With a deadline, all probes of -c need a reply, as in iputils.
        let required = command.ping.deadline == nil ? nil : command.ping.count
        return summary.outcome(required: required, consecutive: command.ping.consecutive != nil).exitStatus
    }

    private func prepare(_ options: RunOptions) throws -> Ping.Prepared {
        do {
            return try Ping.prepare(command.texts[0], command.ping, options: options)
        } catch  where error.kind == .broadcast {
            throw CannotRun(message: "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
        }
    }

    /// Returns the name of the target in the output: as in iputils, the canonical name of an IPv4 target, and the name
    /// of an IPv6 target as typed.
    private func hostname(_ destination: Destination) -> String {
        destination.address.family == .v4 ? destination.canonicalName ?? command.texts[0] : command.texts[0]
    }

    private func report(_ ping: Ping.Prepared) -> any PingRunReport {
        let destination = ping.destination
        let facts = PingFacts(
            hostname: hostname(destination), address: destination.address,
            zone: destination.zoneName, source: destination.source,
            device: command.ping.interface, interface: destination.interfaceName,
            hasFixedSource: command.ping.source != nil || command.hasStickySource,
            isMulticast: ping.isToMany,
            format: ping.format, flowLabel: command.ping.flowLabel, fragments: command.ping.fragments,
            pattern: command.pattern,
            wantsNames: command.wantsNames ?? !(destination.canonicalName == nil || command.isFlood))
        if console.isJSON {
            return PingJSON(facts, target: command.texts[0], isQuiet: command.general.isQuiet, console)
        }
        let plot = command.isPlotted ? RoundTripPlot(terminalWidth: console.output.terminalWidth) : nil
        return PingText(facts, command.style, console, names: ping.names, plot: plot)
    }
}
