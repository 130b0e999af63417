import SwiftNet

/// The smoke chart of a series, as SVG: bands of percentiles, the median, loss as color, events as spans.
///
/// Shapes have classes and no colors: those are the page's, light and dark. A reader of the numbers finds them in the
/// series itself.
public struct Chart {
    public var series: Series
    public var events: [EventRecord]
    /// The name of the target, for the title.
    public var name: String
    /// In pixels.
    public var width: Int
    public var height: Int
    /// The zone of the labels, in seconds east of UTC.
    public var zone: Int

    public init(_ series: Series, events: [EventRecord], name: String, width: Int, height: Int, zone: Int = 0) {
        self.series = series
        self.events = events
        self.name = name
        self.width = min(max(width, 280), 4_000)
        self.height = min(max(height, 120), 2_000)
        self.zone = min(max(zone, -50_400), 50_400)
    }

    private let left = 56.0
    private let top = 10.0
    private let bottom = 40.0
    private let right = 10.0
    private var plotRight: Double { Double(width) - right }
    private var plotBottom: Double { Double(height) - bottom }

    public var svg: String {
        let scale = Scale(
            largest: series.points.compactMap { $0.aggregate.times.quantile(0.99) }.max().map { Double($0) / 1e6 } ?? 1)
        var body = ""
        for event in events where event.kind.lasts { body += span(of: event) }
        body += grid(scale)
        for run in runs {
            body += band(run, scale, 0, 1, "band-outer") + band(run, scale, 0.1, 0.9, "band-wide")
            body += band(run, scale, 0.25, 0.75, "band") + median(run, scale)
        }
        body += losses
        body +=
            "<path class=\"axis\" d=\"M\(number(left)) \(number(top))V\(number(plotBottom))H\(number(plotRight))\"/>"
        let from = series.from.milliseconds
        let to = series.to.milliseconds
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 \(width) \(height)" role="img" \
            data-from="\(Double(from) / 1_000)" data-to="\(Double(to) / 1_000)" data-left="\(number(left))" \
            data-right="\(number(plotRight))" data-top="\(number(top))" data-bottom="\(number(plotBottom))">\
            <title>\(Self.escaped(title))</title>\(body)</svg>
            """
    }

    private var title: String {
        let total = series.points.reduce(into: (transmitted: 0, lost: 0)) {
            $0.transmitted += $1.aggregate.transmitted
            $0.lost += $1.aggregate.lost
        }
        let loss = total.transmitted > 0 ? Double(total.lost) / Double(total.transmitted) * 100 : 0
        return "Round-trip times of \(name): \(total.transmitted) probes, \((loss * 100).rounded() / 100) % lost"
    }

    // MARK: Places

    private func x(_ time: WallTime) -> Double {
        let span = max(Double((series.to - series.from).count), 1)
        let share = Double((time - series.from).count) / span
        return left + min(max(share, 0), 1) * (plotRight - left)
    }

    private func y(_ milliseconds: Double, _ scale: Scale) -> Double {
        plotBottom - min(milliseconds / scale.top, 1) * (plotBottom - top)
    }

    /// Tenths of pixels are enough.
    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }

    // MARK: Shapes

    /// The points with replies, split where some are missing.
    private var runs: [[Series.Point]] {
        var runs: [[Series.Point]] = []
        for point in series.points where point.aggregate.times.count > 0 {
            if let last = runs.last?.last, point.start - last.start <= series.step {
                runs[runs.count - 1].append(point)
            } else {
                runs.append([point])
            }
        }
        return runs
    }

    private func band(_ run: [Series.Point], _ scale: Scale, _ low: Double, _ high: Double, _ name: String) -> String {
        let (upper, lower) = (line(run, scale, high), line(run, scale, low).reversed())
        let corners = (upper + lower).map { number($0.x) + " " + number($0.y) }
        return "<path class=\"\(name)\" d=\"M\(corners.joined(separator: "L"))Z\"/>"
    }

    private func median(_ run: [Series.Point], _ scale: Scale) -> String {
        let corners = line(run, scale, 0.5).map { number($0.x) + " " + number($0.y) }
        return "<path class=\"median\" d=\"M\(corners.joined(separator: "L"))\"/>"
    }

    /// The corners of a percentile: through the middles of the steps, and as wide as these at both ends.
    private func line(_ run: [Series.Point], _ scale: Scale, _ share: Double) -> [(x: Double, y: Double)] {
        let half = Nanoseconds(series.step.count / 2)
        let middles = run.map { point in
            let value = Double(point.aggregate.times.quantile(share) ?? 0) / 1e6
            return (x: x(point.start + half), y: y(value, scale))
        }
        guard let first = run.first, let last = run.last, let firstY = middles.first?.y, let lastY = middles.last?.y
        else { return [] }
        return [(x(first.start), firstY)] + middles + [(x(last.start + series.step), lastY)]
    }

    private var losses: String {
        series.points.reduce(into: "") { text, point in
            let level = Strip.letter(transmitted: point.aggregate.transmitted, lost: point.aggregate.lost)
            guard level > UInt8(ascii: "0") else { return }
            let (start, end) = (x(point.start), x(point.start + series.step))
            text += "<rect class=\"loss-\(level - UInt8(ascii: "0"))\" x=\"\(number(start))\" "
            text += "y=\"\(number(plotBottom + 2))\" width=\"\(number(max(end - start, 1)))\" height=\"6\"/>"
        }
    }

    private func span(of event: EventRecord) -> String {
        let end = event.end ?? series.to
        guard event.start < series.to, end > series.from else { return "" }
        let (start, width) = (x(event.start), max(x(end) - x(event.start), 1))
        return "<rect class=\"event-\(event.kind.rawValue)\" x=\"\(number(start))\" y=\"\(number(top))\" "
            + "width=\"\(number(width))\" height=\"\(number(plotBottom - top))\"/>"
    }

    // MARK: Axes

    private func grid(_ scale: Scale) -> String {
        var text = ""
        for tick in scale.ticks {
            let y = y(tick, scale)
            text += "<line class=\"grid\" x1=\"\(number(left))\" y1=\"\(number(y))\" x2=\"\(number(plotRight))\" "
            text += "y2=\"\(number(y))\"/><text class=\"label value\" x=\"\(number(left - 6))\" y=\"\(number(y + 4))\" "
            text += "text-anchor=\"end\">\(scale.label(tick))</text>"
        }
        for (time, label) in timeTicks {
            let x = x(time)
            text += "<line class=\"grid\" x1=\"\(number(x))\" y1=\"\(number(top))\" x2=\"\(number(x))\" "
            text += "y2=\"\(number(plotBottom))\"/><text class=\"label time\" x=\"\(number(x))\" "
            text += "y=\"\(number(plotBottom + 24))\" text-anchor=\"middle\">\(label)</text>"
        }
        return text
    }

    /// The distances of labels that people can read, in seconds.
    private static let distances: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800, 1_209_600, 2_592_000, 7_776_000,
    ]

    private var timeTicks: [(WallTime, String)] {
        let most = max(Int64((plotRight - left) / 80), 2)
        let span = max((series.to - series.from).count / 1_000_000_000, 1)
        let distance = Self.distances.first { span / $0 <= most } ?? 31_536_000
        let (begin, end) = (series.from.seconds + Int64(zone), series.to.seconds + Int64(zone))
        var tick = begin.floorDivided(distance) * distance
        var ticks: [(WallTime, String)] = []
        while tick <= end {
            if tick >= begin { ticks.append((WallTime(seconds: tick - Int64(zone)), Self.label(tick, distance))) }
            tick += distance
        }
        return ticks
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func label(_ seconds: Int64, _ distance: Int64) -> String {
        let civil = CivilTime(secondsSince1970: seconds)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let month = months[min(max(civil.month, 1), 12) - 1]
        if distance >= 2_592_000 { return "\(month) \(civil.year)" }
        if distance >= 86_400 || civil.hour == 0 && civil.minute == 0 && civil.second == 0 {
            return "\(month) \(civil.day)"
        }
        return "\(two(civil.hour)):\(two(civil.minute))" + (distance < 60 ? ":\(two(civil.second))" : "")
    }

    /// The axis of times, in milliseconds.
    private struct Scale {
        var top: Double
        var ticks: [Double]

        init(largest: Double) {
            let wanted = max(largest * 1.1, 0.01)
            var step = 0.000_1
            let factors = [2.0, 2.5, 2.0]
            var next = 0
            while wanted / step > 6 {
                step *= factors[next % 3]
                next += 1
            }
            top = (wanted / step).rounded(.up) * step
            ticks = (0...Int((top / step).rounded())).map { Double($0) * step }
        }

        func label(_ tick: Double) -> String {
            if tick == 0 { return "0" }
            if top >= 2_000 { return "\((tick / 10).rounded() / 100) s" }
            let rounded = (tick * 10_000).rounded() / 10_000
            return (rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)") + " ms"
        }
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // Not allowed in XML at all.
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": escaped += "\u{FFFD}"
            case "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
