import SwiftNet

/// The output of `dhcp-discover`.
protocol DHCPDiscoverReport: Report
where Observed == DHCPDiscoverEngine, Event == DHCPDiscoverEvent, Summary == DHCPDiscoverSummary {}

extension DHCPDiscoverReport {
    func status(_ engine: borrowing DHCPDiscoverEngine, at now: Instant) -> String? {
        let summary = engine.summary
        return "\(Text.count(summary.sent, "message")) sent, offers from \(Text.count(summary.servers, "server"))"
    }

    func progress(_ engine: borrowing DHCPDiscoverEngine, at now: Instant) -> String? { nil }
}

/// The servers that made offers, for the warning if there are several.
struct DHCPServerList {
    private var servers: [String] = []

    mutating func append(_ offer: DHCPOffer) { servers.append("\(offer.server) [\(offer.serverMAC)]") }

    /// Prints a warning if more than one server made an offer.
    func check(_ console: Console) {
        guard servers.count > 1 else { return }
        console.complain("warning: \(servers.count) DHCP servers: \(Text.joined(servers, by: ", "))")
    }
}

/// The output of `dhcp-discover` as text: one line per offer, and one line per option.
final class DHCPDiscoverText: DHCPDiscoverReport {
    private let console: Console
    private let isQuiet: Bool
    private let vendors = Vendors()
    private var servers = DHCPServerList()

    init(_ console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
    }

    func report(_ event: DHCPDiscoverEvent, at now: Instant) {
        switch event {
        case .rejected(let reply): console.complain(reply.message)
        case .offer(let offer):
            servers.append(offer)
            if !isQuiet { console.output.write(text(offer)) }
        }
    }

    private func text(_ offer: DHCPOffer) -> String {
        var text = "\(offer.address) from \(offer.server) [\(vendors.named(offer.serverMAC))]"
        if let relay = offer.relay { text += " via relay agent \(relay)" }
        if let lease = offer.leaseTime { text += offer.hasInfiniteLease ? ", infinite lease" : ", lease \(lease) s" }
        text += ", \(Milliseconds.fixed(offer.roundTrip)) ms\n"
        func line(_ name: String, _ value: String) {
            text += "  \(Text.left(name, 28, gap: 1))\(value)\n"
        }
        if let next = offer.nextServer { line("next_server", "\(next)") }
        if !offer.bootServerName.isEmpty { line("boot_server_name", "\(DHCPOption.Value.text(offer.bootServerName))") }
        if !offer.bootFile.isEmpty { line("boot_file", "\(DHCPOption.Value.text(offer.bootFile))") }
        for option in offer.options { line(option.name, "\(option.value)") }
        return text
    }

    func finish(_ summary: DHCPDiscoverSummary, drops: KernelDrops, at now: Instant) {
        console.output.write(
            "\(Text.count(summary.sent, "message")) sent, offers from \(Text.count(summary.servers, "server")), time \(summary.elapsed.wholeMilliseconds)ms\n"
        )
        servers.check(console)
    }
}

extension DHCPRejectedReply {
    /// The message: which reply was rejected and why.
    var message: String { "rejected a reply from \(source): \(explanation)" }

    private var explanation: String {
        switch reason {
        case .sender: "not a valid station address"
        case .checksum(let layer): "the \(layer) checksum is incorrect"
        case .fragment: "it is a fragment"
        case .malformed(let error): "\(error)"
        case .operation(let operation): "operation \(operation) is not that of a reply (2)"
        case .transactionID(let number): "transaction ID 0x\(String(number, radix: 16)) was not sent"
        case .otherClient(let mac): mac.map { "it is for \($0)" } ?? "it is for a client without a MAC address"
        case .bootstrapProtocol: "BOOTP, not DHCP: it has no message type"
        case .messageType(let type): "the message type is \(type), not offer"
        case .serverIdentifier: "it has no valid server identifier"
        case .address(let address): "\(address) is not a valid host address"
        }
    }
}
