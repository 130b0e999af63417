import ArgumentParser
import LinuxProcess

/// The command line of `tcp-syn-scan`.
struct SYNScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcp-syn-scan",
        abstract: "Find open TCP ports by half a handshake.",
        usage: "swift-net tcp-syn-scan [options] TARGET... -p PORTS",
        discussion: """
            Targets are addresses, names, networks (192.0.2.0/24) and ranges (192.0.2.1-20). Scan only what is yours \
            or what you have been allowed to scan. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 a port is open, 1 none is, 2 on error, or if no port is open \
            and a host was unreliable.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("What to scan.", valueName: "TARGET"))
    var targets: [String] = []

    @Option(
        name: [.customShort("p"), .customLong("ports")],
        help: ArgumentHelp("Ports: 80,443,8000-8100, - for all, names (http).", valueName: "list"))
    var ports: [String] = []
    @Option(
        name: .customLong("top-ports"),
        help: ArgumentHelp("The first so many TCP ports of the services file (100 without -p).", valueName: "number"))
    var topPorts: String?
    @Option(
        name: .customLong("targets"),
        help: ArgumentHelp("Read targets from a file, - for standard input.", valueName: "file"), completion: .file())
    var targetFiles: [String] = []
    @Option(
        name: .customLong("exclude"),
        help: ArgumentHelp("Never scan these, whatever else is said.", valueName: "targets"))
    var excludes: [String] = []
    @Option(
        name: .customLong("exclude-file"), help: ArgumentHelp("The same from a file.", valueName: "file"),
        completion: .file())
    var excludeFiles: [String] = []
    @Flag(
        name: .customLong("include-reserved"),
        help: "Scan multicast, broadcast, class E and other reserved addresses too.")
    var includesReserved = false
    @Option(
        name: .customLong("rate"),
        help: ArgumentHelp(
            "Packets a second (10000); max for as many as nothing is lost of.", valueName: "number"))
    var rate: String?
    @Option(
        name: .customLong("retries"),
        help: ArgumentHelp("Further probes of who has not answered (2).", valueName: "number"))
    var retries: String?
    @Option(
        name: .customLong("wait"),
        help: ArgumentHelp(
            "Wait so long for answers to the last probe (2 s, or twice the longest round trip).", valueName: "time"))
    var wait: String?
    @Option(
        name: .customLong("shard"),
        help: ArgumentHelp("Do part K of N; the others do the rest, with the same --seed.", valueName: "K/N"))
    var shard: String?
    @Option(
        name: .customLong("seed"),
        help: ArgumentHelp("The number that the order of probes follows from.", valueName: "number"))
    var seed: String?
    @Option(
        name: .customLong("resume"),
        help: ArgumentHelp(
            "Go on where the scan of this file stopped, and write there where this one does.", valueName: "file"),
        completion: .file())
    var resume: String?
    @Option(
        name: .customLong("source"),
        help: ArgumentHelp("Scan from this unused address of the local network.", valueName: "address"))
    var source: String?
    @Flag(name: .customLong("no-check"), help: "Use the source at once, without asking who has it.")
    var skipsCheck = false
    @Flag(
        name: .customLong("banners"),
        help: "Hear what open ports say first: an answer to HEAD, a certificate's names, a greeting. Needs --source.")
    var banners = false
    @Flag(name: .customLong("all"), help: "Report closed and filtered ports too.")
    var all = false
    @Flag(name: .customLong("sort"), help: "Report at the end, by address and port.")
    var sort = false
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write the report to this file too.", valueName: "file"), completion: .file())
    var output: String?
    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("Of the file, or without one of the standard output.", valueName: "format"),
        completion: .list(["text", "json", "csv", "grepable"]))
    var format: String?
    @Flag(name: .customShort("4"), help: "IPv4 addresses of names.")
    var ipv4 = false
    @Flag(name: .customShort("6"), help: "IPv6 addresses of names.")
    var ipv6 = false
    @Flag(name: .customShort("n"), help: "No names of services.")
    var numeric = false
    @Option(
        name: [.customShort("I"), .customLong("interface")],
        help: ArgumentHelp("The interface; by default that of each route.", valueName: "name"))
    var interface: String?
    @Option(
        name: [.customShort("w"), .customLong("deadline")],
        help: ArgumentHelp("End after this time.", valueName: "time"))
    var deadline: String?
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print only the ports.")
    var quiet = false
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Tell what is done on the way.")
    var verbose = false
    @Option(
        name: .customLong("color"),
        help: ArgumentHelp("Colours: auto, always, never.", valueName: "when"),
        completion: .list(["auto", "always", "never"]))
    var color = "auto"
    @OptionGroup
    var frames: FrameOptions

    /// The file of the report; nil when it goes to standard output, which `-` is too.
    var file: String? { output.flatMap { BufferedOutput.isStandardOutput($0) ? nil : $0 } }

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["4", "6", "n", "q", "v", "j", "h"], values: ["p", "I", "w", "o"],
        longValues: [
            "ports", "top-ports", "targets", "exclude", "exclude-file", "rate", "retries", "wait", "shard", "seed",
            "resume", "source", "output", "format", "interface", "deadline", "color", "pcap",
        ], optionalValues: ["explain": "2"])
}
