import SwiftNet

/// `arping`: the options and their values. Those of Habets' style are in `HabetsCommand`.
struct ArpingCommand: Command {
    static let summary = CommandSummary(
        name: "arping", group: .link, abstract: "Find the host that has an IPv4 address on the link, by ARP.",
        usage: [
            "[options] TARGET", "[options] --probe ADDRESS", "[options] --announce ADDRESS",
            "[options] --sweep NETWORK", "--table [options] [ADDRESS...]", "--style habets [options] TARGET",
        ],
        operand: ("TARGET", "a name, an IPv4 address or a MAC address"),
        discussion: """
            TARGET is a name, an IPv4 address, or the MAC address of a host, which is pinged by ICMP echo. Options and \
            output are those of iputils' arping, or with --style habets those of Habets' arping ('swift-net arping \
            --style habets --help'). Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if the target replied (-D, --probe: the address is free; --sweep, --table: a host was \
            found; --duplicates: no address is used twice), 1 if not, 2 on error.
            """,
        foreignOptions: ["-a", "-B", "-C", "-d", "-e", "-g", "-m", "-P", "-Q", "-R", "-u"].map {
            ($0, "an option of Habets' arping: add --style habets")
        } + [
            ("-l", "use --sweep NETWORK"), ("--localnet", "use --sweep NETWORK"),
            ("--scan", "use --sweep NETWORK"),
            ("-n", "names are never looked up"), ("-4", "arping always uses IPv4"),
            ("-6", "ARP is for IPv4 only; use ping -6"),
        ])

    static let duplicates = CommandMode(name: "-D")
    static let requests = CommandMode(name: "-U")
    static let replies = CommandMode(name: "-A")
    static let probe = CommandMode(name: "--probe")
    static let announcement = CommandMode(name: "--announce")
    static let sweep = CommandMode(name: "--sweep")
    static let table = CommandMode(name: "--table")

    /// iputils' modes.
    private static let classic = [CommandMode.standard, duplicates, requests, replies]
    private static let single = classic + [probe, announcement]
    private static let sending = single + [sweep]
    private static let selectable = [duplicates, requests, replies, probe, announcement, sweep, table]

    /// Returns the options that exclude the option of a mode.
    private static func others(_ mode: CommandMode) -> [String] { selectable.map(\.name).filter { $0 != mode.name } }

    var settings = ArpingSettings()
    var task = CommandMode.standard
    /// The address of --probe or --announce.
    var address: IPv4Address?
    var network = ""
    var sweep = ArpingSweep.Configuration()
    var comparisonFile: String?
    var printsOnlyDuplicates = false
    /// The addresses to which --table is limited.
    var addresses: [IPAddress] = []

    var general: GeneralOptions {
        get { settings.general }
        set { settings.general = newValue }
    }

    func mode(_ arguments: ParsedArguments) -> CommandMode { task }

    static func declare(_ options: inout OptionTable<Self>) {
        declareModes(&options)
        declareProbes(&options)
        declareRun(&options)
        declareSweep(&options)
        options.section("Output")
        options.json()
        options.quiet("Print nothing.")
        options.verbose("Also report ignored replies with the reason, and the number of frames of other VLANs.")
        options.flag("-r", help: "Print only the MAC address of each reply.", in: single, excludes: ["-j"]) {
            $0.settings.printsMAC = true
        }
        options.flag("--timestamps", help: "Print the time before each line.", in: sending, excludes: ["-j"]) {
            $0.settings.printsTimes = true
        }
        options.pcap(in: sending)
        options.explain(in: sending)
        options.option(
            "--style", value: .choice(ArpingStyle.self, "STYLE"),
            help: "Use the options and output of iputils or habets (iputils)."
        ) { $0.settings.style = $1 }
    }

    private static func declareModes(_ options: inout OptionTable<Self>) {
        options.section("Modes")
        options.flag(
            "-D", help: "Detect duplicates: exit 1 if a host has the address.", excludes: others(duplicates)
        ) { $0.task = duplicates }
        options.flag(
            "-U", help: "Announce an address of this host by ARP requests.", excludes: others(requests)
        ) { $0.task = requests }
        options.flag("-A", help: "Announce an address of this host by ARP replies.", excludes: others(replies)) {
            $0.task = replies
        }
        options.option(
            "--probe", value: .onlyTarget,
            help: "Check whether ADDRESS is free, as RFC 5227 does: exit 1 if it is taken.",
            excludes: others(probe)
        ) { ($0.task, $0.address) = (probe, $1) }
        options.option(
            "--announce", value: .onlyTarget, help: "Announce ADDRESS, one of this host's, as RFC 5227 does.",
            excludes: others(announcement)
        ) { ($0.task, $0.address) = (announcement, $1) }
        options.option(
            "--sweep", value: .text("NETWORK"), help: "Find the hosts of NETWORK (192.0.2.0/24, 192.0.2.1-20).",
            excludes: others(sweep)
        ) { ($0.task, $0.network) = (sweep, $1) }
        options.flag(
            "--table", help: "Print the kernel's neighbor table, or only the entries of ADDRESS... and -I.",
            excludes: others(table)
        ) { $0.task = table }
    }

    private static func declareProbes(_ options: inout OptionTable<Self>) {
        options.section("Probes")
        options.interface(\.settings.arping.interface, "Use this interface (that of the route to the target).")
        options.option(
            "-s", "-S", "--source", "--sender", value: .ipv4, help: "Send from this address of this host.",
            in: classic + [sweep]
        ) { $0.settings.arping.source = $1 }
        options.flag("-0", help: "Send from 0.0.0.0.", in: [.standard, duplicates, sweep]) {
            $0.settings.arping.source = .unspecified
        }
        options.option("-t", "--target-mac", value: .mac, help: "Send only to this host (broadcast).", in: classic) {
            $0.settings.arping.targetMAC = $1
        }
        options.option(
            "-T", "--target-address", value: .ipv4,
            help: "Set the destination of echo requests to a MAC address (from the neighbor table).", in: [.standard]
        ) { $0.settings.arping.targetAddress = $1 }
        options.flag("-b", help: "Keep sending broadcasts after the first reply.", in: single) {
            $0.settings.arping.staysBroadcast = true
        }
        options.option(
            "--vlan", value: .integer(VLANTag.vlans, "VID"),
            help: "Tag probes for VLAN VID, and receive only its frames.",
            in: sending
        ) { $0.settings.arping.vlan = $1 }
    }

    private static func declareRun(_ options: inout OptionTable<Self>) {
        options.section("Timing")
        options.option(
            "-c", "--count", value: .integer(ArpingConfiguration.counts, "COUNT"),
            help: "Stop after COUNT probes; with -w, after COUNT replies.", in: single
        ) { $0.settings.arping.count = $1 }
        options.option(
            "-i", "-W", "--interval", "--wait", value: .duration(atLeast: .milliseconds(1)),
            help: "Set the time between probes (1).", in: classic
        ) { $0.settings.arping.interval = $1 }
        options.option(
            "-w", "--deadline", value: .duration(),
            help: "Stop after TIME (0: no deadline); with --sweep, wait TIME for the last replies of a round (0.5).",
            in: sending
        ) { $0.settings.arping.deadline = $1 }
        options.flag("-f", help: "Stop after the first reply.", in: single) {
            $0.settings.arping.endsAtFirstAnswer = true
        }
    }

    private static func declareSweep(_ options: inout OptionTable<Self>) {
        options.section("Sweeps")
        options.option(
            "--rate", value: .rate, help: "Send N probes per second (2000), or max: as fast as possible.", in: [sweep]
        ) {
            $0.sweep.rate = $1.packetsPerSecond
        }
        options.option(
            "--retries", value: .integer(ArpingSweepConfiguration.retryCounts),
            help: "Retry unanswered probes N times (2).", in: [sweep]
        ) { $0.sweep.retries = $1 }
        options.flag(
            "--duplicates", help: "Print only addresses that several hosts have: exit 1 if there are any.", in: [sweep]
        ) { $0.printsOnlyDuplicates = true }
        options.option(
            "--compare", value: .file, help: "Compare with an earlier --sweep, whose JSON output is in FILE.",
            in: [sweep]
        ) { $0.comparisonFile = $1 }
    }
}
