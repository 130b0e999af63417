import LinuxProcess
import SwiftNet

/// Runs `http-probe`, until every request has a response or has failed.
struct HTTPProbeRun {
    let command: HTTPProbeCommand
    let console: Console
    private var targets: HTTPTargets { command.targets }

    func run() throws -> Int32 {
        let body =
            command.writesBody
            ? try HTTPBodyOutput(console, command) : nil
        let cookies = try command.cookieOutput.map { path in
            CookieOutput(
                try console.file(path, for: "--cookie-jar", replacing: "-b"),
                command.probe.request.cookieJar ?? CookieJar())
        }
        let probe = try prepare(try console.runOptions(command.general))
        probe.bodySink = body
        if command.probe.reportsSegments {
            let ladder = LadderText(console)
            probe.onSegment = { ladder.show($0) }
        }
        // If the body goes to standard output, the lines are not printed.
        let printsBody = !console.isJSON && command.output.map(BufferedOutput.isStandardOutput) ?? false
        let context = HTTPProbeContext(
            console: console, probe: probe, body: body, cookies: cookies,
            isQuiet: command.general.isQuiet || printsBody,
            parallel: command.probe.request.parallel, statuses: command.statuses)
        let report: any HTTPProbeReport = console.isJSON ? HTTPProbeJSON(context) : HTTPProbeText(context, command)
        let progress = ProgressLine(console, isWanted: targets.urls.count != 1)
        let summary = try console.run(report, of: probe, progress: progress)
        cookies?.finish()
        try targets.checkInput(console, targets: summary.targets)
        guard probe.isComplete else { return 2 }
        // A body that was not read to its end is no answer, as in curl.
        return max(summary.outcome.exitStatus, body?.isCut == true ? 1 : 0)
    }

    private func prepare(_ options: RunOptions) throws -> HTTPProbe.Prepared {
        var waiting = ProgressLine(console)
        defer { waiting.clear() }
        if command.stack == .user, command.checksAddress, console.errors.isTerminal {
            waiting.draw("checking for an address conflict", at: SystemClock.now)
        }
        return try HTTPProbe.prepare(targets.urls, reading: targets.input, command.probe, options: options)
    }
}
