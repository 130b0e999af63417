import LinuxProcess
import SwiftNet

/// The loss and round-trip times of each hop as comma-separated values (RFC 4180), printed at the end: the columns of
/// mtr's CSV, in its order, and further ones after them.
final class CyclesCSV: CyclesReport {
    private let console: Console
    private let target: TraceTarget
    let names: TracerouteNames
    let cycles: Int?
    private let findsPaths: Bool
    var held: HeldLines<IPAddress>
    private var started = SystemClock.now

    init(_ console: Console, _ target: TraceTarget, _ names: TracerouteNames, cycles: Int?, findsPaths: Bool) {
        self.console = console
        self.target = target
        self.names = names
        self.cycles = cycles
        self.findsPaths = findsPaths
        held = HeldLines(names)
    }

    func begin() { started = SystemClock.now }

    func finish(_ result: CyclesResult, drops: KernelDrops, at now: Instant) {
        target.complain(result.summary, console)
        write(
            ["Version", "Start_Time", "Status", "Host", "Hop", "Ip"] + (names.origins == nil ? [] : ["Asn"])
                + ["Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev", "Name", "Mark", "Others"]
                + (target.configuration.findsPathMTU ? ["Mtu"] : [])
                + (findsPaths ? ["Path"] : []))
        for (index, path) in result.paths.enumerated() {
            for hop in path.hops { write(row(hop) + (findsPaths ? ["\(index + 1)"] : [])) }
        }
    }

    private func row(_ hop: CyclesHop) -> [String] {
        let address = hop.addresses.first
        var fields = [
            "swift-net \(CommandTree.version)", "\(WallTime.nanoseconds(started) / 1_000_000_000)", "OK",
            Text.escaped(target.text), "\(hop.timeToLive)", address.map { names.text(of: $0) } ?? "???",
        ]
        if let origins = names.origins {
            let found = address.map { origins.origins(of: $0) } ?? []
            fields.append(found.isEmpty ? "AS???" : found.joined(separator: "/"))
        }
        let statistics = hop.statistics
        let times = [
            hop.last ?? .zero, statistics.average, statistics.minimum, statistics.maximum, statistics.sampleDeviation,
        ]
        fields += [Percent.oneDecimal(hop.lost, of: hop.sent), "\(hop.sent)"]
        fields += times.map { hop.isUnresponsive ? "" : Milliseconds.fixed($0) }
        fields += [
            address.flatMap { names.name(of: $0) }.map(Text.escaped) ?? "", hop.annotation ?? "",
            hop.addresses.dropFirst().map { names.text(of: $0) }.joined(separator: " "),
        ]
        if target.configuration.findsPathMTU { fields.append(hop.mtu.map { "\($0)" } ?? "") }
        return fields
    }

    private func write(_ fields: [String]) {
        console.output.write(fields.map(Text.csvField).joined(separator: ",") + "\n")
    }
}
