import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// `rarp query`: which address has a machine?
struct RARPQueryRun {
    let command: RARPCommand
    let console: Console

    func run() throws -> Int32 {
        try command.refuse(
            [("--ethers", command.ethers != nil), ("--rate", command.rate != nil)],
            of: "serve")
        guard command.interfaces.count <= 1 else {
            throw UsageError("-I: one interface is asked on, not \(command.interfaces.joined(separator: ", "))")
        }
        let machines = try command.machines.map { text in
            guard let mac = MACAddress(text), !mac.isMulticast else {
                throw UsageError("'\(text)' is no machine's link-layer address")
            }
            return mac
        }
        let count = try command.count.map { try ArgumentValue.integer("-c", $0, in: 1...1_000) }
        let interval = try command.interval.map { try ArgumentValue.duration("-i", $0, atLeast: .milliseconds(10)) }
        let deadline = try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
        console.limit(to: deadline)
        let capture = try command.frames.capture(console)
        let link = try EthernetLink.find(command.interfaces.first)
        let reactor = try console.reactor()
        var port = try command.port(
            interface: link.interface.index, reactor: reactor, capture: capture,
            console: console)

        var configuration = RARPQueryConfiguration(mac: link.mac, subjects: machines.isEmpty ? [link.mac] : machines)
        if let count { configuration.attempts = count }
        if let interval { configuration.firstPause = interval }
        configuration.longestPause = max(configuration.longestPause, configuration.firstPause)
        configuration.deadline = deadline
        configuration.reportsIgnored = command.verbose
        configuration.endsAtFirstAnswer = command.firstAnswer
        var engine = RARPQueryEngine(configuration)
        var observer = LinkBoundObserver(
            RARPQueryObserver(command: command, console: console), interface: link.interface, console: console,
            reactor: reactor)
        try EngineLoop.run(&engine, on: &port, observer: &observer)
        capture?.finish()
        let summary = engine.summary
        finish(summary, link)
        guard console.output.failure == nil, capture?.hasFailed != true, !observer.inner.hasFailed else { return 2 }
        return summary.answered == summary.asked ? 0 : observer.trouble == nil ? 1 : 2
    }

    private func finish(_ summary: RARPQuerySummary, _ link: EthernetLink) {
        if command.frames.json {
            var object = JSONObject(type: "summary")
            object.add("interface", link.interface.name)
            object.add("transmitted", summary.sent)
            object.add("received", summary.received)
            object.add("asked", summary.asked)
            object.add("answered", summary.answered)
            object.add("servers", summary.servers)
            object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
            console.output.write(object.line + "\n")
        } else if !command.quiet {
            console.output.write(
                "\(summary.answered) of \(summary.asked) answered by \(Text.count(summary.servers, "server")); \(Text.count(summary.sent, "request")) in \(summary.elapsed.wholeMilliseconds)ms\n"
            )
        }
    }
}

/// Prints a line an answer.
private struct RARPQueryObserver: EngineObserver {
    typealias Observed = RARPQueryEngine

    let command: RARPCommand
    let console: Console
    private(set) var hasFailed = false

    init(command: RARPCommand, console: Console) {
        self.command = command
        self.console = console
    }

    mutating func report(_ event: RARPQueryEvent) {
        switch event {
        case .failed(let failure):
            hasFailed = true
            console.fail(failure)
        case .ignored(let reply): console.complain(reply.words)
        case .reply(let reply): if command.frames.json { json(reply) } else if !command.quiet { line(reply) }
        case .timeout(let mac, let attempt):
            guard command.frames.json else { return }
            var object = JSONObject(type: "timeout")
            object.add("mac", "\(mac)")
            object.add("seq", attempt)
            console.output.write(object.line + "\n")
        }
    }

    private func line(_ reply: RARPReply) {
        var text = "\(reply.mac) is \(reply.address), says \(reply.serverAddress) [\(reply.serverMAC)]"
        text += "  \(Milliseconds.fixed(reply.roundTrip)) ms"
        if reply.frameSource != reply.serverMAC { text += " (frame from [\(reply.frameSource)])" }
        if reply.isContradiction { text += " (servers disagree!)" }
        console.output.write(text + "\n")
    }

    private func json(_ reply: RARPReply) {
        var object = JSONObject(type: "reply")
        object.add("mac", "\(reply.mac)")
        object.add("addr", "\(reply.address)")
        object.add("server_mac", "\(reply.serverMAC)")
        object.add("server_addr", "\(reply.serverAddress)")
        object.add("rtt_ms", raw: Milliseconds.json(reply.roundTrip))
        if reply.frameSource != reply.serverMAC { object.add("frame_mac", "\(reply.frameSource)") }
        if reply.isContradiction { object.add("contradiction", true) }
        object.add("time", WallTime.rfc3339(reply.arrival))
        console.output.write(object.line + "\n")
    }

    mutating func step(_ engine: inout RARPQueryEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        return nil
    }

    var isListening: Bool { console.output.isOpen }
}
