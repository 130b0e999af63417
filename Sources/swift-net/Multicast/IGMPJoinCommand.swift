import ArgumentParser
import SwiftNet

/// The command line of `igmp-join`.
struct IGMPJoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "igmp-join",
        abstract: "Join groups, answer the network's queries, count what arrives (IGMP, MLD).",
        usage: "swift-net igmp-join [options] GROUP...",
        discussion: """
            Joins IPv4 and IPv6 groups by reports of its own, keeps to the version of the network's querier, and \
            leaves when it ends. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 it joined, and with -c as many datagrams came; 1 fewer came; 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("The groups.", valueName: "GROUP"))
    var groups: [String]

    @Option(
        name: .customLong("source"),
        help: ArgumentHelp("Only this source's datagrams; may be given several times.", valueName: "address"))
    var sources: [String] = []
    @Flag(
        name: .customLong("exclude"),
        help: "All but the sources that are given; an address may follow in place of --source.")
    var excludes = false
    @Option(
        name: .customLong("version"),
        help: ArgumentHelp("The newest version that is spoken: 1, 2, 3 of IGMP, 1, 2 of MLD.", valueName: "number"),
        completion: .list(["1", "2", "3"]))
    var version: String?
    @Flag(name: .customLong("kernel"), help: "The system joins, reports and leaves.")
    var kernel = false
    @Option(
        name: .customLong("robustness"),
        help: ArgumentHelp("How often a change is reported, until a querier says (2).", valueName: "number"))
    var robustness: String?
    @Option(
        name: [.customShort("w"), .customLong("deadline"), .customLong("duration")],
        help: ArgumentHelp("Leave after this time.", valueName: "time"))
    var duration: String?
    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("Leave after so many datagrams.", valueName: "number"))
    var count: String?
    @Option(
        name: [.customShort("I"), .customLong("interface")],
        help: ArgumentHelp("The interface; by default the only one, or that of the route.", valueName: "name"))
    var interface: String?
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print only the summary.")
    var quiet = false
    @Flag(
        name: [.customShort("v"), .customLong("verbose")],
        help: "Print every datagram, and what other hosts report.")
    var verbose = false
    @OptionGroup
    var frames: FrameOptions

    /// How words are cut before the parser reads them.
    private static let shape = ShortOptions(
        flags: ["q", "v", "j", "h"], values: ["w", "c", "I"],
        longValues: [
            "source", "version", "robustness", "deadline", "duration", "count", "interface", "pcap",
        ], optionalValues: ["explain": "2"])

    /// The words as the parser wants them; a source may stand behind `--exclude`.
    static func normalized(_ words: [String]) -> [String] {
        var result: [String] = []
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--exclude=") {
                result += ["--exclude", "--source", String(word.dropFirst("--exclude=".count))]
                continue
            }
            if index > 0, words[index - 1] == "--exclude", let address = IPAddress(word), !address.isMulticast {
                result.append("--source")
            }
            result.append(word)
        }
        return shape.normalized(result)
    }
}
