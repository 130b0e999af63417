import SwiftNet

/// A line at the bottom of a terminal that shows the progress of a run, and is cleared before other output.
struct ProgressLine {
    private let console: Console
    private let isWanted: Bool
    private let interval: Nanoseconds
    /// Whether the line is redrawn right after other output, not only when it is due.
    private let redrawsAtOnce: Bool
    private var isShown = false
    /// When the line is drawn next; nil if never, and before the first call of `isDue`.
    private(set) var next: Instant?

    init(
        _ console: Console, isWanted: Bool = true, interval: Nanoseconds = .milliseconds(500),
        redrawsAtOnce: Bool = false
    ) {
        self.console = console
        self.isWanted = isWanted && console.errors.isTerminal
        self.interval = interval
        self.redrawsAtOnce = redrawsAtOnce
    }

    /// Whether it is time to draw; the first time is one interval after the first call.
    mutating func isDue(at now: Instant) -> Bool {
        guard isWanted else { return false }
        guard let next else {
            next = now + interval
            return false
        }
        return now >= next || redrawsAtOnce && !isShown
    }

    mutating func draw(_ text: String, at now: Instant) {
        let width = console.errors.terminalWidth ?? 80
        console.errors.write("\r" + text.prefix(max(width - 1, 1)) + "\u{1B}[K")
        console.errors.flush()
        isShown = true
        next = now + interval
    }

    /// Prints a permanent line, for SIGQUIT.
    mutating func printLine(_ text: String) {
        clear()
        console.errors.write(text + "\n")
        console.errors.flush()
    }

    /// Clears the line if standard output is a terminal, too.
    mutating func clearForOutput() {
        if console.output.isTerminal { clear() }
    }

    mutating func clear() {
        guard isShown else { return }
        console.errors.write("\r\u{1B}[K")
        console.errors.flush()
        isShown = false
    }
}
