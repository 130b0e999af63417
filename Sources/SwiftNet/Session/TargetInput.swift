import Diagnostics
import LinuxProcess
import PacketEngine

/// A target and its text.
package typealias GivenTarget = (text: String, expression: TargetExpression)

/// Targets, or URLs, that are read line by line during a run.
package final class TargetInput<Target> {
    private let lines: LineInput
    private let targets: (_ line: String) -> [Target]
    /// The error if there is no target at all.
    let missingTarget: SwiftNetError
    /// The pause in the input after which the targets read so far are used; without a pause, `longestGathering`.
    private static var pause: Nanoseconds { .milliseconds(100) }
    private static var longestGathering: Nanoseconds { .milliseconds(500) }

    /// - Parameter targets: returns the valid targets of a line.
    package init(_ lines: LineInput, missingTarget: String, targets: @escaping (_ line: String) -> [Target]) {
        self.lines = lines
        self.missingTarget = SwiftNetError(.invalidArgument, nil, missingTarget)
        self.targets = targets
    }

    /// The reason why reading failed; nil at the end of the input.
    package var failure: SystemError? { lines.failure }
    /// Whether every target was read.
    var isOver: Bool { lines.isOver }

    /// Returns the targets read since the last call.
    /// - Parameter isWanted: whether to read more; otherwise the writer waits.
    func take(isWanted: Bool = true, reactor: Reactor) -> [Target] {
        lines.take(isWanted: isWanted, reactor: reactor).flatMap(targets)
    }

    /// Returns the next target and those that follow without a pause, so that their routes are looked up together.
    /// - Parameters:
    ///   - waits: whether to wait for the first target.
    ///   - limit: the time until which to wait; nil for no limit.
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
