import SwiftNet

/// The output format of iputils' arping, with unusual properties of a reply at the end of its line.
struct IputilsLines: ArpingLines {
    let settings: ArpingSettings
    let configuration: ArpingConfiguration
    let link: EthernetLink
    private let vendors = Vendors()

    init(settings: ArpingSettings, configuration: ArpingConfiguration, link: EthernetLink) {
        self.settings = settings
        self.configuration = configuration
        self.link = link
    }

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
        if let vendor = vendors.name(of: reply.mac) { text += " (\(Text.escaped(vendor)))" }
        if reply.isDuplicate { text += " (DUP! another host)" }
        return text + "\n"
    }

    func timeout() -> String { "" }

    func ending(_ summary: ArpingSummary, _ outcome: RunOutcome) -> String {
        var text = "Sent \(summary.sent) probes (\(summary.sentBroadcasts) broadcast(s))\n"
        text += "Received \(summary.received) response(s)"
        var kinds: [String] = []
        if summary.receivedRequests > 0 { kinds.append("\(summary.receivedRequests) request(s)") }
        if summary.receivedBroadcasts > 0 { kinds.append("\(summary.receivedBroadcasts) broadcast(s)") }
        if !kinds.isEmpty { text += " (" + kinds.joined(separator: ", ") + ")" }
        text += "\n"
        if settings.isProbe {
            switch outcome {
            case .found: text += "\(configuration.target) is taken by \(names(summary.stations))\n"
            case .notFound: text += "\(configuration.target) is free\n"
            case .unknown: text += "\(configuration.target): not known whether it is free\n"
            }
        }
        if settings.isAnnouncement, summary.received > 0 {
            text +=
                "conflict: \(configuration.target) [\(configuration.mac)] is also used by \(names(summary.stations))\n"
        }
        return text
    }

    private func names(_ hosts: [MACAddress]) -> String { Text.joined(hosts.map(vendors.named), by: ", ") }
}

extension MACAddress {
    /// The address with upper-case digits, as iputils prints it.
    var upperCased: String { "\(self)".uppercased() }
}
