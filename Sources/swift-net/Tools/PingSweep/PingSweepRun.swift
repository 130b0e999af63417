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
        if let required = command.requiredCount {
            guard summary.alive < required else { return 0 }
            return summary.alive + summary.unresolved + summary.unchecked < required ? 1 : 2
        }
        let isComplete = summary.alive + summary.skipped == summary.targets
        // If targets could not be checked, the result is unknown.
        guard summary.unresolved + summary.unchecked == 0 else { return 2 }
        return isComplete && summary.alive > 0 ? 0 : 1
    }

    private var configuration: PingSweep.Configuration {
        var configuration = PingSweep.Configuration()
        configuration.probe = command.ping
        configuration.rate = rate
        configuration.reportsErrors = command.general.isVerbose || command.general.isJSON
        configuration.plan =
            isCounting
            ? .count(command.ping.count, period: command.interval ?? .seconds(1))
            : .untilAnswered(retries: command.retries)
        configuration.probesAllAddresses = command.probesAllAddresses
        configuration.keepsRoundTrips = console.isJSON
        return configuration
    }

    /// Whether each target gets several probes: the number of -c, or with --report-every without end.
    private var isCounting: Bool { command.ping.count != nil || command.ping.reportInterval != nil }

    /// The rate in packets per second; nil for no limit. If each target gets only one probe, -i is the time between
    /// packets, as in fping.
    private var rate: Double? {
        if let rate = command.rate { return rate.packetsPerSecond }
        guard !isCounting, let interval = command.interval else { return 10_000 }
        return interval == .zero ? nil : 1 / interval.seconds
    }

    private func report(
        _ configuration: PingSweepConfiguration, interface: @escaping (IPAddress) -> String?
    ) -> any PingSweepReport {
        console.isJSON
            ? PingSweepJSON(command, console, interface: interface)
            : PingSweepText(command, configuration.plan, console, interface: interface)
    }
}
