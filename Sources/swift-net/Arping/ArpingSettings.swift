import SwiftNet

/// Whose habits `arping` has.
enum ArpingStyle: String {
    case iputils, habets
}

/// What `arping` is asked to do, in either style.
struct ArpingSettings {
    var style = ArpingStyle.iputils
    /// As it was typed: an address, a name, or a MAC address.
    var target: String
    var arping = Arping.Configuration()
    /// The MAC address that the interface is expected to have.
    var ownMAC: MACAddress?
    /// RFC 5227's probe or announcement, with its times.
    var isProbe = false
    var isAnnouncement = false
    /// Two hosts with the address are a failure.
    var findsDuplicates = false

    var isQuiet = false
    var isJSON = false
    var isVerbose = false
    /// Only these of each reply.
    var printsMAC = false
    var printsAddress = false
    var display = ArpingDisplay()
    var pcap: String?
    var explained: Int?

    init(target: String) { self.target = target }

    var station: MACAddress? { MACAddress(target) }

    /// By the rules of the style.
    func exitStatus(of summary: ArpingSummary) -> Int32 {
        switch style {
        case .habets:
            if findsDuplicates, summary.machines.count > 1 { return 1 }
            return summary.received > 0 ? 0 : 1
        case .iputils:
            // A duplicate is 1, iputils' announcements are always 0, and with a deadline all of `-c` must have been answered.
            switch arping.mode {
            case .detectDuplicates: return summary.received > 0 ? 1 : 0
            case .announceByRequest, .announceByReply: return isAnnouncement && summary.received > 0 ? 1 : 0
            case .ask:
                if let enough = arping.enough, !arping.endsAtFirstAnswer { return summary.received >= enough ? 0 : 1 }
                return summary.received > 0 ? 0 : 1
            }
        }
    }
}

/// How answers are shown in Habets' style.
struct ArpingDisplay {
    /// An exclamation mark an answer, a dot a silence.
    var isMarks = false
    var showsProbes = false
    var beepsAtAnswer = false
    var beepsAtSilence = false
}

/// Values that both styles have.
enum ArpingArgument {
    static func address(_ option: String, _ text: String) throws -> IPv4Address {
        guard case .v4(let address)? = IPAddress(text) else {
            throw UsageError("\(option): '\(text)' is no IPv4 address")
        }
        return address
    }

    static func mac(_ option: String, _ text: String) throws -> MACAddress {
        guard let mac = MACAddress(text) else { throw UsageError("\(option): '\(text)' is no link-layer address") }
        return mac
    }

    static func count(_ option: String, _ text: String) throws -> Int {
        try ArgumentValue.integer(option, text, in: 1...Int(Int32.max))
    }

    /// The one target of a command line.
    static func target(_ all: [String]) throws -> String {
        guard let target = all.first else { throw UsageError("a target is missing") }
        guard all.count == 1 else {
            throw UsageError("one address is asked for, not several: \(all.joined(separator: " "))")
        }
        return target
    }
}

extension ArpingSettings {
    /// What iputils' words say, and ours.
    init(_ command: ArpingWords) throws {
        let tasks: [(words: String, isGiven: Bool)] = [
            ("-D", command.has(.duplicates)), ("-U", command.has(.unsolicited)), ("-A", command.has(.answers)),
            ("--probe", command[.probe] != nil), ("--announce", command[.announce] != nil),
        ]
        let given = tasks.filter(\.isGiven).map(\.words)
        guard given.count <= 1 else { throw UsageError("\(given[0]) and \(given[1]) exclude each other") }
        self.init(
            target: try ArpingArgument.target(
                command.targets + [command[.probe], command[.announce]].compactMap { $0 }))
        if let style = command[.style], ArpingStyle(rawValue: style) == nil {
            throw UsageError("--style: '\(style)' is none of iputils and habets")
        }
        isProbe = command[.probe] != nil
        isAnnouncement = command[.announce] != nil
        if isProbe {
            arping = .addressCheck
        } else if isAnnouncement {
            arping = .announcement
        } else if command.has(.duplicates) {
            arping.mode = .detectDuplicates
        } else if command.has(.unsolicited) {
            arping.mode = .announceByRequest
        } else if command.has(.answers) {
            arping.mode = .announceByReply
        }
        arping.expectsAnswers = arping.mode == .ask || arping.mode == .detectDuplicates
        guard station == nil || arping.mode == .ask else {
            throw UsageError("\(given.first ?? ""): \(target) is a machine, not an address")
        }
        arping.interface = command[.interface]
        arping.source = try command[.source].map { try ArpingArgument.address("-s", $0) }
        if let text = command[.sender] { arping.source = try ArpingArgument.address("-S", text) }
        if command.has(.anonymous) { arping.source = .unspecified }
        arping.targetMAC = try command[.targetMAC].map { try ArpingArgument.mac("-t", $0) }
        arping.targetAddress = try command[.targetAddress].map { try ArpingArgument.address("-T", $0) }
        guard arping.targetAddress == nil || station != nil else {
            throw UsageError("-T: \(target) is an address itself; a machine's link-layer address takes one")
        }
        arping.tag = try command[.vlan].map { text in
            VLANTag(
                identifier: UInt16(try ArgumentValue.integer("--vlan", text, in: 1...4_094)), priority: 0,
                etherType: .arp)
        }
        let count = try command[.count].map { try ArpingArgument.count("-c", $0) }
        if let count { arping.count = count }
        for (option, text) in [("-W", command[.wait]), ("-i", command[.interval])] {
            guard let text else { continue }
            let interval = try ArgumentValue.duration(option, text, atLeast: .milliseconds(1))
            // Those of RFC 5227 are fixed.
            if !isAnnouncement { arping.interval = interval }
        }
        // Like iputils: 0 is no deadline.
        let asked = try command[.deadline].map { try ArgumentValue.duration("-w", $0, atLeast: .zero) }
        arping.deadline = asked == .zero ? nil : asked
        if arping.deadline != nil { arping.enough = count }
        arping.endsAtFirstAnswer = command.has(.firstAnswer)
        arping.staysBroadcast = command.has(.broadcast)
        isJSON = command.has(.json)
        printsMAC = command.has(.raw)
        isQuiet = command.has(.quiet)
        isVerbose = command.has(.verbose)
        arping.reportsIgnored = isVerbose
        pcap = command[.pcap]
        explained = try command[.explain].map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) }
    }
}
