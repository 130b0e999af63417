import LinuxProcess

/// All commands, and their dispatch.
enum CommandTree {
    static let version = "0.1.0"

    static var commands: [CommandEntry] {
        [
            CommandEntry(PingCommand.self),
            CommandEntry(TracerouteCommand.self),
            CommandEntry(ArpingCommand.self) {
                HabetsCommand.isSelected($0) ? CommandEntry.run(HabetsCommand.self, $0, name: $1) : nil
            },
            CommandEntry(RARPCommand.self),
            CommandEntry(DHCPDiscoverCommand.self),
            CommandEntry(IGMPJoinCommand.self),
            CommandEntry(IGMPQueryCommand.self),
            CommandEntry(SYNScanCommand.self),
            CommandEntry(HTTPProbeCommand.self),
            CommandEntry(HTTPFingerprintCommand.self),
            CommandEntry(UserHostCommand.self),
            CommandEntry(MonitorCommand.self),
            CommandEntry(DecodeCommand.self),
            CommandEntry(AddressCommand.self),
        ]
    }

    /// Names of other tools, and the equivalent commands.
    private static let foreignCommands = [
        ("mtr", "traceroute --live"), ("tracepath", "traceroute --mtu"), ("tracert", "traceroute"),
        ("tracepath6", "traceroute --mtu"), ("traceroute6", "traceroute -6"), ("ping6", "ping -6"), ("fping", "ping"),
        ("smokeping", "monitor"),
        ("arp", "arping --table"), ("arp-scan", "arping --sweep"), ("nmap", "tcp-syn-scan"),
        ("masscan", "tcp-syn-scan"), ("zmap", "tcp-syn-scan"), ("curl", "http-probe"), ("wget", "http-probe"),
        ("tshark", "decode"), ("ipcalc", "address"), ("sipcalc", "address"),
    ]

    /// Runs the command line and returns the exit status.
    /// - Parameter arguments: The first is the name by which the program was started, which may be that of a command.
    static func main(_ arguments: [String]) -> Int32 {
        let commands = commands
        let started = arguments.first?.split(separator: "/").last.map(String.init)
        if let started, let command = commands.first(where: { $0.summary.name == started }) {
            return command.run(Array(arguments.dropFirst()), started)
        }
        let rest = Array(arguments.dropFirst(2))
        guard let name = arguments.dropFirst().first else { return printCommands(commands) }
        if let command = commands.first(where: { $0.summary.name == name }) { return command.run(rest, name) }
        switch name {
        case "help", "--help", "-h":
            guard let topic = rest.first, name == "help" else { return printCommands(commands) }
            guard let command = commands.first(where: { $0.summary.name == topic }) else {
                return refuse(topic, commands)
            }
            return command.run(["--help"], topic)
        case "--version", "-V": return Console(command: "swift-net").status { printVersion($0, nil) }
        case "-j", "--json":
            guard rest == ["-V"] || rest == ["--version"] else { return refuse(name, commands) }
            return Console(command: "swift-net", isJSON: true).status { printVersion($0, nil) }
        case "--generate-completion-script":
            return Console(command: "swift-net").status { console in
                guard let script = Completions.script(rest.first ?? "", commands) else {
                    throw UsageError("--generate-completion-script requires bash, zsh or fish")
                }
                console.output.write(script)
                return 0
            }
        default: return refuse(name, commands)
        }
    }

    private static func printCommands(_ commands: [CommandEntry]) -> Int32 {
        Console(command: "swift-net").status { console in
            console.output.write(HelpText.commands(commands))
            return 0
        }
    }

    /// - Parameter command: The command whose version was requested, if any.
    static func printVersion(_ console: Console, _ command: String?) -> Int32 {
        if console.isJSON {
            console.write("version", VersionRow(version: version), at: SystemClock.now)
        } else {
            console.output.write((command.map { "\($0) from " } ?? "") + "swift-net \(version)\n")
        }
        return 0
    }

    private static func refuse(_ name: String, _ commands: [CommandEntry]) -> Int32 {
        Console(command: "swift-net").status { _ in
            let hint =
                foreignCommands.first { $0.0 == name }.map { " (use: swift-net \($0.1))" }
                ?? Suggestion.nearest(to: name, among: commands.map(\.summary.name)).map { " (did you mean \($0)?)" }
                ?? ""
            throw CannotRun(
                message: "unknown \(name.hasPrefix("-") ? "option" : "command") '\(name)'\(hint)",
                hints: ["'swift-net help' lists the commands."])
        }
    }
}

private struct VersionRow: JSONRow {
    var version: String
}
