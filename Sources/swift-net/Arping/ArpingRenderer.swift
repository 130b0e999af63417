import Diagnostics
import PacketEngine
import WireFormat

/// What `arping` prints: iputils' lines, or JSON.
struct ArpingRenderer {
    private let command: ArpingWords
    private let console: Console
    /// As it was typed.
    private let target: String
    private let configuration: ArpingConfiguration
    private let link: ArpingLink

    init(
        _ command: ArpingWords, _ console: Console, target: String, _ configuration: ArpingConfiguration,
        _ link: ArpingLink
    ) {
        self.command = command
        self.console = console
        self.target = target
        self.configuration = configuration
        self.link = link
    }

    private var isProse: Bool { !command.has(.json) && !command.has(.quiet) }

    func begin() {
        guard isProse else { return }
        console.output.write(
            "ARPING \(configuration.target) from \(configuration.source) \(link.interface.name)\n")
    }

    func report(_ event: ArpingEvent) {
        switch event {
        case .reply(let reply):
            if command.has(.json) {
                console.output.write(json(reply))
            } else if isProse {
                console.output.write(line(reply))
            }
        case .timeout(let number):
            guard command.has(.json) else { return }
            var object = JSONObject(type: "timeout")
            object.add("addr", "\(configuration.target)")
            object.add("seq", number)
            console.output.write(object.line + "\n")
        case .failed: break
        }
    }

    private func line(_ reply: ArpingReply) -> String {
        var text = reply.isBroadcast ? "Broadcast " : "Unicast "
        text += reply.isRequest ? "request" : "reply"
        text += " from \(reply.address) [\(reply.mac.upperCased)] "
        let isForOther = reply.targetAddress != configuration.source
        if isForOther { text += "for \(reply.targetAddress) " }
        if reply.targetMAC != configuration.mac {
            text += (isForOther ? "" : "for ") + "[\(reply.targetMAC.upperCased)]"
        }
        text += reply.roundTrip.map { " \(Milliseconds.fixed($0))ms" } ?? " UNSOLICITED?"
        if reply.isFromElsewhere { text += " (frame from [\(reply.frameSource.upperCased)])" }
        if reply.isDuplicate { text += " (DUP! another machine)" }
        return text + "\n"
    }

    private func json(_ reply: ArpingReply) -> String {
        var object = JSONObject(type: "reply")
        object.add("addr", "\(reply.address)")
        object.add("mac", "\(reply.mac)")
        object.add("rtt_ms", raw: reply.roundTrip.map(Milliseconds.json))
        // No list of vendors is read.
        object.add("vendor", nil)
        object.add("broadcast", reply.isBroadcast)
        if reply.isRequest { object.add("request", true) }
        if reply.isFromElsewhere { object.add("frame_mac", "\(reply.frameSource)") }
        if reply.isDuplicate { object.add("duplicate", true) }
        object.add("time", WallTime.rfc3339(reply.arrival))
        return object.line + "\n"
    }

    func finish(_ summary: ArpingSummary) {
        if command.has(.json) {
            var object = JSONObject(type: "summary")
            object.add("target", target)
            object.add("addr", "\(configuration.target)")
            object.add("interface", link.interface.name)
            object.add("transmitted", summary.sent)
            object.add("received", summary.received)
            object.add("hosts", summary.machines.count)
            object.add("duplicates", max(summary.machines.count - 1, 0))
            object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
            console.output.write(object.line + "\n")
            return
        }
        guard isProse else { return }
        var text = "Sent \(summary.sent) probes (\(summary.sentBroadcasts) broadcast(s))\n"
        text += "Received \(summary.received) response(s)"
        var kinds: [String] = []
        if summary.receivedRequests > 0 { kinds.append("\(summary.receivedRequests) request(s)") }
        if summary.receivedBroadcasts > 0 { kinds.append("\(summary.receivedBroadcasts) broadcast(s)") }
        if !kinds.isEmpty { text += " (" + kinds.joined(separator: ", ") + ")" }
        text += "\n"
        if command[.probe] != nil {
            text +=
                summary.received == 0
                ? "\(configuration.target) is free\n"
                : "\(configuration.target) is taken by \(summary.machines.map { "\($0)" }.joined(separator: ", "))\n"
        }
        console.output.write(text)
    }
}

extension MACAddress {
    /// With capital digits, as iputils prints it.
    var upperCased: String { "\(self)".uppercased() }
}
