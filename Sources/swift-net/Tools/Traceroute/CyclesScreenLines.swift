import SwiftNet

/// The full screen of `traceroute --live`, as lines for a terminal of any size.
struct CyclesScreenLines {
    /// The columns beside the hosts.
    enum Mode: CaseIterable {
        /// Statistics, and the latest round-trip times if there is room.
        case numbers
        /// Only the latest round-trip times, over the full width.
        case history
    }

    var mode = Mode.numbers
    var showsNames: Bool
    /// Whether hosts are shown in full, and only the columns for which there is room then.
    var isWide: Bool
    /// Whether a graph of the selected hop is below the table.
    var showsGraph = false
    /// The selected row.
    var selected = 0
    private var firstRow = 0
    private let title: String
    private let names: TracerouteNames
    private let console: Console
    private let graph: RoundTripGraph
    private let columns: CyclesColumns
    /// The eight bar characters, from low to high.
    private let bars: [Character]

    init(
        title: String, names: TracerouteNames, showsNames: Bool, isWide: Bool, showsMTU: Bool, console: Console,
        isUnicode: Bool
    ) {
        self.title = title
        self.names = names
        self.showsNames = showsNames
        self.isWide = isWide
        self.console = console
        columns = CyclesColumns(showsMTU: showsMTU)
        graph = RoundTripGraph(isUnicode: isUnicode)
        bars = Array(isUnicode ? "▁▂▃▄▅▆▇█" : "_.,-~=+*")
    }

    /// - Returns: At most `rows` lines of at most `columns` characters.
    mutating func lines(
        _ hops: [CyclesHop], cycle: Int, isPaused: Bool, rows: Int, columns: Int
    ) -> [String] {
        selected = min(max(selected, 0), max(hops.count - 1, 0))
        let graphHeight = showsGraph ? min(max(rows / 3, 3), 12) : 0
        let room = max(rows - 4 - graphHeight, 1)
        firstRow = min(max(firstRow, selected - room + 1), selected)
        var lines = [
            console.line(
                [ScreenCell(title), ScreenCell(state(cycle, isPaused), isPaused ? .yellow : .dim)], columns: columns)
        ]
        lines.append(
            console.line(
                [ScreenCell("q quit  p pause  r reset  d display  g graph  n names  w wide  j/k down, up", .dim)],
                columns: columns))
        let nameWidth = self.nameWidth(hops, columns)
        let count = mode == .numbers ? self.columns.count(in: columns - nameWidth - 9) : 0
        let numbers = count > 0 ? "  " + self.columns.heading(count) : ""
        lines.append(
            console.line(
                [ScreenCell("  Hop  " + ScreenCell.padded("Host", nameWidth) + numbers, .dim)], columns: columns))
        let top = hops.flatMap(\.recent).reduce(Nanoseconds.zero) { top, result in
            if case .answered(let time) = result { max(top, time) } else { top }
        }
        for (index, hop) in hops.enumerated().dropFirst(firstRow).prefix(room) {
            lines.append(
                console.line(row(hop, isSelected: index == selected, nameWidth, count, top, columns), columns: columns))
        }
        if hops.indices.contains(selected) {
            lines.append(console.line([ScreenCell(details(hops[selected]), .dim)], columns: columns))
            let samples = hops[selected].recent.map { result -> RoundTripGraph.Sample in
                switch result {
                case .lost: .lost
                case .answered(let time): .answered(time)
                }
            }
            for cells in graph.labeledLines(samples, columns: columns, height: graphHeight) {
                lines.append(console.line(cells, columns: columns))
            }
        }
        return Array(lines.prefix(rows))
    }

    private func state(_ cycle: Int, _ isPaused: Bool) -> String { isPaused ? "  paused" : "  cycle \(cycle)" }

    private func nameWidth(_ hops: [CyclesHop], _ columns: Int) -> Int {
        let longest = hops.map { name($0).count }.max() ?? 0
        if isWide { return max(min(max(longest, 16), columns - 7), 7) }
        let fixed = 7 + (mode == .numbers ? 2 + self.columns.heading.count : 12)
        return max(min(max(longest, 16), columns - fixed), 7)
    }

    private func name(_ hop: CyclesHop) -> String {
        guard let address = hop.addresses.first else { return hop.annotation ?? "???" }
        let text = names.text(of: address)
        return (showsNames ? names.name(of: address).map(Text.escaped) ?? text : text) + CyclesColumns.mark(hop)
    }

    private func row(
        _ hop: CyclesHop, isSelected: Bool, _ nameWidth: Int, _ count: Int, _ top: Nanoseconds, _ columns: Int
    ) -> [ScreenCell] {
        let number = "\(hop.timeToLive)"
        let color: Console.Color? =
            hop.lost == 0 ? nil : hop.lost * 10 > hop.sent ? .red : .yellow
        var cells = [
            ScreenCell((isSelected ? ">" : " ") + ScreenCell.padded("", 4 - number.count) + number + "  ", nil),
            ScreenCell(ScreenCell.padded(name(hop), nameWidth), hop.isUnresponsive ? .dim : nil),
        ]
        if count > 0 {
            cells.append(ScreenCell("  " + self.columns.row(hop, count), hop.isUnresponsive ? .dim : color))
        }
        let used = cells.reduce(2) { $0 + $1.text.count }
        if columns - used >= 8 {
            cells.append(ScreenCell("  "))
            cells += history(hop, width: columns - used, top)
        }
        return cells
    }

    /// Returns the latest round-trip times as bars, relative to the longest of all hops; a lost probe is an `x`.
    private func history(_ hop: CyclesHop, width: Int, _ top: Nanoseconds) -> [ScreenCell] {
        var cells: [ScreenCell] = []
        for result in hop.recent.suffix(width) {
            let (mark, color): (Character, Console.Color) =
                switch result {
                case .lost: ("x", .red)
                case .answered(let time):
                    (bars[Int(time.count * Int64(bars.count - 1) / max(top.count, 1))], .green)
                }
            if let last = cells.indices.last, cells[last].color == color {
                cells[last].text.append(mark)
            } else {
                cells.append(ScreenCell(String(mark), color))
            }
        }
        return cells
    }

    private func details(_ hop: CyclesHop) -> String {
        var text = "  hop \(hop.timeToLive): "
        text += hop.addresses.isEmpty ? "no reply" : hop.addresses.map { names.host($0) }.joined(separator: ", ")
        if let annotation = hop.annotation { text += " \(annotation)" }
        if let mtu = hop.mtu { text += ", MTU \(mtu)" }
        for label in hop.labels { text += " [MPLS \(label.label)]" }
        if let median = hop.statistics.percentile(0.5), let late = hop.statistics.percentile(0.9) {
            text += ", p50 \(Milliseconds.short(median)) ms, p90 \(Milliseconds.short(late)) ms"
        }
        return text
    }
}
