import Diagnostics
import PacketEngine
import WireFormat

/// The values of `traceroute`'s command line.
struct TraceSettings {
    /// The addresses are still to be found.
    private(set) var configuration: TraceConfiguration
    /// -O info: lines say which segment of TCP was the answer.
    private(set) var printsFlags = false
    /// How long a line that is ready waits for the names in it.
    let nameWait: Nanoseconds
    /// The length was asked for.
    let hasLength: Bool

    /// - Parameter size: bytes of a packet, as they were typed.
    init(_ command: TraceWords, size: String?) throws {
        func integer(_ option: String, _ text: String?, _ range: ClosedRange<Int>, _ preset: Int) throws -> Int {
            try text.map { try ArgumentValue.integer(option, $0, in: range) } ?? preset
        }
        let first = try integer("-f", command[.first], 1...255, 1)
        let last = try integer("-m", command[.maximumHops], 1...255, 30)
        guard first <= last else { throw UsageError("-f: the first hop, \(first), is behind the last, \(last)") }
        var configuration = TraceConfiguration(
            source: .v4(.unspecified), destination: .v4(.unspecified),
            // Above the ports that systems give out by themselves (RFC 6335, section 6, has 49152 to 65535).
            sourcePort: UInt16(
                try integer("--sport", command[.sourcePort], 1...65_535, Int.random(in: 61_000...65_000))),
            identifier: .random(in: 1...UInt16.max), firstMark: .random(in: 1...0xFFFE),
            sequenceSecret: .random(in: 0...UInt16.max))
        configuration.method = try Self.method(command)
        configuration.isOneFlow = !command.has(.noParis)
        configuration.dontFragment = command.has(.dontFragment)
        configuration.flowLabel = UInt32(try integer("-l", command[.flowLabel], 0...0xF_FFFF, 0))
        configuration.firstHop = first
        configuration.maximumHops = last
        configuration.queries = try integer("-q", command[.queries], 1...10, 3)
        configuration.window = try integer("-N", command[.window], 1...1_024, configuration.window)
        configuration.gap = try integer("--gap", command[.gap], 1...255, configuration.gap)
        let usualPort = configuration.method == .tcp ? 80 : command.has(.udp) ? 53 : 33_434
        configuration.destinationPort = UInt16(try integer("-p", command[.port], 1...65_535, usualPort))
        configuration.typeOfService = UInt8(try integer("-t", command[.typeOfService], 0...255, 0))
        configuration.gateways = try Self.gateways(command.all(.gateway))
        if size != nil, configuration.method == .tcp {
            throw UsageError("a SYN has no length to choose: use UDP or -I")
        }
        configuration.packetLength = try integer("--size", size, 30...65_000, 60)
        hasLength = size != nil
        nameWait =
            try command[.nameWait].map { try ArgumentValue.duration("--name-wait", $0, atLeast: .zero) } ?? .seconds(1)
        if let interval = command[.sendInterval] { configuration.sendInterval = try Self.sendInterval(interval) }
        if let wait = command[.wait] { try Self.read(wait, into: &configuration) }
        self.configuration = configuration
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
            guard configuration.method == .tcp else { throw UsageError("-O: '\(option)' is an option of -T alone") }
            if option == "info" {
                printsFlags = true
            } else if option == "ecn" {
                configuration.asksForECN = true
            } else if option.hasPrefix("mss=") {
                configuration.maximumSegmentSize = UInt16(
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
