import SwiftNet

/// From the command line of `arping` to an exit status.
struct ArpingRun {
    private let settings: ArpingSettings
    private let console: Console

    static func run(_ command: ArpingWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { _ in
            if command.has(.table), command[.sweep] != nil {
                throw UsageError("--table and --sweep exclude each other")
            }
            if command.has(.table) { return try NeighborTableRun(command: command, console: console).run() }
            if command[.sweep] != nil { return try ARPSweepRun(command: command, console: console).run() }
            if command.has(.claims) { throw UsageError("--duplicates is of --sweep alone") }
            if let option = [ArpingValue.rate, .retries, .compare].first(where: { command[$0] != nil }) {
                throw UsageError("--\(option.names.long) is of --sweep alone")
            }
            return try ArpingRun(settings: ArpingSettings(command), console: console).run()
        }
    }

    static func runHabets(_ command: HabetsWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json))
        return console.status { _ in try ArpingRun(settings: ArpingSettings(command), console: console).run() }
    }

    private func run() throws -> Int32 {
        console.limit(to: settings.arping.deadline)
        let options = try console.runOptions(
            capture: settings.pcap, explained: settings.explained, isVerbose: settings.isVerbose)
        let arping = try prepare(options)
        if let mac = settings.ownMAC, mac != arping.link.mac {
            throw UsageError("-s: \(mac) is not the MAC address of \(arping.link.name)")
        }
        let renderer = ArpingRenderer(settings, console, arping)
        renderer.begin()
        var observer = ArpingObserver(renderer: renderer, console: console)
        let summary = try arping.run(reportingTo: &observer)
        if settings.isVerbose { console.reportIgnored(arping.ignoredVLANs) }
        // An address is free when every probe was waited for, and not when the run was stopped before.
        let isCutShort = settings.isProbe && !summary.isComplete
        let isReliable = arping.linkTrouble == nil && !observer.hasFailed && !isCutShort
        renderer.finish(summary, isReliable: isReliable)
        guard !observer.hasFailed, isReliable || summary.received > 0 else { return 2 }
        return settings.exitStatus(of: summary)
    }

    private func prepare(_ options: RunOptions) throws -> Arping.Prepared {
        do {
            return try Arping.prepare(settings.target, settings.arping, options: options)
        } catch {
            var error = error
            // Habets' option for the interface.
            if settings.style == .habets, error.subject == "-I" { error.subject = "-i" }
            throw error
        }
    }
}

/// Hands what is seen to the renderer.
private struct ArpingObserver: EngineObserver {
    typealias Observed = ArpingEngine

    let renderer: ArpingRenderer
    let console: Console
    var hasFailed = false

    mutating func report(_ event: ArpingEvent) {
        if case .failed(let failure) = event {
            hasFailed = true
            console.fail(failure)
            return
        }
        renderer.report(event)
    }

    mutating func step(_ engine: inout ArpingEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        return nil
    }
}
