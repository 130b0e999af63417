import SwiftNet

/// `arping --sweep`: every host of a network.
struct ARPSweepRun {
    let command: ArpingWords
    let console: Console

    func run() throws -> Int32 {
        guard command.targets.isEmpty else {
            throw UsageError(
                "--sweep has its network, and no further target: \(command.targets.joined(separator: " "))")
        }
        let network = command[.sweep] ?? ""
        let configuration = try configuration()
        let comparison = try command[.compare].map(SweepComparison.init(path:))
        console.limit(to: command[.deadline] == nil ? nil : configuration.timeout)
        let sweep = try ARPSweep.prepare(
            network, configuration, options: console.runOptions(capture: command[.pcap]))
        var observer = ARPSweepObserver(command: command, console: console, comparison: comparison)
        let summary = try sweep.run(reportingTo: &observer)
        observer.finish(summary, network, sweep)
        // A host that was not found may be there.
        let wasFound = command.has(.claims) ? summary.duplicates > 0 : summary.hosts > 0
        guard sweep.linkTrouble == nil || wasFound else { return 2 }
        return wasFound == command.has(.claims) ? 1 : 0
    }

    private func configuration() throws -> ARPSweep.Configuration {
        var configuration = ARPSweep.Configuration()
        configuration.interface = command[.interface]
        configuration.source = try command[.source].map { try ArpingArgument.address("-s", $0) }
        if let text = command[.retries] {
            configuration.retries = try ArgumentValue.integer("--retries", text, in: 0...100)
        }
        if let text = command[.rate] {
            configuration.rate =
                text == "max" ? nil : Double(try ArgumentValue.integer("--rate", text, in: 1...10_000_000))
        }
        if let text = command[.deadline] {
            configuration.timeout = try ArgumentValue.duration("-w", text, atLeast: .milliseconds(1))
        }
        configuration.reportsIgnored = command.has(.verbose)
        return configuration
    }
}
