import SwiftNet

/// The output of `arping --sweep` as one JSON object per line.
final class ArpingSweepJSON: ArpingSweepReport {
    let sweep: ArpingSweep.Prepared
    private(set) var comparison: ArpingComparison?
    private let command: ArpingCommand
    private let console: Console
    private let vendors = Vendors()

    init(_ command: ArpingCommand, _ sweep: ArpingSweep.Prepared, _ comparison: ArpingComparison?, _ console: Console) {
        self.command = command
        self.sweep = sweep
        self.comparison = comparison
        self.console = console
    }

    func report(_ event: ArpingSweepEvent, at now: Instant) {
        switch event {
        case .ignored(let reply): console.complain(reply.message)
        case .host(let host):
            let change = comparison?.record(host.address, host.mac)
            guard !command.general.isQuiet, !command.printsOnlyDuplicates else { return }
            console.write("host", ArpingSweepHostRow(host, vendors.name(of: host.mac), change), at: now)
        case .duplicate(let address, let first, let other):
            guard !command.general.isQuiet else { return }
            console.write("duplicate", ArpingDuplicateRow(addr: address, macs: [first, other]), at: now)
        }
    }

    func finish(_ summary: ArpingSweepSummary, drops: KernelDrops, at now: Instant) {
        let vanished = vanished(summary)
        for (address, mac) in vanished {
            console.write(
                "vanished", ArpingVanishedHostRow(addr: address, mac: mac, vendor: vendors.name(of: mac)), at: now)
        }
        let row = ArpingSweepSummaryRow(
            target: command.network, transmitted: summary.sent, received: summary.received, hosts: summary.hosts,
            duplicates: summary.duplicates, targets: summary.targets, elapsedMs: summary.elapsed,
            new: comparison?.newCount, moved: comparison?.movedCount,
            vanished: comparison == nil ? nil : vanished.count, proxyMac: summary.proxy?.mac,
            proxyAddresses: summary.proxy?.addresses)
        console.write("summary", row, at: now)
    }
}

private struct ArpingSweepHostRow: JSONRow {
    var addr: IPv4Address
    var mac: MACAddress
    var rttMs: Nanoseconds
    @Null var vendor: String?
    var broadcast: Bool
    /// The change since the earlier sweep: `new` or `moved`.
    var change: String?
    var formerMac: MACAddress?

    init(_ host: ArpingSweepHost, _ vendor: String?, _ change: ArpingComparison.Change?) {
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

private struct ArpingDuplicateRow: JSONRow {
    var addr: IPv4Address
    var macs: [MACAddress]
}

private struct ArpingVanishedHostRow: JSONRow {
    var addr: IPv4Address
    var mac: MACAddress
    @Null var vendor: String?
}

private struct ArpingSweepSummaryRow: JSONRow {
    var target: String
    var transmitted: Int
    var received: Int
    var hosts: Int
    var duplicates: Int
    var targets: Int
    var elapsedMs: Nanoseconds
    // Only with --compare.
    var new: Int?
    var moved: Int?
    var vanished: Int?
    @Null var proxyMac: MACAddress?
    var proxyAddresses: Int?
}
