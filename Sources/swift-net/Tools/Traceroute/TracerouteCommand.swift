import SwiftNet

/// `traceroute`: the options and their values.
struct TracerouteCommand: Command {
    static let summary = CommandSummary(
        name: "traceroute", group: .hosts, abstract: "Find the routers on the path to a host.",
        usage: ["[options] TARGET... [LENGTH]"],
        operand: ("TARGET", "a name or an address"),
        discussion: """
            Probes for many hops are sent at once, and all take one path through routers that balance load by flow. \
            Several targets are traced at the same time; --paths, --dot, --report and --live take one. LENGTH sets \
            the length of each packet, as --size does. Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if every target replied, 1 if one did not, 2 on error.
            """,
        foreignOptions: [
            ("-r", "--report prints a table as mtr -r does"),
            ("-c", "--report --cycles COUNT sends COUNT probes to each hop"),
            ("-b", "names are printed with addresses unless -n is given"),
            ("-d", "-n does not look up names"),
        ])

    static let hops = CommandMode.standard
    static let paths = CommandMode(name: "--paths")
    static let dot = CommandMode(name: "--dot")
    static let report = CommandMode(name: "--report")
    static let live = CommandMode(name: "--live")

    var general = GeneralOptions()
    var trace = Traceroute.Configuration()
    /// The method of -I, -U or -T, and that of -M.
    var method: TracerouteMethod?
    var module: TraceModule?
    var port: UInt16?
    var isNumeric = false
    /// The maximum time that a finished line waits for its names.
    var nameWait = Nanoseconds.seconds(1)
    var printsExtensions = false
    var printsOrigins = false
    var originSource = OriginSourceName.whois
    var printsHopsBack = false
    /// Set by -O info: print the flags of the target's TCP segment.
    var printsFlags = false
    var confidence = Traceroute.Paths.defaultConfiguration.confidence
    var findsPaths = false
    var cycles: Int?
    /// The configuration of --report and --live, except for its trace.
    var measurement = Traceroute.Cycles.Configuration()
    var isCSV = false
    var isWide = false

    var mode = hops
    var targets: [String] = []

    static func declare(_ options: inout OptionTable<Self>) {
        declareModes(&options)
        declareProbes(&options)
        declarePace(&options)
        declareOutput(&options)
    }

    private static func declareModes(_ options: inout OptionTable<Self>) {
        options.section("Modes")
        options.flag(
            "--paths",
            help: "Find every path of a load-balanced route, by UDP or TCP; with --report, measure each of them.",
            in: [paths, dot, report]
        ) { $0.findsPaths = true }
        options.flag("--dot", help: "Print these paths as a Graphviz graph.", in: [dot]) { _ in }
        options.option(
            "--confidence", value: .confidence, help: "Set the probability of finding every branch (95)."
        ) { $0.confidence = $1 }
        options.flag(
            "--report",
            help: "Probe every hop repeatedly, by ICMP echo unless -U or -T is given, and print a table as mtr does.",
            in: [report]
        ) { _ in }
        options.flag(
            "--live", help: "Show this table on a full screen; the keys are q, p, r, d, g, n, w, j and k.", in: [live]
        ) { _ in }
        options.option(
            "--cycles", value: .integer(Traceroute.Cycles.Configuration.cycleCounts, "COUNT"),
            help: "Probe every hop COUNT times (10; --live: until q is pressed).", in: [report, live]
        ) { $0.cycles = $1 }
        options.option(
            "--interval", value: .duration(atLeast: Traceroute.Cycles.Configuration.leastInterval),
            help: "Start a cycle every TIME (1).",
            in: [report, live]
        ) { $0.measurement.interval = $1 }
        options.flag(
            "--mtu", help: "Find the path MTU to each hop, and path-MTU black holes; implies -F.",
            in: [hops, report, live]
        ) { $0.trace.findsPathMTU = true }
    }

    private static let icmp = ["-I", "-M icmp"]

    private static func declareProbes(_ options: inout OptionTable<Self>) {
        options.section("Probes")
        options.families(\.trace.family)
        options.flag(
            "-I", "--icmp", help: "Send ICMP echo requests instead of UDP.", in: [hops, report, live],
            excludes: ["-U", "-T"]
        ) { $0.method = .icmp }
        options.flag("-U", "--udp", help: "Send UDP to port 53, or to the port of -p.", excludes: ["-T"]) {
            $0.method = .udp
        }
        options.flag(
            "-T", "--tcp", help: "Send TCP SYN to port 80, or to the port of -p; no connection is established."
        ) { $0.method = .tcp }
        options.option(
            "-M", "--module", value: .choice(TraceModule.self), help: "Select the method by name (default: udp)."
        ) { $0.module = $1 }
        options.list(
            "-O", "--options", value: .tcpOptions,
            help: "With -T: info prints the TCP flags of the target's reply; mss=N and ecn change the SYN."
        ) { command, all in all.forEach { command.apply($0) } }
        options.option(
            "-p", "--port", value: .integer(1...65_535),
            help: "Set the destination port (33434; 53 with -U, 80 with -T).", excludes: icmp
        ) { $0.port = $1 }
        options.option(
            "--sport", value: .integer(1...65_535), help: "Set the source port of UDP or TCP (random).", excludes: icmp
        ) { $0.trace.probe.sourcePort = $1 }
        options.option("-i", "--interface", value: .interface, help: "Send through this interface.") {
            $0.trace.interface = $1
        }
        options.option("-s", "--source", value: .address, help: "Send from this address of this host.") {
            $0.trace.source = $1
        }
        options.list(
            "-g", "--gateway", value: .gateways,
            help: "Send through up to 8 gateways, by a loose source route (IPv4)."
        ) { $0.trace.probe.gateways += $1 }
        options.option(
            "--size", value: .packetLength, help: "Set the length of each packet (60; IPv6 80)."
        ) { $0.trace.packetLength = $1 }
        options.flag("-F", "--dont-fragment", help: "Do not fragment probes, on this host or (IPv4) on routers.") {
            $0.trace.probe.dontFragment = true
        }
        options.option("-t", "--tos", value: .integer(0...255), help: "Set the type of service or traffic class.") {
            $0.trace.probe.typeOfService = $1
        }
        options.option(
            "-l", "--flowlabel", value: .integer(IPv6View.flowLabels), help: "Set the IPv6 flow label."
        ) { $0.trace.probe.flowLabel = $1 }
        options.option(
            "--fwmark", value: .integer(0...UInt32.max), help: "Set the mark of packets, for policy routing."
        ) {
            $0.trace.mark = $1
        }
        options.flag(
            "--no-paris", help: "Change the UDP destination port or the ICMP checksum with each probe.", in: [hops]
        ) { $0.trace.probe.isOneFlow = false }
    }

    private static func declarePace(_ options: inout OptionTable<Self>) {
        options.section("Hops and timing")
        options.option(
            "-f", "--first", value: .integer(TracerouteConfiguration.hops, "HOP"), help: "Start at this hop (1)."
        ) {
            $0.trace.probe.firstHop = $1
        }
        options.option(
            "-m", "--max-hops", value: .integer(TracerouteConfiguration.hops, "HOP"), help: "Stop at this hop (30)."
        ) {
            $0.trace.probe.maximumHops = $1
        }
        options.option(
            "--gap", value: .integer(TracerouteConfiguration.hops),
            help: "Stop after N hops in a row that do not reply (8)."
        ) {
            $0.trace.probe.gap = $1
        }
        options.option(
            "-q", "--queries", value: .integer(TracerouteConfiguration.queryCounts),
            help: "Send N probes to each hop (3).", in: [hops]
        ) {
            $0.trace.probe.queries = $1
        }
        options.option(
            "-N", "--sim-queries", value: .integer(TracerouteConfiguration.windows),
            help: "Allow up to N outstanding probes (32).",
            in: [hops]
        ) { $0.trace.probe.window = $1 }
        options.option(
            "-w", "--wait", value: .traceWait,
            help: """
                Wait up to MAX, but not longer than HERE times the round-trip time of the same hop or NEAR times \
                that of a later one (5,3; see the manual).
                """
        ) { $0.trace.probe.setWait(atMost: $1.longest, here: $1.here, near: $1.near) }
        options.option(
            "-z", "--sendwait", value: .sendWait,
            help: "Wait TIME between probes; a number above 10 is milliseconds (0).", in: [hops]
        ) { $0.trace.probe.sendInterval = $1 }
    }

    private static func declareOutput(_ options: inout OptionTable<Self>) {
        options.section("Output")
        options.json(in: [hops, paths, report])
        options.flag(
            "--csv", help: "Print the table of --report as comma-separated values, with mtr's columns.", in: [report],
            excludes: ["-j"]
        ) { $0.isCSV = true }
        options.flag(
            "--wide", help: "Print host names in full, whatever the width of the terminal.", in: [report, live]
        ) { $0.isWide = true }
        options.flag("-n", "--numeric", help: "Do not look up names.") { $0.isNumeric = true }
        options.option(
            "--name-wait", value: .duration(),
            help: "Hold a finished line for up to TIME until its names are known; 0 prints at once (1).",
            in: [hops, paths, dot, report], excludes: ["-n"]
        ) { $0.nameWait = $1 }
        options.flag(
            "-A", "--as-path-lookups", help: "Look up the autonomous system of each hop in a routing registry.",
            in: [hops, paths, report, live]
        ) { $0.printsOrigins = true }
        options.option(
            "--as-source", value: .choice(OriginSourceName.self),
            help: "Look it up by whois or by DNS, as mtr does (whois).", in: [hops, paths, report, live], requires: "-A"
        ) { $0.originSource = $1 }
        options.flag(
            "-e", "--extensions", help: "Print MPLS labels and interface information of routers.", in: [hops]
        ) { $0.printsExtensions = true }
        options.flag(
            "--back", help: "Print the number of return hops where it differs from the forward hops.", in: [hops]
        ) { $0.printsHopsBack = true }
        options.pcap()
        options.explain(in: [hops, paths, report])
        options.color()
    }
}
