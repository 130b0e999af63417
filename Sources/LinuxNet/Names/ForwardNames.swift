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
        var waiting: [String] = []
        var results: [Result] = []
        var unanswered = 0
        var threads = 0
    }

    private let state: Mutex<State>
    private let family: IPAddress.Family?
    private let bell: Bell
    private static let mostThreads = 8

    /// Begins to look up `names`, in their order.
    public init(_ names: [String] = [], family: IPAddress.Family?, bell: Bell) {
        state = Mutex(State())
        self.family = family
        self.bell = bell
        ask(names)
    }

    /// Looks up these too.
    public func ask(_ names: [String]) {
        let starts = state.withLock { state in
            state.waiting.insert(contentsOf: names.reversed(), at: 0)
            state.unanswered += names.count
            let starts = min(Self.mostThreads - state.threads, names.count)
            state.threads += starts
            return starts
        }
        var failures = 0
        for _ in 0..<starts where !BackgroundThread.run({ self.work() }) { failures += 1 }
        guard failures > 0 else { return }
        let isAlone = state.withLock { state in
            state.threads -= failures
            defer { if state.threads == 0 { state.threads = 1 } }
            return state.threads == 0
        }
        // Without a thread it has to be done here.
        if isAlone { work() }
    }

    /// What has come since the last call, and whether more is to come.
    public func take() -> (results: [Result], expectsMore: Bool) {
        state.withLock { state in
            defer { state.results = [] }
            return (state.results, state.unanswered > 0)
        }
    }

    private func work() {
        while let name = state.withLock({ next(&$0) }) {
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

    /// The next name, or the end of a thread's work.
    private func next(_ state: inout State) -> String? {
        if let name = state.waiting.popLast() { return name }
        state.threads -= 1
        return nil
    }
}
