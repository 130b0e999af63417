import LinuxProcess
import SwiftNet

/// What a `ping` command line asks for, checked.
struct PingSettings {
    var expressions: [TargetExpression] = []
    /// The targets as they were written, beside `expressions`.
    var texts: [String] = []
    /// What is sent, whether to one target or many.
    var ping = Ping.Configuration()
    /// As it was given: in a sweep it is the time between packets, or between those to one target.
    var interval: Nanoseconds?
    var pattern: [UInt8]?
    /// Packets a second of a sweep; nil for as many as the kernel takes.
    var rate: Double? = 10_000
    var retries = 3
    /// Packets each way to explain.
    var explained = 0
    var isSweep = false

    init(_ command: PingWords) throws {
        if command.has(.ipv4), command.has(.ipv6) { throw UsageError("only one -4 or -6 option may be specified") }
        ping.family = command.has(.ipv4) ? .v4 : command.has(.ipv6) ? .v6 : nil
        try readNumbers(command)
        try readWords(command)
        readSwitches(command)
        ping.fragments = try Self.fragments(command, size: ping.data.count)
        try readTargets(command)
        try checkSweep(command)
    }

    private mutating func readSwitches(_ command: PingWords) {
        ping.isAdaptive = command.has(.adaptive)
        ping.bypassesRouting = command.has(.bypassRouting)
        ping.allowsBroadcast = command.has(.broadcast)
        ping.loopsMulticast = !command.has(.noLoop)
        ping.connects = command.has(.connect)
        ping.debugs = command.has(.debug)
        ping.ignoresKernelStamps = command.has(.userLatency)
        ping.reportsOutstanding = command.has(.outstanding)
        ping.reportsTransmissions = command.has(.flood) && !command.has(.quiet) && !command.has(.json)
        ping.reportsIgnored = command.has(.verbose)
        ping.splitsFirstRoundTrip = command.has(.split)
        ping.isIntervalExplicit = interval != nil
        ping.interval = interval ?? (command.has(.flood) ? .zero : .seconds(1))
    }

    private mutating func readNumbers(_ command: PingWords) throws {
        func integer(_ option: String, _ text: String?, _ range: ClosedRange<Int>) throws -> Int? {
            try text.map { try ArgumentValue.integer(option, $0, in: range) }
        }
        ping.count = try integer("-c", command[.count], 1...Int.max)
        ping.identifier = try integer("-e", command[.identifier], 0...65_535).map { UInt16($0) }
        ping.flowLabel = try integer("-F", command[.flowLabel], 0...0xF_FFFF).map { UInt32($0) }
        ping.preload = try integer("-l", command[.preload], 1...65_536) ?? 1
        ping.mark = try integer("-m", command[.mark], 0...Int(UInt32.max)).map { UInt32($0) }
        ping.trafficClass = try integer("-Q", command[.trafficClass], 0...255).map { UInt8($0) }
        let size = try integer("-s", command[.size], 0...65_507) ?? 56
        pattern = try command[.pattern].map { try ArgumentValue.pattern("-p", $0) }
        ping.data = Self.data(size, pattern)
        ping.sendBuffer = try integer("-S", command[.sendBuffer], 1...Int(Int32.max))
        ping.timeToLive = try integer("-t", command[.timeToLive], 1...255).map { UInt8($0) }
        retries = try integer("--retries", command[.retries], 0...1_000) ?? 3
        explained = try integer("--explain", command[.explain], 0...1_000_000) ?? 0
        interval = try command[.interval].map { try ArgumentValue.duration("-i", $0) }
        ping.deadline = try command[.deadline].map { try ArgumentValue.duration("-w", $0) }
        // Without a deadline, as ping takes it.
        if ping.deadline == .zero { ping.deadline = nil }
        ping.timeout = try command[.timeout].map { try ArgumentValue.duration("-W", $0) }
        // As in iputils, 0 is no timeout.
        if ping.timeout == .zero { ping.timeout = PingConfiguration.noTimeout }
        ping.reportInterval = try command[.reportEvery].map {
            try ArgumentValue.duration("--report-every", $0, atLeast: .milliseconds(1))
        }
        if let text = command[.rate], text != "max" {
            rate = Double(try ArgumentValue.integer("--rate", text, in: 1...100_000_000))
        } else if command[.rate] != nil {
            rate = nil
        }
    }

    /// How probes are cut on purpose.
    private static func fragments(_ command: PingWords, size: Int) throws -> FragmentPlan? {
        guard let text = command[.fragment] else {
            guard command[.fragmentOrder] == nil else { throw UsageError("--fragment-order is of --fragment SIZE") }
            return nil
        }
        var order = FragmentPlan.Order.inOrder
        if let word = command[.fragmentOrder] {
            guard let known = FragmentPlan.Order(rawValue: word) else {
                throw UsageError("--fragment-order: '\(word)' is none of in-order, reversed, overlapping")
            }
            order = known
        }
        let least = order == .overlapping ? FragmentPlan.leastOverlappingSize : 8
        let length = try ArgumentValue.integer("--fragment", text, in: least...65_528)
        guard length % 8 == 0 else { throw UsageError("--fragment: \(length) is no multiple of 8") }
        guard command[.icmp] == nil else { throw UsageError("--fragment is of echo requests") }
        guard command[.pathMTUDiscovery] != "do" else { throw UsageError("--fragment and -M do exclude each other") }
        guard size + 8 > length else {
            throw UsageError("--fragment: a message of \(size + 8) bytes (-s \(size)) is one fragment of \(length)")
        }
        return FragmentPlan(size: length, order: order)
    }

    private mutating func readWords(_ command: PingWords) throws {
        if let text = command[.pathMTUDiscovery] {
            guard let mode = PathMTUDiscovery(rawValue: text) else {
                throw UsageError("-M: '\(text)' is none of do, dont, want, probe")
            }
            ping.pathMTUDiscovery = mode
        }
        if let text = command[.icmp] {
            guard let asked = ICMPQuery(rawValue: text) else {
                throw UsageError("--icmp: '\(text)' is none of echo, timestamp, address-mask, router-solicitation")
            }
            ping.query = asked
        }
        if let color = command[.color], !["auto", "always", "never"].contains(color) {
            throw UsageError("--color: '\(color)' is none of auto, always, never")
        }
        if command.has(.alive), command.has(.unreachable) {
            throw UsageError("only one of --alive and --unreachable may be used")
        }
        guard let text = command[.interface] else { return }
        if let address = IPAddress(text) {
            ping.source = address
        } else if let percent = text.firstIndex(of: "%"), let address = IPv6Address(text[..<percent]) {
            ping.source = .v6(address)
            ping.interface = String(text[text.index(after: percent)...])
        } else {
            ping.interface = text
        }
    }

    private mutating func readTargets(_ command: PingWords) throws {
        texts = command.targets
        for file in command.all(.targetsFile) {
            do {
                texts += try TextInput.lines(of: file, for: "--targets").compactMap(Self.target)
            } catch {
                throw UsageError("--targets: \(error)")
            }
        }
        guard !texts.isEmpty else { throw UsageError("usage error: Destination address required") }
        if command.has(.recordRoute), command[.timestampOption] != nil {
            throw UsageError("only one of -T or -R may be used")
        }
        if command.has(.recordRoute) {
            ping.options = IPv4Options([.noOperation, .recordRoute(IPv4RouteData(emptySlots: 9))])
        }
        if let kind = command[.timestampOption] { try readTimestampOption(kind) }
        expressions = try texts.map { text in
            do throws(TargetExpression.Problem) {
                return try TargetExpression(text)
            } catch {
                throw UsageError("\(text): \(error)")
            }
        }
        let hasRange = expressions.contains { if case .range = $0 { true } else { false } }
        // A script's list may have one host.
        let asksForHosts = command.has(.alive) || command.has(.unreachable)
        isSweep = expressions.count > 1 || hasRange || asksForHosts || !command.all(.targetsFile).isEmpty
        let overhead = ping.options.paddedByteCount
        if ping.data.count + overhead > 65_507 {
            throw UsageError("-s: '\(ping.data.count)' is out of range: 0 <= value <= \(65_507 - overhead)")
        }
    }

    /// What only one target can have is refused for many, rather than passed over in silence.
    private func checkSweep(_ command: PingWords) throws {
        guard isSweep else { return }
        let switches: [(PingSwitch, String)] = [
            (.flood, "-f"), (.adaptive, "-A"), (.outstanding, "-O"), (.connect, "-C"), (.plot, "--plot"),
            (.split, "--split"),
        ]
        if let (_, name) = switches.first(where: { command.has($0.0) }) {
            throw UsageError("\(name) is for a single target")
        }
        if command[.preload] != nil { throw UsageError("-l is for a single target") }
        if ping.fragments != nil { throw UsageError("--fragment is for a single target") }
        if ping.reportInterval != nil { throw UsageError("--report-every is for a single target") }
        if ping.query == .routerSolicitation { throw UsageError("--icmp router-solicitation is for a single target") }
    }

    /// The target of a line: the text before a comment, or nothing.
    private static func target(_ line: String) -> String? {
        let text = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).first
        return text.map(String.init)
    }

    private mutating func readTimestampOption(_ kind: String) throws {
        switch kind {
        case "tsonly":
            let empty = IPv4TimestampData.Entry(address: nil, timestamp: 0)
            ping.options = IPv4Options([
                .timestamp(IPv4TimestampData(flag: .timestampsOnly, entries: Array(repeating: empty, count: 9)))
            ])
        case "tsandaddr":
            let empty = IPv4TimestampData.Entry(address: .unspecified, timestamp: 0)
            ping.options = IPv4Options([
                .timestamp(IPv4TimestampData(flag: .withAddresses, entries: Array(repeating: empty, count: 4)))
            ])
        case "tsprespec":
            let hosts = texts.compactMap { IPv4Address($0) }
            guard hosts.count == texts.count, (1...4).contains(hosts.count) else {
                throw UsageError("-T: 'tsprespec' needs one to four IPv4 addresses, the target last")
            }
            let entries = hosts.map { IPv4TimestampData.Entry(address: $0, timestamp: 0) }
            ping.options = IPv4Options([.timestamp(IPv4TimestampData(flag: .prespecified, entries: entries))])
            texts = [texts[texts.count - 1]]
        default:
            throw UsageError("-T: '\(kind)' is none of tsonly, tsandaddr, tsprespec")
        }
    }

    /// The data of the probes: bytes that count up, or the pattern.
    private static func data(_ size: Int, _ pattern: [UInt8]?) -> [UInt8] {
        guard let pattern else { return (0..<size).map { UInt8(truncatingIfNeeded: $0) } }
        return (0..<size).map { pattern[$0 % pattern.count] }
    }
}
