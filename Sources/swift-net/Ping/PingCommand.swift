import ArgumentParser

/// The command line of `ping` as the parser knows it: for help, completions and
/// the words for mistakes. A right command line is read by `PingWords`.
struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Ask hosts whether they answer, and how fast.",
        usage: "swift-net ping [options] TARGET...",
        discussion: """
            One target is pinged until it is enough (-c, -w) or Ctrl-C; several targets, networks \
            (192.0.2.0/24), ranges (192.0.2.1-20) and --targets FILE are swept, a line each. \
            Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 every target answered, 1 not, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("Names, addresses, networks or ranges.", valueName: "target"))
    var targets: [String] = []

    @Flag
    var switches: [PingSwitch] = []

    @Option(name: PingValue.count.name, help: "Stop after so many replies.")
    var count: String?
    @Option(name: PingValue.identifier.name, help: "ICMP identifier; random by default.")
    var identifier: String?
    @Option(name: PingValue.flowLabel.name, help: "IPv6 flow label, 20 bits.")
    var flowLabel: String?
    @Option(name: PingValue.interval.name, help: "Time between probes (1).")
    var interval: String?
    @Option(name: PingValue.interface.name, help: "Interface or source address.")
    var interface: String?
    @Option(name: PingValue.preload.name, help: "Probes to send before waiting for answers (1).")
    var preload: String?
    @Option(name: PingValue.mark.name, help: "Mark on the packets, for routing rules.")
    var mark: String?
    @Option(
        name: PingValue.pathMTUDiscovery.name,
        help: ArgumentHelp("Path MTU discovery: do, dont, want or probe.", valueName: "mode"))
    var pathMTUDiscovery: String?
    @Option(name: PingValue.pattern.name, help: "Up to 16 hexadecimal bytes to fill the data with.")
    var pattern: String?
    @Option(name: PingValue.trafficClass.name, help: "Type of service or traffic class, 0 to 255.")
    var trafficClass: String?
    @Option(name: PingValue.size.name, help: "Bytes of data (56).")
    var size: String?
    @Option(name: PingValue.sendBuffer.name, help: "Bytes of the socket's send buffer.")
    var sendBuffer: String?
    @Option(name: PingValue.timeToLive.name, help: "Time to live, or hop limit.")
    var timeToLive: String?
    @Option(
        name: PingValue.timestampOption.name,
        help: ArgumentHelp("IP timestamps (IPv4): tsonly, tsandaddr or tsprespec HOST...", valueName: "kind"))
    var timestampOption: String?
    @Option(name: PingValue.deadline.name, help: "End after this time, whatever has come.")
    var deadline: String?
    @Option(name: PingValue.timeout.name, help: "Time to wait for an answer (10; in a sweep 0.5).")
    var timeout: String?

    @Option(
        name: PingValue.targetsFile.name,
        help: ArgumentHelp("Read targets from a file, one a line; - for standard input.", valueName: "file"),
        completion: .file())
    var targetsFile: [String] = []
    @Option(name: PingValue.rate.name, help: "Packets a second in a sweep, or max (10000).")
    var rate: String?
    @Option(name: PingValue.retries.name, help: "Further probes to silent targets of a sweep (3).")
    var retries: String?
    @Option(name: PingValue.icmp.name, help: "What to ask: echo, timestamp, address-mask or router-solicitation.")
    var icmp: String?
    @Option(name: PingValue.fragment.name, help: "Cut every probe into fragments of so many bytes.")
    var fragment: String?
    @Option(
        name: PingValue.fragmentOrder.name,
        help: ArgumentHelp("The order of the fragments: in-order, reversed or overlapping.", valueName: "order"),
        completion: .list(["in-order", "reversed", "overlapping"]))
    var fragmentOrder: String?
    @Option(
        name: PingValue.reportEvery.name,
        help: ArgumentHelp("Print statistics and outage so often.", valueName: "duration"))
    var reportEvery: String?
    @Option(
        name: PingValue.pcap.name, help: ArgumentHelp("Write every frame to a pcapng file.", valueName: "file"),
        completion: .file())
    var pcap: String?
    @Option(
        name: PingValue.explain.name,
        help: ArgumentHelp("Explain the first packets, field by field (2).", valueName: "number"))
    var explain: String?
    @Option(
        name: PingValue.color.name, help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"),
        completion: .list(["auto", "always", "never"]))
    var color: String?
}
