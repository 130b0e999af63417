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
    /// - Parameter overflows: replies that the kernel threw away here.
    func finish(_ summary: SweepSummary, overflows: UInt64)
}

/// Hands what the engine finds to a renderer, and keeps a bar moving on a terminal.
struct SweepObserver: EngineObserver {
    typealias Observed = SweepEngine

    let console: Console
    let renderer: any SweepRenderer
    let showsProgress: Bool
    let arrivals: SweepArrivals?
    private var nextProgress: Instant?
    private var hasProgress = false
    private static let progressInterval = Nanoseconds.milliseconds(200)

    init(console: Console, renderer: any SweepRenderer, showsProgress: Bool, arrivals: SweepArrivals?) {
        self.arrivals = arrivals
        self.console = console
        self.renderer = renderer
        self.showsProgress = showsProgress
    }

    var isListening: Bool { console.output.isOpen }

    mutating func report(_ event: SweepEvent) {
        if hasProgress { clearProgress() }
        renderer.report(event)
    }

    mutating func step(_ engine: inout SweepEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        // New targets are looked at in the next round, which begins at once.
        if let arrivals, arrivals.feed(&engine) { return now }
        if wakening.contains(.status) {
            clearProgress()
            console.errors.write(status(engine) + "\n")
            console.errors.flush()
        }
        guard showsProgress else { return nil }
        let due = nextProgress ?? now + Self.progressInterval
        guard now >= due || !hasProgress && nextProgress != nil else {
            nextProgress = due
            return due
        }
        drawProgress(engine)
        let next = now + Self.progressInterval
        nextProgress = next
        return next
    }

    private func status(_ engine: borrowing SweepEngine) -> String {
        let (decided, total) = engine.progress
        return "\(decided)/\(total) targets, \(engine.summary.alive) alive, \(engine.summary.transmitted) packets sent"
    }

    private mutating func drawProgress(_ engine: borrowing SweepEngine) {
        let (decided, total) = engine.progress
        let text = " " + status(engine)
        let width = max(10, min(40, (console.errors.terminalWidth ?? 80) - text.count - 4))
        let filled = total > 0 ? decided * width / total : width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        console.errors.write("\r\(bar)\(text)\u{1B}[K")
        console.errors.flush()
        hasProgress = true
    }

    mutating func clearProgress() {
        guard hasProgress else { return }
        console.errors.write("\r\u{1B}[K")
        console.errors.flush()
        hasProgress = false
    }
}
