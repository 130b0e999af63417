import SwiftNet

/// From the command line of `igmp-join` to an exit status.
struct IGMPJoinRun {
    private let command: IGMPJoinCommand
    private let console: Console

    static func run(_ command: IGMPJoinCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status { _ in try IGMPJoinRun(command: command, console: console).run() }
    }

    private func run() throws -> Int32 {
        let configuration = try configuration()
        console.limit(to: configuration.duration)
        let options = try console.runOptions(command.frames)
        let join = try IGMPJoin.prepare(command.groups, configuration, options: options)
        var observer = IGMPJoinObserver(command: command, console: console, join: join)
        let summary = try join.run(reportingTo: &observer)
        if let failure = join.failure { console.fail(failure.description) }
        observer.finish(summary, lost: join.lostFrames)
        guard join.isComplete, join.failure == nil, !observer.hasFailed else { return 2 }
        return summary.datagrams >= configuration.count ?? 0 ? 0 : 1
    }

    private func configuration() throws -> IGMPJoin.Configuration {
        var configuration = IGMPJoin.Configuration()
        configuration.interface = command.interface
        configuration.sources = try command.sources.map(GroupArgument.source)
        configuration.excludesSources = command.excludes
        configuration.version = try command.version.map { try ArgumentValue.integer("--version", $0, in: 1...3) }
        configuration.robustness = try command.robustness.map {
            try ArgumentValue.integer("--robustness", $0, in: 1...7)
        }
        configuration.isJoinedByKernel = command.kernel
        configuration.duration = try command.duration.map {
            try ArgumentValue.duration("--duration", $0, atLeast: .milliseconds(1))
        }
        configuration.count = try command.count.map { try ArgumentValue.integer("-c", $0, in: 1...Int.max) }
        return configuration
    }
}

/// Values that both commands have.
enum GroupArgument {
    /// A host that sends to a group.
    static func source(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text), !address.isMulticast, !address.isUnspecified else {
            throw UsageError("--source: '\(text)' is no address of a sender")
        }
        return address
    }
}
