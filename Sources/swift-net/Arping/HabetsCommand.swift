import ArgumentParser

/// The command line of `arping --style habets`, for help and the words for
/// mistakes. A right command line is read by `HabetsWords`.
struct HabetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arping",
        abstract: "Ask a link who has an address, in the words of Habets' arping.",
        usage: "swift-net arping --style habets [options] TARGET",
        discussion: """
            The options, the lines and the exit statuses are those of Habets' arping. Times are seconds.

            Exit status: 0 the target answered, 1 it did not, or with -d two machines did, 2 it could not run.
            """,
        helpNames: [.customShort("h"), .customLong("help")]
    )

    @Argument(help: ArgumentHelp("A name, an IPv4 address or a machine's link-layer address.", valueName: "target"))
    var targets: [String] = []

    @Flag
    var switches: [HabetsSwitch] = []

    @Option(name: HabetsValue.style.name, help: ArgumentHelp("habets.", valueName: "style"))
    var style: String?
    @Option(name: HabetsValue.count.name, help: ArgumentHelp("Send so many probes.", valueName: "number"))
    var count: String?
    @Option(name: HabetsValue.replies.name, help: ArgumentHelp("End after so many answers.", valueName: "number"))
    var replies: String?
    @Option(name: HabetsValue.interface.name, help: ArgumentHelp("The interface.", valueName: "name"))
    var interface: String?
    @Option(name: HabetsValue.wait.name, help: ArgumentHelp("Time from one probe to the next (1).", valueName: "time"))
    var wait: String?
    @Option(name: HabetsValue.deadline.name, help: ArgumentHelp("End after this time.", valueName: "time"))
    var deadline: String?
    @Option(name: HabetsValue.sender.name, help: ArgumentHelp("Our address in the probes.", valueName: "address"))
    var sender: String?
    @Option(
        name: HabetsValue.targetAddress.name,
        help: ArgumentHelp("With a machine as target, its address in the echo requests.", valueName: "address"))
    var targetAddress: String?
    @Option(
        name: HabetsValue.ownMAC.name,
        help: ArgumentHelp("Our link-layer address; it must be the interface's.", valueName: "MAC"))
    var ownMAC: String?
    @Option(name: HabetsValue.targetMAC.name, help: ArgumentHelp("Ask this machine alone.", valueName: "MAC"))
    var targetMAC: String?
    @Option(name: HabetsValue.tag.name, help: ArgumentHelp("Tag the probes for this VLAN.", valueName: "number"))
    var tag: String?
    @Option(name: HabetsValue.priority.name, help: ArgumentHelp("The tag's priority (0).", valueName: "number"))
    var priority: String?
    @Option(name: HabetsValue.timestamp.name, help: ArgumentHelp("Without effect.", valueName: "type"))
    var timestamp: String?
    @Option(name: HabetsValue.group.name, help: ArgumentHelp("Without effect.", valueName: "group"))
    var group: String?
}
