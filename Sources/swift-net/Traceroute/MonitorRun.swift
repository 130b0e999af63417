import LinuxProcess
import SwiftNet

/// `traceroute --report` and `--live`: from the command line to an exit status.
struct MonitorRun {
    private let command: TraceWords
    private let console: Console
    private let settings: TraceSettings
    private let cycles: Int?
    private let interval: Nanoseconds
    private let terminal: Terminal?

    init(_ command: TraceWords, _ console: Console, _ settings: TraceSettings) throws {
        self.command = command
        self.console = console
        self.settings = settings
        for (option, name) in [
            (TraceSwitch.mtu, "--mtu"), (.noParis, "--no-paris"), (.paths, "--paths"), (.dot, "--dot"),
        ]
        where command.has(option) {
            throw UsageError("\(command.has(.live) ? "--live" : "--report") and \(name) exclude each other")
        }
        guard !(command.has(.live) && command.has(.json)) else {
            throw UsageError("--live and --json exclude each other")
        }
        guard command[.explain] == nil || !command.has(.live) else {
            throw UsageError("--live and --explain exclude each other")
        }
        // Plain text when it is no terminal: then somebody waits for an end.
        terminal = command.has(.live) ? Terminal() : nil
        let asked = try command[.cycles].map { try ArgumentValue.integer("--cycles", $0, in: 1...1_000_000) }
        cycles = asked ?? (terminal == nil ? 10 : nil)
        interval =
            try command[.interval].map { try ArgumentValue.duration("--interval", $0, atLeast: .milliseconds(10)) }
            ?? .seconds(1)
    }

    func run() throws -> Int32 {
        var options = try TraceContext.runOptions(command, console)
        options.screen = terminal
        let monitor = try Traceroute.Monitor.prepare(
            TraceContext.target(command, command.has(.live) ? "--live" : "--report"),
            .init(settings.trace, cycles: cycles, interval: interval), options: options)
        let context = try TraceContext(command, console, settings, monitor.trace)
        let target = monitor.trace.targets[0]
        let started = SystemClock.now
        let result: MonitorResult
        if let terminal {
            let screen = LiveScreen(
                title: "traceroute to \(Text.escaped(target.text)) (\(target.destination.address))",
                names: context.names,
                showsNames: !command.has(.numeric), console: console, isUnicode: Self.isUnicode)
            terminal.enter()
            defer { terminal.leave() }
            var observer = LiveObserver(screen: screen, terminal: terminal, names: context.names, console: console)
            result = try monitor.run(reportingTo: &observer)
        } else {
            var observer = ReportObserver(names: context.names, console: console, cycles: cycles ?? 0)
            result = try monitor.run(reportingTo: &observer)
        }
        MonitorReport(context: context, target: target).print(result.hops, result.summary, started: started)
        // Cycles that could not be sent mean that the run is incomplete.
        guard result.summary.unsent == 0 else { return 2 }
        return result.summary.isReached ? 0 : 1
    }

    /// The terminal's encoding, by the environment as setlocale(3) reads it.
    private static var isUnicode: Bool {
        let value = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { CurrentProcess.environment($0) }
            .first { !$0.isEmpty }
        guard let value = value?.lowercased() else { return false }
        return value.contains("utf-8") || value.contains("utf8")
    }
}

/// Waits for the end of a report; SIGQUIT says how far it is.
private struct ReportObserver: EngineObserver {
    typealias Observed = MonitorEngine

    let names: TraceNames
    let console: Console
    let cycles: Int
    /// Addresses that have answered, and when the engine had finished: the table waits for their names.
    private var addresses: Set<IPAddress> = []
    private var finished: Instant?
    private var isStopped = false

    init(names: TraceNames, console: Console, cycles: Int) {
        self.names = names
        self.console = console
        self.cycles = cycles
    }

    mutating func linger(at now: Instant) -> Instant? {
        let since = finished ?? now
        finished = since
        guard !isStopped, let deadline = names.deadline(for: addresses, readySince: since), now < deadline else {
            return nil
        }
        return deadline
    }

    mutating func report(_ event: MonitorEvent) {
        if case .answered(let address) = event {
            addresses.insert(address)
            names.prepare(address)
        }
    }

    mutating func step(_ engine: inout MonitorEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.stop) { isStopped = true }
        if wakening.contains(.status) {
            console.errors.write("cycle \(engine.cycleCount) of \(cycles), \(engine.hops.count) hops\n")
            console.errors.flush()
        }
        console.output.flush()
        return nil
    }
}

/// Draws the screen and listens to the keys.
private struct LiveObserver: EngineObserver {
    typealias Observed = MonitorEngine

    /// Often enough to look alive, and not more.
    private static let redraw = Nanoseconds.milliseconds(100)

    var screen: LiveScreen
    let terminal: Terminal
    let names: TraceNames
    let console: Console
    private var isDirty = true
    private var drawn: Instant?

    init(screen: LiveScreen, terminal: Terminal, names: TraceNames, console: Console) {
        self.screen = screen
        self.terminal = terminal
        self.names = names
        self.console = console
    }

    mutating func report(_ event: MonitorEvent) {
        if case .answered(let address) = event { names.prepare(address) }
        isDirty = true
    }

    mutating func step(_ engine: inout MonitorEngine, _ wakening: Wakening, at now: Instant) -> Instant? {
        if wakening.contains(.keys) { press(terminal.readKeys(), &engine, now) }
        if wakening.contains(.suspend) {
            terminal.leave()
            CurrentProcess.stopUntilContinued()
            terminal.enter()
        }
        if !wakening.isEmpty { isDirty = true }
        // Round trips and losses come without an event.
        if let drawn, now - drawn >= Self.redraw * 5 { isDirty = true }
        let isDue = drawn.map { now - $0 >= Self.redraw } ?? true
        let mustBeNow = !wakening.isDisjoint(with: [.keys, .resized, .suspend])
        if isDirty, isDue || mustBeNow { draw(&engine, now) }
        return (drawn ?? now) + (isDirty ? Self.redraw : Self.redraw * 5)
    }

    private mutating func draw(_ engine: inout MonitorEngine, _ now: Instant) {
        let size = terminal.size
        let lines = screen.lines(
            engine.hops, cycle: engine.cycleCount, isPaused: engine.isPaused, rows: size.rows, columns: size.columns)
        // From the upper left corner, each line to its end, then the rest: nothing flickers. The last line ends none.
        console.output.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
        console.output.flush()
        drawn = now
        isDirty = false
    }

    private mutating func press(_ keys: [UInt8], _ engine: inout MonitorEngine, _ now: Instant) {
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
                // The arrows, as terminals send them.
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

    var isListening: Bool { terminal.isOpen }
}
