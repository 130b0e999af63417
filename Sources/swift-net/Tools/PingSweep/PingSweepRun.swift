import LinuxProcess
import SwiftNet

/// Runs a sweep of several targets, one line each.
struct PingSweepRun {
    let command: PingCommand
    let targets: [(text: String, expression: TargetExpression)]
    /// Standard input, if it has targets.
    let input: TargetInput?
    let console: Console

    func run() throws -> Int32 {
        let options = try console.runOptions(command.general)
        let sweep = try PingSweep.prepare(targets, reading: input, configuration, options: options)
        let report = report(sweep.configuration) { sweep.interfaceName(of: $0) }
        let progress = ProgressLine(console, interval: .milliseconds(200), redrawsAtOnce: true)
        let summary = try console.run(report, of: sweep, progress: progress, drops: sweep.drops)
        if let failure = input?.failure { console.skip("--targets: \(failure)") }
        let isComplete = summary.alive + summary.skipped == summary.targets
        // If targets could not be checked, the result is unknown.
        guard sweep.unresolvedCount + summary.unchecked == 0 else { return 2 }
        return isComplete && summary.alive > 0 ? 0 : 1
    }

    private var configuration: PingSweep.Configuration {
        var configuration = PingSweep.Configuration()
        configuration.probe = command.ping
        configuration.rate = rate
        configuration.reportsErrors = command.general.isVerbose || command.general.isJSON
        configuration.plan =
            command.ping.count.map { .count($0, period: command.interval ?? .seconds(1)) }
            ?? .untilAnswered(retries: command.retries)
        return configuration
    }

    /// The rate in packets per second; nil for no limit. Without -c, -i is the time between packets, as in fping.
    private var rate: Double? {
        if let rate = command.rate { return rate.packetsPerSecond }
        guard command.ping.count == nil, let interval = command.interval else { return 10_000 }
        return interval == .zero ? nil : 1 / interval.seconds
    }

    private func report(
        _ configuration: PingSweepConfiguration, interface: @escaping (IPAddress) -> String?
    ) -> any PingSweepReport {
        let isQuiet = command.general.isQuiet
        return console.isJSON
            ? PingSweepJSON(filter: command.filter, isQuiet: isQuiet, console, interface: interface)
            : PingSweepText(configuration, filter: command.filter, isQuiet: isQuiet, console, interface: interface)
    }
}
