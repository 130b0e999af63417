import ArgumentParser

/// The command line of `igmp-query`.
struct IGMPQueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "igmp-query",
        abstract: "Ask who listens to which groups (IGMP, MLD).",
        usage: "swift-net igmp-query [options] [GROUP]",
        discussion: """
            Listens whether the network has a querier, asks in its place, and lists who answers until the response \
            time is over. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 a host answered, 1 none did, 2 it could not run, or another querier was heard.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("The group; without it all of them are asked for.", valueName: "GROUP"))
    var group: String?

    @Option(
        name: .customLong("source"),
        help: ArgumentHelp(
            "Ask who listens to this source of the group; may be given several times.", valueName: "address"))
    var sources: [String] = []
    @Flag(name: .customShort("4"), help: "Ask for IPv4 groups (the default).")
    var ipv4 = false
    @Flag(name: .customShort("6"), help: "Ask for IPv6 groups.")
    var ipv6 = false
    @Option(
        name: .customLong("version"),
        help: ArgumentHelp("The version of the query: 1, 2, 3 of IGMP, 1, 2 of MLD.", valueName: "number"),
        completion: .list(["1", "2", "3"]))
    var version: String?
    @Option(
        name: .customLong("response"),
        help: ArgumentHelp("Hosts answer within this time (10 s; about one group, 1 s).", valueName: "time"))
    var response: String?
    @Option(
        name: .customLong("listen"),
        help: ArgumentHelp("Listen so long for another querier before asking (2 s).", valueName: "time"))
    var listen: String?
    @Flag(name: .customLong("force"), help: "Ask though another querier is there.")
    var force = false
    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("Queries, each when the answers to the one before are in (1).", valueName: "number"))
    var count: String?
    @Option(
        name: [.customShort("w"), .customLong("deadline")],
        help: ArgumentHelp("End after this time.", valueName: "time"))
    var deadline: String?
    @Option(
        name: [.customShort("I"), .customLong("interface")],
        help: ArgumentHelp("The interface; by default the only one, or that of the route.", valueName: "name"))
    var interface: String?
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print only the summary.")
    var quiet = false
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Print the hosts that leave, too.")
    var verbose = false
    @OptionGroup
    var frames: FrameOptions

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["4", "6", "q", "v", "j", "h"], values: ["w", "c", "I"],
        longValues: [
            "source", "version", "response", "listen", "deadline", "count", "interface", "pcap",
        ], optionalValues: ["explain": "2"])
}
