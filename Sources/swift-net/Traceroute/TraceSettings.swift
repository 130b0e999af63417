import Diagnostics
import PacketEngine
import WireFormat

/// The values of `traceroute`'s command line.
struct TraceSettings {
    /// The addresses are still to be found.
    let configuration: TraceConfiguration

    /// - Parameter size: bytes of a packet, as they were typed.
    init(_ command: TraceWords, size: String?) throws {
        func integer(_ option: String, _ text: String?, _ range: ClosedRange<Int>, _ preset: Int) throws -> Int {
            try text.map { try ArgumentValue.integer(option, $0, in: range) } ?? preset
        }
        let first = try integer("-f", command[.first], 1...255, 1)
        let last = try integer("-m", command[.maximumHops], 1...255, 30)
        guard first <= last else { throw UsageError("-f: the first hop, \(first), is behind the last, \(last)") }
        let queries = try integer("-q", command[.queries], 1...10, 3)
        let greatest = TraceConfiguration.greatestMark(hops: last - first + 1, queries: queries)
        var configuration = TraceConfiguration(
            source: .v4(.unspecified), destination: .v4(.unspecified),
            // Above the ports that systems give out by themselves (RFC 6335, section 6, has 49152 to 65535).
            sourcePort: UInt16(
                try integer("--sport", command[.sourcePort], 1...65_535, Int.random(in: 61_000...65_000))),
            identifier: .random(in: 1...UInt16.max), firstMark: .random(in: 1...greatest))
        guard !(command.has(.icmp) && command.has(.udp)) else { throw UsageError("-I and -U exclude each other") }
        configuration.method = command.has(.icmp) ? .icmp : .udp
        configuration.isOneFlow = !command.has(.noParis)
        configuration.dontFragment = command.has(.dontFragment)
        configuration.flowLabel = UInt32(try integer("-l", command[.flowLabel], 0...0xF_FFFF, 0))
        configuration.firstHop = first
        configuration.maximumHops = last
        configuration.queries = queries
        configuration.window = try integer("-N", command[.window], 1...1_024, configuration.window)
        configuration.gap = try integer("--gap", command[.gap], 1...255, configuration.gap)
        configuration.destinationPort = UInt16(
            try integer("-p", command[.port], 1...65_535, command.has(.udp) ? 53 : 33_434))
        configuration.typeOfService = UInt8(try integer("-t", command[.typeOfService], 0...255, 0))
        configuration.packetLength = try integer("--size", size, 30...65_000, 60)
        if let interval = command[.sendInterval] { configuration.sendInterval = try Self.sendInterval(interval) }
        if let wait = command[.wait] { try Self.read(wait, into: &configuration) }
        self.configuration = configuration
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
        if parts.count > 1 {
            configuration.hereFactor = Int64(try ArgumentValue.integer("-w", parts[1], in: 1...1_000))
        }
        if parts.count > 2 {
            configuration.nearFactor = Int64(try ArgumentValue.integer("-w", parts[2], in: 1...1_000))
        }
    }
}
