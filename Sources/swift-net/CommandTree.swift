import ArgumentParser
import LinuxProcess

/// The tree of commands, for help and completions; a run goes straight to its command.
struct CommandTree: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "swift-net",
        abstract: "Network diagnostics for Linux.",
        usage: "swift-net COMMAND [options] TARGET...",
        discussion: "swift-net help COMMAND tells more of each; so does its manual page, swift-net-COMMAND(8).",
        subcommands: [
            PingCommand.self, TracerouteCommand.self, ArpingCommand.self, RARPCommand.self,
            IGMPJoinCommand.self, IGMPQueryCommand.self, SYNScanCommand.self, HTTPProbeCommand.self,
            HTTPFingerprintCommand.self, HostCommand.self, DecodeCommand.self, AddressCommand.self,
        ])

    // Not the parser's own: that would offer every command a second --version.
    @Flag(name: .customLong("version"), help: "Print the version.")
    var asksVersion = false

    private typealias Command = (_ arguments: [String], _ name: String) -> Int32

    /// The command of a name, by which the binary may be started too, as a symbolic link. A dictionary of them would
    /// be made at every start.
    private static func command(named name: String) -> Command? {
        switch name {
        case "ping":
            { read(PingCommand.self, $0, name: $1, PingRun.run) }
        case "traceroute":
            { read(TracerouteCommand.self, $0, name: $1, TracerouteRun.run) }
        case "arping":
            {
                HabetsWords.isAsked($0)
                    ? read(HabetsCommand.self, $0, name: $1, ArpingRun.runHabets)
                    : read(ArpingCommand.self, $0, name: $1, ArpingRun.run)
            }
        case "rarp":
            { parse(RARPCommand.self, RARPCommand.shape.normalized($0), name: $1, RARPRun.run) }
        case "igmp-join":
            { parse(IGMPJoinCommand.self, IGMPJoinCommand.normalized($0), name: $1, IGMPJoinRun.run) }
        case "igmp-query":
            { parse(IGMPQueryCommand.self, IGMPQueryCommand.shape.normalized($0), name: $1, IGMPQueryRun.run) }
        case "tcp-syn-scan":
            { parse(SYNScanCommand.self, SYNScanCommand.shape.normalized($0), name: $1, SYNScanRun.run) }
        case "http-probe":
            { parse(HTTPProbeCommand.self, HTTPProbeCommand.shape.normalized($0), name: $1, HTTPProbeRun.run) }
        case "http-fingerprint":
            {
                parse(
                    HTTPFingerprintCommand.self, HTTPFingerprintCommand.shape.normalized($0), name: $1,
                    HTTPFingerprintRun.run)
            }
        case "host":
            { parse(HostCommand.self, HostCommand.shape.normalized($0), name: $1, HostRun.run) }
        case "decode":
            { parse(DecodeCommand.self, DecodeCommand.shape.normalized($0), name: $1, DecodeRun.run) }
        case "address":
            { parse(AddressCommand.self, $0, name: $1, AddressRun.run) }
        default: nil
        }
    }

    /// From the words of the command line to the exit status.
    static func main(_ arguments: [String]) -> Int32 {
        let started = arguments.first?.split(separator: "/").last.map(String.init)
        if let started, let command = command(named: started) { return command(Array(arguments.dropFirst()), started) }
        guard arguments.count > 1 else { return usage("a command is missing") }
        let rest = Array(arguments.dropFirst(2))
        if let command = command(named: arguments[1]) { return command(rest, arguments[1]) }
        if arguments[1] == "help" { return help(rest) }
        if arguments[1] == "--version" { return say("swift-net \(version)", name: "swift-net") }
        if arguments[1].hasPrefix("-") {
            return answer(CommandTree.self, Array(arguments.dropFirst()), name: "swift-net")
        }
        return usage("there is no command '\(arguments[1])'")
    }

    private static func help(_ words: [String]) -> Int32 {
        guard let word = words.first else { return answer(CommandTree.self, ["--help"], name: "swift-net") }
        guard let command = command(named: word) else { return usage("there is no command '\(word)'") }
        return command(["--help"], word)
    }

    private static func usage(_ message: String) -> Int32 {
        let errors = BufferedOutput.standardError()
        errors.write(
            "swift-net: \(message)\nUsage: swift-net COMMAND [options] TARGET...; swift-net help lists the commands\n")
        errors.finish()
        return 2
    }

    /// Prints a text that is all that was asked for.
    private static func say(_ text: String, name: String) -> Int32 {
        let console = Console(command: name)
        return console.status {
            console.output.write(text + "\n")
            return 0
        }
    }

    /// A command whose right command lines are read without the parser.
    private static func read<Command: ParsableCommand, Switch, Value>(
        _ type: Command.Type, _ words: [String], name: String, _ run: (CommandWords<Switch, Value>, String) -> Int32
    ) -> Int32 {
        do {
            let cut = CommandWords<Switch, Value>.shape.normalized(words)
            guard let command = CommandWords<Switch, Value>(cut) else {
                _ = try type.parse(cut)
                return usage("the words are not understood")
            }
            return command.has(.version) ? say("\(name) from swift-net \(version)", name: name) : run(command, name)
        } catch {
            return answer(type, error, name: name)
        }
    }

    /// A command that the parser reads.
    private static func parse<Command: ParsableCommand>(
        _ type: Command.Type, _ words: [String], name: String, _ run: (Command, String) -> Int32
    ) -> Int32 {
        do {
            return run(try type.parse(words), name)
        } catch {
            return answer(type, error, name: name)
        }
    }

    /// Parses the words for a command that has nothing to run: help, version, completions, mistakes.
    private static func answer<Command: ParsableCommand>(
        _ type: Command.Type, _ words: [String], name: String
    ) -> Int32 {
        do {
            // What has nothing to run answers with its help, as an error.
            var command = try type.parseAsRoot(words)
            try command.run()
            return 0
        } catch {
            return answer(type, error, name: name)
        }
    }

    /// What the parser has to say: help on standard output, mistakes on standard error with status 2.
    private static func answer<Command: ParsableCommand>(_ type: Command.Type, _ error: any Error, name: String)
        -> Int32
    {
        guard type.exitCode(for: error) != .success else { return say(type.fullMessage(for: error), name: name) }
        let errors = BufferedOutput.standardError()
        errors.write(
            "\(name): \(type.message(for: error))\nTry '\(name == "swift-net" ? name : "swift-net " + name) --help'.\n")
        errors.finish()
        return 2
    }
}
