import SwiftNet

/// `arping --sweep` as one JSON object a line.
final class ARPSweepJSON: ARPSweepReport {
    let sweep: ARPSweep.Prepared
    private(set) var comparison: SweepComparison?
    private let command: ArpingCommand
    private let console: Console
    private let vendors = Vendors()

    init(_ command: ArpingCommand, _ sweep: ARPSweep.Prepared, _ comparison: SweepComparison?, _ console: Console) {
        self.command = command
        self.sweep = sweep
        self.comparison = comparison
        self.console = console
    }

    func report(_ event: ARPSweepEvent, at now: Instant) {
        switch event {
        case .ignored(let reply): console.complain(reply.words)
        case .host(let host):
            let change = comparison?.take(host.address, host.mac)
            guard !command.general.isQuiet, !command.printsOnlyDuplicates else { return }
            console.write("host", ARPSweepHostRow(host, vendors.name(of: host.mac), change), at: now)
        case .duplicate(let address, let first, let other):
            guard !command.general.isQuiet else { return }
            console.write("duplicate", ARPDuplicateRow(addr: address, macs: [first, other]), at: now)
        }
    }

    func finish(_ summary: ARPSweepSummary, drops: KernelDrops, at now: Instant) {
        if sweep.isLinkGone, let trouble = sweep.linkTrouble { console.writeFailure(trouble) }
        let vanished = vanished(summary)
        for (address, mac) in vanished {
            console.write("vanished", VanishedHostRow(addr: address, mac: mac, vendor: vendors.name(of: mac)), at: now)
        }
        let proxy = proxy(summary)
        let row = ARPSweepSummaryRow(
            target: command.network, transmitted: summary.sent, received: summary.received, hosts: summary.hosts,
            duplicates: summary.duplicates, targets: summary.targets, elapsedMs: summary.elapsed,
            new: comparison?.newCount, moved: comparison?.movedCount,
            vanished: comparison == nil ? nil : vanished.count, proxyMac: proxy?.mac, proxyAddresses: proxy?.addresses)
        console.write("summary", row, at: now)
    }
}

private struct ARPSweepHostRow: JSONRow {
    var addr: IPv4Address
    var mac: MACAddress
    var rttMs: Nanoseconds
    @Null var vendor: String?
    var broadcast: Bool
    /// Since the earlier sweep: new or moved.
    var change: String?
    var formerMac: MACAddress?

    init(_ host: ARPSweepHost, _ vendor: String?, _ change: SweepComparison.Change?) {
        addr = host.address
        mac = host.mac
        rttMs = host.roundTrip
        self.vendor = vendor
        broadcast = host.isBroadcast
        switch change {
        case .new: self.change = "new"
        case .moved(let former): (self.change, formerMac) = ("moved", former)
        case .same, nil: break
        }
    }
}

private struct ARPDuplicateRow: JSONRow {
    var addr: IPv4Address
    var macs: [MACAddress]
}

private struct VanishedHostRow: JSONRow {
    var addr: IPv4Address
    var mac: MACAddress
    @Null var vendor: String?
}

private struct ARPSweepSummaryRow: JSONRow {
    var target: String
    var transmitted: Int
    var received: Int
    var hosts: Int
    var duplicates: Int
    var targets: Int
    var elapsedMs: Nanoseconds
    // With --compare.
    var new: Int?
    var moved: Int?
    var vanished: Int?
    @Null var proxyMac: MACAddress?
    var proxyAddresses: Int?
}
