import Foundation
import MonitorCore
import MonitorStore

/// The full screen of `--live`.
final class LiveView: Sendable {
    private let recorder: Recorder
    private let title: String
    private let usesColor: Bool

    /// - Parameter title: the first line.
    init(_ recorder: Recorder, title: String) {
        self.recorder = recorder
        self.title = title
        usesColor = ProcessInfo.processInfo.environment["NO_COLOR"].map(\.isEmpty) ?? true
    }

    static var isPossible: Bool { isatty(STDOUT_FILENO) == 1 }

    func begin() { write("\u{1B}[?1049h\u{1B}[?25l") }

    func draw() {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        let screen = LiveScreen(
            width: isKnown ? Int(size.ws_col) : 80, height: isKnown ? Int(size.ws_row) : 24, usesColor: usesColor)
        let lines = screen.lines(recorder.snapshot.targets, title: title)
        // Each line ends where it ends: what was there before is cleared, and nothing flickers.
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    func end() { write("\u{1B}[?25h\u{1B}[?1049l") }

    private func write(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
}
