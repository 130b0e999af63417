import LinuxProcess
import PacketEngine
import WireFormat

/// Blocking lookups, for commands that need the result first.
extension Resolver {
    /// The result of one name, once available.
    private final class PendingName {
        var result: Resolution?
    }

    /// Resolves names and returns their addresses, in the order of the names.
    ///
    /// Waits in the reactor; SIGQUIT prints a status line. Throws if a signal requests a stop.
    /// - Parameter deadline: the time at which unresolved names fail.
    public func addresses(
        of names: [String], family: IPAddress.Family? = nil, until deadline: Instant? = nil
    ) throws(Interruption) -> [Resolution] {
        let answers = names.map { name in
            let answer = PendingName()
            lookUp(name, family: family) { answer.result = $0 }
            return answer
        }
        var count = 0
        try wait(
            for: names[count] + (names.count > 1 ? ", name \(count + 1) of \(names.count)" : ""), until: deadline
        ) {
            while count < names.count, answers[count].result != nil { count += 1 }
            return count == names.count
        }
        return zip(names, answers).map { name, answer in
            answer.result ?? .failed(Failure(name: name, message: Self.noAnswer))
        }
    }

    /// Resolves a name: its addresses, in the order in which to try them, and its canonical name.
    /// - Throws: `Failure`, or `Interruption` if a signal requests a stop.
    public func addresses(
        of name: String, family: IPAddress.Family? = nil, until deadline: Instant? = nil
    ) throws -> ResolvedName {
        let answer = PendingName()
        lookUp(name, family: family) { answer.result = $0 }
        try wait(for: name, until: deadline) { answer.result != nil }
        guard let result = answer.result else { throw Failure(name: name, message: Self.noAnswer) }
        return try result.get()
    }

    private static let noAnswer = LookupProblem.temporary("no answer before the deadline").message

    /// Waits in the reactor until `isThere` returns true, or until the deadline.
    /// - Parameter what: the names being resolved, for a status line.
    private func wait(
        for what: @autoclosure () -> String, until deadline: Instant?,
        _ isThere: () -> Bool
    ) throws(Interruption) {
        while !isThere() {
            if let deadline, SystemClock.now >= deadline { return }
            let wakeReason = reactor.wait(until: deadline)
            if wakeReason.contains(.stop), let interruption = reactor.interruption { throw interruption }
            if wakeReason.contains(.status) { onStatus?("looking up \(what())") }
        }
    }
}
