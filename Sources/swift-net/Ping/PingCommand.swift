import ArgumentParser

/// The command line of `ping`: its words, as text. `PingSettings` makes values of them.
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

    /// How words are cut before they are parsed.
    static let words = ShortOptions(
        flags: "346aAbBCdDfhHjLnOqrRUvV", values: "ceFiIlmMpQsStTwW",
        longValues: [
            "count", "identifier", "flow-label", "interval", "interface", "preload", "mark", "pmtu-discovery",
            "pattern", "tos", "size", "send-buffer", "ttl", "timestamp", "deadline", "timeout", "targets", "rate",
            "retries", "icmp", "report-every", "pcap", "color",
        ],
        optionalValues: ["explain": "2"])

    @Argument(help: ArgumentHelp("Names, addresses, networks or ranges.", valueName: "target"))
    var targets: [String] = []

    @Flag
    var switches: [PingSwitch] = []

    @Option(name: [.customShort("c"), .customLong("count")], help: "Stop after so many replies.")
    var count: String?
    @Option(name: [.customShort("e"), .customLong("identifier")], help: "ICMP identifier; random by default.")
    var identifier: String?
    @Option(name: [.customShort("F"), .customLong("flow-label")], help: "IPv6 flow label, 20 bits.")
    var flowLabel: String?
    @Option(name: [.customShort("i"), .customLong("interval")], help: "Time between probes (1).")
    var interval: String?
    @Option(name: [.customShort("I"), .customLong("interface")], help: "Interface or source address.")
    var interface: String?
    @Option(name: [.customShort("l"), .customLong("preload")], help: "Probes to send before waiting for answers (1).")
    var preload: String?
    @Option(name: [.customShort("m"), .customLong("mark")], help: "Mark on the packets, for routing rules.")
    var mark: String?
    @Option(
        name: [.customShort("M"), .customLong("pmtu-discovery")],
        help: ArgumentHelp("Path MTU discovery: do, dont, want or probe.", valueName: "mode"))
    var pathMTUDiscovery: String?
    @Option(name: [.customShort("p"), .customLong("pattern")], help: "Up to 16 hexadecimal bytes to fill the data with.")
    var pattern: String?
    @Option(name: [.customShort("Q"), .customLong("tos")], help: "Type of service or traffic class, 0 to 255.")
    var trafficClass: String?
    @Option(name: [.customShort("s"), .customLong("size")], help: "Bytes of data (56).")
    var size: String?
    @Option(name: [.customShort("S"), .customLong("send-buffer")], help: "Bytes of the socket's send buffer.")
    var sendBuffer: String?
    @Option(name: [.customShort("t"), .customLong("ttl")], help: "Time to live, or hop limit.")
    var timeToLive: String?
    @Option(
        name: [.customShort("T"), .customLong("timestamp")],
        help: ArgumentHelp("IP timestamps (IPv4): tsonly, tsandaddr or tsprespec HOST...", valueName: "kind"))
    var timestampOption: String?
    @Option(name: [.customShort("w"), .customLong("deadline")], help: "End after this time, whatever has come.")
    var deadline: String?
    @Option(name: [.customShort("W"), .customLong("timeout")], help: "Time to wait for an answer (10; in a sweep 0.5).")
    var timeout: String?

    @Option(
        name: .customLong("targets"),
        help: ArgumentHelp("Read targets from a file, one a line; - for standard input.", valueName: "file"),
        completion: .file())
    var targetsFile: [String] = []
    @Option(help: "Packets a second in a sweep, or max (10000).")
    var rate: String?
    @Option(help: "Further probes to silent targets of a sweep (3).")
    var retries: String?
    @Option(help: "What to ask: echo, timestamp, address-mask or router-solicitation.")
    var icmp: String?
    @Option(help: ArgumentHelp("Print statistics and outage so often.", valueName: "duration"))
    var reportEvery: String?
    @Option(help: ArgumentHelp("Write every frame to a pcapng file.", valueName: "file"), completion: .file())
    var pcap: String?
    @Option(help: ArgumentHelp("Explain the first packets, field by field (2).", valueName: "number"))
    var explain: String?
    @Option(
        help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"),
        completion: .list(["auto", "always", "never"]))
    var color: String?

    func has(_ option: PingSwitch) -> Bool { switches.contains(option) }
}
