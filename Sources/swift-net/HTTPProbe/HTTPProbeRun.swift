import LinuxProcess
import SwiftNet

/// From the command line of `http-probe` to an exit status.
struct HTTPProbeRun {
    static func run(_ command: HTTPProbeCommand, name: String) -> Int32 {
        let console = Console(
            command: name, isJSON: command.frames.json, color: ColorUse(rawValue: command.color) ?? .auto)
        return console.status { _ in try run(command, ProbeSettings(command, console), console) }
    }

    private static func run(_ command: HTTPProbeCommand, _ settings: ProbeSettings, _ console: Console) throws -> Int32
    {
        let body = try command.output.map { try console.file($0, for: "-o") }
        let renderer: any ProbeRenderer =
            command.frames.json
            ? ProbeJSON(console)
            : ProbeText(
                console, configuration: settings.configuration.request,
                isQuiet: command.quiet || command.output.map(BufferedOutput.isStandardOutput) ?? false,
                isVerbose: command.verbose, showsTiming: command.timing,
                plot: command.plot ? RoundTripPlot(terminalWidth: console.output.terminalWidth) : nil)
        let options = try console.runOptions(
            capture: command.frames.pcap, explained: try command.frames.explained(), isVerbose: command.verbose)
        let probe = try prepare(settings, console, options)
        if command.segments {
            let ladder = LadderText(console, isJSON: command.frames.json)
            probe.onSegment = { ladder.show($0) }
        }
        var observer = ProbeObserver(console: console, renderer: renderer, body: body, probe: probe)
        defer { observer.progress.clear() }
        let summary = try probe.run(reportingTo: &observer)
        observer.progress.clear()
        guard summary.targets > 0 else { throw UsageError("a URL is missing") }
        renderer.finish(summary)
        if let failure = settings.targets.input?.failure { console.skip("--targets: \(failure)") }
        return summary.failed == 0 && summary.answered > 0 ? 0 : 1
    }

    private static func prepare(
        _ settings: ProbeSettings, _ console: Console, _ options: RunOptions
    ) throws -> HTTPProbe.Prepared {
        var waiting = ProgressLine(console)
        defer { waiting.clear() }
        if case .user(let stack) = settings.configuration.stack, stack.checksAddress, console.errors.isTerminal {
            waiting.draw("checking whether another host has the address", at: SystemClock.now)
        }
        return try HTTPProbe.prepare(
            settings.targets.urls, reading: settings.targets.comingURLs, settings.configuration, options: options)
    }
}

/// Who turns answers into lines.
protocol ProbeRenderer: AnyObject {
    func exchange(_ outcome: HTTPOutcome)
    /// A step of a chain, as soon as it is followed.
    func redirect(_ hop: RedirectHop)
    /// - Parameter handshake: what the SYN-ACK of its connection showed, where that is wanted and was seen.
    func answer(_ answer: ProbeAnswer, _ handshake: HandshakeFacts?)
    func finish(_ summary: ProbeSummary)
}
