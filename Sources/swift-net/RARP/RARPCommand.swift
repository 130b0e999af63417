import ArgumentParser

/// The command line of `rarp`.
struct RARPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rarp",
        abstract: "Ask for the address of a machine, or tell machines theirs (RARP).",
        usage: "swift-net rarp query [options] [MAC...]\n       swift-net rarp serve [options]",
        discussion: """
            query asks for the addresses of these machines, or for this interface's own, and prints the answer of \
            every server; serve answers for the machines of a file in the format of ethers(5), and reads it again at \
            SIGHUP. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 every machine was answered for (serve: it ended as it was told), 1 one was not, 2 it \
            could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(
        help: ArgumentHelp("query or serve.", valueName: "task"), completion: .list(["query", "serve"]))
    var task: String
    @Argument(help: ArgumentHelp("With query, the machines to ask for.", valueName: "MAC"))
    var machines: [String] = []

    @Flag(name: [.customShort("f")], help: "With query, end when every machine has one answer.")
    var firstAnswer = false
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print nothing.")
    var quiet = false
    @Flag(
        name: [.customShort("v"), .customLong("verbose")],
        help: "Also report ignored replies (query) or unanswered requests (serve).")
    var verbose = false
    @Option(
        name: [.customShort("I"), .customLong("interface")],
        help: ArgumentHelp(
            "The interface; by default the only one (query) or all (serve, where it may be given several times).",
            valueName: "name"))
    var interfaces: [String] = []
    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("With query, requests for each machine at the most (5).", valueName: "number"))
    var count: String?
    @Option(
        name: [.customShort("i"), .customLong("interval")],
        help: ArgumentHelp(
            "With query, the pause after the first request (1); each later one is twice as long, up to 16 s.",
            valueName: "time"))
    var interval: String?
    @Option(
        name: [.customShort("w"), .customLong("deadline")],
        help: ArgumentHelp("End after this time.", valueName: "time"))
    var deadline: String?
    @Option(
        name: .customLong("ethers"),
        help: ArgumentHelp(
            "With serve, the file of machines and their addresses or names (/etc/ethers).", valueName: "file"),
        completion: .file())
    var ethers: String?
    @Option(
        name: .customLong("rate"),
        help: ArgumentHelp("With serve, answers a second to one machine at the most (10).", valueName: "number"))
    var rate: String?
    @OptionGroup
    var frames: FrameOptions

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["f", "q", "v", "j", "h"], values: ["I", "c", "i", "w"],
        longValues: ["interface", "count", "interval", "deadline", "ethers", "rate", "pcap"],
        optionalValues: ["explain": "2"])
}
