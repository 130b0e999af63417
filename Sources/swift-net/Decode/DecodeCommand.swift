import ArgumentParser

/// The command line of `decode`.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Show the packets of a capture file.",
        usage: "swift-net decode [options] FILE|- [FILTER...]",
        discussion: """
            Reads pcap and pcapng, one line a packet in the manner of tcpdump -n. A filter is made of layers \
            (arp, ip, ip6, icmp, igmp, tcp, udp, http, vlan ...), [src|dst] host ADDRESS, net NETWORK, \
            port NUMBER, portrange FIRST-LAST, ether host MAC, and, or, not and parentheses.

            Exit status: 0 packets were shown, 1 none was or the file is damaged, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("A capture file; - for standard input.", valueName: "file"), completion: .file())
    var file: String
    @Argument(help: ArgumentHelp("Which packets to show.", valueName: "filter"))
    var filterWords: [String] = []

    @Flag(name: .shortAndLong, help: "Every field with its offset, name and meaning.")
    var verbose = false
    @Flag(name: [.customShort("x"), .customLong("hex")], help: "The bytes too.")
    var hex = false
    @Flag(name: [.customShort("e"), .customLong("link-level")], help: "The link-layer addresses before each line.")
    var linkLevel = false
    @Flag(name: [.customShort("j"), .customLong("json")], help: "One JSON object a line.")
    var json = false
    @Flag(name: .shortAndLong, help: "Print no packets, only how many there are.")
    var quiet = false
    @Flag(name: .customLong("number"), help: "The packet's number before each line.")
    var number = false
    @Flag(name: [.customShort("n"), .customLong("numeric")], help: "Look up no names, which is never done.")
    var numeric = false
    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("Stop after showing so many packets.", valueName: "number"))
    var count: String?
    @Option(
        name: .customLong("explain"),
        help: ArgumentHelp("Explain the first packets, field by field (2).", valueName: "number"))
    var explain: String?
    @Option(
        name: .customLong("pcap"), help: ArgumentHelp("Write the packets shown to a pcapng file.", valueName: "file"),
        completion: .file())
    var pcap: String?
    @Option(name: .customLong("filter"), help: ArgumentHelp("Which packets to show.", valueName: "expression"))
    var filter: String?
    @Option(
        name: .customLong("time"),
        help: ArgumentHelp("How times are printed: local, utc, epoch, delta or none.", valueName: "kind"),
        completion: .list(["local", "utc", "epoch", "delta", "none"]))
    var time: String = "local"
    @Option(
        name: .customLong("color"), help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"),
        completion: .list(["auto", "always", "never"]))
    var color: String = "auto"

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["v", "x", "e", "j", "q", "n", "h"], values: ["c"],
        longValues: ["count", "filter", "time", "color", "pcap"], optionalValues: ["explain": "2"])
}
