import PacketEngine
import WireFormat

/// Lookups for a command that can do nothing before it has the result.
extension Resolver {
    /// Results that come in one by one.
    private final class Answers {
        var results: [Result<ResolvedName, Failure>?]
        init(count: Int) { results = Array(repeating: nil, count: count) }
    }

    /// The addresses of names, in the order of the names.
    ///
    /// Waits in the reactor; SIGQUIT prints a status line. Throws when a signal asks to stop.
    /// - Parameter deadline: when names without an answer are given up.
    public func addresses(
        of names: [String], family: IPAddress.Family? = nil, until deadline: Instant? = nil,
        signals: borrowing SignalSource
    ) throws(Interruption) -> [Result<ResolvedName, Failure>] {
        let answers = Answers(count: names.count)
        for (index, name) in names.enumerated() {
            lookUp(name, family: family) { answers.results[index] = $0 }
        }
        while answers.results.contains(where: { $0 == nil }) {
            if let deadline, SystemClock.now >= deadline { break }
            let wakening = reactor.wait(until: deadline, signals: signals)
            if wakening.contains(.stop), let interruption = signals.interruption { throw interruption }
            if wakening.contains(.status), let index = answers.results.firstIndex(where: { $0 == nil }) {
                let count = answers.results.count { $0 == nil }
                onStatus?("looking up \(names[index])" + (names.count > 1 ? ", \(count) of \(names.count) left" : ""))
            }
        }
        return zip(names, answers.results).map { name, result in
            let reason = LookupProblem.temporary("no answer before the deadline")
            return result ?? .failure(Failure(name: name, message: reason.message))
        }
    }

    /// The addresses of one name in the order to try them, and its canonical name.
    /// - Throws: `Failure`, or `Interruption` when a signal asks to stop.
    public func addresses(
        of name: String, family: IPAddress.Family? = nil, until deadline: Instant? = nil,
        signals: borrowing SignalSource
    ) throws -> ResolvedName {
        guard let result = try addresses(of: [name], family: family, until: deadline, signals: signals).first else {
            throw Failure(name: name, message: "Name or service not known")
        }
        return try result.get()
    }
}
