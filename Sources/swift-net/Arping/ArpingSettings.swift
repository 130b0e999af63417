import Diagnostics
import PacketEngine
import WireFormat

/// Whose habits `arping` has.
enum ArpingStyle: String {
    case iputils, habets
}

/// What `arping` is asked to do, whoever's words it was said in.
struct ArpingSettings {
    var style = ArpingStyle.iputils
    /// As it was typed: an address, a name, or a machine's link-layer address.
    var target: String
    var mode = ArpingMode.ask
    var interface: String?
    var source: IPv4Address?
    /// The link-layer address that is expected to be ours.
    var ownMAC: MACAddress?
    var targetMAC: MACAddress?
    /// For a machine that is pinged by its link-layer address: where its echo requests go in IP.
    var targetAddress: IPv4Address?
    var tag: VLANTag?
    var count: Int?
    var interval = Nanoseconds.seconds(1)
    var deadline: Nanoseconds?
    /// Answers that end it.
    var enough: Int?
    var endsAtFirstAnswer = false
    var staysBroadcast = false
    var expectsAnswers = true
    /// RFC 5227's probe or announcement, with its times.
    var isProbe = false
    var isAnnouncement = false
    /// Two machines with the address are a failure.
    var findsDuplicates = false

    var isQuiet = false
    var isJSON = false
    var isVerbose = false
    /// Only these of each answer.
    var printsMAC = false
    var printsAddress = false
    var display = ArpingDisplay()
    var pcap: String?
    var explained: Int?

    init(target: String) { self.target = target }

    var station: MACAddress? { MACAddress(target) }

    func configuration(mac: MACAddress, source: IPv4Address, target: IPv4Address) -> ArpingConfiguration {
        var configuration = ArpingConfiguration(mac: mac, source: source, target: target)
        configuration.mode = mode
        configuration.count = count
        configuration.interval = interval
        configuration.deadline = deadline
        configuration.enough = enough
        configuration.endsAtFirstAnswer = endsAtFirstAnswer
        configuration.staysBroadcast = staysBroadcast
        configuration.expectsAnswers = expectsAnswers
        configuration.targetMAC = targetMAC
        configuration.tag = tag
        configuration.reportsIgnored = isVerbose
        if isProbe {
            var random = SystemRandomNumberGenerator()
            configuration.checkAddress(count: count, using: &random)
        }
        if isAnnouncement {
            // ANNOUNCE_NUM and ANNOUNCE_INTERVAL.
            configuration.count = count ?? 2
            configuration.interval = .seconds(2)
        }
        return configuration
    }

    /// By the rules of the style.
    func exitStatus(of summary: ArpingSummary) -> Int32 {
        switch style {
        case .habets:
            if findsDuplicates, summary.machines.count > 1 { return 1 }
            return summary.received > 0 ? 0 : 1
        case .iputils:
            // A duplicate is 1, iputils' announcements are always 0, and with a deadline all of `-c` must have been answered.
            switch mode {
            case .detectDuplicates: return summary.received > 0 ? 1 : 0
            case .announceByRequest, .announceByReply: return isAnnouncement && summary.received > 0 ? 1 : 0
            case .ask:
                if let enough, !endsAtFirstAnswer { return summary.received >= enough ? 0 : 1 }
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
        if command.has(.duplicates) || isProbe {
            mode = .detectDuplicates
        } else if command.has(.unsolicited) || isAnnouncement {
            mode = .announceByRequest
        } else if command.has(.answers) {
            mode = .announceByReply
        }
        expectsAnswers = mode == .ask || mode == .detectDuplicates
        guard station == nil || mode == .ask else {
            throw UsageError("\(given.first ?? ""): \(target) is a machine, not an address")
        }
        interface = command[.interface]
        source = try command[.source].map { try ArpingArgument.address("-s", $0) }
        if let text = command[.sender] { source = try ArpingArgument.address("-S", text) }
        if command.has(.anonymous) { source = .unspecified }
        targetMAC = try command[.targetMAC].map { try ArpingArgument.mac("-t", $0) }
        targetAddress = try command[.targetAddress].map { try ArpingArgument.address("-T", $0) }
        guard targetAddress == nil || station != nil else {
            throw UsageError("-T: \(target) is an address itself; a machine's link-layer address takes one")
        }
        tag = try command[.vlan].map { text in
            VLANTag(
                identifier: UInt16(try ArgumentValue.integer("--vlan", text, in: 1...4_094)), priority: 0,
                etherType: .arp)
        }
        count = try command[.count].map { try ArpingArgument.count("-c", $0) }
        for (option, text) in [("-W", command[.wait]), ("-i", command[.interval])] {
            if let text { interval = try ArgumentValue.duration(option, text, atLeast: .milliseconds(1)) }
        }
        // Like iputils: 0 is no deadline.
        let asked = try command[.deadline].map { try ArgumentValue.duration("-w", $0, atLeast: .zero) }
        deadline = asked == .zero ? nil : asked
        if deadline != nil { enough = count }
        endsAtFirstAnswer = command.has(.firstAnswer)
        staysBroadcast = command.has(.broadcast)
        isJSON = command.has(.json)
        printsMAC = command.has(.raw)
        isQuiet = command.has(.quiet)
        isVerbose = command.has(.verbose)
        pcap = command[.pcap]
        explained = try command[.explain].map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) }
    }
}
