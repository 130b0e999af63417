import LinuxProcess
import SwiftNet

/// The screen of `traceroute --live`: redraws the table while the run lasts, and handles the keys. The text or JSON form
/// prints the result at the end.
final class CyclesScreen: Report {
    /// The minimum time between two redraws.
    private static let redraw = Nanoseconds.milliseconds(100)

    private var screen: CyclesScreenLines
    private let terminal: Terminal
    private let table: any CyclesReport
    private let console: Console
    private var isDirty = true
    private var drawn: Instant?

    init(_ screen: CyclesScreenLines, on terminal: Terminal, table: any CyclesReport, console: Console) {
        self.screen = screen
        self.terminal = terminal
        self.table = table
        self.console = console
    }

    var isListening: Bool { terminal.isOpen }

    func begin() {
        table.begin()
        terminal.enter()
    }

    func report(_ event: CyclesEvent, at now: Instant) {
        if case .answered(let address) = event { table.names.prepare(address) }
        isDirty = true
    }

    func finish(_ result: CyclesResult, drops: KernelDrops, at now: Instant) {
        terminal.leave()
        table.finish(result, drops: drops, at: now)
    }

    func step(_ engine: inout CyclesEngine, _ reason: WakeReason, at now: Instant) -> Instant? {
        if reason.contains(.keys) { press(terminal.readKeys(), &engine, now) }
        if reason.contains(.suspend) {
            terminal.leave()
            CurrentProcess.stopUntilContinued()
            terminal.enter()
        }
        if !reason.isEmpty { isDirty = true }
        // New round-trip times and losses are not reported as events.
        if let drawn, now - drawn >= Self.redraw * 5 { isDirty = true }
        let isDue = drawn.map { now - $0 >= Self.redraw } ?? true
        let mustBeNow = !reason.isDisjoint(with: [.keys, .resized, .suspend])
        if isDirty, isDue || mustBeNow { draw(&engine, now) }
        return (drawn ?? now) + (isDirty ? Self.redraw : Self.redraw * 5)
    }

    private func draw(_ engine: inout CyclesEngine, _ now: Instant) {
        let size = terminal.size
        let lines = screen.lines(
            engine.hops, cycle: engine.cycleCount, isPaused: engine.isPaused, rows: size.rows, columns: size.columns)
        // Overwrite each line in place, then clear the rest of the screen, so that nothing flickers.
        console.output.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
        console.output.flush()
        drawn = now
        isDirty = false
    }

    private func press(_ keys: [UInt8], _ engine: inout CyclesEngine, _ now: Instant) {
        var keys = keys[...]
        while let key = keys.popFirst() {
            switch Character(UnicodeScalar(key)) {
            case "q", "Q": engine.stop(at: now)
            case "p": engine.isPaused ? engine.resume(at: now) : engine.pause()
            case " ": engine.resume(at: now)
            case "r": engine.reset()
            case "d": screen.mode = screen.mode == .numbers ? .history : .numbers
            case "n": screen.showsNames.toggle()
            case "j": screen.selected += 1
            case "k": screen.selected -= 1
            case "\u{1B}":
                // The escape sequences of the arrow keys.
                guard keys.starts(with: Array("[".utf8)) || keys.starts(with: Array("O".utf8)), keys.count >= 2 else {
                    continue
                }
                keys = keys.dropFirst()
                if let arrow = keys.popFirst() {
                    if arrow == UInt8(ascii: "B") { screen.selected += 1 }
                    if arrow == UInt8(ascii: "A") { screen.selected -= 1 }
                }
            default: break
            }
        }
    }
}
