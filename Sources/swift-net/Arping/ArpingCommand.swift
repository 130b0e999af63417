import ArgumentParser

/// The command line of `arping` as the parser knows it: for help, completions
/// and the words for mistakes. A right command line is read by `ArpingWords`.
struct ArpingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arping",
        abstract: "Ask a link who has an address.",
        usage: "swift-net arping [options] TARGET",
        discussion: """
            The options and the lines are those of iputils' arping, or with --style habets of Habets'. Durations are seconds (1, 0.2) or have a unit \
            (200ms, 2s, 1m).

            Exit status: 0 the target answered (-D and --probe: the address is free; --sweep: a host was found), 1 it did not (it is taken), \
            2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(
        help: ArgumentHelp(
            "A name, an IPv4 address, or the link-layer address of a machine, which is pinged by echo.",
            valueName: "target"))
    var targets: [String] = []

    @Flag
    var switches: [ArpingSwitch] = []

    @Option(name: ArpingValue.count.name, help: ArgumentHelp("End after so many probes.", valueName: "number"))
    var count: String?
    @Option(name: ArpingValue.deadline.name, help: ArgumentHelp("End after this time.", valueName: "time"))
    var deadline: String?
    @Option(
        name: ArpingValue.interval.name,
        help: ArgumentHelp("Time from one probe to the next (1).", valueName: "time"))
    var interval: String?
    @Option(
        name: ArpingValue.interface.name,
        help: ArgumentHelp("The interface; by default that of the route to the target.", valueName: "name"))
    var interface: String?
    @Option(
        name: ArpingValue.source.name,
        help: ArgumentHelp("Our address in the probes.", valueName: "address"))
    var source: String?
    @Option(
        name: ArpingValue.sender.name, help: ArgumentHelp("The same as -s.", valueName: "address"))
    var sender: String?
    @Option(name: ArpingValue.wait.name, help: ArgumentHelp("The same as -i.", valueName: "time"))
    var wait: String?
    @Option(
        name: ArpingValue.targetMAC.name, help: ArgumentHelp("Ask this machine alone.", valueName: "MAC"))
    var targetMAC: String?
    @Option(
        name: ArpingValue.targetAddress.name,
        help: ArgumentHelp("With a machine as target, its address in the echo requests.", valueName: "address"))
    var targetAddress: String?
    @Option(
        name: ArpingValue.style.name,
        help: ArgumentHelp("Whose options and lines: iputils (the default) or habets.", valueName: "style"),
        completion: .list(["iputils", "habets"]))
    var style: String?
    @Option(
        name: ArpingValue.probe.name,
        help: ArgumentHelp("Check by RFC 5227 whether this address is free: 0 when it is.", valueName: "address"))
    var probe: String?
    @Option(
        name: ArpingValue.announce.name,
        help: ArgumentHelp("Announce by RFC 5227 that this address is ours.", valueName: "address"))
    var announce: String?
    @Option(
        name: ArpingValue.sweep.name,
        help: ArgumentHelp("Find every host of this network.", valueName: "network"))
    var sweep: String?
    @Option(
        name: ArpingValue.rate.name,
        help: ArgumentHelp("Probes a second of a sweep, or max (2000).", valueName: "number"))
    var rate: String?
    @Option(
        name: ArpingValue.retries.name,
        help: ArgumentHelp("Further probes of who does not answer a sweep (2).", valueName: "number"))
    var retries: String?
    @Option(
        name: ArpingValue.compare.name,
        help: ArgumentHelp(
            "Say what is new and what has gone since an earlier --sweep whose JSON lines are in this file.",
            valueName: "file"),
        completion: .file())
    var compare: String?
    @Option(
        name: ArpingValue.vlan.name,
        help: ArgumentHelp("Tag the probes for VLAN VID, 1 to 4094, and hear its frames only.", valueName: "vid"))
    var vlan: String?
    @Option(
        name: ArpingValue.pcap.name,
        help: ArgumentHelp("Write the frames sent and received to this file (pcapng).", valueName: "file"))
    var pcap: String?
    @Option(
        name: ArpingValue.explain.name,
        help: ArgumentHelp("Explain the first frames, field by field (2).", valueName: "number"))
    var explain: String?
}
