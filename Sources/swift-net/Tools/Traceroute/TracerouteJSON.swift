import SwiftNet

/// The output of a trace as one JSON object per hop and target.
final class TracerouteJSON: TracerouteReport {
    private let console: Console
    private let targets: [TraceTarget]
    private(set) var names: TracerouteNames
    var held: HeldLines<TracerouteEvent>

    init(_ console: Console, _ targets: [TraceTarget], _ names: TracerouteNames) {
        self.console = console
        self.targets = targets
        self.names = names
        held = HeldLines(names)
    }

    func print(_ event: TracerouteEvent, at instant: Instant) {
        switch event {
        case .answered: break
        case .began(let index): names.zone = targets[index].interface
        case .hop(let hop):
            let probes = hop.probes.map { TraceProbeRow($0, names) }
            console.write("hop", TraceHopRow(ttl: hop.timeToLive, probes: probes, mtu: hop.mtu), at: instant)
        case .ended(let index, let summary):
            targets[index].complain(summary, console)
            console.write("summary", TracerouteSummaryRow(summary, targets[index]), at: instant)
        }
    }
}

/// The paths of a route as one JSON object per hop and link.
final class PathsJSON: PathsReport {
    private let console: Console
    private let target: TraceTarget
    private let confidence: Double
    let names: TracerouteNames
    var held: HeldLines<FoundPaths>

    init(_ console: Console, _ target: TraceTarget, _ names: TracerouteNames, confidence: Double) {
        self.console = console
        self.target = target
        self.names = names
        self.confidence = confidence
        held = HeldLines(names)
    }

    func print(_ found: FoundPaths, at instant: Instant) {
        target.complain(found.summary, console)
        if let mtu = found.refusingMTU {
            let probe = TraceProbeRow(.failed(.messageTooLong(mtu: mtu)), names)
            console.write(
                "hop", TraceHopRow(ttl: target.configuration.firstHop, probes: [probe]), at: instant)
        }
        for nodes in found.graph.hops {
            let probes = nodes.map { node in
                var row = TraceProbeRow(node.answer.map { .answered($0) } ?? .timeout, names)
                row.flows = node.flows
                return row
            }
            console.write("hop", TraceHopRow(ttl: nodes.first?.timeToLive ?? 0, probes: probes), at: instant)
        }
        for link in found.graph.links {
            console.write("link", PathLinkRow(ttl: link.timeToLive, from: link.from, to: link.to), at: instant)
        }
        var row = TracerouteSummaryRow(found.summary, target)
        row.paths = found.graph.pathCount
        row.confidence = confidence
        console.write("summary", row, at: instant)
    }
}

/// The loss and round-trip times as one JSON object per hop, at the end.
final class CyclesJSON: CyclesReport {
    private let console: Console
    private let target: TraceTarget
    let names: TracerouteNames
    let cycles: Int?
    /// Nil if only the path of one flow is measured.
    private let confidence: Double?
    var held: HeldLines<IPAddress>

    init(_ console: Console, _ target: TraceTarget, _ names: TracerouteNames, cycles: Int?, confidence: Double?) {
        self.console = console
        self.target = target
        self.names = names
        self.cycles = cycles
        self.confidence = confidence
        held = HeldLines(names)
    }

    func finish(_ result: CyclesResult, drops: KernelDrops, at now: Instant) {
        target.complain(result.summary, console)
        var summary = TracerouteSummaryRow(result.summary, target)
        summary.confidence = confidence
        for (index, path) in result.paths.enumerated() {
            let number = confidence == nil ? nil : index + 1
            for hop in path.hops { console.write("hop", CyclesHopRow(hop, path: number, names), at: now) }
            if let number { summary.verdict += path.verdicts.map { VerdictRow($0, path: number) } }
        }
        if confidence != nil { summary.paths = result.paths.count }
        console.write("summary", summary, at: now)
    }
}
