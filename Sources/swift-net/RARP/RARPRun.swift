import SwiftNet

/// From the command line of `rarp` to an exit status.
struct RARPRun {
    static func run(_ command: RARPCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json)
        return console.status { _ in
            switch command.task {
            case "query": return try RARPQueryRun(command: command, console: console).run()
            case "serve": return try RARPServeRun(command: command, console: console).run()
            default: throw UsageError("'\(command.task)' is none of query and serve")
            }
        }
    }
}

extension RARPCommand {
    /// Throws when an option is given that belongs to the other task.
    func refuse(_ options: [(name: String, isGiven: Bool)], of other: String) throws {
        if let option = options.first(where: \.isGiven) {
            throw UsageError("\(option.name) is of 'rarp \(other)' alone")
        }
    }

    func runOptions(_ console: Console) throws -> RunOptions {
        try console.runOptions(capture: frames.pcap, explained: frames.explained(), isVerbose: verbose)
    }
}
