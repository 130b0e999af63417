import LinuxProcess
import SwiftNet

/// Many targets, a line each.
struct SweepRun {
    let command: PingWords
    let settings: PingSettings
    let console: Console

    func run() throws -> Int32 {
        let options = try console.runOptions(
            capture: command[.pcap], explained: settings.explained, isVerbose: command.has(.verbose))
        let sweep = try PingSweep.prepare(settings.texts, settings.expressions, configuration, options: options)
        let renderer = renderer(sweep.configuration) { sweep.interfaceName(of: $0) }
        var observer = SweepObserver(console: console, renderer: renderer)
        defer { observer.progress.clear() }
        let summary = try sweep.run(reportingTo: &observer)
        observer.progress.clear()
        renderer.finish(summary, drops: sweep.drops)
        let isComplete = summary.alive + summary.skipped == summary.targets
        // Targets that could not be checked are no answer about the others.
        guard sweep.unresolvedCount + summary.unchecked == 0 else { return 2 }
        return isComplete && summary.alive > 0 ? 0 : 1
    }

    private var configuration: PingSweep.Configuration {
        var configuration = PingSweep.Configuration()
        configuration.probe = settings.ping
        configuration.rate = rate
        configuration.reportsErrors = command.has(.verbose) || command.has(.json)
        configuration.plan =
            settings.ping.count.map { .count($0, period: settings.interval ?? .seconds(1)) }
            ?? .untilAnswered(retries: settings.retries)
        return configuration
    }

    /// Packets a second: `-i` without a count is the time between packets, as in fping.
    private var rate: Double? {
        guard command[.rate] == nil, settings.ping.count == nil, let interval = settings.interval else {
            return settings.rate
        }
        return interval == .zero ? nil : 1 / interval.seconds
    }

    private func renderer(
        _ configuration: SweepConfiguration, interface: @escaping (IPAddress) -> String?
    ) -> any SweepRenderer {
        let filter: SweepFilter = command.has(.alive) ? .alive : command.has(.unreachable) ? .unreachable : .all
        if command.has(.json) {
            return SweepJSON(
                configuration, filter: filter, isQuiet: command.has(.quiet), console, interface: interface)
        }
        return SweepText(
            configuration, filter: filter, isQuiet: command.has(.quiet), console, interface: interface)
    }
}
