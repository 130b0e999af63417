import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// `arping --sweep`: every host of a network.
struct ARPSweepRun {
    let command: ArpingWords
    let console: Console

    func run() throws -> Int32 {
        guard command.targets.isEmpty else {
            throw UsageError(
                "--sweep has its network, and no further target: \(command.targets.joined(separator: " "))")
        }
        let text = command[.sweep] ?? ""
        let (targets, first) = try network(text)
        let retries = try command[.retries].map { try ArgumentValue.integer("--retries", $0, in: 0...100) } ?? 2
        let rate = try command[.rate].map(Self.rate) ?? 2_000
        let timeout = try command[.deadline].map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
        let source = try command[.source].map { try ArpingArgument.address("-s", $0) }
        let comparison = try command[.compare].map(SweepComparison.init(path:))
        console.limit(to: timeout)
        let reactor = try console.reactor()
        let capture = try command[.pcap].map { try FrameCapture(path: $0, console: console) }
        let link = try ArpingLink.find(command[.interface], target: first, source: source, mode: .ask)
        guard Privileges.raise() else {
            throw CannotRun(message: "arping needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        var port = try LinkPort(
            UnboundPacketSocket(), interface: link.interface.index, hearing: .etherType(.arp), frameLength: 128,
            ringSlots: 4_096,
            reactor: reactor, tap: capture?.tap)
        try Privileges.dropForGood()
        try capture?.start(.etherTypes([.arp]), interface: link.interface.index)
        var configuration = ARPSweepConfiguration(mac: link.mac, source: link.source, targets: targets)
        configuration.rate = rate
        configuration.retries = retries
        configuration.reportsIgnored = command.has(.verbose)
        if let timeout { configuration.timeout = timeout }
        var engine = ARPSweepEngine(configuration)
        var observer = LinkBoundObserver(
            ARPSweepObserver(command: command, console: console, comparison: comparison), interface: link.interface,
            console: console, reactor: reactor)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        let summary = engine.summary
        observer.inner.finish(
            summary, text, targets, overflows: port.overflowCount, isReliable: observer.trouble == nil)
        guard console.output.failure == nil, capture?.hasFailed != true else { return 2 }
        // A host that was not found may be there.
        let wasFound = command.has(.claims) ? summary.duplicates > 0 : summary.hosts > 0
        guard observer.trouble == nil || wasFound else { return 2 }
        if command.has(.claims) { return summary.duplicates > 0 ? 1 : 0 }
        return summary.hosts > 0 ? 0 : 1
    }

    private func network(_ text: String) throws -> (TargetSet, IPv4Address) {
        var targets = TargetSet()
        do {
            switch try TargetExpression(text) {
            case .range(let first, let last): try targets.append(from: first, through: last)
            case .address(let address, _): try targets.append(address)
            case .name: throw UsageError("--sweep: '\(text)' is no network")
            }
        } catch let error as UsageError {
            throw error
        } catch {
            throw UsageError("--sweep: '\(text)' is no network")
        }
        guard targets.count > 0, case .v4(let first) = targets[0] else {
            throw UsageError("--sweep: \(text): ARP is for IPv4 only")
        }
        return (targets, first)
    }

    /// Probes a second; `max` for no limit.
    private static func rate(_ text: String) throws -> Double? {
        if text == "max" { return nil }
        return Double(try ArgumentValue.integer("--rate", text, in: 1...10_000_000))
    }
}
