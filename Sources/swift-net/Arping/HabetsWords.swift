import ArgumentParser
import SwiftNet

/// A right command line of `arping --style habets`.
typealias HabetsWords = CommandWords<HabetsSwitch, HabetsValue>

/// The options of Habets' arping that take no value.
enum HabetsSwitch: String, CommandSwitch {
    case anonymous, broadcastSender, broadcastTarget
    case beepsAtAnswer, beepsAtSilence
    case matchesOnly, duplicates, marks, noCleverness, promiscuous
    case replies, quiet, raw, rawOther, showsProbes, unsolicited, verbose, seccomp, noSeccomp
    case json
    case version

    var names: (short: Character?, long: String?) {
        switch self {
        case .anonymous: ("0", nil)
        case .broadcastSender: ("b", nil)
        case .broadcastTarget: ("B", nil)
        case .beepsAtAnswer: ("a", nil)
        case .beepsAtSilence: ("e", nil)
        case .matchesOnly: ("A", nil)
        case .duplicates: ("d", nil)
        case .marks: ("D", nil)
        case .noCleverness: ("F", nil)
        case .promiscuous: ("p", nil)
        case .replies: ("P", nil)
        case .quiet: ("q", nil)
        case .raw: ("r", nil)
        case .rawOther: ("R", nil)
        case .showsProbes: ("u", nil)
        case .unsolicited: ("U", nil)
        case .verbose: ("v", nil)
        case .seccomp: ("z", nil)
        case .noSeccomp: ("Z", nil)
        case .json: ("j", "json")
        case .version: (nil, "version")
        }
    }

    static func help(for value: HabetsSwitch) -> ArgumentHelp? {
        switch value {
        case .anonymous: "Ask from 0.0.0.0."
        case .broadcastSender: "Ask from 255.255.255.255."
        case .broadcastTarget: "Ask for 255.255.255.255."
        case .beepsAtAnswer: "Beep at every answer."
        case .beepsAtSilence: "Beep when there is none."
        case .matchesOnly, .noCleverness, .promiscuous, .seccomp, .noSeccomp:
            "Without effect: it is so anyway, or not needed."
        case .duplicates: "Exit status 1 when two machines answer."
        case .marks: "An exclamation mark an answer, a dot a silence."
        case .replies: "With -U, by replies."
        case .quiet: "Print nothing."
        case .raw: "Print only the link-layer address of an answer (of a machine pinged, its address)."
        case .rawOther: "Print only the other one."
        case .showsProbes: "Print how many probes were sent beside the answer's number."
        case .unsolicited: "Announce our own address."
        case .verbose: "Print our addresses, and report ignored replies."
        case .json: "One JSON object a line."
        case .version: "Print the version."
        }
    }
}

/// The options of Habets' arping that take a value.
enum HabetsValue: String, CommandValue {
    case style, count, replies, interface, wait, deadline, sender, targetAddress, ownMAC, targetMAC, tag, priority,
        timestamp, group

    var names: (short: Character?, long: String) {
        switch self {
        case .style: (nil, "style")
        case .count: ("c", "count")
        case .replies: ("C", "replies")
        case .interface: ("i", "interface")
        case .wait: ("W", "wait")
        case .deadline: ("w", "deadline")
        case .sender: ("S", "sender")
        case .targetAddress: ("T", "target-address")
        case .ownMAC: ("s", "own-mac")
        case .targetMAC: ("t", "target-mac")
        case .tag: ("V", "vlan")
        case .priority: ("Q", "vlan-priority")
        case .timestamp: ("m", "timestamp-type")
        case .group: ("g", "set-group")
        }
    }
}

extension CommandWords where Switch == HabetsSwitch, Value == HabetsValue {
    /// Whether a command line asks for the style.
    static func isAsked(_ words: [String]) -> Bool {
        words.contains("--style=habets") || zip(words, words.dropFirst()).contains { $0 == "--style" && $1 == "habets" }
    }
}

extension ArpingSettings {
    /// What Habets' words say.
    init(_ command: HabetsWords) throws {
        let targets = command.targets + (command.has(.broadcastTarget) ? ["255.255.255.255"] : [])
        self.init(target: try ArpingArgument.target(targets))
        style = .habets
        arping.staysBroadcast = true
        guard command.has(.unsolicited) || !command.has(.replies) else {
            throw UsageError("-P: replies that nobody asked for go with -U")
        }
        if command.has(.unsolicited) {
            arping.mode = command.has(.replies) ? .announceByReply : .announceByRequest
        }
        arping.interface = command[.interface]
        arping.source = try command[.sender].map { try ArpingArgument.address("-S", $0) }
        if command.has(.anonymous) { arping.source = .unspecified }
        if command.has(.broadcastSender) { arping.source = .limitedBroadcast }
        ownMAC = try command[.ownMAC].map { try ArpingArgument.mac("-s", $0) }
        arping.targetMAC = try command[.targetMAC].map { try ArpingArgument.mac("-t", $0) }
        arping.targetAddress = try command[.targetAddress].map { try ArpingArgument.address("-T", $0) }
        arping.tag = try command[.tag].map { text in
            VLANTag(
                identifier: UInt16(try ArgumentValue.integer("-V", text, in: 0...4_094)),
                priority: UInt8(try command[.priority].map { try ArgumentValue.integer("-Q", $0, in: 0...7) } ?? 0),
                etherType: .arp)
        }
        arping.count = try command[.count].map { try ArpingArgument.count("-c", $0) }
        arping.enough = try command[.replies].map { try ArpingArgument.count("-C", $0) }
        if let text = command[.wait] {
            arping.interval = try ArgumentValue.duration("-W", text, atLeast: .microseconds(1))
        }
        arping.deadline = try command[.deadline].map {
            try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1))
        }
        findsDuplicates = command.has(.duplicates)
        isJSON = command.has(.json)
        isQuiet = command.has(.quiet)
        isVerbose = command.has(.verbose)
        arping.reportsIgnored = isVerbose
        // Of a machine that is pinged, the address is what one wants to know.
        let (raw, other) = (command.has(.raw), command.has(.rawOther))
        (printsMAC, printsAddress) = station == nil ? (raw, other) : (other, raw)
        display = ArpingDisplay(
            isMarks: command.has(.marks), showsProbes: command.has(.showsProbes),
            beepsAtAnswer: command.has(.beepsAtAnswer), beepsAtSilence: command.has(.beepsAtSilence))
    }
}
