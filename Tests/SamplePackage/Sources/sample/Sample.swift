import SwiftNet

/// Runs the example of a tool: `sample TOOL TARGET`.
@main
struct Sample {
    static let examples: [String: @Sendable (String) async throws -> Void] = [
        "igmp-join": igmpJoin,
        "igmp-query": igmpQuery,
        "monitor": monitor,
        "paths": paths,
        "ping": ping,
        "ping-events": pingEvents,
        "ping-sweep": pingSweep,
        "traceroute": traceroute,
        "two-at-once": twoAtOnce,
    ]

    struct Usage: Error {}

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let example = examples[arguments[1]] else { throw Usage() }
        try await example(arguments[2])
    }
}
