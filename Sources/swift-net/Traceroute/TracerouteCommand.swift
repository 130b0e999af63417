import ArgumentParser

/// The command line of `traceroute` as the parser knows it: for help, completions
/// and the words for mistakes. A right command line is read by `TraceWords`.
struct TracerouteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traceroute",
        abstract: "Show the routers on the way to a host.",
        usage: "swift-net traceroute [options] TARGET... [LENGTH]",
        discussion: """
            Probes of many hops are on their way at once, and all take one path through routers that spread load \
            by flow. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 the target answered, or all of several, 1 it did not, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(
        help: ArgumentHelp(
            "Names or addresses; a last word of digits is the bytes of each packet, as --size.", valueName: "target"))
    var targets: [String]

    @Flag
    var switches: [TraceSwitch] = []

    @Option(name: TraceValue.first.name, help: ArgumentHelp("Begin at this hop (1).", valueName: "hop"))
    var first: String?
    @Option(name: TraceValue.maximumHops.name, help: ArgumentHelp("End at this hop (30).", valueName: "hop"))
    var maximumHops: String?
    @Option(name: TraceValue.queries.name, help: ArgumentHelp("Probes of each hop (3).", valueName: "number"))
    var queries: String?
    @Option(
        name: TraceValue.window.name, help: ArgumentHelp("Probes on their way at once (32).", valueName: "number"))
    var window: String?
    @Option(
        name: TraceValue.wait.name,
        help: ArgumentHelp(
            "Wait so long, so many times the round trip of the same hop, and of a later one (5,3; see the manual).",
            valueName: "max,here,near"))
    var wait: String?
    @Option(
        name: TraceValue.sendInterval.name,
        help: ArgumentHelp("Time between probes; a bare number above 10 is of ms (0).", valueName: "time"))
    var sendInterval: String?
    @Option(name: TraceValue.gap.name, help: ArgumentHelp("End after so many silent hops (8).", valueName: "number"))
    var gap: String?
    @Option(
        name: TraceValue.port.name,
        help: ArgumentHelp("Destination port (UDP 33434, -U 53, -T 80).", valueName: "number"))
    var port: String?
    @Option(
        name: TraceValue.sourcePort.name,
        help: ArgumentHelp("Source port of UDP and TCP; random by default.", valueName: "number"))
    var sourcePort: String?
    @Option(
        name: TraceValue.interface.name, help: ArgumentHelp("Send through this interface.", valueName: "name"))
    var interface: String?
    @Option(
        name: TraceValue.source.name,
        help: ArgumentHelp("Send from this address of this host.", valueName: "address"))
    var source: String?
    @Option(
        name: TraceValue.typeOfService.name,
        help: ArgumentHelp("Type of service or traffic class, 0 to 255.", valueName: "number"))
    var typeOfService: String?
    @Option(name: TraceValue.flowLabel.name, help: ArgumentHelp("IPv6 flow label, 20 bits.", valueName: "number"))
    var flowLabel: String?
    @Option(
        name: TraceValue.size.name, help: ArgumentHelp("Bytes of each packet (60; IPv6 80).", valueName: "bytes"))
    var size: String?
    @Option(
        name: TraceValue.explain.name,
        help: ArgumentHelp("Explain the first packets, field by field (2).", valueName: "number"))
    var explain: String?
    @Option(
        name: TraceValue.method.name,
        help: ArgumentHelp("The method by name: default, udp, icmp or tcp.", valueName: "name"))
    var method: String?
    @Option(
        name: TraceValue.methodOptions.name,
        help: ArgumentHelp(
            "Of TCP: info prints the answer's flags, mss=N and ecn change the SYN.", valueName: "list"))
    var methodOptions: String?
    @Option(
        name: TraceValue.gateway.name,
        help: ArgumentHelp("Go through these gateways, by a loose source route (IPv4).", valueName: "address,..."))
    var gateway: [String] = []
    @Option(
        name: TraceValue.pcap.name,
        help: ArgumentHelp("Write the frames sent and received to this file (pcapng).", valueName: "file"))
    var pcap: String?
    @Option(
        name: TraceValue.confidence.name,
        help: ArgumentHelp("How sure --paths is to have found all (95).", valueName: "percent"))
    var confidence: String?
    @Option(
        name: TraceValue.cycles.name,
        help: ArgumentHelp("How often --report and --live ask every hop (10; --live without end).", valueName: "number")
    )
    var cycles: String?
    @Option(
        name: TraceValue.interval.name,
        help: ArgumentHelp("Time from one cycle to the next (1).", valueName: "time"))
    var interval: String?
    @Option(
        name: TraceValue.nameWait.name,
        help: ArgumentHelp(
            "Hold a finished line for up to TIME until its names are known; 0 prints at once (1).", valueName: "time"))
    var nameWait: String?
}
