import ArgumentParser

/// A right command line of `arping`.
typealias ArpingWords = CommandWords<ArpingSwitch, ArpingValue>

/// The options of `arping` that take no value.
enum ArpingSwitch: String, CommandSwitch {
    case firstAnswer
    case quiet
    case verbose
    case broadcast
    case duplicates
    case unsolicited
    case answers
    case raw
    case anonymous
    case claims
    case table
    case json
    case version

    var names: (short: Character?, long: String?) {
        switch self {
        case .firstAnswer: ("f", nil)
        case .quiet: ("q", "quiet")
        case .verbose: ("v", "verbose")
        case .broadcast: ("b", nil)
        case .duplicates: ("D", nil)
        case .unsolicited: ("U", nil)
        case .answers: ("A", nil)
        case .raw: ("r", nil)
        case .anonymous: ("0", nil)
        case .claims: (nil, "duplicates")
        case .table: (nil, "table")
        case .json: ("j", "json")
        case .version: ("V", "version")
        }
    }

    static func help(for value: ArpingSwitch) -> ArgumentHelp? {
        switch value {
        case .firstAnswer: "End at the first answer."
        case .quiet: "Print nothing."
        case .verbose: "Also report ignored replies, with the reason, and frames of other VLANs."
        case .broadcast: "Go on with broadcasts, where otherwise who has answered is asked alone."
        case .duplicates: "Find out whether the address is in use: exit status 1 when it is."
        case .unsolicited: "Announce our own address by requests, so that others update their caches."
        case .answers: "The same by replies."
        case .claims:
            "With --sweep, print only addresses that several machines have: exit status 1 when there are some."
        case .raw: "Print only the link-layer address of each answer."
        case .anonymous: "Ask from 0.0.0.0: the same as -s 0.0.0.0."
        case .table: "Print the neighbours that the kernel knows; a target and -I choose among them."
        case .json: "One JSON object a line."
        case .version: "Print the version."
        }
    }
}

/// The options of `arping` that take a value.
enum ArpingValue: String, CommandValue {
    case count
    case deadline
    case interval
    case interface
    case source
    case sender
    case wait
    case targetMAC
    case targetAddress
    case style
    case probe
    case announce
    case sweep
    case rate
    case retries
    case compare
    case vlan
    case pcap
    case explain

    var names: (short: Character?, long: String) {
        switch self {
        case .count: ("c", "count")
        case .deadline: ("w", "deadline")
        case .interval: ("i", "interval")
        case .interface: ("I", "interface")
        case .source: ("s", "source")
        case .sender: ("S", "sender")
        case .wait: ("W", "wait")
        case .targetMAC: ("t", "target-mac")
        case .targetAddress: ("T", "target-address")
        case .style: (nil, "style")
        case .probe: (nil, "probe")
        case .announce: (nil, "announce")
        case .sweep: (nil, "sweep")
        case .rate: (nil, "rate")
        case .retries: (nil, "retries")
        case .compare: (nil, "compare")
        case .vlan: (nil, "vlan")
        case .pcap: (nil, "pcap")
        case .explain: (nil, "explain")
        }
    }

    var preset: String? { self == .explain ? "2" : nil }
}
