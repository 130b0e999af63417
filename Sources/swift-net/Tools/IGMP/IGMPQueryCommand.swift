import SwiftNet

/// `igmp-query`: the options and their values.
struct IGMPQueryCommand: Command {
    static let summary = CommandSummary(
        name: "igmp-query", group: .link, abstract: "List the members of multicast groups (IGMP, MLD).",
        usage: ["[options] [GROUP]"],
        discussion: """
            Waits for another querier first, sends a query if there is none, and lists the hosts that report within \
            the response time. Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if a host reported, 1 if none did, 2 on error, or if there is another querier.
            """)

    var general = GeneralOptions()
    var query = IGMPQuery.Configuration()
    var group: String?

    static func declare(_ options: inout OptionTable<Self>) {
        options.section("Queries")
        options.families(\.query.family, ipv4: "Query IPv4 groups (default without GROUP).", ipv6: "Query IPv6 groups.")
        options.list(
            "--source", value: .sender,
            help: "Query the members of GROUP that request this source; may be given several times."
        ) { $0.query.sources.append($1) }
        options.option(
            "--version", value: .membershipVersion,
            help: "Send queries of this version: 1 to 3 of IGMP, 1 or 2 of MLD (the newest)."
        ) { $0.query.version = $1 }
        options.option(
            "--response", value: .duration(),
            help: "Set the maximum response time of hosts (10; for a single group 1)."
        ) { $0.query.maximumResponse = $1 }
        options.option(
            "--listen", value: .duration(),
            help: "Wait TIME for another querier before the first query (2; with --force 0)."
        ) { $0.query.listening = $1 }
        options.flag("--force", help: "Send queries even if there is another querier.") { $0.query.isForced = true }
        options.interface(\.query.interface, "Send through INTERFACE (that of the route).")
        options.section("End")
        options.option(
            "-c", "--count", value: .integer(IGMPQueryConfiguration.counts, "COUNT"),
            help: "Send COUNT queries, each after the response time of the previous one (1)."
        ) { $0.query.count = $1 }
        options.option("-w", "--deadline", value: .duration(atLeast: .milliseconds(1)), help: "Stop after TIME.") {
            $0.query.deadline = $1
        }
        options.section("Output")
        options.json()
        options.quiet()
        options.verbose("Also print the hosts that leave (with --json: always).")
        options.pcap()
        options.explain()
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        group = arguments.operands.first
        if let other = arguments.operands.dropFirst().first {
            throw UsageError("\(other): only one group can be queried at a time")
        }
    }

    func run(_ console: Console) throws -> Int32 {
        console.limit(to: query.deadline)
        let options = try console.runOptions(general)
        let run = try IGMPQuery.prepare(group, query, options: options)
        let report: any IGMPQueryReport =
            console.isJSON ? IGMPQueryJSON(run, general, console) : IGMPQueryText(run, general, console)
        let summary = try console.run(report, of: run)
        return run.outcome(of: summary).exitStatus
    }
}
