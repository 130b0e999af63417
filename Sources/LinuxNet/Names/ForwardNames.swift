import Synchronization
import WireFormat

/// Addresses of many names, looked up beside the run: who asks gets what has
/// come since, and the bell rings when there is more. A name whose server
/// hangs holds up nothing but itself and, at most, a few others.
public final class ForwardNames: Sendable {
    /// What became of one name.
    public struct Result: Sendable {
        public var name: String
        /// The addresses in the order to try them, or why there are none.
        public var answer: Swift.Result<[Resolver.Answer], Resolver.Failure>
    }

    private struct State {
        var waiting: [String]
        var results: [Result] = []
        var unanswered: Int
    }

    private let state: Mutex<State>
    private let family: IPAddress.Family?
    private let bell: Bell
    private static let mostThreads = 8

    /// Begins to look up `names`.
    public init(_ names: [String], family: IPAddress.Family?, bell: Bell) {
        state = Mutex(State(waiting: names.reversed(), unanswered: names.count))
        self.family = family
        self.bell = bell
        var threads = 0
        for _ in 0..<min(Self.mostThreads, names.count) where BackgroundThread.run({ self.work() }) { threads += 1 }
        // Without a thread it has to be done here.
        if threads == 0 { work() }
    }

    /// What has come since the last call, and whether more is to come.
    public func take() -> (results: [Result], expectsMore: Bool) {
        state.withLock { state in
            defer { state.results = [] }
            return (state.results, state.unanswered > 0)
        }
    }

    private func work() {
        while let name = state.withLock({ $0.waiting.popLast() }) {
            let answer: Swift.Result<[Resolver.Answer], Resolver.Failure>
            do throws(Resolver.Failure) {
                answer = .success(try Resolver.addresses(of: name, family: family).answers)
            } catch {
                answer = .failure(error)
            }
            state.withLock { state in
                state.results.append(Result(name: name, answer: answer))
                state.unanswered -= 1
            }
            bell.ring()
        }
    }
}
