import Diagnostics
import LinuxProcess
import PacketEngine

/// Targets that come line by line while a run goes on.
package final class TargetInput {
    /// A target, and its text.
    typealias Target = (text: String, expression: TargetExpression)

    private let lines: LineInput
    private let targets: (_ line: String) -> [String]
    /// The error when there is no target at all.
    let missingTarget: SwiftNetError
    /// A list that pauses this long is used as far as it has come, and a list without a pause after `longestGathering`.
    private static let pause = Nanoseconds.milliseconds(100)
    private static let longestGathering = Nanoseconds.milliseconds(500)

    /// - Parameter targets: the targets of a line, which are valid.
    package init(_ lines: LineInput, missingTarget: String, targets: @escaping (_ line: String) -> [String]) {
        self.lines = lines
        self.missingTarget = SwiftNetError(.invalidArgument, nil, missingTarget)
        self.targets = targets
    }

    /// Why nothing more could be read; nil at the end of the input.
    package var failure: SystemError? { lines.failure }
    /// Every target has been taken.
    var isOver: Bool { lines.isOver }

    /// The targets that have come since the last call.
    /// - Parameter isWanted: whether to read more; otherwise the writer is left waiting.
    func take(isWanted: Bool = true, reactor: Reactor) -> [Target] {
        lines.take(isWanted: isWanted, reactor: reactor).flatMap(targets).compactMap { text in
            (try? TargetExpression(text)).map { (text, $0) }
        }
    }

    /// The next target and those that come with it: routes and neighbors of many are looked up together.
    /// - Parameters:
    ///   - waits: whether to wait for the first of them.
    ///   - limit: when to give up waiting; nil for never.
    /// - Throws: `Interruption` at a signal.
    func gather(_ reactor: Reactor, waits: Bool, until limit: Instant? = nil) throws -> [Target] {
        var gathered: [Target] = []
        var end = waits ? limit : SystemClock.now + Self.pause
        var latest = limit
        while true {
            let new = take(reactor: reactor)
            let now = SystemClock.now
            if !new.isEmpty {
                if gathered.isEmpty { latest = .earliest(limit, now + Self.longestGathering) }
                gathered += new
                end = .earliest(now + Self.pause, latest)
            }
            if isOver || end.map({ now >= $0 }) ?? false { return gathered }
            if !reactor.wait(until: end).isDisjoint(with: [.stop, .interrupted]),
                let interruption = reactor.interruption
            {
                throw interruption
            }
        }
    }
}
