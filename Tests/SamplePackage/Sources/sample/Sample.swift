import SwiftNet

/// Runs an example by its name.
@main
struct Sample {
    static let examples: [String: @Sendable () async throws -> Void] = [
        "arp-sweep": exampleARPSweep,
        "arping": exampleArping,
        "canceled": canceled,
        "dhcp-discover": exampleDHCPDiscover,
        "drops-for-good": dropsForGood,
        "errors": errors,
        "http-fingerprint": exampleHTTPFingerprint,
        "http-probe": exampleHTTPProbe,
        "igmp-join": exampleIGMPJoin,
        "igmp-query": exampleIGMPQuery,
        "landing-page": landingPage,
        "leaves-alone": leavesAlone,
        "paths-and-monitor": pathsAndMonitor,
        "ping": examplePing,
        "ping-sweep": examplePingSweep,
        "rarp-query": exampleRARPQuery,
        "rarp-server": exampleRARPServer,
        "readme": readme,
        "syn-scan": exampleSYNScan,
        "traceroute": exampleTraceroute,
        "two-at-once": twoAtOnce,
        "used-twice": usedTwice,
        "user-host": exampleUserHost,
    ]

    struct Usage: Error {}

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 2, let example = examples[arguments[1]] else { throw Usage() }
        try await example()
    }
}
