import Diagnostics
import LinuxNet
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
        let source = try command[.source].map { text in
            guard case .v4(let address)? = IPAddress(text) else { throw UsageError("-s: '\(text)' is no IPv4 address") }
            return address
        }
        let signals = try SignalSource()
        let bell = try Bell()
        let capture = try command[.pcap].map { try FrameCapture(path: $0, console: console) }
        let link = try ArpingLink.find(command[.interface], target: first, source: source, mode: .ask)
        guard Privileges.raise() else {
            throw CannotRun(message: "arping needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try capture?.open()
        var port = try LinkPort(
            interface: link.interface.index, hearing: .etherType(.arp), frameLength: 128, ringSlots: 4_096,
            signals: signals, bell: bell,
            tap: capture?.tap)
        try Privileges.dropForGood()
        try capture?.start(.etherTypes([.arp]), interface: link.interface.index)
        var configuration = ARPSweepConfiguration(mac: link.mac, source: link.source, targets: targets)
        configuration.rate = rate
        configuration.retries = retries
        if let timeout { configuration.timeout = timeout }
        var engine = ARPSweepEngine(configuration)
        var observer = ARPSweepObserver(command: command, console: console)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        let summary = engine.summary
        finish(summary, text, overflows: port.overflowCount)
        guard console.output.failure == nil, capture?.hasFailed != true else { return 2 }
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
            throw UsageError("--sweep: \(text): ARP is of IPv4 alone")
        }
        return (targets, first)
    }

    /// Probes a second; `max` for no limit.
    private static func rate(_ text: String) throws -> Double? {
        if text == "max" { return nil }
        return Double(try ArgumentValue.integer("--rate", text, in: 1...10_000_000))
    }

    private func finish(_ summary: ARPSweepSummary, _ target: String, overflows: UInt64) {
        if overflows > 0 { console.complain("\(overflows) answers were lost here: a lower --rate helps") }
        if command.has(.json) {
            var object = JSONObject(type: "summary")
            object.add("target", target)
            object.add("transmitted", summary.sent)
            object.add("received", summary.received)
            object.add("hosts", summary.hosts)
            object.add("duplicates", summary.duplicates)
            object.add("targets", summary.targets)
            object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
            console.output.write(object.line + "\n")
        } else if !command.has(.quiet) {
            console.output.write(
                "\n\(summary.targets) addresses, \(summary.hosts) hosts, \(summary.duplicates) claimed by several machines; \(summary.sent) probes in \(summary.elapsed.wholeMilliseconds)ms\n"
            )
        }
    }
}

/// Prints a line a host.
private struct ARPSweepObserver: EngineObserver, ~Copyable {
    typealias Observed = ARPSweepEngine

    private let command: ArpingWords
    private let console: Console
    private let vendors = Vendors()
    /// Where lines are put together: a network may have 65,536 hosts.
    private var text = TextBuffer()

    init(command: ArpingWords, console: Console) {
        self.command = command
        self.console = console
    }

    mutating func report(_ event: ARPSweepEvent) {
        guard !command.has(.quiet) else { return }
        switch event {
        case .host(let address, let mac, let roundTrip):
            guard !command.has(.claims) else { return }
            text.removeAll()
            if command.has(.json) {
                appendJSON(address, mac, roundTrip)
            } else {
                text.append(address)
                text.append("  ")
                text.append(mac)
                text.append("  ")
                text.append(milliseconds: roundTrip)
                text.append(" ms")
                if let vendor = vendors.name(of: mac) { text.append("  " + Text.escaped(vendor)) }
            }
            text.append(UInt8(ascii: "\n"))
            console.output.write(text.bytes)
        case .duplicate(let address, let first, let other):
            guard command.has(.json) else {
                return console.output.write("\(address)  \(other)  claimed by \(first) too\n")
            }
            var object = JSONObject(type: "duplicate")
            object.add("addr", "\(address)")
            object.add("macs", raw: "[\"\(first)\",\"\(other)\"]")
            console.output.write(object.line + "\n")
        }
    }

    private mutating func appendJSON(_ address: IPv4Address, _ mac: MACAddress, _ roundTrip: Nanoseconds) {
        text.append("{\"type\":\"host\",\"addr\":\"")
        text.append(address)
        text.append("\",\"mac\":\"")
        text.append(mac)
        text.append("\",\"rtt_ms\":")
        text.append(milliseconds: roundTrip)
        text.append(",\"vendor\":")
        text.append(vendors.name(of: mac).map(JSONObject.quoted) ?? "null")
        text.append("}")
    }

    mutating func step(_ engine: inout ARPSweepEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        // Line by line for who waits for them; a burst in one piece.
        if wakening.isEmpty || wakening.contains(.status) { console.output.flush() }
        return nil
    }

    var isListening: Bool { console.output.isOpen }
}

extension TextBuffer {
    /// A time in milliseconds with three decimals.
    fileprivate mutating func append(milliseconds time: Nanoseconds) {
        let microseconds = UInt64(clamping: time.roundedMicroseconds)
        append(decimal: microseconds / 1_000)
        append(UInt8(ascii: "."))
        append(decimal: microseconds % 1_000, minimumDigits: 3)
    }
}
