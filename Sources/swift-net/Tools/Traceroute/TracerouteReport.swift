import SwiftNet

/// A report whose lines wait for the names in them.
protocol NamingReport: Report {
    associatedtype Line
    var names: TracerouteNames { get }
    var held: HeldLines<Line> { get set }
    func print(_ line: Line, at instant: Instant)
}

extension NamingReport {
    func update(at now: Instant, isStopped: Bool) -> Instant? {
        if isStopped { held.release() }
        let (lines, next) = held.take(at: now)
        for (line, instant) in lines { print(line, at: instant) }
        return next
    }
}

/// The output of a plain trace.
protocol TracerouteReport: NamingReport
where Observed == TracerouteEngine, Event == TracerouteEvent, Summary == TracerouteResult, Line == TracerouteEvent {}

extension TracerouteReport {
    func report(_ event: TracerouteEvent, at now: Instant) {
        switch event {
        // The name is looked up while other probes of the hop are outstanding.
        case .answered(let address): names.prepare(address)
        case .hop(let hop): held.append(event, naming: hop.answers.map(\.source), at: now)
        case .began, .ended: held.append(event, naming: [], at: now)
        }
    }

    func finish(_ result: TracerouteResult, drops: KernelDrops, at now: Instant) {}
}

/// The output of --paths and --dot.
protocol PathsReport: NamingReport
where Observed == PathsEngine, Event == PathsEvent, Summary == TracerouteSummary, Line == FoundPaths {}

/// All paths of a route, with the summary of the search.
struct FoundPaths {
    var graph: PathGraph
    var summary: TracerouteSummary

    /// The MTU of the first link, if probes exceed it and must not be fragmented.
    var refusingMTU: Int? {
        for case .packetTooLong(_, let mtu) in summary.verdicts { return mtu ?? 0 }
        return nil
    }
}

extension PathsReport {
    func report(_ event: PathsEvent, at now: Instant) {
        switch event {
        case .answered(let address): names.prepare(address)
        case .finished(let graph, let summary):
            let addresses = graph.hops.joined().compactMap(\.address)
            held.append(FoundPaths(graph: graph, summary: summary), naming: addresses, at: now)
        }
    }

    func finish(_ summary: TracerouteSummary, drops: KernelDrops, at now: Instant) {}
}

/// The output of --report and --live: the loss and round-trip times of each hop, printed at the end.
protocol CyclesReport: NamingReport
where Observed == CyclesEngine, Event == CyclesEvent, Summary == CyclesResult, Line == IPAddress {
    /// The number of cycles; nil for no limit.
    var cycles: Int? { get }
}

extension CyclesReport {
    func report(_ event: CyclesEvent, at now: Instant) {
        guard case .answered(let address) = event else { return }
        names.prepare(address)
        // Nothing is printed before the end; the table waits for the names.
        held.append(address, naming: [address], at: now)
    }

    func print(_ line: IPAddress, at instant: Instant) {}

    func status(_ engine: borrowing CyclesEngine, at now: Instant) -> String? {
        let count = engine.pathCount
        let what = count > 1 ? Text.count(count, "path") : Text.count(engine.hops.count, "hop")
        return count == 0
            ? "searching for paths" : "cycle \(engine.cycleCount)\(cycles.map { " of \($0)" } ?? ""), \(what)"
    }
}
