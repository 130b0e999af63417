import LinuxProcess
import SwiftNet

/// Runs `traceroute` in any mode.
struct TracerouteRun {
    let command: TracerouteCommand
    let console: Console

    func run() throws -> Int32 {
        switch command.mode {
        case TracerouteCommand.paths, TracerouteCommand.dot: try paths()
        case TracerouteCommand.report, TracerouteCommand.live: try monitor()
        default: try hops()
        }
    }

    /// Runs a plain trace, hop by hop.
    private func hops() throws -> Int32 {
        let traceroute = try Traceroute.prepare(
            command.targets, command.trace, options: console.runOptions(command.general))
        let (targets, names) = (traceroute.trace.targets, try names(traceroute.trace))
        let report: any TracerouteReport =
            console.isJSON
            ? TracerouteJSON(console, targets, names) : TracerouteText(command, console, targets, names)
        let result = try console.run(report, of: traceroute)
        return result.outcome.exitStatus
    }

    /// Finds every path of a load-balanced route.
    private func paths() throws -> Int32 {
        let configuration = Traceroute.Paths.Configuration(command.trace, confidence: command.confidence)
        let paths = try Traceroute.Paths.prepare(
            command.targets[0], configuration, options: console.runOptions(command.general))
        let (target, names) = (paths.trace.targets[0], try names(paths.trace))
        let report: any PathsReport =
            if command.mode == TracerouteCommand.dot {
                PathsDot(console, target, names)
            } else if console.isJSON {
                PathsJSON(console, target, names, confidence: command.confidence)
            } else {
                PathsText(console, target, names)
            }
        let summary = try console.run(report, of: paths)
        return summary.outcome.exitStatus
    }

    /// Measures the loss and the round-trip times of each hop over time.
    private func monitor() throws -> Int32 {
        // If the output is not a terminal, print the table at the end, as for a script.
        let terminal = command.mode == TracerouteCommand.live ? Terminal() : nil
        var configuration = command.measurement
        configuration.trace = command.trace
        if command.cycles != nil || terminal != nil { configuration.cycles = command.cycles }
        configuration.confidence = command.findsPaths ? command.confidence : nil
        var options = try console.runOptions(command.general)
        options.terminal = terminal
        let monitor = try Traceroute.Cycles.prepare(command.targets[0], configuration, options: options)
        let (target, names) = (monitor.trace.targets[0], try names(monitor.trace))
        let report: any CyclesReport =
            if command.isCSV {
                CyclesCSV(console, target, names, cycles: configuration.cycles, findsPaths: command.findsPaths)
            } else if console.isJSON {
                CyclesJSON(console, target, names, cycles: configuration.cycles, confidence: configuration.confidence)
            } else {
                CyclesText(
                    console, target, names, cycles: configuration.cycles, findsPaths: command.findsPaths,
                    isWide: command.isWide)
            }
        let result: CyclesResult
        if let terminal {
            let lines = CyclesScreenLines(
                title: "traceroute to \(Text.escaped(target.text)) (\(target.addressText))",
                names: names, showsNames: !command.isNumeric, isWide: command.isWide,
                showsMTU: command.trace.findsPathMTU, console: console, isUnicode: TerminalEncoding.isUnicode)
            defer { terminal.leave() }
            result = try console.run(
                CyclesScreen(lines, on: LiveScreen(terminal, console), table: report), of: monitor)
        } else {
            result = try console.run(report, of: monitor)
        }
        return result.outcome.exitStatus
    }

    // MARK: Names

    private func names(_ trace: TracerouteRunner) throws -> TracerouteNames {
        TracerouteNames(
            lookUps: command.isNumeric ? nil : trace.names,
            origins: command.printsOrigins ? try origins(trace) : nil, nameTimeout: command.nameWait,
            zone: trace.targets[0].interface)
    }

    /// Returns the lookups at the server of RA_SERVER and the port of RA_SERVICE, as in traceroute, or in the DNS zone
    /// of RA_ZONE.
    private func origins(_ trace: TracerouteRunner) throws -> RouteOrigins {
        if command.originSource == .dns {
            return trace.origins(CurrentProcess.environment("RA_ZONE").map { .dns(zone: $0) } ?? .dns())
        }
        let (server, service) = (CurrentProcess.environment("RA_SERVER"), CurrentProcess.environment("RA_SERVICE"))
        guard let port = OriginSource.port(ofService: service) else {
            throw UsageError("invalid value '\(service ?? "")' for RA_SERVICE (expected a port number)")
        }
        return trace.origins(server.map { .whois(server: $0, port: port) } ?? .whois(port: port))
    }
}

extension TraceTarget {
    /// The address with its zone if it needs one.
    var addressText: String { destination.address.text(zone: interface) }

    /// The first line of a trace or of its paths.
    func title(_ what: String) -> String {
        "\(what) to \(Text.escaped(text)) (\(addressText)), \(configuration.maximumHops) hops max, "
            + "\(configuration.wholeLength) byte packets\n"
    }

    /// Reports the probes that this host could not send, with interface and reason.
    func complain(_ summary: TracerouteSummary, _ console: Console) {
        guard summary.unsent > 0, let failure = summary.firstFailure else { return }
        let reason = (interface.map { "\($0): " } ?? "") + failure.description
        console.complain("\(reason): \(Text.count(summary.unsent, "probe")) could not be sent")
    }
}
