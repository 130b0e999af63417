import LinuxProcess
import SwiftNet

/// Runs a sweep of several targets, one line each.
struct PingSweepRun {
    let command: PingCommand
    let targets: [GivenTarget]
    /// Standard input, if it has targets.
    let input: TargetInput<GivenTarget>?
    let console: Console

    func run() throws -> Int32 {
        let terminal = command.isLive ? Terminal() : nil
        var options = try console.runOptions(command.general)
        options.terminal = terminal ?? console.statusKeys(readsInput: input != nil)
        // The screen shows the messages of the run.
        let messages = MessageList()
        if terminal != nil { options.onNotice = { messages.add($0) } }
        let sweep = try PingSweep.prepare(
            targets, reading: input, configuration(isLive: terminal != nil), options: options)
        let report = report(sweep.configuration, on: terminal, messages) { sweep.interfaceName(of: $0) }
        defer { terminal?.leave() }
        let progress = ProgressLine(console, interval: .milliseconds(200), redrawsAtOnce: true)
        let summary = try console.run(report, of: sweep, progress: progress, drops: sweep.drops)
        if let failure = input?.failure { console.skip("--targets: \(failure)") }
        return summary.outcome(required: command.requiredCount).exitStatus
    }

    /// - Parameter isLive: Whether a screen shows the latest probes.
    private func configuration(isLive: Bool) -> PingSweep.Configuration {
        var configuration = command.sweep
        configuration.probe = command.ping
        configuration.rate = rate
        configuration.reportsErrors = command.general.isVerbose || command.general.isJSON
        configuration.plan =
            isCounting
            ? .count(count(isLive: isLive), period: period)
            : command.retries.map { .untilAnswered(retries: $0) } ?? command.sweep.plan
        configuration.keepsRoundTrips = console.isJSON
        if isLive { configuration.recentCount = Self.shownCount }
        return configuration
    }

    /// Whether each target gets several probes: the number of -c, or with --report-every or --live without end.
    private var isCounting: Bool {
        command.ping.count != nil || command.ping.reportInterval != nil || command.isLive
    }

    /// The number of probes for each target; nil for no limit. Without a terminal, --live is a short measurement.
    private func count(isLive: Bool) -> Int? {
        command.ping.count ?? (command.isLive && !isLive && command.ping.deadline == nil ? 10 : nil)
    }

    private var period: Nanoseconds {
        command.interval ?? (command.isLive ? .milliseconds(200) : command.ping.interval)
    }

    /// The number of probes that a screen can show: two for each column.
    private static let shownCount = 1_024

    /// The rate in packets per second; nil for no limit. If each target gets only one probe, -i is the time between
    /// packets, as in fping.
    private var rate: Double? {
        if let rate = command.rate { return rate.packetsPerSecond }
        guard !isCounting, let interval = command.interval else { return command.sweep.rate }
        return interval == .zero ? nil : min(1 / interval.seconds, Double(SendPacer.maximumRate))
    }

    private func report(
        _ configuration: PingSweepConfiguration, on terminal: Terminal?, _ messages: MessageList,
        interface: @escaping (IPAddress) -> String?
    ) -> any PingSweepReport {
        let result: any PingSweepReport =
            console.isJSON
            ? PingSweepJSON(command, console, interface: interface)
            : PingSweepText(command, configuration.plan, console, interface: interface)
        guard let terminal else { return result }
        let contents = PingSweepScreenLines(
            title: "swift-net ping, every \(period.seconds) s", console: console, isUnicode: TerminalEncoding.isUnicode)
        return PingSweepScreen(contents, on: LiveScreen(terminal, console), result: result, messages)
    }
}
