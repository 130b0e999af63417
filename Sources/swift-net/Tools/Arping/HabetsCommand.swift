import SwiftNet

/// `arping --style habets`: the options of Habets' arping and their values.
struct HabetsCommand: Command {
    static let summary = CommandSummary(
        name: "arping", group: .link,
        abstract: "Find the host that has an IPv4 address on the link, with the options of Habets' arping.",
        usage: ["--style habets [options] TARGET", "--style habets [options] -B"],
        discussion: """
            TARGET is a name, an IPv4 address, or the MAC address of a host, which is pinged by ICMP echo. Options, \
            output and exit statuses are those of Habets' arping 2.23. Durations are in seconds.

            Exit status: 0 if the target replied, 1 if it did not (with -d also if two hosts replied), 2 on error.
            """,
        foreignOptions: [
            ("-I", "in Habets' style the option is -i"), ("--sweep", "omit --style habets"),
            ("--table", "omit --style habets"), ("--probe", "omit --style habets"),
            ("--announce", "omit --style habets"),
        ])

    var settings = ArpingSettings()
    private var asksForBroadcast = false
    private var announcesByReply = false
    /// Set by -r: print the MAC address of a reply, or the IP address if the target is a MAC address.
    private var printsSought = false
    /// Set by -R: print the other one of the two.
    private var printsGiven = false

    var general: GeneralOptions {
        get { settings.general }
        set { settings.general = newValue }
    }

    /// Whether the last --style of the arguments selects this style.
    static func isSelected(_ arguments: [String]) -> Bool {
        let options = arguments.prefix { $0 != "--" }
        let styles = zip(options, options.dropFirst() + [""]).compactMap { argument, next in
            argument == "--style" ? next : argument.hasPrefix("--style=") ? String(argument.dropFirst(8)) : nil
        }
        return styles.last == ArpingStyle.habets.rawValue
    }

    static func declare(_ options: inout OptionTable<Self>) {
        declareProbes(&options)
        declareOutput(&options)
        options.section("Accepted for compatibility")
        for name in ["-A", "-F", "-p", "-z", "-Z"] { options.flag(name, help: "No effect.") { _ in } }
        options.option("-m", "--timestamp-type", value: .text("TYPE"), help: "No effect.") { _, _ in }
        options.option("-g", "--set-group", value: .text("GROUP"), help: "No effect.") { _, _ in }
    }

    private static func declareProbes(_ options: inout OptionTable<Self>) {
        options.option("-i", "--interface", value: .interface, help: "Use this interface (that of the route).") {
            $0.settings.arping.interface = $1
        }
        options.option("-c", "--count", value: .count, help: "Stop after COUNT probes.") {
            $0.settings.arping.count = $1
        }
        options.option("-C", "--replies", value: .count, help: "Stop after COUNT replies.") {
            $0.settings.arping.enough = $1
        }
        options.option(
            "-W", "--wait", value: .duration(atLeast: .microseconds(1)), help: "Set the time between probes (1)."
        ) { $0.settings.arping.interval = $1 }
        options.option("-w", "--deadline", value: .duration(atLeast: .milliseconds(1)), help: "Stop after TIME.") {
            $0.settings.arping.deadline = $1
        }
        options.option(
            "-S", "--sender", value: .ipv4,
            help: "Send from this address: one of this host, or one that no host on the link has."
        ) {
            ($0.settings.arping.source, $0.settings.arping.checksUnownedSource) = ($1, true)
        }
        options.flag("-0", help: "Send from 0.0.0.0.") { $0.settings.arping.source = .unspecified }
        options.flag("-b", help: "Send from 255.255.255.255.") { $0.settings.arping.source = .limitedBroadcast }
        options.flag("-B", help: "Ask for 255.255.255.255 instead of TARGET.") { $0.asksForBroadcast = true }
        options.option("-s", "--own-mac", value: .mac, help: "Require this MAC address of the interface.") {
            $0.settings.ownMAC = $1
        }
        options.option("-t", "--target-mac", value: .mac, help: "Send only to this host (broadcast).") {
            $0.settings.arping.targetMAC = $1
        }
        options.option(
            "-T", "--target-address", value: .ipv4,
            help: "Set the destination of echo requests to a MAC address (from the neighbor table)."
        ) { $0.settings.arping.targetAddress = $1 }
        options.flag("-U", help: "Announce TARGET, an address of this host, by ARP requests.") {
            $0.settings.arping.mode = .announceByRequest
        }
        options.flag("-P", help: "Announce by ARP replies.", requires: "-U") { $0.announcesByReply = true }
        options.option("-V", "--vlan", value: .integer(VLANTag.identifiers, "VID"), help: "Tag probes for VLAN VID.") {
            $0.settings.arping.vlan = $1
        }
        options.option(
            "-Q", "--vlan-priority", value: .integer(VLANTag.priorities), help: "Set the priority of the tag (0).",
            requires: "-V"
        ) { $0.settings.arping.vlanPriority = $1 }
    }

    private static func declareOutput(_ options: inout OptionTable<Self>) {
        options.section("Output")
        options.flag("-D", help: "Print ! for each reply and . for each timeout.", excludes: ["-r", "-R", "-j"]) {
            $0.settings.display.isMarks = true
        }
        options.flag("-d", help: "Exit 1 if two hosts reply.") { $0.settings.findsDuplicates = true }
        options.flag(
            "-r", help: "Print only the MAC address of each reply, or the address if TARGET is a MAC address.",
            excludes: ["-j"]
        ) { $0.printsSought = true }
        options.flag("-R", help: "Print only the address that -r does not print.", excludes: ["-j"]) {
            $0.printsGiven = true
        }
        options.flag(
            "-u", help: "Print the number of probes beside that of each reply.", excludes: ["-D", "-r", "-R", "-j"]
        ) {
            $0.settings.display.showsProbes = true
        }
        options.flag("--timestamps", help: "Print the time before each line.", excludes: ["-D", "-j"]) {
            $0.settings.printsTimes = true
        }
        options.flag("-a", help: "Ring the bell for each reply.", excludes: ["-j"]) {
            $0.settings.display.beepsAtReply = true
        }
        options.flag("-e", help: "Ring the bell for each timeout.", excludes: ["-j"]) {
            $0.settings.display.beepsAtTimeout = true
        }
        options.json()
        options.quiet("Print nothing.")
        options.verbose("Print the addresses of this host, and report ignored replies.")
        options.pcap()
        options.explain()
        options.option(
            "--style", value: .choice(ArpingStyle.self, "STYLE"),
            help: "Use the options and output of iputils or habets (iputils)."
        ) { $0.settings.style = $1 }
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        if asksForBroadcast, let target = arguments.operands.first { throw UsageError("\(target): -B takes no target") }
        try settings.readTarget(asksForBroadcast ? ["\(IPv4Address.limitedBroadcast)"] : arguments.operands)
        if announcesByReply { settings.arping.mode = .announceByReply }
        if settings.station != nil, settings.arping.mode != .ask {
            throw UsageError("-U cannot be used with a MAC address as target")
        }
        settings.arping.staysBroadcast = true
        settings.arping.reportsIgnored = general.isVerbose
        let isStation = settings.station != nil
        settings.printsMAC = isStation ? printsGiven : printsSought
        settings.printsAddress = isStation ? printsSought : printsGiven
    }

    func run(_ console: Console) throws -> Int32 { try ArpingRun(settings: settings, console: console).run() }
}

extension OptionValue where Value == Int {
    fileprivate static var count: Self { .integer(ArpingConfiguration.counts, "COUNT") }
}
