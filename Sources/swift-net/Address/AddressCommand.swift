import ArgumentParser

/// The command line of `address`.
struct AddressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "address",
        abstract: "Explain addresses: class, network, hosts, kind.",
        usage: "swift-net address [options] ADDRESS[/LENGTH|/MASK]|PORT/tcp|PORT/udp...",
        discussion: """
            An IPv4, IPv6 or MAC address, or a port by number or name. Without a length an IPv4 address is taken \
            by its class. Nothing is asked of the network.

            Exit status: 0, or 2 for what is no address.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("Addresses, with a prefix length or a mask or without.", valueName: "address"))
    var addresses: [String]

    @Flag(name: [.customShort("j"), .customLong("json")], help: "One JSON object a line.")
    var json = false
}
