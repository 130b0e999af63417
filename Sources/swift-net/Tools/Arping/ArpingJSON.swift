import SwiftNet

/// The output of `arping` as one JSON object per line.
final class ArpingJSON: ArpingReport {
    let settings: ArpingSettings
    let arping: Arping.Prepared
    private let console: Console
    private let vendors = Vendors()

    init(_ settings: ArpingSettings, _ arping: Arping.Prepared, _ console: Console) {
        self.settings = settings
        self.arping = arping
        self.console = console
    }

    func report(_ event: ArpingEvent, at now: Instant) {
        switch event {
        case .reply(let reply):
            let row = ArpingReplyRow(
                addr: reply.address, mac: reply.mac, rttMs: reply.roundTrip, vendor: vendors.name(of: reply.mac),
                broadcast: reply.isBroadcast, request: reply.isRequest,
                frameMac: reply.isFromElsewhere ? reply.frameSource : nil, duplicate: reply.isDuplicate)
            console.write("reply", row, at: reply.arrival)
        case .timeout(let number):
            console.write("timeout", ArpingTimeoutRow(addr: arping.configuration.target, seq: number), at: now)
        case .ignored(let reply): console.complain(reply.message)
        }
    }

    func finish(_ summary: ArpingSummary, drops: KernelDrops, at now: Instant) {
        let isFree: Bool? =
            switch arping.outcome(of: summary) {
            case .found: false
            case .notFound: true
            case .unknown: nil
            }
        let row = ArpingSummaryRow(
            target: settings.target, addr: arping.configuration.target, interface: arping.link.name,
            transmitted: summary.sent, received: summary.received, hosts: summary.stations.count,
            duplicates: max(summary.stations.count - 1, 0),
            check: settings.isProbe ? AddressCheckRow(free: isFree) : nil,
            elapsedMs: summary.elapsed)
        console.write("summary", row, at: now)
    }
}

private struct ArpingReplyRow: JSONRow {
    var addr: IPv4Address
    var mac: MACAddress
    @Null var rttMs: Nanoseconds?
    @Null var vendor: String?
    var broadcast: Bool
    @IfTrue var request: Bool
    /// The source address of the frame, if it differs.
    var frameMac: MACAddress?
    @IfTrue var duplicate: Bool
}

private struct ArpingTimeoutRow: JSONRow {
    var addr: IPv4Address
    var seq: Int
}

private struct ArpingSummaryRow: JSONRow {
    var target: String
    var addr: IPv4Address
    var interface: String
    var transmitted: Int
    var received: Int
    var hosts: Int
    var duplicates: Int
    @Inlined var check: AddressCheckRow?
    var elapsedMs: Nanoseconds
}

/// The result of `--probe`.
private struct AddressCheckRow: JSONRow {
    /// Nil if unknown.
    @Null var free: Bool?
}
