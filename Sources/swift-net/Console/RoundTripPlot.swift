import SwiftNet

/// A graph of round-trip times over time in braille dots, and a histogram in bars.
final class RoundTripPlot {
    /// The width of the graph in characters; each shows two probes, or the longest round trips of several.
    private let columns: Int
    private static let rows = 8
    /// The round-trip times of the last probes in order; nil for a probe without a reply.
    private var samples: [Nanoseconds?] = []
    /// The indices in `samples` by sequence number, which wraps after 65,536 probes.
    private var positions: [UInt16: Int] = [:]
    private static let maximumSamples = 1 << 16

    init(terminalWidth: Int?) {
        columns = max(20, min((terminalWidth ?? 80) - 12, 160))
    }

    /// Adds the round-trip time of a probe; nil for a probe without a reply.
    func add(_ sequence: UInt16, _ roundTrip: Nanoseconds?) {
        // A late reply replaces the loss that was recorded for its probe.
        if let position = positions[sequence], position < samples.count, samples[position] == nil, roundTrip != nil {
            samples[position] = roundTrip
            return
        }
        if samples.count >= Self.maximumSamples {
            samples.removeAll(keepingCapacity: true)
            positions.removeAll(keepingCapacity: true)
        }
        positions[sequence] = samples.count
        samples.append(roundTrip)
    }

    /// Returns the graph and the histogram.
    func text(_ trips: RoundTripStatistics) -> String {
        guard !samples.isEmpty else { return "" }
        return graph() + histogram(trips)
    }

    // MARK: Graph

    /// The bits of the dots of a braille character: two columns of four dots, from the bottom up.
    private static let dots: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]

    /// Returns for each column of dots the longest of its round-trip times, and whether it has a lost probe.
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
            text += Text.right(label, 8) + " ┤"
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

    // MARK: Histogram

    private func histogram(_ trips: RoundTripStatistics) -> String {
        guard trips.count > 0 else { return "" }
        // Bounds of 1, 2 and 5 times the powers of 10, in microseconds, around the measured times.
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
            text += Text.right(label, 12) + " "
            text += String(repeating: "█", count: bar) + (bar > 0 ? " " : "") + "\(counts[index])\n"
        }
        return text
    }
}
