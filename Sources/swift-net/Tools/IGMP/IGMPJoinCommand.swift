import SwiftNet

/// `igmp-join`: the options and their values.
struct IGMPJoinCommand: Command {
    static let summary = CommandSummary(
        name: "igmp-join", group: .link, abstract: "Join multicast groups and count what they receive (IGMP, MLD).",
        usage: ["[options] GROUP..."],
        operand: ("GROUP", "a multicast address"),
        discussion: """
            Joins IPv4 and IPv6 groups by its own reports, answers queries in the version of the querier, and leaves \
            the groups at the end. Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if the groups were joined and, with -c, COUNT datagrams were received, 1 if fewer were, 2 \
            on error.
            """)

    var general = GeneralOptions()
    var join = IGMPJoin.Configuration()
    var groups: [String] = []

    static func declare(_ options: inout OptionTable<Self>) {
        options.section("Membership")
        options.list(
            "--source", value: .sender, help: "Receive only from this source; may be given several times."
        ) { $0.join.sources.append($1) }
        options.list(
            "--exclude", value: .excludedSender, preset: "",
            help: "Receive from all sources except this one, or except those of --source."
        ) {
            $0.join.excludesSources = true
            if let source = $1 { $0.join.sources.append(source) }
        }
        options.option(
            "--version", value: .membershipVersion,
            help: "Use at most this version: 1 to 3 of IGMP, 1 or 2 of MLD (the newest).", excludes: ["--kernel"]
        ) { $0.join.version = $1 }
        options.option(
            "--robustness", value: .integer(IGMPJoin.Configuration.robustnessValues),
            help: "Report every change N times, until a query contains another value (2).", excludes: ["--kernel"]
        ) { $0.join.robustness = $1 }
        options.flag("--kernel", help: "Let the kernel join, report and leave.") { $0.join.isJoinedByKernel = true }
        options.list(
            "-I", "--interface", value: .interface,
            help: "Join on INTERFACE (the only one that is up, or that of the route); may be given several times."
        ) { $0.join.interfaces.append($1) }
        options.section("End")
        options.option(
            "-c", "--count", value: .integer(1...Int.max, "COUNT"), help: "Leave after COUNT datagrams."
        ) { $0.join.count = $1 }
        options.option(
            "-w", "--deadline", "--duration", value: .duration(atLeast: .milliseconds(1)), help: "Leave after TIME."
        ) { $0.join.duration = $1 }
        options.section("Output")
        options.json()
        options.quiet()
        options.verbose("Also print every datagram, and the reports of other hosts.")
        options.pcap()
        options.explain()
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        groups = arguments.operands
        guard !groups.isEmpty else { throw Self.summary.missingOperand }
    }

    func run(_ console: Console) throws -> Int32 {
        console.limit(to: join.duration)
        let options = try console.runOptions(general)
        let run = try IGMPJoin.prepare(groups, join, options: options)
        let report: any IGMPJoinReport =
            console.isJSON ? IGMPJoinJSON(run, self, console) : IGMPJoinText(run, self, console)
        let summary = try console.run(
            report, of: run, drops: KernelDrops(overflows: run.lostFrames, unexplained: 0))
        return run.outcome(of: summary).exitStatus
    }
}

extension OptionValue where Value == IPAddress {
    /// A host that sends to a group.
    static var sender: Self {
        OptionValue(specification: ValueSpecification(name: "ADDRESS")) { text in
            guard let address = IPAddress(text) else { throw ValueError(expected: "a unicast address") }
            return address
        }
    }
}

extension OptionValue where Value == IPAddress? {
    /// An optional sender.
    static var excludedSender: Self {
        let isSender: (String) -> Bool = { IPAddress($0).map { !$0.isMulticast } ?? false }
        return OptionValue(specification: ValueSpecification(name: "ADDRESS", isRecognized: isSender)) { text in
            text.isEmpty ? nil : try OptionValue<IPAddress>.sender.parse(text)
        }
    }
}

extension OptionValue where Value == Int {
    /// A version of IGMP or MLD.
    static var membershipVersion: Self {
        let choices = IGMPJoin.Configuration.versions.map(String.init)
        let specification = ValueSpecification(name: choices.joined(separator: "|"), choices: choices)
        return OptionValue(specification: specification) { text in
            guard choices.contains(text), let number = Int(text) else {
                throw ValueError(expected: Text.alternatives(choices))
            }
            return number
        }
    }
}
