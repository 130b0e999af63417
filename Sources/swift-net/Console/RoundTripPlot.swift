import SwiftNet

/// Round-trip times over time as a graph of braille dots, and their spread as bars.
final class RoundTripPlot {
    /// Columns of the graph; each holds two probes, or the longest of several.
    private let columns: Int
    private static let rows = 8
    /// The last probes in their order: nil for one without an answer.
    private var samples: [Nanoseconds?] = []
    /// Where in `samples` a sequence number's probe stands: only the last 65,536 are told apart.
    private var positions: [UInt16: Int] = [:]
    private static let mostSamples = 1 << 16

    init(terminalWidth: Int?) {
        columns = max(20, min((terminalWidth ?? 80) - 12, 160))
    }

    /// A probe's round trip; nil for one without an answer.
    func add(_ sequence: UInt16, _ roundTrip: Nanoseconds?) {
        // A late answer takes the place of the loss that it was.
        if let position = positions[sequence], position < samples.count, samples[position] == nil, roundTrip != nil {
            samples[position] = roundTrip
            return
        }
        if samples.count >= Self.mostSamples {
            samples.removeAll(keepingCapacity: true)
            positions.removeAll(keepingCapacity: true)
        }
        positions[sequence] = samples.count
        samples.append(roundTrip)
    }

    /// Graph and histogram.
    func text(_ trips: RoundTripStatistics) -> String {
        guard !samples.isEmpty else { return "" }
        return graph() + histogram(trips)
    }

    // MARK: The graph

    /// A braille character has two columns of four dots, numbered like this, from the bottom up.
    private static let dots: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]

    /// What one dot column shows: the longest of its round trips, and whether a probe was lost in it.
    private func cells() -> [(height: Nanoseconds?, isLost: Bool)] {
        let width = columns * 2
        let count = min(samples.count, width)
        return (0..<count).map { column in
            let range = column * samples.count / count..<(column + 1) * samples.count / count
            return (samples[range].compactMap { $0 }.max(), samples[range].contains { $0 == nil })
        }
    }

    private func graph() -> String {
        let cells = cells()
        let top = cells.compactMap(\.height).max() ?? Nanoseconds(1)
        let scale = max(top.count, 1)
        let levels = Int64(Self.rows * 4)
        let width = (cells.count + 1) / 2
        var grid = [[UInt32]](repeating: [UInt32](repeating: 0x2800, count: width), count: Self.rows)
        for (column, cell) in cells.enumerated() {
            guard let height = cell.height else { continue }
            let level = Int(min(levels, max(1, (height.count * levels + scale - 1) / scale)))
            for dot in 0..<level {
                grid[Self.rows - 1 - dot / 4][column / 2] |= Self.dots[column % 2][dot % 4]
            }
        }
        var text = ""
        for (row, line) in grid.enumerated() {
            let label = row == 0 ? Milliseconds.short(top) : row == Self.rows - 1 ? "0" : ""
            text += String(repeating: " ", count: max(0, 8 - label.count)) + label + " ┤"
            for value in line { text.unicodeScalars.append(Unicode.Scalar(value) ?? " ") }
            text += "\n"
        }
        guard cells.contains(where: \.isLost) else { return text }
        text += "    lost  "
        for pair in 0..<width {
            let isLost = cells[pair * 2..<min(pair * 2 + 2, cells.count)].contains { $0.isLost }
            text += isLost ? "×" : " "
        }
        while text.hasSuffix(" ") { text.removeLast() }
        return text + "\n"
    }

    // MARK: The histogram

    private func histogram(_ trips: RoundTripStatistics) -> String {
        guard trips.count > 0 else { return "" }
        // Bounds of 1, 2 and 5 times the powers of ten, in microseconds, around what was measured.
        var bounds: [UInt64] = []
        var power: UInt64 = 1
        while power <= 100_000_000 {
            bounds += [power, power * 2, power * 5]
            power *= 10
        }
        let low = UInt64(max(trips.minimum.roundedMicroseconds, 0))
        let high = UInt64(max(trips.maximum.roundedMicroseconds, 0))
        let first = bounds.lastIndex { $0 <= low } ?? 0
        let last = bounds.firstIndex { $0 > high } ?? bounds.count - 1
        let kept = Array(bounds[first...max(first, last)])
        let counts = trips.histogram.counts(bounds: kept)
        let most = max(counts.max() ?? 1, 1)
        var text = ""
        for index in 1..<kept.count {
            let label = "< \(Milliseconds.short(.microseconds(Int64(kept[index])))) ms"
            let bar = (counts[index] * 40 + most - 1) / most
            text += String(repeating: " ", count: max(0, 12 - label.count)) + label + " "
            text += String(repeating: "█", count: bar) + (bar > 0 ? " " : "") + "\(counts[index])\n"
        }
        return text
    }
}
