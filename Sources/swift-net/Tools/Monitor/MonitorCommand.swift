import LinuxProcess
import SwiftNet

/// `monitor`: the options, which `swift-net-monitor` gets as they are.
///
/// It is a program of its own, so that no other command carries a database and a web server.
struct MonitorCommand: Command {
    static let summary = CommandSummary(
        name: "monitor", group: .hosts, abstract: "Watch hosts, ports and web servers for months.",
        usage: ["[options] TARGET...", "[options] --config FILE"],
        operand: ("TARGET", "a host, a URL, tcp://HOST:PORT, or --config FILE"),
        discussion: """
            Pings hosts every second, and connects to tcp://HOST:PORT and requests URLs every ten; keeps what it saw, and \
            shows it at http://127.0.0.1:9430/, with metrics for Prometheus at /metrics. It runs until it is told to end.

            Exit status: 0 if it ended as told, 2 on error.
            """,
        foreignOptions: [
            ("--config.file", "--config FILE reads a configuration file"),
            ("--web.listen-address", "--listen ADDRESS:PORT"),
        ])

    var general = GeneralOptions()
    /// The arguments of the program.
    private var arguments: [String] = []

    static func declare(_ options: inout OptionTable<Self>) {
        options.section("Targets")
        options.option("-c", "--config", value: .file, help: "Read targets and settings from FILE (TOML).") {
            $0.arguments.append("--config=\($1)")
        }
        options.flag("--check-config", help: "Check the configuration, and end.") {
            $0.arguments.append("--check-config")
        }
        options.option(
            "-i", "--interval", value: .text("TIME"),
            help: "The time between probes of the targets given here (1 for pings, 10 for others)."
        ) { $0.arguments.append("--interval=\($1)") }

        options.section("History")
        options.option(
            "--store", value: .file, help: "Keep history in FILE ($XDG_STATE_HOME/swift-net/monitor.sqlite).",
            excludes: ["--no-store"]
        ) { $0.arguments.append("--store=\($1)") }
        options.flag("--no-store", help: "Keep a day of history, in memory.") { $0.arguments.append("--no-store") }
        options.option(
            "--max-size", value: .text("SIZE"),
            help: "The largest size of the history (2GB); the oldest fine data goes first."
        ) { $0.arguments.append("--max-size=\($1)") }

        options.section("Page")
        options.option(
            "--listen", value: .text("ADDRESS"), help: "Serve at ADDRESS:PORT or unix:PATH (127.0.0.1:9430)."
        ) {
            $0.arguments.append("--listen=\($1)")
        }
        options.option("--token-file", value: .file, help: "Let only those read who know the token in FILE.") {
            $0.arguments.append("--token-file=\($1)")
        }
        options.flag("--public-read-only", help: "Let everybody read who can reach the address.") {
            $0.arguments.append("--public-read-only")
        }
        options.list("--host", value: .text("NAME"), help: "A name of this server that browsers may use.") {
            $0.arguments.append("--host=\($1)")
        }

        options.section("Output")
        options.option(
            "--on-event", value: .text("COMMAND"),
            help: "Run COMMAND for each event, which it gets as JSON on standard input."
        ) { $0.arguments.append("--on-event=\($1)") }
        options.json()
        options.flag("--live", help: "Show the targets on a full screen.") { $0.arguments.append("--live") }
        options.flag("-q", "--quiet", help: "Print no events.") { $0.arguments.append("--quiet") }
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        guard !arguments.operands.isEmpty || arguments.has("--config") else {
            throw Self.summary.missingOperand
        }
        if general.isJSON { self.arguments.append("--json") }
        self.arguments += ["--"] + arguments.operands
    }

    func run(_ console: Console) throws -> Int32 {
        let failure = CurrentProcess.replace(by: "swift-net-monitor", arguments)
        guard failure.isMissingFile else { throw CannotRun(message: "swift-net-monitor: \(failure.message)") }
        throw CannotRun(
            message: "swift-net-monitor is not installed",
            hints: ["It is built by 'make monitor', and installed beside swift-net or in a folder of PATH."])
    }
}
