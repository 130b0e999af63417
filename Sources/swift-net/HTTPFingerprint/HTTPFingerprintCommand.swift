import ArgumentParser

/// The command line of `http-fingerprint`.
struct HTTPFingerprintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http-fingerprint",
        abstract: "Find out what a web server is by what it does.",
        usage: "swift-net http-fingerprint [options] URL...",
        discussion: """
            A URL is http://host:port/path, https://..., or http+unix://%2Frun%2Fsocket/path; http:// may be left out. \
            25 requests go to each server, one after the other, most of them wrong in one way. \
            Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 every server was recognized, 1 one was not, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @OptionGroup var targets: HTTPTargetOptions
    @Flag(name: .customLong("classic"), help: "Send the four classic requests to the letter: DELETE names /.")
    var classic = false
    @Option(
        name: .customLong("signatures"),
        help: ArgumentHelp("Add the signatures of this folder.", valueName: "folder"), completion: .directory)
    var signatureFolders: [String] = []
    @Option(
        name: .customLong("learn"),
        help: ArgumentHelp("Write a signature of this product instead of naming it.", valueName: "product"))
    var learn: String?
    @Option(
        name: .customLong("versions"),
        help: ArgumentHelp("The versions that --learn notes.", valueName: "versions"))
    var versions: String?
    @Option(
        name: .customLong("origin"),
        help: ArgumentHelp("The product behind it that --learn notes.", valueName: "product"))
    var origin: String?
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Where --learn writes.", valueName: "file"), completion: .file())
    var output: String?
    @Option(
        name: .customLong("concurrency"),
        help: ArgumentHelp("Servers asked at the same time (40).", valueName: "number"))
    var concurrency: String?
    @Option(
        name: [.customShort("w"), .customLong("deadline")],
        help: ArgumentHelp("For the first answer of a server (10).", valueName: "time"))
    var deadline: String?
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print only who was not recognized.")
    var quiet = false
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show every answer, and who else is near.")
    var verbose = false
    @OptionGroup var frames: FrameOptions
    @Option(
        name: .customLong("color"),
        help: ArgumentHelp("Colours: auto, always, never.", valueName: "when"),
        completion: .list(["auto", "always", "never"]))
    var color = "auto"

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["4", "6", "q", "v", "j", "h"], values: ["o", "I", "w"],
        longValues: [
            "targets", "signatures", "learn", "versions", "origin", "output", "concurrency", "resolve", "unix-socket",
            "interface", "deadline", "color", "pcap",
        ], optionalValues: ["explain": "2"])
}
