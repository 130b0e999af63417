import ArgumentParser

/// The options by which the web tools find their servers.
struct HTTPTargetOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("What to ask.", valueName: "URL"))
    var urls: [String] = []

    @Option(
        name: .customLong("targets"),
        help: ArgumentHelp("Read URLs from a file, - for standard input.", valueName: "file"), completion: .file())
    var targetFiles: [String] = []
    @Option(
        name: .customLong("resolve"),
        help: ArgumentHelp("Connect to this address for a host and port; * is any host.", valueName: "host:port:addr"))
    var resolve: [String] = []
    @Option(
        name: .customLong("unix-socket"),
        help: ArgumentHelp("Connect to this socket of the machine instead.", valueName: "path"), completion: .file())
    var unixSocket: String?
    @Flag(name: .customShort("4"), help: "IPv4 addresses of names.")
    var ipv4 = false
    @Flag(name: .customShort("6"), help: "IPv6 addresses of names.")
    var ipv6 = false
    @Option(
        name: [.customShort("I"), .customLong("interface")],
        help: ArgumentHelp("Go through this interface alone.", valueName: "name"))
    var interface: String?
}
