import SwiftNet

/// `ping`: the options and their values.
struct PingCommand: Command {
    static let summary = CommandSummary(
        name: "ping", group: .hosts, abstract: "Test whether hosts reply, and how fast.",
        usage: ["[options] TARGET..."],
        operand: ("TARGET", "a name, an address or a network"),
        discussion: """
            Pings one target until -c, -w or Ctrl-C. Several targets, networks (192.0.2.0/24), ranges \
            (192.0.2.1-20) and --targets FILE make a sweep: one line per host. Durations are in seconds (1, 0.2) or \
            have a unit (200ms, 2s, 1m).

            Exit status: 0 if every target replied, 1 if one did not, 2 on error.
            """,
        foreignOptions: [
            ("--until-alive", "-c 1 -w SECONDS waits for the first reply"),
            ("-g", "a network can be a target: swift-net ping 192.0.2.0/24"),
        ])

    static let single = CommandMode.standard
    static let sweep = CommandMode(
        name: "several targets, --live, --alive, --unreachable, --reachable or --all-addresses")

    var general = GeneralOptions()
    var ping = Ping.Configuration()
    var sweep = PingSweep.Configuration()
    /// The value of -i: in a sweep the time between packets, or with -c between packets to the same target.
    var interval: Nanoseconds?
    var size: Int?
    var pattern: [UInt8]?
    var timestampOption: IPTimestampChoice?
    var fragmentSize: Int?
    var fragmentOrder = PingFragmentPlan.Order.inOrder
    var targetFiles: [String] = []
    var filter = PingSweepFilter.all
    var rate: Rate?
    var retries: Int?
    /// The number of targets that must reply for exit status 0; nil for all.
    var requiredCount: Int?
    var isLive = false
    var style = PingText.Style()
    var isFlood = false
    var hasStickySource = false
    var isPlotted = false
    /// Set by the last one of -n and -H.
    var wantsNames: Bool?

    var isSweep = false
    var expressions: [TargetExpression] = []
    /// The targets as written, parallel to `expressions`.
    var texts: [String] = []

    static func declare(_ options: inout OptionTable<Self>) {
        declareProbes(&options)
        declareRun(&options)
        declareSweep(&options)
        declareOutput(&options)
    }

    private static func declareProbes(_ options: inout OptionTable<Self>) {
        options.section("Probes")
        options.families(\.ping.family)
        options.list(
            "-I", "--interface", value: .source,
            help: "Send through this interface, or from this address of this host; may be given once for each."
        ) { command, source in
            command.ping.source = source.address ?? command.ping.source
            command.ping.interface = source.interface ?? command.ping.interface
        }
        options.option(
            "-s", "--size", value: .integer(PingConfiguration.dataLengths, "BYTES"), help: "Send BYTES of data (56)."
        ) {
            $0.size = $1
        }
        options.option(
            "-p", "--pattern", value: .pattern, help: "Fill the data with up to 16 bytes in hexadecimal."
        ) { $0.pattern = $1 }
        options.option(
            "-t", "--ttl", value: .integer(IPv4View.timesToLive),
            help: "Set the time to live or hop limit (64; multicast 1)."
        ) {
            $0.ping.timeToLive = $1
        }
        options.option("-Q", "--tos", value: .integer(0...255), help: "Set the type of service or traffic class.") {
            $0.ping.trafficClass = $1
        }
        options.option(
            "-F", "--flow-label", value: .integer(IPv6View.flowLabels), help: "Set the IPv6 flow label.",
            excludes: ["-R", "-T"]
        ) {
            $0.ping.flowLabel = $1
        }
        options.option(
            "-e", "--identifier", value: .integer(0...65_535), help: "Set the ICMP identifier (random)."
        ) { $0.ping.identifier = $1 }
        options.option(
            "-m", "--mark", value: .integer(0...UInt32.max), help: "Set the mark of packets, for policy routing."
        ) {
            $0.ping.mark = $1
        }
        options.option(
            "-M", "--pmtu-discovery", value: .choice(PathMTUDiscovery.self),
            help: "Set path MTU discovery: do and probe set DF, want also fragments locally, dont does not set DF."
        ) { $0.ping.pathMTUDiscovery = $1 }
        options.option("--icmp", value: .choice(ICMPQuery.self, "QUERY"), help: queryHelp) { $0.ping.query = $1 }
        options.flag("-R", "--record-route", help: "Record the route (IPv4).", in: [single], excludes: ["-T"]) {
            $0.ping.options = .recordRoute
        }
        options.option(
            "-T", "--timestamp", value: .choice(IPTimestampChoice.self),
            help: "Add an IP timestamp option (IPv4); tsprespec takes up to 4 hosts, the target last.",
            in: [single]
        ) { $0.timestampOption = $1 }
        options.option(
            "--fragment", value: .integer(PingFragmentPlan.sizes, "BYTES"),
            help: "Send every probe in fragments of BYTES, a multiple of 8.", in: [single], excludes: ["--icmp"]
        ) { $0.fragmentSize = $1 }
        options.option(
            "--fragment-order", value: .choice(PingFragmentPlan.Order.self), help: "Set the order of the fragments.",
            in: [single], requires: "--fragment"
        ) { $0.fragmentOrder = $1 }
        options.flag("-b", "--broadcast", help: "Allow pinging a broadcast address.") { $0.ping.allowsBroadcast = true }
        options.flag(
            "-B", "--sticky-source", help: "Use the source address of the first probe for all probes.", in: [single]
        ) {
            $0.hasStickySource = true
        }
        options.flag("-C", "--connect", help: "Connect the socket to the target.", in: [single]) {
            $0.ping.connects = true
        }
        options.flag("-d", help: "Set SO_DEBUG on the socket.") { $0.ping.debugs = true }
        options.flag("-L", "--no-loop", help: "Do not loop multicast probes back.") { $0.ping.loopsMulticast = false }
        options.flag("-r", "--bypass-routing", help: "Send only to hosts on the link.") {
            $0.ping.bypassesRouting = true
        }
        options.option(
            "-S", "--send-buffer", value: .integer(1...Int(Int32.max), "BYTES"),
            help: "Set the size of the socket's send buffer."
        ) { $0.ping.sendBuffer = $1 }
    }

    private static let queryHelp =
        "Send another query: \(Text.alternatives(ICMPQuery.allCases.map(\.rawValue))) (echo)."

    private static func declareRun(_ options: inout OptionTable<Self>) {
        options.section("Timing")
        options.option(
            "-c", "--count", value: .integer(1...Int.max, "COUNT"),
            help: "Stop after COUNT probes; with -w, after COUNT replies."
        ) { $0.ping.count = $1 }
        options.option("-i", "--interval", value: .duration(), help: "Set the time between probes (1).") {
            $0.interval = $1
        }
        options.option("-w", "--deadline", value: .duration(), help: "Stop after TIME.") {
            // As in iputils, 0 is no deadline.
            $0.ping.deadline = $1 == .zero ? nil : $1
        }
        options.flag(
            "--keep-going", help: "Continue until -w ends the run even if an ICMP error is received.", in: [single],
            requires: "-w"
        ) { $0.ping.endsAtError = false }
        options.option(
            "--consecutive", value: .integer(PingConfiguration.consecutiveCounts, "COUNT"),
            help: "Stop after COUNT probes in a row have replies; without them, the exit status is 1.", in: [single]
        ) { $0.ping.consecutive = $1 }
        options.option(
            "-W", "--timeout", value: .duration(), help: "Wait TIME for a reply (10; in a sweep 0.5; 0: no timeout)."
        ) { $0.ping.timeout = $1 == .zero ? PingConfiguration.noTimeout : $1 }
        options.flag("-A", "--adaptive", help: "Adapt the interval to the round-trip time.", in: [single]) {
            $0.ping.isAdaptive = true
        }
        options.flag(
            "-f", "--flood", help: "Send as fast as replies arrive, and print a dot for each probe.", in: [single]
        ) { $0.isFlood = true }
        options.option(
            "-l", "--preload", value: .integer(PingConfiguration.preloads, "COUNT"),
            help: "Send COUNT probes without waiting for replies (1).", in: [single]
        ) { $0.ping.preload = $1 }
    }

    private static func declareSweep(_ options: inout OptionTable<Self>) {
        options.section("Sweeps of several targets")
        options.list("--targets", value: .file, help: "Read targets from FILE (- for standard input).") {
            $0.targetFiles.append($1)
        }
        options.flag(
            "--live", help: "Show a graph of each target on a full screen; the keys are q, p, r, a, j and k.",
            excludes: ["--alive", "--unreachable", "--report-every", "--retries", "--rate", "-j", "--explain"]
        ) { $0.isLive = true }
        options.flag("--alive", help: "Print only the targets that reply.", excludes: ["--unreachable"]) {
            $0.filter = .alive
        }
        options.flag(
            "--unreachable", help: "Print only the targets that do not reply.", excludes: ["--alive"]
        ) { $0.filter = .unreachable }
        options.option(
            "--rate", value: .rate,
            help: "Send N packets per second (10000), or max: as fast as possible.", in: [sweep]
        ) { $0.rate = $1 }
        options.option(
            "--retries", value: .integer(PingSweepConfiguration.retryCounts),
            help: "Retry unanswered probes N times (3).", in: [sweep],
            excludes: ["-c", "--report-every"]
        ) { $0.retries = $1 }
        options.option(
            "--reachable", value: .integer(1...Int.max), help: "Exit with 0 if at least N targets reply."
        ) { $0.requiredCount = $1 }
        options.flag("--all-addresses", help: "Ping every address of a name.") {
            $0.sweep.probesAllAddresses = true
        }
    }

    private static func declareOutput(_ options: inout OptionTable<Self>) {
        options.section("Output")
        options.json()
        options.quiet()
        options.verbose("Also report packets that were rejected.")
        options.flag("-n", "--numeric", help: "Do not look up names; overrides -H.") { $0.wantsNames = false }
        options.flag("-H", "--names", help: "Look up names even for numeric targets; overrides -n.", in: [single]) {
            $0.wantsNames = true
        }
        options.flag("-a", "--audible", help: "Ring the bell for each reply.", in: [single]) {
            $0.style.isAudible = true
        }
        options.flag("-D", "--timestamps", help: "Print the time before each line.", in: [single]) {
            $0.style.printsTimes = true
        }
        options.flag("-O", "--outstanding", help: "Report a missing reply when the next probe is sent.", in: [single]) {
            $0.ping.reportsOutstanding = true
        }
        options.flag("-U", "--user-latency", help: "Measure times in this program, not in the kernel.") {
            $0.ping.ignoresKernelStamps = true
        }
        options.flag("-3", "--precise", help: "Print round-trip times with 3 decimals.", in: [single]) {
            $0.style.isPrecise = true
        }
        options.flag("--plot", help: "Plot the round-trip times and their distribution.", in: [single]) {
            $0.isPlotted = true
        }
        options.option(
            "--report-every", value: .duration(atLeast: .milliseconds(1)),
            help: "Print statistics and outages every TIME; in a sweep without -c, probe every -i until Ctrl-C."
        ) { $0.ping.reportInterval = $1 }
        options.flag(
            "--split", help: "Split the first round-trip time into neighbor resolution, queue and network.",
            in: [single]
        ) { $0.ping.splitsFirstRoundTrip = true }
        options.pcap()
        options.explain()
        options.color()
    }
}
