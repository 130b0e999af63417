import Diagnostics
import LinuxProcess
import PacketEngine

/// Targets that come line by line while a run goes on.
package final class TargetInput {
    /// A target, and its text.
    typealias Target = (text: String, expression: TargetExpression)

    private let lines: LineInput
    private let targets: (_ line: String) -> [String]
    /// The message when there is no target at all.
    private let missingTarget: String
    /// A list that pauses this long is used as far as it has come, and a list without a pause after `longestGathering`.
    private static let pause = Nanoseconds.milliseconds(100)
    private static let longestGathering = Nanoseconds.milliseconds(500)

    /// - Parameter targets: the targets of a line, which are valid.
    package init(_ lines: LineInput, missingTarget: String, targets: @escaping (_ line: String) -> [String]) {
        self.lines = lines
        self.missingTarget = missingTarget
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

    /// Waits for the first target, and takes those that come with it: routes and neighbors of many are looked up
    /// together.
    /// - Parameters:
    ///   - isRequired: whether there is no target but these.
    ///   - limit: when to give up waiting; nil for never.
    /// - Throws: `Interruption` at a signal, and `SwiftNetError` if a required target is missing.
    func gather(_ reactor: Reactor, isRequired: Bool, until limit: Instant?) throws -> [Target] {
        var gathered: [Target] = []
        var end = isRequired ? limit : SystemClock.now + Self.pause
        var latest = limit
        while true {
            let new = take(reactor: reactor)
            let now = SystemClock.now
            if !new.isEmpty {
                if gathered.isEmpty { latest = .earliest(limit, now + Self.longestGathering) }
                gathered += new
                end = .earliest(now + Self.pause, latest)
            }
            if isOver || end.map({ now >= $0 }) ?? false { break }
            if !reactor.wait(until: end).isDisjoint(with: [.stop, .interrupted]),
                let interruption = reactor.interruption
            {
                throw interruption
            }
        }
        if isRequired, gathered.isEmpty, isOver { throw SwiftNetError(.invalidArgument, nil, missingTarget) }
        return gathered
    }
}
