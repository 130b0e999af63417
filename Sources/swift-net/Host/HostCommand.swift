import ArgumentParser

/// The command line of `host`.
struct HostCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Be a host, or a router, that exists only while the command runs.",
        usage: "swift-net host -I NAME --address ADDR/LEN [options]",
        discussion: """
            The host has addresses that the system does not know, a link-layer address of its own, and its own ARP, \
            neighbor discovery, IP, ICMP, UDP and TCP. It makes sure that nobody has an address, which takes some six \
            seconds (two for IPv6), answers ARP, neighbor discovery and echo, serves what --serve names, and tells who \
            spoke to it and how. Durations are seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 it ended as it was told, 1 somebody has the address, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Option(
        name: [.customShort("I"), .customLong("interface")],
        help: ArgumentHelp(
            "The interface that it lives on; several for a router. By default the only one.", valueName: "name"))
    var interfaces: [String] = []
    @Option(
        name: .customLong("address"),
        help: ArgumentHelp(
            "Its address with the length of the prefix; ADDR/LEN@NAME on another interface than the first.",
            valueName: "address"))
    var addresses: [String] = []
    @Option(
        name: .customLong("gateway"),
        help: ArgumentHelp("The router to other networks, one of a family.", valueName: "address"))
    var gateways: [String] = []
    @Option(
        name: .customLong("mac"),
        help: ArgumentHelp(
            "Its link-layer address (made of its first address); 'interface' for the interface's.",
            valueName: "mac"))
    var mac: String?
    @Option(
        name: .customLong("serve"),
        help: ArgumentHelp("What it serves, of echo, discard and http.", valueName: "services"))
    var serve: String?
    @Option(
        name: .customLong("ethers"),
        help: ArgumentHelp("Answer RARP for the machines of this file, as ethers(5) has them.", valueName: "file"))
    var ethers: String?
    @Option(
        name: .customLong("join"),
        help: ArgumentHelp(
            "Be a member of this group; GROUP@NAME on another interface than the first.", valueName: "group"))
    var groups: [String] = []
    @Flag(name: .customLong("forward"), help: "Pass datagrams on between the interfaces: a router.")
    var forward = false
    @Flag(name: .customLong("no-check"), help: "Use the address at once, without asking who has it.")
    var skipsCheck = false
    @Option(
        name: [.customShort("w"), .customLong("deadline"), .customLong("duration")],
        help: ArgumentHelp("End after this time.", valueName: "time"))
    var deadline: String?
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print only the summary.")
    var quiet = false
    @Flag(
        name: [.customShort("v"), .customLong("verbose")],
        help: "Also report how many frames of other VLANs were ignored.")
    var verbose = false
    @Option(
        name: .customLong("vlan"),
        help: ArgumentHelp("Use VLAN VID (1 to 4094): tag frames sent, and accept only its frames.", valueName: "vid"))
    var vlan: String?
    @OptionGroup
    var frames: FrameOptions

    /// How words are cut before the parser reads them.
    static let shape = ShortOptions(
        flags: ["q", "v", "j", "h"], values: ["I", "w"],
        longValues: [
            "interface", "address", "gateway", "mac", "serve", "ethers", "join", "deadline", "duration", "vlan",
            "pcap",
        ],
        optionalValues: ["explain": "2"])
}
