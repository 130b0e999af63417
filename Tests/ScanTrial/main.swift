// A scan of 10.0.0.0/8 in a simulated network: 16,777,216 probes, 10 % lost in each direction.
// Compares the results with the simulation, prints the cost, and exits with 1 if anything is wrong.

import Diagnostics
import Glibc
import PacketEngine
import WireFormat

/// Counts events and discards them.
struct Counter: EngineObserver, ~Copyable {
    typealias Observed = SYNScanEngine
    var open: UInt64 = 0

    mutating func report(_ event: ScanEvent) {
        if case .finding(let finding) = event, finding.state == .open { open += 1 }
    }
    mutating func step(_ engine: inout SYNScanEngine, _ wakeReason: WakeReason, at now: Instant) -> Instant? { nil }
    var isListening: Bool { true }
}

let seed = CommandLine.arguments.dropFirst().first.flatMap { UInt64($0) } ?? UInt64.random(in: 0...(.max))
let retries = 2
let first = UInt32(10) << 24
let mac = MACAddress(rawValue: 0x02_00_00_00_00_01)
var targets = AddressSet()
try targets.insert([
    (.v4(IPv4Address(rawValue: first)), .v4(IPv4Address(rawValue: first | 0xFF_FFFF)))
])
let link = ScanLink(interface: 1, source: .v4(IPv4Address(192, 0, 2, 1)), framing: .ethernet(mac))
var configuration = ScanConfiguration(
    targets: targets, ports: [80],
    routes: [ScanRoute(targets: 0..<targets.count, link: link, nextHop: .station(mac))],
    sourcePort: 61_000, seed: seed, key: SipHash(key0: seed, key1: ~seed))
configuration.rate = nil
configuration.retries = retries
var engine = SYNScanEngine(configuration)
var network = SimulatedInternet(seed: seed, firstPort: 61_000)
var counter = Counter()
EngineLoop.run(&engine, on: &network, observer: &counter)
let summary = engine.summary

var expected: (open: UInt64, closed: UInt64) = (0, 0)
for address in first...first | 0xFF_FFFF {
    let fate = SimulatedInternet.fate(of: address, seed: seed)
    guard fate != .unresponsive,
        (0...UInt64(retries)).contains(where: { !SimulatedInternet.isLost(address, try: $0, seed: seed) })
    else { continue }
    if fate == .open { expected.open += 1 } else { expected.closed += 1 }
}

var usage = rusage()
_ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
let processor = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
let isRight =
    summary.open == expected.open && summary.closed == expected.closed && counter.open == expected.open
    && summary.decided == 1 << 24 && summary.sent == UInt64(network.sentCount) && usage.ru_maxrss < 64 << 10
print(
    "scan-trial: seed \(seed), \(summary.sent) packets: \(summary.open) open of \(expected.open), \(summary.closed) closed of \(expected.closed), \(summary.filtered) filtered; \(processor) s of processor time, \(usage.ru_maxrss) KiB: \(isRight ? "right" : "WRONG")"
)
exit(isRight ? 0 : 1)
