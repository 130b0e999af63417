import ArgumentParser

/// The command line of `traceroute`.
struct TracerouteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traceroute",
        abstract: "Show the routers on the way to a host.",
        usage: "swift-net traceroute [options] TARGET",
        discussion: """
            Probes of many hops are on their way at once, and all take one path through routers that spread load \
            by flow. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 the target answered, 1 it did not, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("A name or an address.", valueName: "target"))
    var target: String

    @Flag(name: [.customShort("4"), .customLong("ipv4")], help: "Use IPv4.")
    var ipv4 = false
    @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "Use IPv6.")
    var ipv6 = false
    @Flag(name: [.customShort("I"), .customLong("icmp")], help: "Send ICMP echo requests instead of UDP.")
    var icmp = false
    @Flag(name: [.customShort("U"), .customLong("udp")], help: "Send UDP to port 53, or to that of -p.")
    var udp = false
    @Flag(name: [.customShort("F"), .customLong("dont-fragment")], help: "Forbid routers to cut the probes (IPv4).")
    var dontFragment = false
    @Flag(name: .customLong("no-paris"), help: "Let ports and checksums change from probe to probe.")
    var noParis = false
    @Flag(name: [.customShort("n"), .customLong("numeric")], help: "Look up no names.")
    var numeric = false
    @Flag(name: [.customShort("e"), .customLong("extensions")], help: "Print label stacks of MPLS.")
    var extensions = false
    @Flag(name: [.customShort("j"), .customLong("json")], help: "One JSON object a line.")
    var json = false
    @Option(
        name: [.customShort("f"), .customLong("first")],
        help: ArgumentHelp("Begin at this hop (1).", valueName: "hop"))
    var first: String?
    @Option(
        name: [.customShort("m"), .customLong("max-hops")],
        help: ArgumentHelp("End at this hop (30).", valueName: "hop"))
    var maximumHops: String?
    @Option(
        name: [.customShort("q"), .customLong("queries")],
        help: ArgumentHelp("Probes of each hop (3).", valueName: "number"))
    var queries: String?
    @Option(
        name: [.customShort("N"), .customLong("sim-queries")],
        help: ArgumentHelp("Probes on their way at once (48).", valueName: "number"))
    var window: String?
    @Option(
        name: [.customShort("w"), .customLong("wait")],
        help: ArgumentHelp(
            "Wait so long, so many times the round trip of the same hop, and of a later one (5,3,10).",
            valueName: "max,here,near"))
    var wait: String?
    @Option(name: .customLong("gap"), help: ArgumentHelp("End after so many silent hops (12).", valueName: "number"))
    var gap: String?
    @Option(
        name: [.customShort("p"), .customLong("port")],
        help: ArgumentHelp("Destination port of UDP (33434).", valueName: "number"))
    var port: String?
    @Option(
        name: .customLong("sport"),
        help: ArgumentHelp("Source port of UDP; random by default.", valueName: "number"))
    var sourcePort: String?
    @Option(
        name: [.customShort("i"), .customLong("interface")],
        help: ArgumentHelp("Send through this interface.", valueName: "name"))
    var interface: String?
    @Option(
        name: [.customShort("s"), .customLong("source")],
        help: ArgumentHelp("Send from this address of this host.", valueName: "address"))
    var source: String?
    @Option(
        name: [.customShort("t"), .customLong("tos")],
        help: ArgumentHelp("Type of service or traffic class, 0 to 255.", valueName: "number"))
    var typeOfService: String?
    @Option(
        name: [.customShort("l"), .customLong("flowlabel")],
        help: ArgumentHelp("IPv6 flow label, 20 bits.", valueName: "number"))
    var flowLabel: String?
    @Option(
        name: .customLong("size"),
        help: ArgumentHelp("Bytes of each packet (60; IPv6 80).", valueName: "bytes"))
    var size: String?
    @Option(
        name: .customLong("explain"),
        help: ArgumentHelp("Explain the first packets, field by field (2).", valueName: "number"))
    var explain: String?

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["4", "6", "I", "U", "F", "n", "e", "j", "h"],
        values: ["f", "m", "q", "N", "w", "p", "i", "s", "t", "l"],
        longValues: [
            "first", "max-hops", "queries", "sim-queries", "wait", "gap", "port", "sport", "interface", "source", "tos",
            "flowlabel",
            "size",
        ],
        optionalValues: ["explain": "2"])
}
