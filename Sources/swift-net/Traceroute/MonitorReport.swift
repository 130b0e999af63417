import LinuxProcess
import SwiftNet

/// What `traceroute --report` prints at its end: mtr's table, or JSON.
struct MonitorReport {
    let context: TraceContext
    let target: TraceTarget

    func print(_ hops: [MonitoredHop], _ summary: TraceSummary, started: Instant) {
        target.complain(summary, context.console)
        let output = context.console.output
        guard context.command.has(.json) else {
            output.write("Start: \(WallTime.rfc3339(started))\n")
            let names = hops.map { hop in
                hop.addresses.first.map { context.names.host($0) } ?? hop.annotation ?? "???"
            }
            let host = Text.escaped(CurrentProcess.hostName)
            let width = max(names.map(\.count).max() ?? 0, host.count - 2, 24) + 1
            output.write("HOST: \(padded(host, width + 2)) \(MonitorColumns.heading)\n")
            for (hop, name) in zip(hops, names) {
                let number = "\(hop.timeToLive)"
                output.write(
                    String(repeating: " ", count: max(3 - number.count, 0))
                        + "\(number).|-- \(padded(name, width)) \(MonitorColumns.row(hop))\n")
                for address in hop.addresses.dropFirst() { output.write("        \(context.names.host(address))\n") }
            }
            for verdict in summary.verdicts { output.write(verdict.sentence + "\n") }
            return
        }
        for hop in hops { output.write(json(hop)) }
        output.write(TraceJSON.summary(target, summary).line + "\n")
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    private func json(_ hop: MonitoredHop) -> String {
        var object = JSONObject(type: "hop")
        object.add("ttl", hop.timeToLive)
        object.add("addr", hop.addresses.first.map { "\($0)" })
        object.add("name", hop.addresses.first.flatMap { context.names.name(of: $0) })
        if hop.addresses.count > 1 {
            let others = hop.addresses.dropFirst().map { "\"\($0)\"" }
            object.add("others", raw: "[\(others.joined(separator: ","))]")
        }
        object.add("sent", hop.sent)
        object.add("received", hop.received)
        object.add("loss_percent", raw: MonitorColumns.loss(hop))
        if let last = hop.last {
            let statistics = hop.statistics
            object.add("last_ms", raw: Milliseconds.json(last))
            object.add("avg_ms", raw: Milliseconds.json(statistics.average))
            object.add("best_ms", raw: Milliseconds.json(statistics.minimum))
            object.add("worst_ms", raw: Milliseconds.json(statistics.maximum))
            object.add("stdev_ms", raw: Milliseconds.json(statistics.sampleDeviation))
            object.add("jitter_ms", raw: Milliseconds.json(statistics.jitter))
        }
        if let annotation = hop.annotation { object.add("annotation", annotation) }
        return object.line + "\n"
    }
}
