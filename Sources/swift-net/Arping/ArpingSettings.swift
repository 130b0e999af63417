import Diagnostics
import PacketEngine
import WireFormat

/// The values of `arping`'s command line.
struct ArpingSettings {
    /// As it was typed.
    let target: String
    let mode: ArpingMode
    let source: IPv4Address?
    private let count: Int?
    private let interval: Nanoseconds
    private let deadline: Nanoseconds?
    private let command: ArpingWords

    init(_ command: ArpingWords) throws {
        self.command = command
        let tasks: [(words: String, isGiven: Bool)] = [
            ("-D", command.has(.duplicates)), ("-U", command.has(.unsolicited)), ("-A", command.has(.answers)),
            ("--probe", command[.probe] != nil), ("--announce", command[.announce] != nil),
        ]
        let given = tasks.filter(\.isGiven).map(\.words)
        guard given.count <= 1 else { throw UsageError("\(given[0]) and \(given[1]) exclude each other") }
        let named = [command[.probe], command[.announce]].compactMap { $0 }
        let all = command.targets + named
        guard let target = all.first else { throw UsageError("a target is missing") }
        guard all.count == 1 else {
            throw UsageError("one address is asked for, not several: \(all.joined(separator: " "))")
        }
        self.target = target
        mode =
            command.has(.duplicates) || command[.probe] != nil
            ? .detectDuplicates
            : command.has(.unsolicited) || command[.announce] != nil
                ? .announceByRequest : command.has(.answers) ? .announceByReply : .ask
        source = try command[.source].map { text in
            guard case .v4(let address)? = IPAddress(text) else { throw UsageError("-s: '\(text)' is no IPv4 address") }
            return address
        }
        count = try command[.count].map { try ArgumentValue.integer("-c", $0, in: 1...Int(Int32.max)) }
        interval =
            try command[.interval].map { try ArgumentValue.duration("-i", $0, atLeast: .milliseconds(1)) }
            ?? .seconds(1)
        // Like iputils: 0 is no deadline.
        let asked = try command[.deadline].map { try ArgumentValue.duration("-w", $0, atLeast: .zero) }
        deadline = asked == .zero ? nil : asked
    }

    func configuration(mac: MACAddress, source: IPv4Address, target: IPv4Address) -> ArpingConfiguration {
        var configuration = ArpingConfiguration(mac: mac, source: source, target: target)
        configuration.mode = mode
        configuration.count = count
        configuration.interval = interval
        configuration.deadline = deadline
        configuration.endsAtFirstAnswer = command.has(.firstAnswer)
        configuration.staysBroadcast = command.has(.broadcast)
        if command[.probe] != nil {
            // PROBE_WAIT, PROBE_NUM, PROBE_MIN to PROBE_MAX and ANNOUNCE_WAIT of RFC 5227, section 1.1.
            configuration.initialDelay = .milliseconds(.random(in: 0...1_000))
            configuration.count = count ?? 3
            configuration.pauses = (1..<max(configuration.count ?? 3, 2)).map { _ in
                .milliseconds(.random(in: 1_000...2_000))
            }
            configuration.lastWait = .seconds(2)
        }
        if command[.announce] != nil {
            // ANNOUNCE_NUM and ANNOUNCE_INTERVAL.
            configuration.count = count ?? 2
            configuration.interval = .seconds(2)
        }
        return configuration
    }

    /// iputils' rules: a duplicate is 1, announcements are always 0, and with
    /// a deadline all of `-c` must have been answered.
    func exitStatus(of summary: ArpingSummary) -> Int32 {
        switch mode {
        case .detectDuplicates: return summary.received > 0 ? 1 : 0
        case .announceByRequest, .announceByReply: return 0
        case .ask:
            if deadline != nil, let count, !command.has(.firstAnswer) { return summary.received >= count ? 0 : 1 }
            return summary.received > 0 ? 0 : 1
        }
    }
}
