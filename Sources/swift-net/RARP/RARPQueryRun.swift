import SwiftNet

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
        let configuration = try configuration()
        console.limit(to: configuration.deadline)
        let query = try RARPQuery.prepare(machines, configuration, options: command.runOptions(console))
        var observer = RARPQueryObserver(command: command, console: console)
        let summary = try query.run(reportingTo: &observer)
        finish(summary, query.link)
        guard !observer.hasFailed else { return 2 }
        return summary.answered == summary.asked ? 0 : query.linkTrouble == nil ? 1 : 2
    }

    private func configuration() throws -> RARPQuery.Configuration {
        var configuration = RARPQuery.Configuration()
        configuration.interface = command.interfaces.first
        if let text = command.count {
            configuration.attempts = try ArgumentValue.integer("-c", text, in: 1...1_000)
        }
        if let text = command.interval {
            configuration.firstPause = try ArgumentValue.duration("-i", text, atLeast: .milliseconds(10))
        }
        configuration.deadline = try command.deadline.map {
            try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1))
        }
        configuration.reportsIgnored = command.verbose
        configuration.endsAtFirstAnswer = command.firstAnswer
        return configuration
    }

    private func finish(_ summary: RARPQuerySummary, _ link: EthernetLink) {
        if command.frames.json {
            var object = JSONObject(type: "summary")
            object.add("interface", link.name)
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
    var hasFailed = false

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
}
