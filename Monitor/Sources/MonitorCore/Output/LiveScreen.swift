import SwiftNet

/// The targets as lines of a terminal, one for each, problems first, with a graph of their latest probes.
public struct LiveScreen {
    public var width: Int
    public var height: Int
    public var usesColor: Bool

    public init(width: Int, height: Int, usesColor: Bool) {
        self.width = max(width, 40)
        self.height = max(height, 3)
        self.usesColor = usesColor
    }

    /// Returns the lines, no more than `height`.
    public func lines(_ targets: [TargetState], title: String) -> [String] {
        let sorted = targets.sorted { left, right in
            let (first, second) = (Self.rank(left.status), Self.rank(right.status))
            return first == second ? left.check.name < right.check.name : first < second
        }
        let room = height - 2
        let shown = sorted.count > room ? Array(sorted.prefix(room - 1)) : sorted
        let names = shown.map { Self.visible($0.check.name) }
        let nameWidth = min(max(names.map(\.count).max() ?? 0, 6) + 1, max(width / 3, 12))
        var lines = [Self.fitted(title, width), header(nameWidth)]
        for (target, name) in zip(shown, names) { lines.append(line(target, name, nameWidth)) }
        if shown.count < sorted.count { lines.append("... and \(sorted.count - shown.count) more") }
        return lines
    }

    private static func rank(_ status: TargetState.Status) -> Int {
        switch status {
        case .down: 0
        case .loss: 1
        case .slow: 2
        case .waiting: 3
        case .up: 4
        }
    }

    // MARK: Columns

    private func header(_ nameWidth: Int) -> String {
        let columns = Self.right("loss", 7) + Self.right("p50", 10) + Self.right("last", 10) + "  latest probes"
        return painted(Self.fitted(Self.fitted("state", 8) + Self.fitted("target", nameWidth) + columns, width), 2)
    }

    private func line(_ target: TargetState, _ name: String, _ nameWidth: Int) -> String {
        let recent = target.recent
        let loss =
            recent.loss.map { "\(Int(($0 * 1_000).rounded()) / 10).\(Int(($0 * 1_000).rounded()) % 10) %" } ?? "-"
        let median = Self.milliseconds(recent.times.quantile(0.5).map { Nanoseconds($0) })
        let last = target.last.map { $0.roundTrip == nil ? "none" : Self.milliseconds($0.roundTrip) } ?? "-"
        let numbers = Self.right(loss, 7) + Self.right(median, 10) + Self.right(last, 10) + "  "
        let graphWidth = max(width - 8 - nameWidth - numbers.count, 0)
        return painted(Self.fitted(target.status.rawValue, 8), Self.color(target.status))
            + Self.fitted(name, nameWidth) + numbers + graph(target, graphWidth)
    }

    private static func color(_ status: TargetState.Status) -> Int {
        switch status {
        case .down: 31
        case .loss, .slow: 33
        case .up: 32
        case .waiting: 2
        }
    }

    private static let bars = Array("▁▂▃▄▅▆▇█")

    /// The latest probes, the newest at the right: bars between the shortest and the longest time, and crosses for lost ones.
    private func graph(_ target: TargetState, _ width: Int) -> String {
        let samples = target.block.samples.suffix(width)
        let times = samples.compactMap(\.roundTrip).map(\.count)
        guard let low = times.min(), let high = times.max() else {
            return samples.isEmpty ? "" : painted(String(repeating: "x", count: samples.count), 31)
        }
        // Small differences are no mountains.
        let span = max(Double(high - low), Double(high) * 0.2, 1)
        return samples.reduce(into: "") { graph, sample in
            guard let time = sample.roundTrip else { return graph += painted("x", 31) }
            let level = Double(time.count - low) / span * Double(Self.bars.count - 1)
            graph.append(Self.bars[min(max(Int(level.rounded()), 0), Self.bars.count - 1)])
        }
    }

    private func painted(_ text: String, _ color: Int) -> String {
        usesColor ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text
    }

    // MARK: Text

    private static func milliseconds(_ time: Nanoseconds?) -> String {
        guard let time else { return "-" }
        let micros = time.wholeMicroseconds
        if micros >= 100_000 { return "\((micros + 500) / 1_000) ms" }
        let digits = String(micros % 1_000)
        let fraction = String(repeating: "0", count: 3 - digits.count) + digits
        return "\(micros / 1_000).\(fraction.prefix(micros >= 10_000 ? 1 : micros >= 1_000 ? 2 : 3)) ms"
    }

    private static func fitted(_ text: String, _ width: Int) -> String {
        guard text.count < width else { return String(text.prefix(max(width - 1, 0))) + " " }
        return text + String(repeating: " ", count: width - text.count)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 1)) + text
    }

    /// Names may come from anywhere: their control and format characters are escaped.
    public static func visible(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { visible, scalar in
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            if isControl || scalar.properties.generalCategory == .format {
                visible += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                visible.unicodeScalars.append(scalar)
            }
        }
    }
}
