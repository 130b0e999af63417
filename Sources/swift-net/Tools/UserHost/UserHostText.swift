import SwiftNet

/// The output of a user-space host, one line per event.
final class UserHostText: UserHostReport {
    let console: Console
    let host: UserHost.Prepared
    let isVerbose: Bool
    private let isQuiet: Bool
    private let vendors = Vendors()
    private var failures: RepeatedFailures
    /// The column width of addresses.
    private let width: Int

    init(_ console: Console, _ host: UserHost.Prepared, _ general: GeneralOptions) {
        self.console = console
        self.host = host
        isQuiet = general.isQuiet
        isVerbose = general.isVerbose
        failures = RepeatedFailures(console, "a frame")
        let hasIPv6 = host.configuration.host.interfaces.contains {
            $0.addresses.contains { $0.address.family == .v6 }
        }
        width = hasIPv6 ? 25 : 15
    }

    func begin() {
        guard !isQuiet else { return }
        for interface in host.configuration.host.interfaces {
            let addresses = interface.addresses.map { "\($0.address)/\($0.prefixLength)" }.joined(separator: ", ")
            write("\(addresses) at \(interface.mac) on \(host.interfaceName(interface.index) ?? "?")")
        }
        if host.configuration.host.checksAddresses { write("checking for address conflicts") }
        console.output.flush()
    }

    func report(_ event: UserHostEvent, at now: Instant) {
        switch event {
        case .up: if !isQuiet { write(console.painted("the host is up", .green)) }
        case .taken(let address, let mac): reportConflict(address, mac)
        case .defended(let address, let mac): reportConflict(address, mac, "; announced it again")
        case .relinquished(let address, let mac):
            reportConflict(address, mac, "; given up after 2 conflicts within 10 s (--defend keeps it)")
        case .peer(let peer): if !isQuiet { show(peer) }
        case .stream(let stream): show(stream, at: now)
        case .failed(let failure): failures.note(failure)
        }
    }

    private func reportConflict(_ address: IPAddress, _ mac: MACAddress, _ action: String = "") {
        write(console.painted("\(address) is used by another host, \(mac)\(vendor(mac))\(action)", .red))
    }

    private func show(_ peer: UserHostPeer) {
        guard let last = peer.did.last else { return }
        let address = "\(peer.address)"
        let hasSeveral = host.configuration.host.interfaces.count > 1
        write(
            "\(WallTime.timeOfDay(peer.last))  \(Text.left(address, width))  "
                + "\(peer.mac)\(hasSeveral ? "  \(host.interfaceName(peer.interface) ?? "?")" : "")  \(last.text)"
                + vendor(peer.mac))
    }

    private func show(_ stream: IperfStream, at now: Instant) {
        var line =
            "\(WallTime.timeOfDay(now))  iperf \(stream.datagrams == nil ? "tcp" : "udp") from \(stream.remote): "
            + "\(stream.byteCount) bytes in \(Milliseconds.decimal(stream.elapsed.count / 1_000_000, places: 3)) s, "
            + "\(Milliseconds.decimal(Int64(min(stream.bitsPerSecond / 1e3, 1e15)), places: 3)) Mbit/s"
        if let datagrams = stream.datagrams {
            line +=
                ", jitter \(Milliseconds.decimal(datagrams.jitter.count / 1_000, places: 3)) ms, "
                + "\(datagrams.lost) of \(datagrams.total) datagrams lost"
            if datagrams.outOfOrder > 0 { line += ", \(datagrams.outOfOrder) out of order" }
        }
        write(line)
    }

    private func vendor(_ mac: MACAddress) -> String {
        vendors.name(of: mac).map { "  (\(Text.escaped($0)))" } ?? ""
    }

    func finish(_ summary: UserHost.Summary, drops: KernelDrops, at now: Instant) {
        conclude(summary)
        let counters = summary.counters
        var parts = [
            Text.count(summary.peerCount, "peer"), "\(counters.received) frames received", "\(counters.sent) sent",
        ]
        if counters.forwarded > 0 { parts.append("\(counters.forwarded) datagrams forwarded") }
        if counters.redirectsSent > 0 { parts.append("\(counters.redirectsSent) redirects sent") }
        if counters.dropped > 0 { parts.append("\(counters.dropped) dropped") }
        if counters.malformed > 0 { parts.append("\(counters.malformed) malformed") }
        if !isQuiet, !summary.routes.isEmpty {
            write("")
            for route in summary.routes {
                let gateway = route.gateway.map { "via \($0) dev" } ?? "dev"
                write(
                    "\(route.network) \(gateway) \(host.interfaceName(of: route) ?? "?"): \(Text.count(Int(route.useCount), "packet"))"
                )
            }
        }
        write("\n\(parts.joined(separator: ", ")), time \(summary.elapsed.wholeMilliseconds)ms")
    }

    private func write(_ line: String) { console.output.write(line + "\n") }
}
