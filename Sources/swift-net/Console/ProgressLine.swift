import SwiftNet

/// A line at the bottom of a terminal that says how far a run has come, and steps aside for what is printed.
struct ProgressLine {
    private let console: Console
    private let isWanted: Bool
    private let interval: Nanoseconds
    /// It comes back right after it made way, and not only when it is due.
    private let returnsAtOnce: Bool
    private var isShown = false
    /// When it is drawn next; nil where it never is, and before the first look at the clock.
    private(set) var next: Instant?

    init(
        _ console: Console, isWanted: Bool = true, interval: Nanoseconds = .milliseconds(500),
        returnsAtOnce: Bool = false
    ) {
        self.console = console
        self.isWanted = isWanted && console.errors.isTerminal
        self.interval = interval
        self.returnsAtOnce = returnsAtOnce
    }

    /// Whether it is time to draw; the first time is an interval after the first question.
    mutating func isDue(at now: Instant) -> Bool {
        guard isWanted else { return false }
        guard let next else {
            next = now + interval
            return false
        }
        return now >= next || returnsAtOnce && !isShown
    }

    mutating func draw(_ text: String, at now: Instant) {
        let width = console.errors.terminalWidth ?? 80
        console.errors.write("\r" + text.prefix(max(width - 1, 1)) + "\u{1B}[K")
        console.errors.flush()
        isShown = true
        next = now + interval
    }

    /// Says it once, as a line that stays (SIGQUIT).
    mutating func tell(_ text: String) {
        clear()
        console.errors.write(text + "\n")
        console.errors.flush()
    }

    /// Takes it away where lines go to the same terminal.
    mutating func makeWay() {
        if console.output.isTerminal { clear() }
    }

    mutating func clear() {
        guard isShown else { return }
        console.errors.write("\r\u{1B}[K")
        console.errors.flush()
        isShown = false
    }
}
