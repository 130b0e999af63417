import LinuxProcess
import SwiftNet

/// From a command line to an exit status.
struct PingRun {
    /// - Parameter name: what the command was called as, for complaints.
    static func run(_ command: PingWords, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.has(.json), color: command[.color] ?? "auto")
        return console.status {
            let settings = try PingSettings(command)
            console.limit(to: settings.ping.deadline)
            return settings.isSweep
                ? try SweepRun(command: command, settings: settings, console: console).run()
                : try SinglePing(command: command, settings: settings, console: console).run()
        }
    }
}

/// The run cannot begin; with lines that help.
struct CannotRun: Error {
    var message: String
    var hints: [String] = []
}
