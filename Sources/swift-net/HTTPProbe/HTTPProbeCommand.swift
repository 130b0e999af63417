import ArgumentParser

/// The command line of `http-probe`.
struct HTTPProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http-probe",
        abstract: "Ask web servers, and show what they say.",
        usage: "swift-net http-probe [options] URL...",
        discussion: """
            A URL is http://host:port/path, https://..., or http+unix://%2Frun%2Fsocket/path; http:// may be left out. \
            Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 every URL was answered, 1 one was not, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @OptionGroup var targets: HTTPTargetOptions
    @Option(
        name: [.customShort("X"), .customLong("method")],
        help: ArgumentHelp("The method; GET, or POST with -d.", valueName: "method"))
    var method: String?
    @Option(
        name: [.customShort("H"), .customLong("header")],
        help: ArgumentHelp(
            "A header field 'Name: value'; 'Name:' takes ours away, 'Name;' is empty.", valueName: "field"))
    var headers: [String] = []
    @Option(
        name: [.customShort("d"), .customLong("data")],
        help: ArgumentHelp("The body; @FILE reads it from a file.", valueName: "data"))
    var data: String?
    @Option(
        name: .customLong("http"), help: ArgumentHelp("The version, 1.0 or 1.1.", valueName: "version"),
        completion: .list(["1.0", "1.1"]))
    var version: String?
    @Option(
        name: .customLong("raw"),
        help: ArgumentHelp("Send the bytes of a file, nothing else; - for standard input.", valueName: "file"),
        completion: .file())
    var raw: String?
    @Flag(name: .customLong("compressed"), help: "Ask for gzip or deflate.")
    var compressed = false
    @Flag(name: .customLong("follow"), help: "Follow redirects.")
    var follow = false
    @Option(
        name: .customLong("max-redirects"), help: ArgumentHelp("So many of them (10).", valueName: "number"))
    var maximumRedirects: String?
    @Flag(
        name: .customLong("location-trusted"),
        help: "Follow redirects, and send credentials wherever they lead.")
    var trustsRedirects = false
    @Flag(name: .customLong("methods"), help: "Find out which methods are allowed.")
    var methods = false
    @Option(
        name: .customLong("keep-alive"),
        help: ArgumentHelp("Find out how long a connection stays; watch an idle one so long (10).", valueName: "time"))
    var keepAlive: String?
    @Flag(name: .customLong("intermediaries"), help: "Look for proxies, caches, balancers and tunnels.")
    var intermediaries = false
    @Flag(name: .customLong("tcp"), help: "Show what the SYN-ACK showed.")
    var tcp = false
    @Flag(name: .customLong("segments"), help: "Show every segment of the connections, one a line.")
    var segments = false
    @Option(
        name: .customLong("stack"),
        help: ArgumentHelp("Whose TCP: the kernel's, or a user's, which is our own.", valueName: "stack"),
        completion: .list(["kernel", "user"]))
    var stack = "kernel"
    @Option(
        name: .customLong("source"),
        help: ArgumentHelp("With --stack user, the address that it has, not the system's.", valueName: "address"))
    var source: String?
    @Option(
        name: .customLong("gateway"),
        help: ArgumentHelp("With --stack user, the router to other networks.", valueName: "address"))
    var gateway: String?
    @Flag(name: .customLong("no-check"), help: "With --stack user, use the address without asking who has it.")
    var skipsCheck = false
    @Flag(name: .customLong("timing"), help: "Show where the time went.")
    var timing = false
    @Flag(name: [.customShort("k"), .customLong("insecure")], help: "Believe any certificate.")
    var insecure = false
    @Option(
        name: .customLong("cacert"),
        help: ArgumentHelp("Believe the authorities of this file (PEM), and no others.", valueName: "file"),
        completion: .file())
    var authorities: String?
    @Option(
        name: .customLong("tls"),
        help: ArgumentHelp("TLS versions to offer, as 1.2 or 1.0-1.2.", valueName: "versions"))
    var tlsVersions: String?
    @Option(
        name: .customLong("max-body"),
        help: ArgumentHelp("Bytes of a body that are read (67108864).", valueName: "bytes"))
    var maximumBody: String?
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write the body, decoded, to this file; - for standard output.", valueName: "file"),
        completion: .file())
    var output: String?
    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("Requests to each URL (1).", valueName: "number"))
    var count: String?
    @Option(
        name: [.customShort("i"), .customLong("interval")],
        help: ArgumentHelp("From one request to the next (1).", valueName: "time"))
    var interval: String?
    @Flag(name: .customLong("reuse"), help: "Requests to one place share a connection.")
    var reuse = false
    @Flag(name: .customLong("plot"), help: "Draw the times at the end.")
    var plot = false
    @Option(
        name: .customLong("concurrency"),
        help: ArgumentHelp("URLs asked at the same time (20).", valueName: "number"))
    var concurrency: String?
    @Flag(name: .customLong("fail"), help: "A status of 400 and above is no answer.")
    var fails = false
    @Option(
        name: [.customShort("w"), .customLong("deadline")],
        help: ArgumentHelp("For the whole of an answer (10).", valueName: "time"))
    var deadline: String?
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print only failures and the summary.")
    var quiet = false
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show what is sent and received.")
    var verbose = false
    @OptionGroup var frames: FrameOptions
    @Option(
        name: .customLong("color"),
        help: ArgumentHelp("Colours: auto, always, never.", valueName: "when"),
        completion: .list(["auto", "always", "never"]))
    var color = "auto"

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["4", "6", "k", "q", "v", "j", "h"], values: ["X", "H", "d", "o", "c", "i", "I", "w"],
        longValues: [
            "targets", "method", "header", "data", "http", "raw", "max-redirects", "cacert", "tls", "resolve",
            "unix-socket", "max-body", "output", "count", "interval", "concurrency", "interface", "deadline", "color",
            "pcap", "stack", "source", "gateway",
        ], optionalValues: ["keep-alive": "10", "explain": "2"])
}
