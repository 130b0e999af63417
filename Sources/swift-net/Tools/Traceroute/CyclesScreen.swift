import LinuxProcess
import SwiftNet

/// The screen of `traceroute --live`: redraws the table while the run lasts, and handles the keys. The text or JSON form
/// prints the result at the end.
final class CyclesScreen: Report {
    private var screen: LiveScreen
    private var contents: CyclesScreenLines
    private let table: any CyclesReport

    init(_ contents: CyclesScreenLines, on screen: LiveScreen, table: any CyclesReport) {
        self.contents = contents
        self.screen = screen
        self.table = table
    }

    var isListening: Bool { screen.isOpen }

    func begin() {
        table.begin()
        screen.enter()
    }

    func report(_ event: CyclesEvent, at now: Instant) {
        if case .answered(let address) = event { table.names.prepare(address) }
        screen.invalidate()
    }

    func finish(_ result: CyclesResult, drops: KernelDrops, at now: Instant) {
        screen.leave()
        table.finish(result, drops: drops, at: now)
    }

    func step(_ engine: inout CyclesEngine, _ reason: WakeReason, at now: Instant) -> Instant? {
        for key in screen.keys(reason) { press(key, &engine, at: now) }
        if screen.isDue(reason, at: now) {
            let size = screen.size
            let lines = contents.lines(
                engine.hops, cycle: engine.cycleCount, isPaused: engine.isPaused, rows: size.rows,
                columns: size.columns)
            screen.draw(lines, at: now)
        }
        return screen.next(at: now)
    }

    private func press(_ key: ScreenKey, _ engine: inout CyclesEngine, at now: Instant) {
        switch key {
        case .character("q"), .character("Q"): engine.stop(at: now)
        case .character("p"): engine.isPaused ? engine.resume(at: now) : engine.pause()
        case .character(" "): engine.resume(at: now)
        case .character("r"): engine.reset()
        case .character("d"): contents.mode = contents.mode == .numbers ? .history : .numbers
        case .character("g"): contents.showsGraph.toggle()
        case .character("n"): contents.showsNames.toggle()
        case .character("w"): contents.isWide.toggle()
        case .character("j"), .down: contents.selected += 1
        case .character("k"), .up: contents.selected -= 1
        default: break
        }
    }
}
