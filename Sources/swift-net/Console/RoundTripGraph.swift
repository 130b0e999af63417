import SwiftNet

/// A graph of round-trip times over the latest probes, as lines of text: in braille with 2 x 4 dots for each character, or
/// in ASCII.
struct RoundTripGraph {
    /// The result of a probe.
    enum Sample: Equatable {
        case answered(Nanoseconds)
        case lost
        /// There is no reply yet.
        case pending
    }

    let isUnicode: Bool

    private var dotColumns: Int { isUnicode ? 2 : 1 }
    private var dotRows: Int { isUnicode ? 4 : 1 }

    /// Returns how many probes fit into a width.
    func capacity(width: Int) -> Int { width * dotColumns }

    /// Returns `height` lines of `width` characters each. The newest probe is at the right edge; consecutive replies are
    /// connected, and a lost probe is a red `x` in the last line.
    /// - Parameters:
    ///   - samples: the latest results, oldest first.
    ///   - top: the value at the upper edge; at the lower edge is 0.
    func lines(_ samples: [Sample], width: Int, height: Int, top: Nanoseconds) -> [[ScreenCell]] {
        guard width > 0, height > 0 else { return [] }
        let shown = Array(samples.suffix(capacity(width: width)))
        let start = capacity(width: width) - shown.count
        var dots = [[UInt8]](repeating: [UInt8](repeating: 0, count: width), count: height)
        var isLost = [Bool](repeating: false, count: width)
        var previous: Int?
        for (index, sample) in shown.enumerated() {
            let column = start + index
            switch sample {
            case .answered(let time):
                let row = row(time, height: height, top: top)
                var first = row
                var last = row
                if let previous, previous < row {
                    first = previous + 1
                } else if let previous, previous > row {
                    last = previous - 1
                }
                for dot in first...max(first, last) {
                    dots[dot / dotRows][column / dotColumns] |= Self.bit(column % dotColumns, dot % dotRows)
                }
                previous = row
            case .lost:
                isLost[column / dotColumns] = true
                previous = nil
            case .pending: previous = nil
            }
        }
        return dots.indices.map { line in
            var cells: [ScreenCell] = []
            for column in 0..<width {
                let (mark, color) = mark(dots[line][column], isLost: isLost[column] && line == height - 1)
                if let last = cells.indices.last, cells[last].color == color {
                    cells[last].text.append(mark)
                } else {
                    cells.append(ScreenCell(String(mark), color))
                }
            }
            return cells
        }
    }

    /// The width of the labels at the left edge.
    private static let labelWidth = 10

    /// Returns how many probes fit beside the labels.
    func labeledCapacity(columns: Int) -> Int { capacity(width: max(columns - Self.labelWidth, 0)) }

    /// Returns the lines of a graph with the upper and the lower limit at the left edge.
    func labeledLines(_ samples: [Sample], columns: Int, height: Int) -> [[ScreenCell]] {
        let shown = Array(samples.suffix(labeledCapacity(columns: columns)))
        let top = Self.top(shown)
        let graph = lines(shown, width: columns - Self.labelWidth, height: height, top: top)
        return graph.enumerated().map { index, cells in
            let label = index == 0 ? "\(Milliseconds.short(top)) ms" : index == height - 1 ? "0" : ""
            return [ScreenCell(ScreenCell.padded("", Self.labelWidth - 1 - label.count) + label + " ", .dim)] + cells
        }
    }

    private func mark(_ bits: UInt8, isLost: Bool) -> (Character, Console.Color?) {
        if isLost { return ("x", .red) }
        guard bits != 0 else { return (" ", nil) }
        guard isUnicode, let scalar = Unicode.Scalar(0x2800 + UInt32(bits)) else { return ("*", .green) }
        return (Character(scalar), .green)
    }

    /// Returns the row of dots of a time, from 0 at the top.
    private func row(_ time: Nanoseconds, height: Int, top: Nanoseconds) -> Int {
        let last = height * dotRows - 1
        let share = min(max(Double(time.count) / Double(max(top.count, 1)), 0), 1)
        return last - Int((share * Double(last)).rounded())
    }

    /// The bit of a dot in a braille character (Unicode 16.0, section 21.1).
    private static func bit(_ column: Int, _ row: Int) -> UInt8 {
        let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
        return bits[column][row]
    }

    /// Returns a round value at or above the greatest time, for the upper edge: 1, 2 or 5 times a power of 10.
    static func top(_ samples: [Sample]) -> Nanoseconds {
        var greatest = Nanoseconds.zero
        for case .answered(let time) in samples { greatest = max(greatest, time) }
        var unit: Int64 = 10_000
        while true {
            for factor: Int64 in [1, 2, 5] where unit * factor >= greatest.count { return Nanoseconds(unit * factor) }
            guard unit < .max / 100 else { return greatest }
            unit *= 10
        }
    }
}
