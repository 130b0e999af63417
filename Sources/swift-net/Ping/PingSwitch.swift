import ArgumentParser

/// The options of `ping` that take no value. One property of the command holds
/// them all: each property costs every start of the program its share.
enum PingSwitch: String, CommandSwitch {
    case ipv4
    case ipv6
    case precise
    case audible
    case adaptive
    case broadcast
    case stickySource
    case connect
    case debug
    case timestamps
    case flood
    case forceNames
    case json
    case noLoop
    case numeric
    case outstanding
    case quiet
    case bypassRouting
    case recordRoute
    case userLatency
    case verbose
    case version
    case alive
    case unreachable
    case plot
    case split

    /// The letter and the long name.
    var names: (short: Character?, long: String?) {
        switch self {
        case .ipv4: ("4", "ipv4")
        case .ipv6: ("6", "ipv6")
        case .precise: ("3", "precise")
        case .audible: ("a", "audible")
        case .adaptive: ("A", "adaptive")
        case .broadcast: ("b", "broadcast")
        case .stickySource: ("B", "sticky-source")
        case .connect: ("C", "connect")
        case .debug: ("d", nil)
        case .timestamps: ("D", "timestamps")
        case .flood: ("f", "flood")
        case .forceNames: ("H", "names")
        case .json: ("j", "json")
        case .noLoop: ("L", "no-loop")
        case .numeric: ("n", "numeric")
        case .outstanding: ("O", "outstanding")
        case .quiet: ("q", "quiet")
        case .bypassRouting: ("r", "bypass-routing")
        case .recordRoute: ("R", "record-route")
        case .userLatency: ("U", "user-latency")
        case .verbose: ("v", "verbose")
        case .version: ("V", "version")
        case .alive: (nil, "alive")
        case .unreachable: (nil, "unreachable")
        case .plot: (nil, "plot")
        case .split: (nil, "split")
        }
    }

    static func help(for value: PingSwitch) -> ArgumentHelp? {
        switch value {
        case .ipv4: "Use IPv4."
        case .ipv6: "Use IPv6."
        case .precise: "Print round trips with all three decimals."
        case .audible: "Ring the bell at every reply."
        case .adaptive: "Let the interval follow the round trip."
        case .broadcast: "Allow a broadcast address."
        case .stickySource: "Keep the source address of the first probe."
        case .connect: "Connect the socket to the target."
        case .debug: "Set SO_DEBUG on the socket."
        case .timestamps: "Print the time before each line."
        case .flood: "Send as fast as answers come, a dot a probe."
        case .forceNames: "Look up names even for numeric targets; undoes -n."
        case .json: "One JSON object a line."
        case .noLoop: "Do not loop multicast back."
        case .numeric: "Look up no names; undoes -H."
        case .outstanding: "Report probes without an answer before the next one."
        case .quiet: "Print only the summary."
        case .bypassRouting: "Send only to hosts on the link."
        case .recordRoute: "Record the route (IPv4)."
        case .userLatency: "Time in this program, not in the kernel."
        case .verbose: "Say also what was not believed."
        case .version: "Print the version."
        case .alive: "In a sweep, print only the targets that answer."
        case .unreachable: "In a sweep, print only the targets that do not."
        case .plot: "Draw the round trips over time, and their spread."
        case .split: "Split the first round trip into its parts."
        }
    }
}
