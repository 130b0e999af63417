import SwiftNet

/// The lines of iputils' arping, and behind them what is odd about an answer.
struct IputilsText: ArpingText {
    let settings: ArpingSettings
    let configuration: ArpingConfiguration
    let link: EthernetLink

    func heading() -> String {
        let target = settings.station.map(\.upperCased) ?? "\(configuration.target)"
        return "ARPING \(target) from \(configuration.source) \(link.name)\n"
    }

    func line(_ reply: ArpingReply) -> String {
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

    func silence() -> String { "" }

    func ending(_ summary: ArpingSummary, isReliable: Bool) -> String {
        var text = "Sent \(summary.sent) probes (\(summary.sentBroadcasts) broadcast(s))\n"
        text += "Received \(summary.received) response(s)"
        var kinds: [String] = []
        if summary.receivedRequests > 0 { kinds.append("\(summary.receivedRequests) request(s)") }
        if summary.receivedBroadcasts > 0 { kinds.append("\(summary.receivedBroadcasts) broadcast(s)") }
        if !kinds.isEmpty { text += " (" + kinds.joined(separator: ", ") + ")" }
        text += "\n"
        if settings.isProbe {
            text +=
                summary.received == 0
                ? isReliable
                    ? "\(configuration.target) is free\n" : "whether \(configuration.target) is free is not known\n"
                : "\(configuration.target) is taken by \(summary.machines.map { "\($0)" }.joined(separator: ", "))\n"
        }
        if settings.isAnnouncement, summary.received > 0 {
            let others = summary.machines.map { "\($0)" }.joined(separator: ", ")
            text += "conflict: \(configuration.target) is ours [\(configuration.mac)], and \(others) has it too\n"
        }
        return text
    }
}

extension MACAddress {
    /// With capital digits, as iputils prints it.
    var upperCased: String { "\(self)".uppercased() }
}
