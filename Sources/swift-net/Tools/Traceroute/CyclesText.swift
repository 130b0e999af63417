import LinuxProcess
import SwiftNet

/// The loss and round-trip times of each hop in mtr's table format, printed at the end.
final class CyclesText: CyclesReport {
    private let console: Console
    private let target: TraceTarget
    let names: TracerouteNames
    let cycles: Int?
    private let findsPaths: Bool
    /// Whether hosts are printed in full even if lines exceed the width of the terminal.
    private let isWide: Bool
    private let columns: CyclesColumns
    var held: HeldLines<IPAddress>
    private var started = SystemClock.now

    init(
        _ console: Console, _ target: TraceTarget, _ names: TracerouteNames, cycles: Int?, findsPaths: Bool,
        isWide: Bool
    ) {
        self.console = console
        self.target = target
        self.names = names
        self.cycles = cycles
        self.findsPaths = findsPaths
        self.isWide = isWide
        columns = CyclesColumns(showsMTU: target.configuration.findsPathMTU)
        held = HeldLines(names)
    }

    func begin() { started = SystemClock.now }

    func finish(_ result: CyclesResult, drops: KernelDrops, at now: Instant) {
        target.complain(result.summary, console)
        let output = console.output
        output.write("Start: \(WallTime.rfc3339(started))\n")
        func label(_ hop: CyclesHop) -> String {
            hop.addresses.first.map { names.host($0) } ?? hop.annotation ?? "???"
        }
        let labels = result.paths.flatMap(\.hops).map(label)
        let host = Text.escaped(CurrentProcess.hostName)
        let longest = max(labels.map(\.count).max() ?? 0, host.count - 2, 24) + 1
        let room = isWide ? nil : output.terminalWidth.map { max($0 - 9 - columns.heading.count, 16) }
        let width = min(longest, room ?? longest)
        output.write("HOST: \(ScreenCell.padded(host, width + 2)) \(columns.heading)\n")
        for (index, path) in result.paths.enumerated() {
            if findsPaths { output.write("path \(index + 1) of \(result.paths.count)\n") }
            for hop in path.hops { write(hop, label(hop), width) }
        }
        for verdict in result.summary.verdicts { output.write(verdict.sentence(names) + "\n") }
        guard findsPaths else { return }
        for (index, path) in result.paths.enumerated() {
            for verdict in path.verdicts { output.write("path \(index + 1): \(verdict.sentence(names))\n") }
        }
    }

    private func write(_ hop: CyclesHop, _ label: String, _ width: Int) {
        let number = "\(hop.timeToLive)"
        console.output.write(
            Text.right(number, 3) + ".|-- "
                + "\(ScreenCell.padded(label, width)) \(columns.row(hop))\(CyclesColumns.mark(hop))\n")
        for address in hop.addresses.dropFirst() { console.output.write("        \(names.host(address))\n") }
    }
}

/// Formats the statistics of one hop as mtr(8) does: loss, sent, last, average, best, worst, standard deviation, then the path MTU if it
/// is searched for.
struct CyclesColumns {
    private let titles: [String]

    init(showsMTU: Bool) {
        titles =
            [" Loss%", "   Snt", "   Last", "   Avg", "  Best", "  Wrst", " StDev"] + (showsMTU ? ["    MTU"] : [])
    }

    var count: Int { titles.count }
    var heading: String { heading(count) }

    /// Returns the heading of the first columns.
    func heading(_ count: Int) -> String { titles.prefix(count).joined() }

    /// Returns the number of columns that fit.
    func count(in width: Int) -> Int { (0...count).last { heading($0).count <= width } ?? 0 }

    /// Returns the values of the first columns.
    func row(_ hop: CyclesHop, _ count: Int? = nil) -> String {
        let statistics = hop.statistics
        let times =
            hop.isUnresponsive
            ? Array(repeating: "0.0", count: 5)
            : [
                hop.last ?? .zero, statistics.average, statistics.minimum, statistics.maximum,
                statistics.sampleDeviation,
            ].map(Self.tenth)
        let loss = Percent.oneDecimal(hop.lost, of: hop.sent) + "%"
        let values = [loss, "\(hop.sent)"] + times + [hop.mtu.map { "\($0)" } ?? "-"]
        return zip(titles, values).prefix(count ?? self.count).map { Text.right($1, $0.count) }.joined()
    }

    /// The annotation of the hop's last reply, as a plain trace prints it: ` !X`; empty if there is none, or if it stands
    /// in place of the address.
    static func mark(_ hop: CyclesHop) -> String {
        hop.addresses.isEmpty ? "" : hop.annotation.map { " \($0)" } ?? ""
    }

    private static func tenth(_ time: Nanoseconds) -> String {
        Milliseconds.decimal((time.roundedMicroseconds + 50) / 100, places: 1)
    }
}
