import Diagnostics
import LinuxNet
import PacketEngine

/// Which verdicts are shown.
enum SweepFilter {
    case all, alive, unreachable

    func shows(_ result: HostResult) -> Bool {
        switch self {
        case .all: true
        case .alive: result.isAlive
        case .unreachable: !result.isAlive
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
    let arrivals: SweepArrivals?
    var progress: ProgressLine

    init(console: Console, renderer: any SweepRenderer, arrivals: SweepArrivals?) {
        self.arrivals = arrivals
        self.console = console
        self.renderer = renderer
        progress = ProgressLine(console, interval: .milliseconds(200), returnsAtOnce: true)
    }

    var isListening: Bool { console.output.isOpen }

    mutating func report(_ event: SweepEvent) {
        progress.makeWay()
        renderer.report(event)
    }

    mutating func step(_ engine: inout SweepEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        // New targets are looked at in the next round, which begins at once.
        if let arrivals, arrivals.feed(&engine) { return now }
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
