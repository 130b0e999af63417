import SwiftNet

/// `rarp query` and `rarp serve`: the options and their values.
struct RARPCommand: Command {
    static let summary = CommandSummary(
        name: "rarp", group: .link, abstract: "Look up IPv4 addresses by MAC address (RARP), or serve them.",
        usage: ["query [options] [MAC...]", "serve [options]"],
        operand: ("ACTION", "query or serve"),
        discussion: """
            query requests the address of each MAC address, or of the interface's own, and prints the reply of every \
            server. serve answers requests for the hosts in a file in the format of ethers(5), and reads it again on \
            SIGHUP. Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if every MAC address got a reply (serve: ended by a signal or -w), 1 if one did not, 2 on \
            error.
            """,
        actions: ["query", "serve"],
        foreignOptions: [
            ("-a", "serve answers on all interfaces without -I"),
            ("-d", "serve runs in the foreground; -v prints all requests"),
            ("-e", "use --ethers FILE"), ("-b", "serve answers only for the hosts in the file of --ethers"),
        ])

    static let query = CommandMode(name: "query")
    static let serve = CommandMode(name: "serve")

    var general = GeneralOptions()
    var interfaces: [String] = []
    var query = RARPQuery.Configuration()
    var server = RARPServer.Configuration()
    var deadline: Nanoseconds?
    var isServer = false
    /// The MAC addresses to look up.
    var hosts: [MACAddress] = []

    static func declare(_ options: inout OptionTable<Self>) {
        options.list(
            "-I", "--interface", value: .interface,
            help: "Use this interface (query: the only one that is up; serve: all; serve accepts several -I)."
        ) { command, name in
            if !command.interfaces.contains(name) { command.interfaces.append(name) }
        }
        options.option(
            "-c", "--count", value: .integer(RARPQueryConfiguration.attemptCounts, "COUNT"),
            help: "Send up to COUNT requests for each host (5).",
            in: [query]
        ) { $0.query.attempts = $1 }
        options.option(
            "-i", "--interval", value: .duration(atLeast: RARPQueryConfiguration.leastPause),
            help: "Wait TIME after the first request (1); each later wait is twice as long, up to 16 s.", in: [query]
        ) { $0.query.firstPause = $1 }
        options.option("-w", "--deadline", value: .duration(atLeast: .milliseconds(1)), help: "Stop after TIME.") {
            $0.deadline = $1
        }
        options.flag("-f", help: "Stop when every host has one reply.", in: [query]) {
            $0.query.endsAtFirstAnswer = true
        }
        options.option(
            "--ethers", value: .file, help: "Read MAC addresses and their addresses or names from FILE (/etc/ethers).",
            in: [serve]
        ) { $0.server.ethers = $1 }
        options.option(
            "--rate", value: .integer(1...100_000), help: "Send up to N replies per second to each host (10).",
            in: [serve]
        ) { $0.server.rate = Double($1) }
        options.section("Output")
        options.json()
        options.quiet("Print nothing.")
        options.verbose("Also report ignored replies (query) or unanswered requests (serve).")
        options.pcap()
        options.explain()
    }

    func mode(_ arguments: ParsedArguments) throws -> CommandMode {
        switch arguments.operands.first {
        case "query": return Self.query
        case "serve": return Self.serve
        case nil: throw Self.summary.missingOperand
        case let other?: throw UsageError("unknown action '\(other)' (expected query or serve)")
        }
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        let operands = arguments.operands.dropFirst()
        isServer = try mode(arguments) == Self.serve
        guard !isServer else {
            if let operand = operands.first { throw UsageError("\(operand): serve takes its hosts from --ethers only") }
            server.duration = deadline
            return
        }
        guard interfaces.count <= 1 else { throw UsageError("-I may be given only once with query") }
        query.interface = interfaces.first
        query.deadline = deadline
        query.reportsIgnored = general.isVerbose
        hosts = try operands.map { text in
            guard let mac = MACAddress(text) else {
                throw UsageError("\(text): not the MAC address of one host")
            }
            return mac
        }
    }

    func run(_ console: Console) throws -> Int32 {
        console.limit(to: deadline)
        return isServer
            ? try RARPServeRun(command: self, console: console).run()
            : try RARPQueryRun(command: self, console: console).run()
    }
}
