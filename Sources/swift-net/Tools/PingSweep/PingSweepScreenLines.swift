import SwiftNet

/// The full screen of `ping --live`, as lines for a terminal of any size: for each target a line of statistics and a graph.
struct PingSweepScreenLines {
    /// The height of a target's part of the screen.
    private static let heights = 3...14

    /// The selected target.
    var selected = 0
    var showsAddresses = false
    private var first = 0
    /// The lines of each target.
    private var height = heights.lowerBound
    private let title: String
    private let console: Console
    private let graph: RoundTripGraph

    init(title: String, console: Console, isUnicode: Bool) {
        self.title = title
        self.console = console
        graph = RoundTripGraph(isUnicode: isUnicode)
    }

    /// Returns how many of a target's latest probes a screen can show.
    func capacity(columns: Int) -> Int { graph.labeledCapacity(columns: columns) }

    /// Returns the targets that the screen has room for, with the selected one.
    mutating func visible(of count: Int, hasMessage: Bool, rows: Int) -> Range<Int> {
        selected = min(max(selected, 0), max(count - 1, 0))
        let room = max(rows - (hasMessage ? 3 : 2), 1)
        height = min(max(room / max(count, 1), Self.heights.lowerBound), Self.heights.upperBound)
        let shown = max(room / height, 1)
        first = max(min(max(first, selected - shown + 1), selected, count - shown), 0)
        return first..<min(first + shown, count)
    }

    /// - Parameters:
    ///   - targets: the visible targets.
    ///   - start: the index of the first one.
    ///   - message: the last message of the run.
    /// - Returns: At most `rows` lines of at most `columns` characters.
    func lines(
        _ targets: [PingSweepTarget], from start: Int, isPaused: Bool, message: String?, rows: Int, columns: Int
    ) -> [String] {
        var lines = [
            [ScreenCell(title), ScreenCell(isPaused ? "  paused" : "", .yellow)],
            [ScreenCell("q quit  p pause  r reset  a addresses  j/k down, up", .dim)],
        ]
        for (index, target) in targets.enumerated() {
            lines.append(heading(target, isSelected: start + index == selected))
            lines += graph.labeledLines(target.recent.map(\.sample), columns: columns, height: height - 1)
        }
        if let message {
            lines += Array(repeating: [], count: max(rows - 1 - lines.count, 0))
            lines = Array(lines.prefix(rows - 1)) + [[ScreenCell(Text.escaped(message), .yellow)]]
        }
        return lines.prefix(rows).map { console.line($0, columns: columns) }
    }

    private func heading(_ target: PingSweepTarget, isSelected: Bool) -> [ScreenCell] {
        var name = Text.escaped(target.label)
        if showsAddresses, target.label != "\(target.address)" { name += " (\(target.address))" }
        let tally = target.tally
        var cells = [ScreenCell((isSelected ? "> " : "  ") + ScreenCell.padded(name, max(name.count, 20)))]
        if let last = target.last { cells.append(ScreenCell("  last \(Milliseconds.short(last))")) }
        if let minimum = tally.minimum, let average = tally.average, let maximum = tally.maximum {
            let values = [minimum, average, maximum].map(Milliseconds.short).joined(separator: "/")
            cells.append(ScreenCell("  min/avg/max \(values) ms"))
        }
        let lost = target.lost
        let loss =
            "  \(Percent.oneDecimal(lost, of: max(tally.received + lost, 1)))% loss (\(lost) of \(tally.received + lost))"
        cells.append(ScreenCell(loss, lost == 0 ? .dim : .red))
        if let reason = target.reason { cells.append(ScreenCell("  \(Text.escaped(reason))", .red)) }
        return cells
    }
}

extension PingSweepTarget {
    /// The round-trip time of the latest reply.
    fileprivate var last: Nanoseconds? {
        for case .answered(let time) in recent.reversed() { return time }
        return nil
    }

    /// Probes without a reply, except those that still wait for one.
    fileprivate var lost: Int {
        max(tally.transmitted - tally.received - recent.suffix(64).filter { $0 == .pending }.count, 0)
    }
}

extension PingSweepTarget.Result {
    fileprivate var sample: RoundTripGraph.Sample {
        switch self {
        case .answered(let time): .answered(time)
        case .lost: .lost
        case .pending: .pending
        }
    }
}
