import SwiftNet

/// Prints a line a host of a sweep, and what it comes to.
final class ARPSweepObserver: EngineObserver {
    typealias Observed = ARPSweepEngine

    private let command: ArpingWords
    private let console: Console
    private let vendors = Vendors()
    private var comparison: SweepComparison?
    /// Where lines are put together: a network may have 65,536 hosts.
    private var text = TextBuffer()

    init(command: ArpingWords, console: Console, comparison: SweepComparison?) {
        self.command = command
        self.console = console
        self.comparison = comparison
    }

    func report(_ event: ARPSweepEvent) {
        switch event {
        case .ignored(let reply): console.complain(reply.words)
        case .host(let host):
            let change = comparison?.take(host.address, host.mac)
            guard !command.has(.quiet), !command.has(.claims) else { return }
            text.removeAll()
            if command.has(.json) {
                appendJSON(host, change)
            } else {
                append(host, change)
            }
            text.append(UInt8(ascii: "\n"))
            console.output.write(text)
        case .duplicate(let address, let first, let other):
            guard !command.has(.quiet) else { return }
            guard command.has(.json) else {
                return console.output.write("\(address)  \(other)  claimed by \(first) too\n")
            }
            var object = JSONObject(type: "duplicate")
            object.add("addr", "\(address)")
            object.add("macs", raw: "[\"\(first)\",\"\(other)\"]")
            console.output.write(object.line + "\n")
        }
    }

    private func append(_ host: ARPSweepHost, _ change: SweepComparison.Change?) {
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
    }

    private func appendJSON(_ host: ARPSweepHost, _ change: SweepComparison.Change?) {
        text.append("{\"type\":\"host\",\"addr\":\"")
        text.append(host.address)
        text.append("\",\"mac\":\"")
        text.append(host.mac)
        text.append("\",\"rtt_ms\":")
        text.append(milliseconds: host.roundTrip)
        text.append(",\"vendor\":")
        text.append(vendors.name(of: host.mac).map(JSONObject.quoted) ?? "null")
        text.append(host.isBroadcast ? ",\"broadcast\":true" : ",\"broadcast\":false")
        switch change {
        case .new: text.append(",\"change\":\"new\"")
        case .moved(let before): text.append(",\"change\":\"moved\",\"former_mac\":\"\(before)\"")
        case .same, nil: break
        }
        text.append("}")
    }

    // MARK: The end

    func finish(_ summary: ARPSweepSummary, _ target: String, _ sweep: ARPSweep.Prepared) {
        if sweep.overflowCount > 0 {
            console.complain("\(sweep.overflowCount) answers were lost here: a lower --rate helps")
        }
        // A host that was not asked again may well be there.
        let vanished =
            summary.isCutShort || sweep.linkTrouble != nil
            ? [] : comparison?.vanished { sweep.configuration.targets.index(of: .v4($0)) != nil } ?? []
        if command.has(.json) {
            finishJSON(summary, target, vanished)
        } else if !command.has(.quiet) {
            if !command.has(.claims) {
                for host in vanished { console.output.write("\(host.address)  \(host.mac)  vanished\n") }
            }
            console.output.write(
                "\n\(Text.count(summary.targets, "address", "addresses")), \(Text.count(summary.hosts, "host")), \(summary.duplicates) claimed by several machines; \(Text.count(summary.sent, "probe")) in \(summary.elapsed.wholeMilliseconds)ms\n"
            )
            if let comparison {
                console.output.write(
                    "\(comparison.newCount) new, \(comparison.movedCount) at another machine, \(vanished.count) vanished\n"
                )
            }
            if let proxy = Self.proxy(summary) {
                console.output.write(
                    "\(proxy.mac) answers for \(proxy.addresses) addresses: a proxy, or a machine that answers for everybody\n"
                )
            }
        }
    }

    private func finishJSON(
        _ summary: ARPSweepSummary, _ target: String, _ vanished: [(address: IPv4Address, mac: MACAddress)]
    ) {
        for host in vanished {
            var object = JSONObject(type: "vanished")
            object.add("addr", "\(host.address)")
            object.add("mac", "\(host.mac)")
            console.output.write(object.line + "\n")
        }
        var object = JSONObject(type: "summary")
        object.add("target", target)
        object.add("transmitted", summary.sent)
        object.add("received", summary.received)
        object.add("hosts", summary.hosts)
        object.add("duplicates", summary.duplicates)
        object.add("targets", summary.targets)
        object.add("elapsed_ms", summary.elapsed.wholeMilliseconds)
        if let comparison {
            object.add("new", comparison.newCount)
            object.add("moved", comparison.movedCount)
            object.add("vanished", vanished.count)
        }
        let proxy = Self.proxy(summary)
        object.add("proxy_mac", proxy.map { "\($0.mac)" })
        if let proxy { object.add("proxy_addresses", proxy.addresses) }
        console.output.write(object.line + "\n")
    }

    /// A machine that has more addresses than an honest one would, and most of all.
    private static func proxy(_ summary: ARPSweepSummary) -> (mac: MACAddress, addresses: Int)? {
        summary.largest.flatMap { $0.addresses >= 16 && $0.addresses > summary.hosts / 2 ? $0 : nil }
    }

    func step(_ engine: inout ARPSweepEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        // Line by line where they come slowly; a burst in one piece.
        if wakening.isEmpty || wakening.contains(.status) { console.output.flush() }
        return nil
    }
}
