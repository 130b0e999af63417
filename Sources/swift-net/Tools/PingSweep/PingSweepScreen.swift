import SwiftNet

/// The messages of a run, which are shown on its screen and printed at its end.
final class MessageList {
    private(set) var texts: [String] = []
    /// The maximum number of messages kept.
    private static let most = 1_000

    func add(_ text: String) {
        if texts.count < Self.most { texts.append(text) }
    }
}

/// The screen of `ping --live`: redraws the graphs while the run lasts, and handles the keys. The text or JSON form prints
/// the result at the end.
final class PingSweepScreen: PingSweepReport {
    private var screen: LiveScreen
    private var contents: PingSweepScreenLines
    private let result: any PingSweepReport
    private let messages: MessageList

    init(
        _ contents: PingSweepScreenLines, on screen: LiveScreen, result: any PingSweepReport, _ messages: MessageList
    ) {
        self.contents = contents
        self.screen = screen
        self.result = result
        self.messages = messages
    }

    var console: Console { result.console }
    var isListening: Bool { screen.isOpen }

    func begin() { screen.enter() }

    func report(_ event: PingSweepEvent, at now: Instant) {
        if case .host = event {
            // The run has ended.
            screen.leave()
            result.report(event, at: now)
        }
    }

    func finish(_ summary: PingSweepSummary, drops: KernelDrops, at now: Instant) {
        screen.leave()
        for message in messages.texts { console.complain(message) }
        result.finish(summary, drops: drops, at: now)
    }

    func status(_ engine: borrowing PingSweepEngine, at now: Instant) -> String? { nil }

    func step(_ engine: inout PingSweepEngine, _ reason: WakeReason, at now: Instant) -> Instant? {
        for key in screen.keys(reason) { press(key, &engine, at: now) }
        if screen.isDue(reason, at: now) { draw(engine, at: now) }
        return screen.next(at: now)
    }

    private func draw(_ engine: borrowing PingSweepEngine, at now: Instant) {
        let size = screen.size
        var targets: [PingSweepTarget] = []
        let message = messages.texts.last
        let visible = contents.visible(of: engine.targetCount, hasMessage: message != nil, rows: size.rows)
        for index in visible { targets.append(engine.target(at: index, now: now)) }
        let lines = contents.lines(
            targets, from: visible.lowerBound, isPaused: engine.isPaused, message: message, rows: size.rows,
            columns: size.columns)
        screen.draw(lines, at: now)
    }

    private func press(_ key: ScreenKey, _ engine: inout PingSweepEngine, at now: Instant) {
        switch key {
        case .character("q"), .character("Q"): engine.stop(at: now)
        case .character("p"): engine.isPaused ? engine.resume() : engine.pause()
        case .character(" "): engine.resume()
        case .character("r"): engine.reset()
        case .character("a"): contents.showsAddresses.toggle()
        case .character("j"), .down: contents.selected += 1
        case .character("k"), .up: contents.selected -= 1
        default: break
        }
    }
}
