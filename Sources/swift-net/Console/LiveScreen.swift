import LinuxProcess
import SwiftNet

/// A key of a full screen.
enum ScreenKey: Equatable {
    case character(Character)
    case up, down

    /// Reads keys and the escape sequences of the arrow keys.
    static func keys(_ bytes: [UInt8]) -> [ScreenKey] {
        var keys: [ScreenKey] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == 0x1B else {
                keys.append(.character(Character(UnicodeScalar(byte))))
                continue
            }
            guard let introducer = rest.first, "[O".utf8.contains(introducer), rest.count >= 2 else { continue }
            rest = rest.dropFirst()
            switch rest.popFirst() {
            case UInt8(ascii: "A"): keys.append(.up)
            case UInt8(ascii: "B"): keys.append(.down)
            default: break
            }
        }
        return keys
    }
}

/// A full screen that a report redraws while a run lasts: when something has changed, at most every 100 ms unless a key was pressed.
struct LiveScreen {
    /// The minimum time between two redraws.
    private static let redraw = Nanoseconds.milliseconds(100)
    /// The time after which the screen is redrawn though nothing was reported.
    private static let refresh = Nanoseconds.milliseconds(500)

    private let terminal: Terminal
    private let console: Console
    private var isDirty = true
    private var drawn: Instant?

    init(_ terminal: Terminal, _ console: Console) {
        self.terminal = terminal
        self.console = console
    }

    var isOpen: Bool { terminal.isOpen }
    var size: (rows: Int, columns: Int) { terminal.size }

    func enter() { terminal.enter() }
    func leave() { terminal.leave() }

    /// Notes that the contents have changed.
    mutating func invalidate() { isDirty = true }

    /// Returns the keys that were pressed, and stops the process if Ctrl-Z was pressed, until it is continued.
    mutating func keys(_ reason: WakeReason) -> [ScreenKey] {
        if reason.contains(.suspend) {
            terminal.leave()
            CurrentProcess.stopUntilContinued()
            terminal.enter()
        }
        if !reason.isEmpty { isDirty = true }
        return reason.contains(.keys) ? ScreenKey.keys(terminal.readKeys()) : []
    }

    /// Whether the screen is to be drawn now.
    mutating func isDue(_ reason: WakeReason, at now: Instant) -> Bool {
        guard let drawn else { return true }
        if now - drawn >= Self.refresh { isDirty = true }
        let mustBeNow = !reason.isDisjoint(with: [.keys, .resized, .suspend])
        return isDirty && (mustBeNow || now - drawn >= Self.redraw)
    }

    mutating func draw(_ lines: [String], at now: Instant) {
        // Overwrite each line in place, then clear the rest of the screen, so that nothing flickers.
        console.output.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
        console.output.flush()
        drawn = now
        isDirty = false
    }

    /// The latest time of the next step.
    func next(at now: Instant) -> Instant { (drawn ?? now) + (isDirty ? Self.redraw : Self.refresh) }
}

/// Whether the terminal's encoding is UTF-8, by the environment variables that setlocale(3) reads.
enum TerminalEncoding {
    static var isUnicode: Bool {
        let value = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { CurrentProcess.environment($0) }
            .first { !$0.isEmpty }
        guard let value = value?.lowercased() else { return false }
        return value.drop { $0 != "." }.hasPrefix(".utf-8") || value.drop { $0 != "." }.hasPrefix(".utf8")
    }
}
