import ArgumentParser
import MonitorCore
import MonitorWeb

/// The command line, swift-net-monitor(8).
struct Options: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swift-net monitor", abstract: "Watch hosts, ports and web servers for months.",
        usage: """
            swift-net monitor [options] TARGET...
            swift-net monitor [options] --config FILE
            """,
        discussion: """
            Pings hosts every second, connects to ports and asks for URLs every ten; keeps what it saw, and shows it at \
            http://127.0.0.1:9430/ with metrics for Prometheus at /metrics. It ends when it is told to.
            """)

    static let version = "0.1.0"

    @Argument(help: "What to watch: a host to ping, a URL, or tcp://HOST:PORT.")
    var targets: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Read targets and settings from FILE (TOML).", valueName: "file"))
    var config: String?

    @Flag(help: "Check the configuration, and end.")
    var checkConfig = false

    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp(
            "The time between probes of the targets given here (1s for pings, 10s for others).", valueName: "time"))
    var interval: String?

    @Option(help: ArgumentHelp("Serve the page at ADDRESS:PORT or unix:PATH (127.0.0.1:9430).", valueName: "address"))
    var listen: String?

    @Option(help: ArgumentHelp("Keep history in FILE ($XDG_STATE_HOME/swift-net/monitor.sqlite).", valueName: "file"))
    var store: String?

    @Flag(help: "Keep a day of history, in memory.")
    var noStore = false

    @Option(
        help: ArgumentHelp("The largest size of the history (2GB); the oldest fine data goes first.", valueName: "size")
    )
    var maxSize: String?

    @Option(help: ArgumentHelp("Let only those read who know the token in FILE.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Let everybody read who can reach the address.")
    var publicReadOnly = false

    @Option(
        help: ArgumentHelp(
            "A name of this server that browsers may use; may be given several times.", valueName: "name"))
    var host: [String] = []

    @Option(
        help: ArgumentHelp("Run COMMAND for each event, which it gets as JSON on standard input.", valueName: "command")
    )
    var onEvent: String?

    @Flag(name: [.customShort("j"), .long], help: "Print one JSON object per line.")
    var json = false

    @Flag(help: "Show the targets on a full screen.")
    var live = false

    @Flag(name: .shortAndLong, help: "Print no events.")
    var quiet = false

    @Flag(name: [.customShort("V"), .long], help: "Print the version.")
    var version = false

    /// Applies the command line on top of the configuration file.
    func apply(to settings: inout MonitorSettings) throws(CheckProblem) {
        for target in targets {
            var check = try Check(argument: target)
            if let text = interval {
                guard let value = DurationText.parse(text) else {
                    throw CheckProblem(
                        subject: "--interval \(text)", reason: "expected a duration such as 0.2, 200ms or 2s")
                }
                check.interval = value
                check.timeout = Check.usualTimeout(check.kind, interval: value)
            }
            settings.checks.append(check)
        }
        if let listen {
            guard let address = MonitorSettings.address(listen) else {
                throw CheckProblem(subject: "--listen \(listen)", reason: "expected ADDRESS:PORT or unix:PATH")
            }
            settings.listen = address
        }
        settings.store = store ?? settings.store
        if noStore { settings.keepsHistory = false }
        if let maxSize {
            guard let size = SizeText.parse(maxSize), size >= MonitorSettings.leastSize else {
                throw CheckProblem(
                    subject: "--max-size \(maxSize)", reason: "expected a size of 1MB or more, such as 2GB")
            }
            settings.retention.size = size
        }
        settings.tokenFile = tokenFile ?? settings.tokenFile
        if publicReadOnly { settings.isPublic = true }
        settings.hosts += host
        settings.onEvent = onEvent ?? settings.onEvent
    }
}
