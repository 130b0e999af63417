import SwiftNet

/// Which verdicts are shown.
enum SweepFilter {
    case all, alive, unreachable

    func shows(_ result: HostResult) -> Bool {
        switch self {
        case .all: true
        case .alive: result.isAlive
        case .unreachable: !result.isAlive && result.failure == nil
        }
    }
}

/// Targets that this host could not check, by what kept it.
struct UncheckedTargets {
    /// The interface by which a target is reached.
    let interface: (IPAddress) -> String?
    private var counts: [String: Int] = [:]

    init(interface: @escaping (IPAddress) -> String?) { self.interface = interface }

    /// The failure with its interface; nil for a target that was checked.
    func reason(_ result: HostResult) -> String? {
        guard let failure = result.failure else { return nil }
        return interface(result.address).map { "\($0): \(failure)" } ?? failure
    }

    mutating func note(_ result: HostResult) {
        if let reason = reason(result) { counts[reason, default: 0] += 1 }
    }

    func complain(_ console: Console) {
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
            console.complain("\(reason): \(Text.count(count, "target")) could not be checked")
        }
    }
}

/// Shows what a sweep finds.
protocol SweepRenderer: AnyObject {
    func report(_ event: SweepEvent)
    /// - Parameter drops: replies that the kernel threw away here.
    func finish(_ summary: SweepSummary, drops: KernelDrops)
}

/// Hands what the engine finds to a renderer, and keeps a bar moving on a terminal.
struct SweepObserver: EngineObserver {
    typealias Observed = SweepEngine

    let console: Console
    let renderer: any SweepRenderer
    var progress: ProgressLine

    init(console: Console, renderer: any SweepRenderer) {
        self.console = console
        self.renderer = renderer
        progress = ProgressLine(console, interval: .milliseconds(200), returnsAtOnce: true)
    }

    mutating func report(_ event: SweepEvent) {
        progress.makeWay()
        renderer.report(event)
    }

    mutating func step(_ engine: inout SweepEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        if wakening.contains(.status) { progress.tell(status(engine)) }
        if progress.isDue(at: now) { progress.draw(bar(engine), at: now) }
        return progress.next
    }

    private func status(_ engine: borrowing SweepEngine) -> String {
        let (decided, total) = engine.progress
        return "\(decided)/\(total) targets, \(engine.summary.alive) alive, \(engine.summary.transmitted) packets sent"
    }

    private func bar(_ engine: borrowing SweepEngine) -> String {
        let (decided, total) = engine.progress
        let text = " " + status(engine)
        let width = max(10, min(40, (console.errors.terminalWidth ?? 80) - text.count - 4))
        let filled = total > 0 ? decided * width / total : width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return bar + text
    }
}
