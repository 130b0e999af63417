import SwiftNet

/// A sweep as one JSON object a line.
final class SweepJSON: SweepRenderer {
    private let configuration: SweepConfiguration
    private let filter: SweepFilter
    private let isQuiet: Bool
    private let console: Console
    private var unchecked: UncheckedTargets

    init(
        _ configuration: SweepConfiguration, filter: SweepFilter, isQuiet: Bool, _ console: Console,
        interface: @escaping (IPAddress) -> String?
    ) {
        unchecked = UncheckedTargets(interface: interface)
        self.configuration = configuration
        self.filter = filter
        self.isQuiet = isQuiet
        self.console = console
    }

    private func print(_ object: JSONObject) { console.output.write(object.line + "\n") }

    func report(_ event: SweepEvent) {
        if case .host(let result) = event { unchecked.note(result) }
        guard !isQuiet else { return }
        switch event {
        case .host(let result):
            guard filter.shows(result) else { return }
            print(object(result))
        case .icmpError(let label, let notice):
            print(PingJSON.object(notice, target: label, sequence: true))
        }
    }

    private func object(_ result: HostResult) -> JSONObject {
        var object = JSONObject(type: "host")
        object.add("target", result.label)
        object.add("addr", result.address.description)
        // Neither alive nor not, where this host could not look.
        if result.failure == nil { object.add("alive", result.isAlive) } else { object.add("alive", raw: nil) }
        object.add("rtt_ms", raw: result.roundTrip.map(Milliseconds.json))
        if let hopLimit = result.hopLimit { object.add("ttl", hopLimit) }
        object.add("transmitted", result.transmitted)
        object.add("received", result.received)
        if let minimum = result.minimum, let average = result.average, let maximum = result.maximum {
            var item = JSONObject()
            item.add("min", raw: Milliseconds.json(minimum))
            item.add("avg", raw: Milliseconds.json(average))
            item.add("max", raw: Milliseconds.json(maximum))
            object.add("rtt", raw: item.line)
        }
        if let failure = result.failure {
            object.add("failure", failure)
            if let interface = unchecked.interface(result.address) { object.add("interface", interface) }
        }
        if let reason = result.reason { object.add("reason", reason) }
        object.add("time", WallTime.rfc3339(result.at))
        return object
    }

    func finish(_ summary: SweepSummary, drops: KernelDrops) {
        var object = JSONObject(type: "summary")
        object.add("targets", summary.targets)
        object.add("alive", summary.alive)
        object.add("unreachable", summary.unreachable)
        object.add("unchecked", summary.unchecked)
        object.add("pending", summary.pending)
        object.add("skipped", summary.skipped)
        object.add("transmitted", summary.transmitted)
        object.add("received", summary.received)
        object.add("duplicates", summary.duplicates)
        object.add("errors", summary.errors)
        object.add(
            "loss_percent",
            raw: Percent.oneDecimal(max(summary.transmitted - summary.received, 0), of: summary.transmitted))
        object.add("elapsed_ms", (summary.elapsed.count + 500_000) / 1_000_000)
        object.add("rtt", raw: PingJSON.roundTrips(summary.roundTrips))
        object.add("percentiles", raw: PingJSON.percentiles(summary.roundTrips))
        object.add("receive_overflows", drops.overflows)
        object.add("receive_drops", drops.overflows + drops.unexplained)
        print(object)
        unchecked.complain(console)
        console.complain(drops)
    }
}
