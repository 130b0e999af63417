import LinuxProcess
import SwiftNet

/// Requests to URLs, until every one is answered or has failed.
struct HTTPProbeRun {
    let command: HTTPProbeCommand
    let console: Console
    private var targets: HTTPTargets { command.targets }

    func run() throws -> Int32 {
        let body = try command.output.map { try console.file($0, for: "-o") }
        let probe = try prepare(try console.runOptions(command.general))
        if command.probe.reportsSegments {
            let ladder = LadderText(console, isJSON: console.isJSON)
            probe.onSegment = { ladder.show($0) }
        }
        let renderer: any ProbeRenderer = console.isJSON ? ProbeJSON(console, isQuiet: command.general.isQuiet) : text
        var observer = ProbeObserver(
            console: console, renderer: renderer, body: body, probe: probe, targets: targets.urls.count)
        defer { observer.progress.clear() }
        let summary = try probe.run(reportingTo: &observer)
        observer.progress.clear()
        guard summary.targets > 0 else { throw UsageError("a URL is missing") }
        renderer.finish(summary)
        if let failure = targets.input?.failure { console.skip("--targets: \(failure)") }
        // A server whose name has no address was not checked.
        guard summary.unresolved == 0 else { return 2 }
        return summary.failed == 0 && summary.answered > 0 ? 0 : 1
    }

    private var text: ProbeText {
        ProbeText(
            console, configuration: command.probe.request,
            isQuiet: command.general.isQuiet || command.output.map(BufferedOutput.isStandardOutput) ?? false,
            isVerbose: command.general.isVerbose, showsTiming: command.showsTiming,
            plot: command.isPlotted ? RoundTripPlot(terminalWidth: console.output.terminalWidth) : nil)
    }

    private func prepare(_ options: RunOptions) throws -> HTTPProbe.Prepared {
        var waiting = ProgressLine(console)
        defer { waiting.clear() }
        if command.stack == .user, command.checksAddress, console.errors.isTerminal {
            waiting.draw("checking whether another host has the address", at: SystemClock.now)
        }
        return try HTTPProbe.prepare(targets.urls, reading: targets.comingURLs, command.probe, options: options)
    }
}

/// Prints what `http-probe` finds.
protocol ProbeRenderer: AnyObject {
    func exchange(_ outcome: HTTPOutcome)
    /// A step of a chain, as soon as it is followed.
    func redirect(_ hop: RedirectHop)
    /// - Parameter handshake: what the SYN-ACK of its connection showed, where that is wanted and was seen.
    func answer(_ answer: ProbeAnswer, _ handshake: HandshakeFacts?)
    func finish(_ summary: ProbeSummary)
}
