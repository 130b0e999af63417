// The pings of a monitor on a real network: many targets, one probe a second each.
//     monitor-trial COUNT SECONDS FIRST-ADDRESS
// Prints the CPU time of this process and the round trips. Exits with 1 if a probe was lost or skipped.

import Diagnostics
import Glibc
import PacketEngine
import SwiftNet
import WireFormat

func run(_ targets: [String], for seconds: Int64) throws -> Bool {
    var configuration = MonitorPing.Configuration()
    configuration.duration = .seconds(seconds)
    var roundTrips: [Int64] = []
    var latest = Nanoseconds.zero
    let summary = try MonitorPing.run(targets, configuration) { event in
        guard case .sample(let sample) = event else { return }
        if let roundTrip = sample.roundTrip { roundTrips.append(roundTrip.count) }
        latest = max(latest, sample.sent - sample.due)
    }
    roundTrips.sort()
    let shares = [50, 99].map { roundTrips.isEmpty ? 0 : roundTrips[(roundTrips.count - 1) * $0 / 100] / 1_000 }
    let share = Double(clock()) / Double(CLOCKS_PER_SEC) / Double(seconds)
    print(
        """
        \(targets.count) targets, \(summary.transmitted) probes: \(summary.received) replies, \(summary.lost) lost, \
        \(summary.skipped) skipped
        round trip: median \(shares[0]) us, 99 % \(shares[1]) us; the latest probe was \(latest.count / 1_000) us late
        CPU: \(share) of a core
        """)
    return summary.lost + summary.skipped == 0
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = UInt32(arguments[1]), let seconds = Int64(arguments[2]),
    case .v4(let first)? = IPAddress(arguments[3])
else {
    print("usage: monitor-trial COUNT SECONDS FIRST-ADDRESS")
    exit(2)
}
exit(try run((0..<count).map { "\(IPv4Address(rawValue: first.rawValue &+ $0))" }, for: seconds) ? 0 : 1)
