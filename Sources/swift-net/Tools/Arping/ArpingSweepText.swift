import SwiftNet

/// The output of `arping --sweep` as one line per host.
final class ArpingSweepText: ArpingSweepReport {
    let sweep: ArpingSweep.Prepared
    private(set) var comparison: ArpingComparison?
    private let command: ArpingCommand
    private let console: Console
    private let vendors = Vendors()
    /// A reused line buffer, because a network may have 65,536 hosts.
    private var text = TextBuffer()

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
            write(host, change, at: now)
        case .duplicate(let address, let first, let other):
            guard !command.general.isQuiet else { return }
            let claim = "\(vendors.named(other))  also claimed by \(vendors.named(first))"
            console.output.write("\(time(now))\(address)  \(claim)\n")
        }
    }

    private func time(_ instant: Instant) -> String {
        command.settings.printsTimes ? "[\(WallTime.seconds(instant))] " : ""
    }

    private func write(_ host: ArpingSweepHost, _ change: ArpingComparison.Change?, at now: Instant) {
        text.removeAll()
        text.append(time(now))
        text.append(host.address)
        text.append("  ")
        text.append(host.mac)
        text.append("  ")
        text.append(milliseconds: host.roundTrip)
        text.append(" ms")
        if let vendor = vendors.name(of: host.mac) { text.append("  " + Text.escaped(vendor)) }
        switch change {
        case .new: text.append("  new")
        case .moved(let before): text.append("  was \(before)")
        case .same, nil: break
        }
        text.append("\n")
        console.output.write(text)
    }

    func finish(_ summary: ArpingSweepSummary, drops: KernelDrops, at now: Instant) {
        guard !command.general.isQuiet else { return }
        let vanished = vanished(summary)
        if !command.printsOnlyDuplicates {
            for host in vanished {
                console.output.write("\(time(now))\(host.address)  \(vendors.named(host.mac))  vanished\n")
            }
        }
        console.output.write(
            "\n\(Text.count(summary.targets, "address", "addresses")), \(Text.count(summary.hosts, "host")), \(summary.duplicates) claimed by several hosts; \(Text.count(summary.sent, "probe")) in \(summary.elapsed.wholeMilliseconds)ms\n"
        )
        if let comparison {
            console.output.write(
                "\(comparison.newCount) new, \(comparison.movedCount) with another MAC address, \(vanished.count) vanished\n"
            )
        }
        if let proxy = summary.proxy {
            console.output.write(
                "\(vendors.named(proxy.mac)) replies for \(proxy.addresses) addresses: a proxy, or a host that replies for any address\n"
            )
        }
    }
}
