import SwiftNet

/// The values of `traceroute`'s command line.
struct TraceSettings {
    private(set) var trace: Traceroute.Configuration
    /// -O info: lines say which segment of TCP was the answer.
    private(set) var printsFlags = false
    /// How long a line that is ready waits for the names in it.
    let nameWait: Nanoseconds

    /// - Parameter size: bytes of a packet, as they were typed.
    init(_ command: TraceWords, size: String?) throws {
        func integer(_ option: String, _ text: String?, _ range: ClosedRange<Int>, _ preset: Int) throws -> Int {
            try text.map { try ArgumentValue.integer(option, $0, in: range) } ?? preset
        }
        let first = try integer("-f", command[.first], 1...255, 1)
        let last = try integer("-m", command[.maximumHops], 1...255, 30)
        guard first <= last else { throw UsageError("-f: the first hop, \(first), is behind the last, \(last)") }
        var trace = Traceroute.Configuration(
            method: try Self.method(command), maximumHops: last,
            queries: try integer("-q", command[.queries], 1...10, 3))
        if let port = command[.sourcePort] {
            trace.probe.sourcePort = UInt16(try integer("--sport", port, 1...65_535, 0))
        }
        trace.family = command.has(.ipv4) ? .v4 : command.has(.ipv6) ? .v6 : nil
        trace.interface = command[.interface]
        trace.findsPathMTU = command.has(.mtu)
        trace.source = try command[.source].map { text in
            guard let address = IPAddress(text) else { throw UsageError("-s: '\(text)' is no address") }
            return address
        }
        trace.probe.isOneFlow = !command.has(.noParis)
        trace.probe.dontFragment = command.has(.dontFragment)
        trace.probe.flowLabel = UInt32(try integer("-l", command[.flowLabel], 0...0xF_FFFF, 0))
        trace.probe.firstHop = first
        trace.probe.window = try integer("-N", command[.window], 1...1_024, trace.probe.window)
        trace.probe.gap = try integer("--gap", command[.gap], 1...255, trace.probe.gap)
        let usualPort = trace.probe.method == .tcp ? 80 : command.has(.udp) ? 53 : 33_434
        trace.probe.destinationPort = UInt16(try integer("-p", command[.port], 1...65_535, usualPort))
        trace.probe.typeOfService = UInt8(try integer("-t", command[.typeOfService], 0...255, 0))
        trace.probe.gateways = try Self.gateways(command.all(.gateway))
        if size != nil, trace.probe.method == .tcp {
            throw UsageError("a SYN has no length to choose: use UDP or -I")
        }
        trace.packetLength = try size.map { try ArgumentValue.integer("--size", $0, in: 30...65_000) }
        nameWait =
            try command[.nameWait].map { try ArgumentValue.duration("--name-wait", $0, atLeast: .zero) } ?? .seconds(1)
        if let interval = command[.sendInterval] { trace.probe.sendInterval = try Self.sendInterval(interval) }
        if let wait = command[.wait] { try Self.read(wait, into: &trace.probe) }
        self.trace = trace
        if let options = command[.methodOptions] { try read(options) }
    }

    /// By letter, or by name as traceroute's -M has it.
    private static func method(_ command: TraceWords) throws -> TraceMethod {
        let switches: [(name: TraceSwitch, word: String, method: TraceMethod)] = [
            (.icmp, "-I", .icmp), (.udp, "-U", .udp), (.tcp, "-T", .tcp),
        ]
        let given = switches.filter { command.has($0.name) }
        guard given.count <= 1 else { throw UsageError("\(given[0].word) and \(given[1].word) exclude each other") }
        // As mtr does: hosts limit ICMP errors, which UDP asks for, and seldom echo replies.
        let preset = command.has(.report) || command.has(.live) ? TraceMethod.icmp : .udp
        guard let name = command[.method] else { return given.first?.method ?? preset }
        guard let method = name == "default" ? .udp : TraceMethod(rawValue: name) else {
            throw UsageError("-M: '\(name)' is none of default, udp, icmp, tcp")
        }
        if let given = given.first, given.method != method {
            throw UsageError("-M \(name) and \(given.word) exclude each other")
        }
        return method
    }

    private mutating func read(_ options: String) throws {
        for option in options.split(separator: ",", omittingEmptySubsequences: false) {
            guard trace.probe.method == .tcp else { throw UsageError("-O: '\(option)' is an option of -T alone") }
            if option == "info" {
                printsFlags = true
            } else if option == "ecn" {
                trace.probe.asksForECN = true
            } else if option.hasPrefix("mss=") {
                trace.probe.maximumSegmentSize = UInt16(
                    try ArgumentValue.integer("-O mss", String(option.dropFirst(4)), in: 1...65_535))
            } else {
                throw UsageError("-O: '\(option)' is none of info, ecn, mss=N")
            }
        }
    }

    /// Names are not looked up: what is on the way is known by its address.
    private static func gateways(_ lists: [String]) throws -> [IPv4Address] {
        let gateways = try lists.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { text in
            switch IPAddress(String(text)) {
            case .v4(let address)?: return address
            // RFC 5095 took IPv6's routing header of type 0 out of use.
            case .v6?: throw UsageError("-g: \(text): IPv6 has no source routes (RFC 5095)")
            case nil: throw UsageError("-g: '\(text)' is no address")
            }
        }
        guard gateways.count <= 8 else { throw UsageError("-g: \(gateways.count) gateways, a header has room for 8") }
        return gateways
    }

    /// A bare number is of seconds up to 10, and of milliseconds above, as traceroute has it.
    private static func sendInterval(_ text: String) throws -> Nanoseconds {
        let interval = try ArgumentValue.duration("-z", text, atLeast: .zero)
        let isBare = text.last?.isLetter != true
        return isBare && interval > .seconds(10) ? Nanoseconds(interval.count / 1_000) : interval
    }

    /// `MAX`, `MAX,HERE` or `MAX,HERE,NEAR`. Who says how long to wait means it for the end of the way too.
    private static func read(_ text: String, into configuration: inout TraceConfiguration) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3 else { throw UsageError("-w: '\(text)' has more than three parts") }
        configuration.longestWait = try ArgumentValue.duration("-w", parts[0], atLeast: .milliseconds(1))
        configuration.tailWait = configuration.longestWait
        configuration.looksAgain = false
        configuration.hastens = false
        if parts.count > 1 {
            configuration.hereFactor = Int64(try ArgumentValue.integer("-w", parts[1], in: 1...1_000))
        }
        if parts.count > 2 {
            configuration.nearFactor = Int64(try ArgumentValue.integer("-w", parts[2], in: 1...1_000))
        }
    }
}
